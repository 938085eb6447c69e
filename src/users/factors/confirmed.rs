//! Sessions that were confirmed lately: what a stolen session must not do needs one.

use chrono::{DateTime, Utc};
use loaders::{UserError, UserErrorCode, WriteContext, WriteError};
use uuid::Uuid;

use crate::access::RequestContext;

/// Of a user who has second factors, only they confirm; the password of one who has none.
const CONFIRMED: &str = "SELECT has.factors,
        CASE WHEN has.factors THEN second_factor_at ELSE authenticated_at END
            + make_interval(secs => $2) AS until
    FROM user_sessions AS session,
        LATERAL (SELECT EXISTS (
            SELECT FROM user_mfa_methods WHERE user_mfa_methods.user_id = session.user_id
        ) AS factors) AS has
    WHERE session.id = $1";

const CONFIRM: &str = "UPDATE user_sessions SET second_factor_at = now() WHERE id = $1";

const CONFIRM_BY_PASSWORD: &str = "UPDATE user_sessions SET authenticated_at = now() WHERE id = $1";

/// How a session stands.
pub(super) struct Confirmed {
    /// Whether its user has second factors.
    pub(super) has_factors: bool,
    /// Until when it counts as confirmed.
    pub(super) until: Option<DateTime<Utc>>,
}

impl Confirmed {
    /// How this session stands now.
    pub(super) async fn of(write: &WriteContext<'_>, session: Uuid) -> Result<Self, WriteError> {
        let lifetime = RequestContext::of(write)?.access.config().confirmation_lifetime;
        let row = write.query_one(CONFIRMED, &[&session, &lifetime.as_secs_f64()]).await?;
        Ok(Self { has_factors: row.try_get("factors")?, until: row.try_get("until")? })
    }
}

/// The user who is signed in, by a session that was confirmed lately.
///
/// # Errors
/// `EXPIRED`, and by what to confirm it.
pub(in crate::users) async fn require_confirmed(
    write: &WriteContext<'_>,
) -> Result<Uuid, WriteError> {
    let session = RequestContext::require_session(write)?;
    let confirmed = Confirmed::of(write, session).await?;
    if confirmed.until.is_some_and(|until| until > Utc::now()) {
        return write.viewer_id();
    }
    let proof = if confirmed.has_factors {
        "a code of your app, a passkey or a recovery code"
    } else {
        "your password"
    };
    let message =
        format!("it is too long ago that you proved who you are: reauthenticate with {proof}");
    Err(UserError::new(UserErrorCode::Expired, &[], message).into())
}

/// The session of this request is confirmed by a second factor, now.
pub(super) async fn confirm(write: &WriteContext<'_>) -> Result<(), WriteError> {
    let session = RequestContext::require_session(write)?;
    write.execute(CONFIRM, &[&session]).await?;
    Ok(())
}

/// The session of this request is confirmed by the password, now.
pub(super) async fn confirm_by_password(write: &WriteContext<'_>) -> Result<(), WriteError> {
    let session = RequestContext::require_session(write)?;
    write.execute(CONFIRM_BY_PASSWORD, &[&session]).await?;
    Ok(())
}
