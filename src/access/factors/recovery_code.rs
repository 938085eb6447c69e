//! Recovery codes: what lets a person in who has lost the other second factors. Each works once.
//!
//! A code has 120 random bits, so a plain hash of it tells nothing and needs no salt.

use data_encoding::BASE32_NOPAD;
use sha2::{Digest, Sha256};

/// How many there are at once, at most.
pub const COUNT: usize = 10;

const BYTES: usize = 15;

/// So many new ones, each in groups of four signs.
///
/// # Errors
/// The system gives no random bytes.
pub fn generate(count: usize) -> Result<Vec<String>, getrandom::Error> {
    let one = || {
        let mut bytes = [0; BYTES];
        getrandom::fill(&mut bytes)?;
        let signs: Vec<char> = BASE32_NOPAD.encode(&bytes).chars().collect();
        let groups: Vec<String> = signs.chunks(4).map(|group| group.iter().collect()).collect();
        Ok(groups.join("-"))
    };
    (0..count).map(|_| one()).collect()
}

/// What is kept of a code. Case, spaces and hyphens do not matter.
pub fn hash(code: &str) -> Vec<u8> {
    let signs = code.chars().filter(|sign| !sign.is_whitespace() && *sign != '-');
    let signs: String = signs.flat_map(char::to_uppercase).collect();
    Sha256::digest(signs).to_vec()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn codes_differ_and_are_recognized_however_they_are_typed() {
        let codes = generate(COUNT).unwrap();
        assert_eq!(codes.iter().map(|code| hash(code)).collect::<BTreeSet<_>>().len(), COUNT);
        for code in codes {
            assert_eq!(code.len(), 24 + 5, "{code}");
            assert_eq!(hash(&code), hash(&code.to_lowercase().replace('-', " ")));
            assert_ne!(hash(&code), hash(&code[1..]));
        }
    }
}
