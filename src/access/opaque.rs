//! Secrets that mean nothing by themselves: 256 random bits, of which the database knows a hash.

use data_encoding::BASE64URL_NOPAD;
use sha2::{Digest, Sha256};

/// How many characters a secret has.
pub const LENGTH: usize = 43;

/// A new secret, in letters, digits, `-` and `_`.
///
/// # Errors
/// The system gives no random bytes.
pub fn secret() -> Result<String, getrandom::Error> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes)?;
    Ok(BASE64URL_NOPAD.encode(&bytes))
}

/// What is kept of a secret. Nobody guesses 256 bits, so the hash needs neither salt nor patience.
pub fn hash(secret: &str) -> [u8; 32] {
    Sha256::digest(secret).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_long_and_never_the_same() {
        let (one, other) = (secret().unwrap(), secret().unwrap());
        assert_eq!((one.len(), other.len()), (LENGTH, LENGTH));
        assert_ne!(one, other);
        assert_ne!(hash(&one), hash(&other));
    }
}
