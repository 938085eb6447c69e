//! Access tokens: short-lived, signed, and good for one session. They say who and which session,
//! never what somebody may do: that is looked up.
//!
//! A token counts if it is of our form (`at+jwt`), signed with EdDSA by a key of ours, from this
//! issuer, for this server, begun and not over. All of that is pinned here: what a token says of
//! itself chooses nothing but which of our keys is tried.

use std::time::{SystemTime, UNIX_EPOCH};

use chrono::{DateTime, Utc};
use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Algorithm, Header, Validation, decode, decode_header, encode};
use loaders::scalar::type_id;
use loaders::{ErrorCode, FieldError, WriteError};
use serde::{Deserialize, Serialize};
use thiserror::Error;
use uuid::Uuid;

use super::keys::{KeySet, Keys};
use crate::config::AccessConfig;

/// What the header of ours says it is (RFC 9068).
const FORM: &str = "at+jwt";

/// No token is longer.
pub(super) const LENGTH_MAXIMUM: usize = 8192;

/// A token that was issued.
#[derive(Debug, Clone)]
pub struct AccessToken {
    /// The token.
    pub token: String,
    /// Until when it counts.
    pub expires_at: DateTime<Utc>,
}

/// Why a token does not count.
#[derive(Debug, Error)]
pub enum TokenError {
    /// Its time is over.
    #[error("the access token is over: refresh the session or sign in")]
    Expired,
    /// It is not one of ours, was altered, or is for another time, place or purpose.
    #[error("the access token is not valid here")]
    Invalid(#[source] Option<jsonwebtoken::errors::Error>),
    /// It cannot be signed.
    #[error("an access token cannot be signed")]
    Unsigned(#[source] jsonwebtoken::errors::Error),
}

impl From<jsonwebtoken::errors::Error> for TokenError {
    fn from(error: jsonwebtoken::errors::Error) -> Self {
        match error.kind() {
            ErrorKind::ExpiredSignature => Self::Expired,
            _ => Self::Invalid(Some(error)),
        }
    }
}

impl From<TokenError> for WriteError {
    fn from(error: TokenError) -> Self {
        tracing::error!(error = &error as &dyn std::error::Error, "no token was issued");
        FieldError::new(ErrorCode::Internal, "the session's token could not be made").into()
    }
}

#[derive(Debug, Serialize, Deserialize)]
struct Claims {
    iss: String,
    aud: String,
    sub: String,
    sid: String,
    iat: u64,
    exp: u64,
    jti: Uuid,
}

/// What a token proves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Proven {
    pub(super) user: Uuid,
    pub(super) session: Uuid,
    /// Seconds since 1970; clocks may be off by as much as is allowed besides.
    pub(super) expires_at: u64,
}

/// Signs a token for a session.
pub(super) fn issue(
    config: &AccessConfig,
    keys: &KeySet,
    user: Uuid,
    session: Uuid,
) -> Result<AccessToken, TokenError> {
    let iat = now();
    let exp = iat + config.access_token_lifetime.as_secs();
    let claims = Claims {
        iss: config.public_url.clone(),
        aud: audience(config),
        sub: typed("user", user),
        sid: typed("user_session", session),
        iat,
        exp,
        jti: Uuid::now_v7(),
    };
    let header = Header {
        typ: Some(FORM.to_owned()),
        kid: Some(keys.kid.clone()),
        ..Header::new(Algorithm::EdDSA)
    };
    let token = encode(&header, &claims, &keys.signing).map_err(TokenError::Unsigned)?;
    let expires_at = i64::try_from(exp).ok().and_then(|exp| DateTime::from_timestamp(exp, 0));
    Ok(AccessToken { token, expires_at: expires_at.unwrap_or_default() })
}

/// Checks a token of ours.
pub(super) async fn verify(
    config: &AccessConfig,
    keys: &Keys,
    token: &str,
) -> Result<Proven, TokenError> {
    let header = decode_header(token)?;
    let is_ours = header.typ.as_deref().is_some_and(|typ| typ.eq_ignore_ascii_case(FORM));
    let (true, None, Some(kid)) = (is_ours, &header.crit, &header.kid) else {
        return Err(TokenError::Invalid(None));
    };
    let keys = keys.with(kid).await;
    let key = keys.verifying(kid).ok_or(TokenError::Invalid(None))?;
    let mut rules = rules(Algorithm::EdDSA, config, &config.public_url, &audience(config));
    rules.set_required_spec_claims(&["iss", "aud", "sub", "exp"]);
    let Claims { sub, sid, iat, exp, .. } = decode::<Claims>(token, key, &rules)?.claims;
    if iat > now() + config.clock_skew_max.as_secs() {
        return Err(TokenError::Invalid(None));
    }
    let wrong = |_| TokenError::Invalid(None);
    let user = type_id::expect("user", &sub).map_err(wrong)?;
    let session = type_id::expect("user_session", &sid).map_err(wrong)?;
    Ok(Proven { user, session, expires_at: exp })
}

/// What every token is held to, ours or not.
pub(super) fn rules(
    algorithm: Algorithm,
    config: &AccessConfig,
    issuer: &str,
    audience: &str,
) -> Validation {
    let mut rules = Validation::new(algorithm);
    rules.leeway = config.clock_skew_max.as_secs();
    rules.validate_nbf = true;
    rules.set_issuer(&[issuer]);
    rules.set_audience(&[audience]);
    rules
}

/// Seconds since 1970.
pub(super) fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

/// This server, as its tokens name it.
fn audience(config: &AccessConfig) -> String {
    format!("{}/graphql", config.public_url)
}

/// An id as clients know it.
pub(super) fn typed(prefix: &str, id: Uuid) -> String {
    let mut text = Vec::with_capacity(prefix.len() + 27);
    type_id::encode(prefix, id.as_bytes(), &mut text);
    String::from_utf8_lossy(&text).into_owned()
}
