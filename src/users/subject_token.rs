//! Tokens from a mail that are about a row, such as an invitation: each good once.

use loaders::mutation::Input;
use loaders::{UserErrorCode, WriteContext, WriteError};
use uuid::Uuid;

use crate::access::opaque;

/// What a token is about, and the address to which it was sent.
#[derive(Debug)]
pub(super) struct Subject {
    pub(super) id: Uuid,
    pub(super) email: String,
}

const REDEEM: &str = "
    UPDATE user_tokens SET used_at = now()
    WHERE token_hash = $1 AND purpose::text = $2 AND subject_id IS NOT NULL
        AND used_at IS NULL AND expires_at > now()
    RETURNING subject_id, email";

const FIND: &str =
    "SELECT used_at IS NOT NULL FROM user_tokens WHERE token_hash = $1 AND purpose::text = $2";

/// Uses up the token of the field `token`, if it is for this purpose. An error afterwards gives it
/// back.
///
/// # Errors
/// `ALREADY_DONE`, `EXPIRED` or `INVALID_CREDENTIALS` at `token`.
pub(super) async fn redeem(
    write: &WriteContext<'_>,
    input: &Input,
    purpose: &str,
) -> Result<Subject, WriteError> {
    let hash = opaque::hash(input.text("token").unwrap_or_default().trim());
    if let Some(row) = write.query_opt(REDEEM, &[&hash.as_slice(), &purpose]).await? {
        return Ok(Subject { id: row.try_get(0)?, email: row.try_get(1)? });
    }
    let found = write.query_opt(FIND, &[&hash.as_slice(), &purpose]).await?;
    let was_used: Option<bool> = found.map(|row| row.try_get(0)).transpose()?;
    let (code, message) = match was_used {
        Some(true) => (UserErrorCode::AlreadyDone, "was used before"),
        Some(false) => (UserErrorCode::Expired, "is over: ask for another mail"),
        None => {
            let message = "is not known, or was replaced: take the link of the newest mail";
            (UserErrorCode::InvalidCredentials, message)
        }
    };
    Err(input.mistake(code, "token", message).into())
}
