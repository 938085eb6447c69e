//! API keys: what programs sign in with in place of a session. A key acts for its user, and may do
//! no more than it was made for.

use super::opaque;

/// What every key begins with, so that one is recognised wherever it is found.
const PREFIX: &str = "afk_";

/// How many of a key's last signs tell it from others.
const HINT_LENGTH: usize = 4;

/// A new key.
///
/// # Errors
/// The system gives no random bytes.
pub fn generate() -> Result<String, getrandom::Error> {
    Ok(format!("{PREFIX}{}", opaque::secret()?))
}

/// Its last signs.
pub fn hint(key: &str) -> &str {
    let start = key.char_indices().nth_back(HINT_LENGTH - 1).map_or(0, |(start, _)| start);
    &key[start..]
}

/// Whether it looks like a key, known or not.
pub(super) fn is_one(text: &str) -> bool {
    text.starts_with(PREFIX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_recognised() {
        let key = generate().unwrap();
        assert!(is_one(&key));
        assert_eq!(hint(&key).len(), 4);
        assert!(key.ends_with(hint(&key)));
        assert!(!is_one(&key[1..]));
    }
}
