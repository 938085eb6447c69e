//! Tokens of the outside issuer, if the configuration names one: checked with its public keys, which
//! are read from where it publishes them.
//!
//! Issuer, audience and algorithm are those of the configuration, whatever a token says. Keys are
//! fetched when a token names one that is not known, once a minute at most; no more of them is
//! read than a set of keys can be long.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use axum::body::Bytes;
use http_body_util::{BodyExt as _, Empty, Limited};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use jsonwebtoken::jwk::{Jwk, KeyAlgorithm, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey, decode, decode_header};
use serde::Deserialize;
use serde_json::Value;
use thiserror::Error;
use tokio::sync::Mutex;

use super::token::{TokenError, rules};
use crate::config::{AccessConfig, OutsideIssuer};

/// How often unknown names of keys make the server fetch them.
const FETCH_INTERVAL: Duration = Duration::from_secs(60);

/// The same after a fetch that failed.
const RETRY_INTERVAL: Duration = Duration::from_secs(5);

/// How long a fetch may take.
const FETCH_TIMEOUT: Duration = Duration::from_secs(5);

/// How many bytes a set of keys may have.
const SET_BYTES: usize = 256 << 10;

/// How long the name of somebody may be there.
const SUBJECT_LENGTH: usize = 500;

/// Why the keys cannot be had.
#[derive(Debug, Error)]
enum FetchError {
    #[error("the address cannot be asked")]
    Request(#[from] hyper_util::client::legacy::Error),
    #[error("the answer has the status {0}")]
    Status(axum::http::StatusCode),
    #[error("the answer cannot be read, or has more than {SET_BYTES} bytes")]
    Body(#[source] Box<dyn std::error::Error + Send + Sync>),
    #[error("the answer is no JSON Web Key Set")]
    Form(#[from] serde_json::Error),
    #[error("the answer took too long")]
    Late(#[from] tokio::time::error::Elapsed),
}

/// Why a token of the issuer does not count.
#[derive(Debug, Error)]
pub(super) enum OutsideError {
    #[error(transparent)]
    Token(#[from] TokenError),
    /// It may count: its key cannot be had now.
    #[error("the keys of the outside issuer cannot be had now: try again")]
    Away,
}

impl From<jsonwebtoken::errors::Error> for OutsideError {
    fn from(error: jsonwebtoken::errors::Error) -> Self {
        Self::Token(error.into())
    }
}

/// What a token of the issuer says.
#[derive(Debug, Deserialize)]
pub(super) struct OutsideClaims {
    pub(super) sub: String,
    #[serde(default)]
    pub(super) name: Option<String>,
    pub(super) exp: u64,
    #[serde(default)]
    iat: Option<u64>,
}

/// The issuer of the configuration.
pub(super) struct Issuer {
    config: OutsideIssuer,
    client: Client<HttpsConnector<HttpConnector>, Empty<Bytes>>,
    keys: RwLock<Arc<HashMap<String, DecodingKey>>>,
    /// When the next fetch may be.
    next_fetch: Mutex<Option<Instant>>,
}

impl Issuer {
    /// Fetches nothing yet.
    pub(super) fn new(config: OutsideIssuer) -> Result<Self, std::io::Error> {
        let provider = rustls::crypto::ring::default_provider();
        let connector = HttpsConnectorBuilder::new()
            .with_provider_and_native_roots(provider)?
            .https_or_http()
            .enable_http1()
            .build();
        let client = Client::builder(TokioExecutor::new()).build(connector);
        Ok(Self { config, client, keys: RwLock::default(), next_fetch: Mutex::default() })
    }

    /// What the issuer calls itself.
    pub(super) fn name(&self) -> &str {
        &self.config.issuer
    }

    /// Checks a token of the issuer.
    pub(super) async fn verify(
        &self,
        access: &AccessConfig,
        token: &str,
    ) -> Result<OutsideClaims, OutsideError> {
        let header = decode_header(token)?;
        let (Some(kid), None) = (&header.kid, &header.crit) else {
            return Err(TokenError::Invalid(None).into());
        };
        // Before any key is fetched for it.
        if header.alg != self.config.algorithm {
            return Err(TokenError::Invalid(None).into());
        }
        let key = self.key(kid).await?;
        let OutsideIssuer { issuer, audience, algorithm, .. } = &self.config;
        let mut rules = rules(*algorithm, access, issuer, audience);
        rules.set_required_spec_claims(&["iss", "aud", "sub", "exp"]);
        let claims = decode::<OutsideClaims>(token, &key, &rules)?.claims;
        let latest = super::token::now() + access.clock_skew_max.as_secs();
        let is_sane = (1..=SUBJECT_LENGTH).contains(&claims.sub.chars().count());
        if !is_sane || claims.iat.is_some_and(|iat| iat > latest) {
            return Err(TokenError::Invalid(None).into());
        }
        Ok(claims)
    }

    async fn key(&self, kid: &str) -> Result<DecodingKey, OutsideError> {
        if let Some(key) = self.known(kid) {
            return Ok(key);
        }
        let mut next_fetch = self.next_fetch.lock().await;
        if let Some(key) = self.known(kid) {
            return Ok(key);
        }
        if next_fetch.is_none_or(|next| next <= Instant::now()) {
            match tokio::time::timeout(FETCH_TIMEOUT, self.fetch()).await {
                Ok(Ok(keys)) => {
                    *next_fetch = Some(Instant::now() + FETCH_INTERVAL);
                    *self.keys.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(keys);
                }
                Ok(Err(error)) => return Err(self.failed(error, &mut next_fetch)),
                Err(late) => return Err(self.failed(late.into(), &mut next_fetch)),
            }
        }
        match self.known(kid) {
            Some(key) => Ok(key),
            None if self.current().is_empty() => Err(OutsideError::Away),
            None => Err(TokenError::Invalid(None).into()),
        }
    }

    fn failed(&self, error: FetchError, next_fetch: &mut Option<Instant>) -> OutsideError {
        *next_fetch = Some(Instant::now() + RETRY_INTERVAL);
        let error = &error as &dyn std::error::Error;
        tracing::warn!(error, url = self.config.jwks_url, "the outside issuer's keys were not had");
        OutsideError::Away
    }

    fn current(&self) -> Arc<HashMap<String, DecodingKey>> {
        self.keys.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn known(&self, kid: &str) -> Option<DecodingKey> {
        self.current().get(kid).cloned()
    }

    /// Reads the keys. Redirections are not followed.
    async fn fetch(&self) -> Result<HashMap<String, DecodingKey>, FetchError> {
        let mut request = axum::http::Request::new(Empty::new());
        // It was read as an address at start-up.
        *request.uri_mut() = self.config.jwks_url.parse().unwrap_or_default();
        let response = self.client.request(request).await?;
        if response.status() != axum::http::StatusCode::OK {
            return Err(FetchError::Status(response.status()));
        }
        let body = Limited::new(response.into_body(), SET_BYTES).collect().await;
        let set: Value = serde_json::from_slice(&body.map_err(FetchError::Body)?.to_bytes())?;
        Ok(keys(&set, self.config.algorithm))
    }
}

/// The keys of a set that check signatures of this algorithm, by their names.
fn keys(set: &Value, algorithm: Algorithm) -> HashMap<String, DecodingKey> {
    let items = set["keys"].as_array().map_or(&[][..], Vec::as_slice);
    let jwks = items.iter().filter_map(|item| serde_json::from_value::<Jwk>(item.clone()).ok());
    let usable = jwks.filter_map(|jwk| {
        let common = &jwk.common;
        let is_for_signatures =
            common.public_key_use.as_ref().is_none_or(|it| *it == PublicKeyUse::Signature);
        let fits = common.key_algorithm.is_none_or(|it| it == KeyAlgorithm::from(algorithm));
        let key = DecodingKey::from_jwk(&jwk).ok()?;
        let fits = fits && is_for_signatures && key.family() == algorithm.family();
        fits.then_some((common.key_id.clone()?, key))
    });
    usable.collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_keys_that_check_the_one_algorithm_are_taken() {
        let x = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
        let ed = |kid: &str| json!({ "kty": "OKP", "crv": "Ed25519", "x": x, "kid": kid });
        let with = |mut key: Value, name: &str, value: &str| {
            key[name] = value.into();
            key
        };
        let set = json!({ "keys": [
            ed("plain"),
            with(ed("signs"), "use", "sig"),
            with(ed("encrypts"), "use", "enc"),
            with(ed("other"), "alg", "ES256"),
            { "kty": "OKP", "crv": "Ed25519", "x": x },
            { "kty": "oct", "k": "c2VjcmV0", "kid": "secret" },
            { "kty": "EC", "crv": "P-256", "x": x, "y": x, "kid": "curve" },
            { "kty": "FUTURE", "kid": "unknown" },
            "nonsense",
        ] });
        let mut names: Vec<String> = keys(&set, Algorithm::EdDSA).into_keys().collect();
        names.sort();
        assert_eq!(names, ["plain", "signs"]);
        assert!(keys(&json!("nonsense"), Algorithm::EdDSA).is_empty());
    }
}
