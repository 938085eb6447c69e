//! The keys that sign access tokens: Ed25519 pairs in the table `signing_keys`, the private halves
//! sealed with `SECRET_KEY`.
//!
//! The newest key signs. One that was replaced checks until the last token that it signed is over.
//! Every server has the same keys: it loads them anew when it hears of a change, and when a token
//! names a key that it does not know.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use data_encoding::BASE64URL_NOPAD;
use jsonwebtoken::{DecodingKey, EncodingKey};
use loaders::{Pool, RequestError};
use ring::rand::SystemRandom;
use ring::signature::{Ed25519KeyPair, KeyPair as _};
use serde_json::json;
use sha2::{Digest, Sha256};
use thiserror::Error;
use tokio::sync::Mutex;

use super::secret_box::{SecretBox, SecretBoxError};

/// How often unknown names of keys make a server look for new ones.
const LOOK_INTERVAL: Duration = Duration::from_secs(10);

/// Servers that start together may both make one: both check, the newest signs.
const INSERT_FIRST: &str = "INSERT INTO signing_keys (kid, public_key, private_key)
    SELECT $1, $2, $3 WHERE NOT EXISTS (SELECT FROM signing_keys WHERE retired_at IS NULL)";

/// The statement sees the keys as they were before it. Servers that have not heard of the new one
/// yet still sign with the old.
pub(crate) const ROTATE: &str = "
WITH made AS (INSERT INTO signing_keys (kid, public_key, private_key) VALUES ($1, $2, $3))
UPDATE signing_keys SET retired_at = now() + $4 * interval '1 second' WHERE retired_at IS NULL";

const LOAD: &str = "SELECT kid, public_key, private_key, retired_at FROM signing_keys
    WHERE active_from <= now() AND (retired_at IS NULL OR retired_at > now())
    ORDER BY (retired_at IS NULL) DESC, active_from DESC, id DESC";

/// Why there is no key to sign with.
#[derive(Debug, Error)]
pub enum KeyError {
    /// `SECRET_KEY` does not open it.
    #[error("the signing key {kid} cannot be decrypted")]
    Sealed {
        /// Which key.
        kid: String,
        /// Why not.
        source: SecretBoxError,
    },
    /// It cannot be encrypted.
    #[error("a signing key cannot be encrypted")]
    Seal(#[source] SecretBoxError),
    /// The system gives no random bytes, or what is stored is no key.
    #[error("a signing key cannot be made or read")]
    Unusable,
    /// The database is away.
    #[error(transparent)]
    Store(#[from] RequestError),
}

/// A key as it goes into the database.
pub(crate) struct NewKey {
    pub(crate) kid: String,
    pub(crate) public_key: Vec<u8>,
    pub(crate) private_key: Vec<u8>,
}

impl NewKey {
    /// A new pair, its private half sealed.
    pub(crate) fn generate(secret_box: &SecretBox) -> Result<Self, KeyError> {
        let document = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new());
        let document = document.map_err(|_| KeyError::Unusable)?;
        let pair = Ed25519KeyPair::from_pkcs8(document.as_ref()).map_err(|_| KeyError::Unusable)?;
        let public_key = pair.public_key().as_ref().to_vec();
        let kid = thumbprint(&public_key);
        let private_key = secret_box.seal(&purpose(&kid), document.as_ref());
        Ok(Self { kid, public_key, private_key: private_key.map_err(KeyError::Seal)? })
    }
}

/// The keys that count now.
pub(super) struct KeySet {
    pub(super) kid: String,
    pub(super) signing: EncodingKey,
    /// By their names, with when they end.
    verifying: HashMap<String, (DecodingKey, Option<DateTime<Utc>>)>,
    /// As others read them.
    pub(super) jwks: String,
}

impl KeySet {
    /// The key of this name, if it counts.
    pub(super) fn verifying(&self, kid: &str) -> Option<&DecodingKey> {
        let (key, ends_at) = self.verifying.get(kid)?;
        ends_at.is_none_or(|ends_at| ends_at > Utc::now()).then_some(key)
    }
}

/// The keys of a running server.
pub(super) struct Keys {
    pool: Pool,
    secret_box: SecretBox,
    current: RwLock<Arc<KeySet>>,
    looked_at: Mutex<Option<Instant>>,
}

impl Keys {
    /// Loads them; makes the first one.
    pub(super) async fn start(pool: Pool, secret_box: SecretBox) -> Result<Self, KeyError> {
        let set = match load(&pool, &secret_box).await? {
            Some(set) => set,
            None => {
                let NewKey { kid, public_key, private_key } = NewKey::generate(&secret_box)?;
                pool.write(INSERT_FIRST, &[&kid, &public_key, &private_key]).await?;
                load(&pool, &secret_box).await?.ok_or(KeyError::Unusable)?
            }
        };
        let current = RwLock::new(Arc::new(set));
        Ok(Self { pool, secret_box, current, looked_at: Mutex::default() })
    }

    /// The keys as they are now.
    pub(super) fn current(&self) -> Arc<KeySet> {
        self.current.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Loads them anew. Those of before stay where that fails.
    pub(super) async fn reload(&self) {
        match load(&self.pool, &self.secret_box).await {
            Ok(Some(set)) => {
                *self.current.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(set);
            }
            Ok(None) => tracing::error!("there is no signing key any more: agent-free keys rotate"),
            Err(error) => {
                let error = &error as &dyn std::error::Error;
                tracing::error!(error, "the signing keys were not loaded anew");
            }
        }
    }

    /// The keys with the one of this name among them, if it exists at all.
    pub(super) async fn with(&self, kid: &str) -> Arc<KeySet> {
        let current = self.current();
        if current.verifying.contains_key(kid) {
            return current;
        }
        let mut looked_at = self.looked_at.lock().await;
        let is_known = self.current().verifying.contains_key(kid);
        let may_look = looked_at.is_none_or(|at| at.elapsed() >= LOOK_INTERVAL);
        if !is_known && may_look {
            self.reload().await;
            *looked_at = Some(Instant::now());
        }
        self.current()
    }
}

async fn load(pool: &Pool, secret_box: &SecretBox) -> Result<Option<KeySet>, KeyError> {
    let (mut signing, mut verifying, mut jwks) = (None, HashMap::new(), Vec::new());
    for row in pool.query(LOAD, &[]).await? {
        let kid: String = row.get(0);
        let public_key: Vec<u8> = row.get(1);
        let ends_at: Option<DateTime<Utc>> = row.get(3);
        if signing.is_none() && ends_at.is_none() {
            let opened = secret_box.open(&purpose(&kid), row.get(2));
            let private_key =
                opened.map_err(|source| KeyError::Sealed { kid: kid.clone(), source })?;
            signing = Some((kid.clone(), EncodingKey::from_ed_der(&private_key)));
        }
        jwks.push(json!({
            "kty": "OKP", "crv": "Ed25519", "use": "sig", "alg": "EdDSA",
            "kid": kid, "x": BASE64URL_NOPAD.encode(&public_key),
        }));
        verifying.insert(kid, (DecodingKey::from_ed_der(&public_key), ends_at));
    }
    let jwks = json!({ "keys": jwks }).to_string();
    Ok(signing.map(|(kid, signing)| KeySet { kid, signing, verifying, jwks }))
}

/// What a private key is sealed for: another row's does not open in its place.
fn purpose(kid: &str) -> String {
    format!("signing_key:{kid}")
}

/// The name of a key: RFC 7638's hash of its public half.
fn thumbprint(public_key: &[u8]) -> String {
    let x = BASE64URL_NOPAD.encode(public_key);
    let jwk = format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}"#);
    BASE64URL_NOPAD.encode(&Sha256::digest(jwk))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_named_as_the_standard_says() {
        // The example of RFC 8037, appendix A.3.
        let x = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
        let public_key = BASE64URL_NOPAD.decode(x.as_bytes()).unwrap();
        assert_eq!(thumbprint(&public_key), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
    }

    #[test]
    fn a_new_key_is_sealed_for_its_own_row() {
        let secret_box = SecretBox::new(&[1; 32], &[]);
        let key = NewKey::generate(&secret_box).unwrap();
        let opened = secret_box.open(&purpose(&key.kid), &key.private_key).unwrap();
        let pair = Ed25519KeyPair::from_pkcs8(&opened).unwrap();
        assert_eq!(pair.public_key().as_ref(), key.public_key);
        assert!(secret_box.open(&purpose("another"), &key.private_key).is_err());
    }
}
