//! Secrets at rest: what has to be read again (signing keys, TOTP secrets) is sealed with `SECRET_KEY`
//! by XChaCha20-Poly1305, and opens only for the purpose and the row that it was sealed for.
//!
//! A sealed secret begins with the id of its key. So a key can be replaced while what an earlier one
//! sealed still opens: the earlier one is kept in the list of previous keys until all is sealed anew.

use std::fmt;

use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{Key, KeyInit, XChaCha20Poly1305, XNonce};
use sha2::{Digest, Sha256};
use thiserror::Error;

/// How long a key is, in bytes.
pub const KEY_LENGTH: usize = 32;

const FORM: u8 = 1;
const KEY_ID_LENGTH: usize = 8;
const NONCE_LENGTH: usize = 24;
const HEAD_LENGTH: usize = 1 + KEY_ID_LENGTH + NONCE_LENGTH;

/// Seals with one key, and opens with it and those before it.
#[derive(Clone)]
pub struct SecretBox {
    /// The one that seals comes first.
    keys: Vec<([u8; KEY_ID_LENGTH], XChaCha20Poly1305)>,
}

/// Why a sealed secret does not open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum SecretBoxError {
    /// Neither the key nor those before it sealed it.
    #[error("it was sealed with another SECRET_KEY: add that one to SECRET_KEYS_PREVIOUS")]
    UnknownKey,
    /// It was altered, cut off, or sealed for something else.
    #[error("it was altered, or sealed for something else")]
    Altered,
    /// The system gives no random bytes.
    #[error("the system gives no random bytes")]
    NoRandomness,
}

impl SecretBox {
    /// Seals with `current`; opens what it or one of `previous` sealed.
    pub fn new(current: &[u8; KEY_LENGTH], previous: &[[u8; KEY_LENGTH]]) -> Self {
        let keys = std::iter::once(current).chain(previous);
        Self {
            keys: keys.map(|key| (key_id(key), XChaCha20Poly1305::new(&Key::from(*key)))).collect(),
        }
    }

    /// Seals a secret. `purpose` says what it is and to which row it belongs (`totp:` and an id): it
    /// opens for the same purpose only.
    ///
    /// # Errors
    /// [`SecretBoxError::NoRandomness`].
    pub fn seal(&self, purpose: &str, secret: &[u8]) -> Result<Vec<u8>, SecretBoxError> {
        let (id, cipher) = &self.keys[0];
        let mut nonce = [0; NONCE_LENGTH];
        getrandom::fill(&mut nonce).map_err(|_| SecretBoxError::NoRandomness)?;
        let payload = Payload { msg: secret, aad: purpose.as_bytes() };
        let hidden =
            cipher.encrypt(&XNonce::from(nonce), payload).map_err(|_| SecretBoxError::Altered)?;
        let mut sealed = Vec::with_capacity(HEAD_LENGTH + hidden.len());
        sealed.push(FORM);
        sealed.extend_from_slice(id);
        sealed.extend_from_slice(&nonce);
        sealed.extend_from_slice(&hidden);
        Ok(sealed)
    }

    /// Opens what was sealed for this purpose.
    ///
    /// # Errors
    /// [`SecretBoxError`].
    pub fn open(&self, purpose: &str, sealed: &[u8]) -> Result<Vec<u8>, SecretBoxError> {
        let (head, hidden) =
            sealed.split_first_chunk::<HEAD_LENGTH>().ok_or(SecretBoxError::Altered)?;
        let (id, nonce) = head[1..].split_at(KEY_ID_LENGTH);
        if head[0] != FORM {
            return Err(SecretBoxError::Altered);
        }
        let nonce = XNonce::try_from(nonce).map_err(|_| SecretBoxError::Altered)?;
        let known = self.keys.iter().find(|(known, _)| known == id);
        let (_, cipher) = known.ok_or(SecretBoxError::UnknownKey)?;
        let payload = Payload { msg: hidden, aad: purpose.as_bytes() };
        cipher.decrypt(&nonce, payload).map_err(|_| SecretBoxError::Altered)
    }

    /// Whether a sealed secret should be sealed anew, because a previous key did it.
    pub fn is_outdated(&self, sealed: &[u8]) -> bool {
        sealed.get(1..=KEY_ID_LENGTH) != Some(&self.keys[0].0[..])
    }
}

/// Keys are not shown.
impl fmt::Debug for SecretBox {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("SecretBox").field("keys", &self.keys.len()).finish()
    }
}

/// Names a key without telling it.
fn key_id(key: &[u8; KEY_LENGTH]) -> [u8; KEY_ID_LENGTH] {
    let digest =
        Sha256::new().chain_update(b"agent-free secret key id").chain_update(key).finalize();
    let mut id = [0; KEY_ID_LENGTH];
    id.copy_from_slice(&digest[..KEY_ID_LENGTH]);
    id
}

#[cfg(test)]
mod tests {
    use super::*;

    const OLD: [u8; KEY_LENGTH] = [7; KEY_LENGTH];
    const NEW: [u8; KEY_LENGTH] = [8; KEY_LENGTH];

    #[test]
    fn what_was_sealed_opens_for_its_purpose_only() {
        let secret_box = SecretBox::new(&NEW, &[]);
        let sealed = secret_box.seal("totp:a", b"secret").unwrap();
        assert!(!sealed.windows(6).any(|bytes| bytes == b"secret"));
        assert_eq!(secret_box.open("totp:a", &sealed).unwrap(), b"secret");
        assert_eq!(secret_box.open("totp:b", &sealed), Err(SecretBoxError::Altered));
        assert_ne!(secret_box.seal("totp:a", b"secret").unwrap(), sealed, "never twice the same");
    }

    #[test]
    fn a_changed_byte_anywhere_is_noticed() {
        let secret_box = SecretBox::new(&NEW, &[OLD]);
        let sealed = secret_box.seal("totp:a", b"secret").unwrap();
        for place in 0..sealed.len() {
            let mut altered = sealed.clone();
            altered[place] ^= 1;
            assert!(secret_box.open("totp:a", &altered).is_err(), "byte {place}");
            assert!(secret_box.open("totp:a", &sealed[..place]).is_err(), "cut at {place}");
        }
    }

    #[test]
    fn a_key_is_replaced_while_the_one_before_it_still_opens() {
        let sealed = SecretBox::new(&OLD, &[]).seal("key:1", b"secret").unwrap();
        let rotated = SecretBox::new(&NEW, &[OLD]);
        assert_eq!(rotated.open("key:1", &sealed).unwrap(), b"secret");
        assert!(rotated.is_outdated(&sealed));
        assert!(!rotated.is_outdated(&rotated.seal("key:1", b"secret").unwrap()));
        let forgotten = SecretBox::new(&NEW, &[]).open("key:1", &sealed);
        assert_eq!(forgotten, Err(SecretBoxError::UnknownKey));
    }
}
