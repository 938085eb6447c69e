//! Sessions: begun by a sign-in, kept alive by refresh tokens that count once, ended for good.
//!
//! Promises: of a token only a hash is kept; of two refreshes with one token one wins; whoever shows
//! a token that was replaced ends the session, for somebody has copied it, and its user is told.
//! A session that has ended, or whose user has, never lives again.

use std::time::Duration;

use chrono::{DateTime, SecondsFormat, Utc};
use loaders::{Output, RequestError, UserError, UserErrorCode, Value, WriteContext, WriteError};
use serde_json::json;
use uuid::Uuid;

use super::token::{AccessToken, typed};
use super::{RequestContext, SecurityEvent, cookies, opaque, security_event};
use crate::mail::{self, Mail, Recipient};

/// How the tokens of a session reach its client: the contract's `SessionTransport`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transport {
    /// In the answer, for programs that keep them themselves.
    Bearer,
    /// In cookies, for browsers.
    Cookie,
}

impl Transport {
    /// The transport of this name.
    pub fn named(name: &str) -> Self {
        if name == "COOKIE" { Self::Cookie } else { Self::Bearer }
    }

    /// Its name in the contract and the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Bearer => "BEARER",
            Self::Cookie => "COOKIE",
        }
    }
}

/// What proved who begins a session: the contract's `AuthenticationKind`, and a second factor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Authentication {
    kind: &'static str,
    has_second_factor: bool,
}

impl Authentication {
    /// A password.
    pub const PASSWORD: Self = Self { kind: "PASSWORD", has_second_factor: false };
    /// A password, and a second factor.
    pub const PASSWORD_AND_FACTOR: Self = Self { kind: "PASSWORD", has_second_factor: true };
    /// A passkey, which is two factors in one.
    pub const PASSKEY: Self = Self { kind: "PASSKEY", has_second_factor: true };
}

/// Why a session ended: the contract's `SessionEndReason`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EndReason {
    /// Its client signed out.
    SignedOut,
    /// Its user ended it from another session.
    EndedByUser,
    /// The password was changed or reset.
    PasswordChanged,
    /// One of its old refresh tokens was shown.
    TokenReused,
    /// The account was closed.
    AccountClosed,
}

impl EndReason {
    fn as_str(self) -> &'static str {
        match self {
            Self::SignedOut => "SIGNED_OUT",
            Self::EndedByUser => "ENDED_BY_USER",
            Self::PasswordChanged => "PASSWORD_CHANGED",
            Self::TokenReused => "TOKEN_REUSED",
            Self::AccountClosed => "ACCOUNT_CLOSED",
        }
    }
}

/// The tokens of a session that was begun or refreshed.
#[derive(Debug)]
pub struct SessionTokens {
    session: Uuid,
    expires_at: DateTime<Utc>,
    /// None where cookies have them.
    bearer: Option<(String, String)>,
    csrf_token: Option<String>,
}

impl SessionTokens {
    /// As the contract's `SessionTokens`.
    pub fn output(&self) -> Output {
        let text = |text: &str| Output::Leaf(Value::from(text));
        let expires_at = self.expires_at.to_rfc3339_opts(SecondsFormat::Micros, true);
        let mut fields = vec![
            ("sessionId", text(&typed("user_session", self.session))),
            ("expiresAt", text(&expires_at)),
        ];
        if let Some((access, refresh)) = &self.bearer {
            fields.extend([("accessToken", text(access)), ("refreshToken", text(refresh))]);
        }
        fields.extend(self.csrf_token.iter().map(|token| ("csrfToken", text(token))));
        Output::Object { type_name: "SessionTokens", fields }
    }
}

/// What came of showing a refresh token.
#[derive(Debug)]
pub enum Refreshed {
    /// It was the one that counts, and another takes its place.
    Tokens(SessionTokens),
    /// Another request replaced it while this one was under way.
    Overtaken,
    /// It was replaced before: the session has ended now.
    Reused,
    /// It is none, or its session is over.
    Unknown,
}

const BEGIN: &str = "
    INSERT INTO user_sessions (
        user_id, transport, refresh_token_hash, csrf_token_hash, authenticated_by, second_factor_at,
        user_agent, address, refresh_expires_at, expires_at
    )
    SELECT users.id, $2::text, $3::bytea, $4::bytea, $5::text, CASE WHEN $6::boolean THEN now() END,
        $7::text, $8::inet, now() + make_interval(secs => $9), now() + make_interval(secs => $10)
    FROM users WHERE users.id = $1 AND status = 'ACTIVE' AND deleted_at IS NULL
    RETURNING id";

/// A session that lives, of a user who may have one. A browser that shows its CSRF token keeps it:
/// what its other tabs have sent meanwhile brings the same.
const REFRESH: &str = "
    UPDATE user_sessions SET
        refresh_token_hash = $2,
        csrf_token_hash = CASE
            WHEN csrf_token_hash = $7::bytea THEN csrf_token_hash
            WHEN transport = 'COOKIE' THEN $3::bytea
        END,
        refresh_expires_at = least(expires_at, now() + make_interval(secs => $4)),
        last_used_at = now(), user_agent = coalesce($5, user_agent), address = $6
    FROM users
    WHERE refresh_token_hash = $1 AND ended_at IS NULL AND least(expires_at, refresh_expires_at) > now()
        AND users.id = user_id AND users.status = 'ACTIVE' AND users.deleted_at IS NULL
    RETURNING user_sessions.id, user_id, transport, csrf_token_hash = $7";

/// When it was replaced is not when the transaction began: another may wait for this one.
const REPLACE: &str = "
    INSERT INTO user_session_tokens (session_id, token_hash, created_at)
    VALUES ($1, $2, clock_timestamp())";

const FIND_REPLACED: &str = "
    SELECT session.id, session.user_id, session.ended_at IS NULL, replaced.created_at > now(),
        session.user_agent
    FROM user_session_tokens replaced JOIN user_sessions session ON session.id = session_id
    WHERE token_hash = $1";

const END: &str = "
    UPDATE user_sessions SET ended_at = now(), end_reason = $2::text
    WHERE id = $1 AND ended_at IS NULL";

const END_ALL: &str = "
    UPDATE user_sessions SET ended_at = now(), end_reason = $3::text
    WHERE user_id = $1 AND id IS DISTINCT FROM $2 AND ended_at IS NULL";

/// Begins a session of this user, who has proved to be himself, and hands its tokens to the client.
///
/// # Errors
/// `INVALID_CREDENTIALS` for whoever may not sign in; no randomness, no key to sign with.
pub async fn begin(
    write: &WriteContext<'_>,
    user: Uuid,
    transport: Transport,
    authentication: Authentication,
) -> Result<SessionTokens, WriteError> {
    let context = RequestContext::of(write)?;
    let config = context.access.config();
    let (refresh, csrf) = (secret()?, secret()?);
    let csrf_hash = (transport == Transport::Cookie).then(|| opaque::hash(&csrf).to_vec());
    let row = write
        .query_opt(
            BEGIN,
            &[
                &user,
                &transport.as_str(),
                &opaque::hash(&refresh).as_slice(),
                &csrf_hash,
                &authentication.kind,
                &authentication.has_second_factor,
                &context.user_agent(),
                &context.address,
                &config.refresh_token_lifetime.min(config.session_lifetime).as_secs_f64(),
                &config.session_lifetime.as_secs_f64(),
            ],
        )
        .await?;
    let Some(row) = row else {
        let message = "the account cannot be used any more";
        return Err(UserError::new(UserErrorCode::InvalidCredentials, &[], message).into());
    };
    let session: Uuid = row.try_get(0)?;
    let detail = json!({ "session": session, "authenticatedBy": authentication.kind,
        "secondFactor": authentication.has_second_factor });
    security_event(write, SecurityEvent { kind: "SIGNED_IN", user: Some(user), detail }).await?;
    hand_over(context, user, session, transport, refresh, csrf)
}

/// Takes a refresh token and gives new tokens for it.
///
/// # Errors
/// See [`begin`].
pub async fn refresh(write: &WriteContext<'_>, token: &str) -> Result<Refreshed, WriteError> {
    let context = RequestContext::of(write)?;
    let idle: Duration = context.access.config().refresh_token_lifetime;
    let (shown, refresh, mut csrf) = (opaque::hash(token), secret()?, secret()?);
    let csrf_before = context.csrf_token();
    let csrf_hash_before = csrf_before.map(|token| opaque::hash(token).to_vec());
    let row = write
        .query_opt(
            REFRESH,
            &[
                &shown.as_slice(),
                &opaque::hash(&refresh).as_slice(),
                &opaque::hash(&csrf).as_slice(),
                &idle.as_secs_f64(),
                &context.user_agent(),
                &context.address,
                &csrf_hash_before,
            ],
        )
        .await?;
    let Some(row) = row else { return replaced(write, &shown).await };
    let (session, user): (Uuid, Uuid) = (row.try_get(0)?, row.try_get(1)?);
    let transport = Transport::named(row.try_get(2)?);
    if let (Some(before), Some(true)) = (csrf_before, row.try_get(3)?) {
        before.clone_into(&mut csrf);
    }
    write.execute(REPLACE, &[&session, &shown.as_slice()]).await?;
    hand_over(context, user, session, transport, refresh, csrf).map(Refreshed::Tokens)
}

/// Ends a session, if it has not ended; says whether it had not.
///
/// # Errors
/// What the database says.
pub async fn end(
    write: &WriteContext<'_>,
    session: Uuid,
    reason: EndReason,
) -> Result<bool, WriteError> {
    Ok(write.execute(END, &[&session, &reason.as_str()]).await? > 0)
}

/// Ends all sessions of a user but this one, and says how many.
///
/// # Errors
/// What the database says.
pub async fn end_all(
    write: &WriteContext<'_>,
    user: Uuid,
    but: Option<Uuid>,
    reason: EndReason,
) -> Result<u64, WriteError> {
    write.execute(END_ALL, &[&user, &but, &reason.as_str()]).await
}

/// A token that does not count: what to make of it.
async fn replaced(write: &WriteContext<'_>, shown: &[u8]) -> Result<Refreshed, WriteError> {
    let Some(row) = write.query_opt(FIND_REPLACED, &[&shown]).await? else {
        return Ok(Refreshed::Unknown);
    };
    let (session, user): (Uuid, Uuid) = (row.try_get(0)?, row.try_get(1)?);
    let (lives, at_once): (bool, bool) = (row.try_get(2)?, row.try_get(3)?);
    if at_once {
        return Ok(Refreshed::Overtaken);
    }
    if lives && end(write, session, EndReason::TokenReused).await? {
        let detail = json!({ "session": session });
        let event = SecurityEvent { kind: "REFRESH_TOKEN_REUSED", user: Some(user), detail };
        security_event(write, event).await?;
        let device: Option<String> = row.try_get(4)?;
        let (to, values) = (Recipient::User(user), json!({ "device": device }));
        let letter = Mail { template: "session_reuse", to, values, token: None };
        mail::enqueue(write, letter).await?;
    }
    Ok(Refreshed::Reused)
}

fn hand_over(
    context: &RequestContext,
    user: Uuid,
    session: Uuid,
    transport: Transport,
    refresh: String,
    csrf: String,
) -> Result<SessionTokens, WriteError> {
    let access: AccessToken = context.access.issue(user, session)?;
    let expires_at = access.expires_at;
    Ok(match transport {
        Transport::Cookie => {
            cookies::set(context, &access, &refresh, &csrf);
            SessionTokens { session, expires_at, bearer: None, csrf_token: Some(csrf) }
        }
        Transport::Bearer => {
            let bearer = Some((access.token, refresh));
            SessionTokens { session, expires_at, bearer, csrf_token: None }
        }
    })
}

fn secret() -> Result<String, WriteError> {
    opaque::secret().map_err(|error| RequestError::Panic(error.into()).into())
}
