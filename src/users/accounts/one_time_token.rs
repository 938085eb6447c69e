//! Secrets from a mail, each good once.

use loaders::mutation::Input;
use loaders::{Before, UserErrorCode, WriteContext, WriteError};
use uuid::Uuid;

use crate::access::opaque;

/// What a token proves: its user reads the mail of this address.
#[derive(Debug)]
pub(super) struct Redeemed {
    pub(super) user: Uuid,
    pub(super) purpose: String,
    pub(super) email: String,
}

const REDEEM: &str = "
    UPDATE user_tokens SET used_at = now()
    WHERE token_hash = $1 AND purpose::text = ANY ($2) AND user_id IS NOT NULL
        AND used_at IS NULL AND expires_at > now()
    RETURNING user_id, purpose, email";

const FIND: &str = "
    SELECT used_at IS NOT NULL FROM user_tokens WHERE token_hash = $1 AND purpose::text = ANY ($2)";

const FIND_USER: &str = "
    SELECT user_id FROM user_tokens
    WHERE token_hash = $1 AND purpose::text = $2 AND used_at IS NULL AND expires_at > now()";

/// Uses up the token of the field `token`, if it is for one of these purposes. An error afterwards
/// gives it back.
pub(super) async fn redeem(
    write: &WriteContext<'_>,
    input: &Input,
    purposes: &[&str],
) -> Result<Redeemed, WriteError> {
    let hash = opaque::hash(token(input));
    if let Some(row) = write.query_opt(REDEEM, &[&hash.as_slice(), &purposes]).await? {
        let (user, purpose, email) = (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
        return Ok(Redeemed { user, purpose, email });
    }
    let found = write.query_opt(FIND, &[&hash.as_slice(), &purposes]).await?;
    let was_used: Option<bool> = found.map(|row| row.try_get(0)).transpose()?;
    let (code, message) = match was_used {
        Some(true) => (UserErrorCode::AlreadyDone, "was used before"),
        Some(false) => (UserErrorCode::Expired, "is over: ask for another mail"),
        None => {
            (UserErrorCode::InvalidCredentials, "is none of ours: take the whole link of the mail")
        }
    };
    Err(input.mistake(code, "token", message).into())
}

/// Whose token it is, if it counts still.
pub(super) async fn user_of(
    before: &Before<'_>,
    input: &Input,
    purpose: &str,
) -> Result<Option<Uuid>, WriteError> {
    let hash = opaque::hash(token(input));
    let rows = before.query(FIND_USER, &[&hash.as_slice(), &purpose]).await?;
    Ok(rows.first().map(|row| row.try_get(0)).transpose()?.flatten())
}

fn token(input: &Input) -> &str {
    input.text("token").unwrap_or_default().trim()
}
