//! Whether somebody holds a second factor: looked at before a mutation's transaction, and used up
//! within it.
//!
//! Promises: guesses at codes are counted before they are looked at; what was right counts once, also
//! where two requests bring it at the same time; what was wrong is recorded.

use chrono::Utc;
use loaders::mutation::Input;
use loaders::{
    Before, ErrorCode, FieldError, UserError, UserErrorCode, Value, WriteContext, WriteError,
};
use serde_json::json;
use tokio_postgres::Row;
use uuid::Uuid;

use super::{sealed_for, site};
use crate::access::challenge::failed;
use crate::access::factors::passkey::{Assertion, Passkey, PasskeyError};
use crate::access::factors::recovery_code;
use crate::access::factors::totp::TotpSecret;
use crate::access::{RequestContext, SecurityEvent, security_event};

/// The fields of an input in which a second factor proves itself.
pub(super) const FIELDS: [&str; 3] = ["code", "recoveryCode", "credential"];

/// What was found out about a second factor.
#[derive(Debug)]
pub(super) struct Check {
    /// Whose it is, as far as that is known.
    user: Option<Uuid>,
    /// The field in which it was given.
    field: &'static str,
    outcome: Result<Proof, UserError>,
}

/// What was right, and is to be used up.
#[derive(Debug)]
enum Proof {
    Code { method: Uuid, step: i64, sealed_anew: Option<Vec<u8>> },
    RecoveryCode(Uuid),
    Passkey { method: Uuid, earlier: Vec<u8>, later: Vec<u8> },
}

const TOTP: &str = "SELECT id, sealed_secret, last_step FROM user_mfa_methods
    WHERE user_id = $1 AND kind = 'TOTP'";

const RECOVERY_CODE: &str = "SELECT id FROM user_recovery_codes
    WHERE user_id = $1 AND code_hash = $2 AND used_at IS NULL";

const PASSKEY: &str = "SELECT id, user_id, credential_id, transports, public_key, credential_state
    FROM user_mfa_methods WHERE credential_id = $1";

const USE_CODE: &str = "UPDATE user_mfa_methods
    SET last_step = $2, sealed_secret = coalesce($3, sealed_secret), last_used_at = now()
    WHERE id = $1 AND last_step < $2";

const USE_RECOVERY_CODE: &str =
    "UPDATE user_recovery_codes SET used_at = now() WHERE id = $1 AND used_at IS NULL";

const USE_PASSKEY: &str = "UPDATE user_mfa_methods SET credential_state = $3, last_used_at = now()
    WHERE id = $1 AND credential_state = $2";

/// The one of these fields that is given.
///
/// # Errors
/// There is none, or more than one.
pub(super) fn only_one(input: &Input, fields: &[&'static str]) -> Result<&'static str, UserError> {
    let is_given = |field: &&&str| input.get(field).is_some_and(|value| *value != Value::Null);
    let mut given = fields.iter().filter(is_given);
    match (given.next(), given.next()) {
        (Some(field), None) => Ok(field),
        (first, _) => {
            let code =
                if first.is_none() { UserErrorCode::Required } else { UserErrorCode::Invalid };
            let message = format!("give exactly one of {}", fields.join(", "));
            Err(UserError::new(code, &[], message))
        }
    }
}

impl Check {
    /// Looks at the second factor of this user in this field; `state` is what a passkey's answer is
    /// held against.
    pub(super) async fn make(
        before: &Before<'_>,
        input: &Input,
        field: &'static str,
        user: Uuid,
        state: &[u8],
    ) -> Result<Self, WriteError> {
        if field == "credential" {
            return Self::passkey(before, input, Some(user), state).await;
        }
        let text = input.text(field).unwrap_or_default();
        Ok(Self { user: Some(user), field, outcome: code(before, field, user, text).await? })
    }

    /// Looks at a passkey: of this user, or of anybody.
    pub(super) async fn passkey(
        before: &Before<'_>,
        input: &Input,
        expected: Option<Uuid>,
        state: &[u8],
    ) -> Result<Self, WriteError> {
        let (user, outcome) = passkey(before, input, expected, state).await?;
        Ok(Self { user, field: "credential", outcome })
    }

    /// Uses up what was right, and gives the user; else what to answer. A right one that another
    /// request has used up is wrong.
    pub(super) async fn settle(
        &self,
        write: &WriteContext<'_>,
    ) -> Result<Result<Uuid, UserError>, WriteError> {
        let mistake = match (&self.outcome, self.user) {
            (Ok(proof), Some(user)) => {
                if proof.use_up(write, user).await? {
                    return Ok(Ok(user));
                }
                wrong(self.field)
            }
            (Ok(_), None) => wrong(self.field),
            (Err(mistake), _) => mistake.clone(),
        };
        let kind = match mistake.code {
            UserErrorCode::LockedOut => "LOCKED_OUT",
            _ => "FACTOR_FAILED",
        };
        let detail = json!({ "by": self.field });
        security_event(write, SecurityEvent { kind, user: self.user, detail }).await?;
        Ok(Err(mistake))
    }
}

impl Proof {
    async fn use_up(&self, write: &WriteContext<'_>, user: Uuid) -> Result<bool, WriteError> {
        let used = match self {
            Self::Code { method, step, sealed_anew } => {
                write.execute(USE_CODE, &[method, step, sealed_anew]).await?
            }
            Self::RecoveryCode(id) => write.execute(USE_RECOVERY_CODE, &[id]).await?,
            Self::Passkey { method, earlier, later } => {
                write.execute(USE_PASSKEY, &[method, earlier, later]).await?
            }
        };
        if used > 0 && matches!(self, Self::RecoveryCode(_)) {
            let (kind, detail) = ("RECOVERY_CODE_USED", json!({}));
            security_event(write, SecurityEvent { kind, user: Some(user), detail }).await?;
        }
        Ok(used > 0)
    }
}

/// Counts one guess at a code of this user, then looks at it.
async fn code(
    before: &Before<'_>,
    field: &str,
    user: Uuid,
    code: &str,
) -> Result<Result<Proof, UserError>, WriteError> {
    let context = request(before)?;
    let (lockout, guessed) = (context.access.lockout(), format!("code:{user}"));
    let attempt = lockout.reserve(&guessed, context.address).await?;
    if let Some(refusal) = attempt.refusal(&[field]) {
        return Ok(Err(refusal));
    }
    let proof = match field {
        "code" => app_code(before, context, user, code).await?,
        _ => unused_code(before, user, code).await?,
    };
    if proof.is_some() {
        lockout.succeeded(&guessed, context.address).await?;
    }
    Ok(proof.ok_or_else(|| wrong(field)))
}

async fn app_code(
    before: &Before<'_>,
    context: &RequestContext,
    user: Uuid,
    code: &str,
) -> Result<Option<Proof>, WriteError> {
    let rows = before.query(TOTP, &[&user]).await?;
    let Some(row) = rows.first() else { return Ok(None) };
    let (secret_box, purpose) = (context.access.secret_box(), sealed_for(user));
    let sealed: &[u8] = row.try_get("sealed_secret")?;
    let secret = secret_box.open(&purpose, sealed).map_err(failed)?;
    let is_outdated = secret_box.is_outdated(sealed);
    let sealed_anew = is_outdated.then(|| secret_box.seal(&purpose, &secret)).transpose();
    let sealed_anew = sealed_anew.map_err(failed)?;
    let last_step: i64 = row.try_get("last_step")?;
    let secret = TotpSecret::from_bytes(secret);
    let Some(step) = secret.step_of(code, Utc::now().timestamp(), Some(last_step)) else {
        return Ok(None);
    };
    Ok(Some(Proof::Code { method: row.try_get("id")?, step, sealed_anew }))
}

async fn unused_code(
    before: &Before<'_>,
    user: Uuid,
    code: &str,
) -> Result<Option<Proof>, WriteError> {
    let rows = before.query(RECOVERY_CODE, &[&user, &recovery_code::hash(code)]).await?;
    let id = rows.first().map(|row| row.try_get("id")).transpose()?;
    Ok(id.map(Proof::RecoveryCode))
}

/// Whose passkey it is, as far as that is known, and whether it fits.
async fn passkey(
    before: &Before<'_>,
    input: &Input,
    expected: Option<Uuid>,
    state: &[u8],
) -> Result<(Option<Uuid>, Result<Proof, UserError>), WriteError> {
    let field = "credential";
    let site = site(request(before)?)?;
    let given = input.get(field).cloned().unwrap_or_default();
    let assertion = match given
        .into_json()
        .map_err(PasskeyError::from)
        .and_then(|given| Assertion::read(&given))
    {
        Ok(assertion) => assertion,
        Err(error) => {
            let mistake = UserError::new(UserErrorCode::Invalid, &[field], error.to_string());
            return Ok((expected, Err(mistake)));
        }
    };
    let rows = before.query(PASSKEY, &[&assertion.credential_id()]).await?;
    let Some(row) = rows.first() else { return Ok((expected, Err(wrong(field)))) };
    let user: Uuid = row.try_get("user_id")?;
    if expected.is_some_and(|expected| expected != user) {
        return Ok((expected, Err(wrong(field))));
    }
    let kept = read(row)?;
    let proof = match site.finish_authentication(state, user, &kept, &assertion) {
        Ok(later) => Ok(Proof::Passkey { method: row.try_get("id")?, earlier: kept.state, later }),
        Err(error @ PasskeyError::Kept(_)) => return Err(failed(error)),
        Err(_) => Err(wrong(field)),
    };
    Ok((Some(user), proof))
}

/// A passkey of the table.
pub(super) fn read(row: &Row) -> Result<Passkey, WriteError> {
    let transports: i16 = row.try_get("transports")?;
    Ok(Passkey {
        credential_id: row.try_get("credential_id")?,
        transports: u8::try_from(transports).unwrap_or_default(),
        public_key: row.try_get("public_key")?,
        state: row.try_get("credential_state")?,
    })
}

fn wrong(field: &str) -> UserError {
    let message = match field {
        "code" => "this is not the code that the app shows now, or it was used before",
        "recoveryCode" => "this is none of the recovery codes, or it was used before",
        _ => "this passkey does not fit",
    };
    UserError::new(UserErrorCode::InvalidCredentials, &[field], message)
}

/// The request that is asked for.
fn request<'a>(before: &'a Before<'_>) -> Result<&'a RequestContext, WriteError> {
    before.context().ok_or_else(unprepared)
}

/// A mutation that does not find what it prepared, or was called without its request: a defect.
pub(super) fn unprepared() -> WriteError {
    FieldError::new(ErrorCode::Internal, "what the mutation needs is not there").into()
}
