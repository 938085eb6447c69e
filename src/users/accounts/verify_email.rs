//! `verifyEmail`: an address is proven by what was sent there, that of a new account or the one that
//! takes the place of another.
//!
//! Promises: a token proves the address of its own request and no other's; an address belongs to one
//! account; with it, a new account gets the role of its kind. A new account opens to whoever has
//! both the mail and the password that was chosen: else a stranger could sign up with an address
//! that is not his, and wait until its owner follows the link. Another address is proven in a session
//! of the account that asked for it, for the same reason; and whoever has lost his sessions to a new
//! password changes nothing by a mail that comes late.

use async_trait::async_trait;
use loaders::mutation::Input;
use loaders::{
    Before, Mutation, Output, Payload, Prepared, UserError, UserErrorCode, Value, WriteContext,
    WriteError,
};
use serde_json::json;

use super::one_time_token::{Redeemed, redeem, user_of};
use super::{letter, unprepared};
use crate::access::lockout::Attempt;
use crate::access::{RequestContext, SecurityEvent, security_event};
use crate::mail::{self, Mail, Recipient};

/// The mutation.
pub(super) struct VerifyEmail;

/// Why the password of a sign-up does not count.
struct NotKnown(UserError);

const PASSWORD: &str = "SELECT password_hash FROM user_authentication WHERE user_id = $1";

const VERIFY: &str = "
    UPDATE user_authentication SET email_verified_at = now()
    FROM users WHERE users.id = user_id AND user_id = $1 AND lower(email) = lower($2) AND status = 'PENDING'";

const ACTIVATE: &str = "UPDATE users SET status = 'ACTIVE' WHERE id = $1 AND status = 'PENDING'";

/// The role of this name for everyone of this kind.
const ASSIGN_ROLE: &str = "
    INSERT INTO user_roles (user_id, role_id, reason)
    SELECT users.id, roles.id, 'Signed up'
    FROM users JOIN roles ON roles.is_shipped AND roles.name = lower(users.user_type::text)
    WHERE users.id = $1";

/// Others have asked for an account with this address and cannot have it now.
const CLOSE_OTHERS: &str = "
    WITH others AS (
        DELETE FROM user_authentication
        WHERE lower(email) = lower($2) AND user_id <> $1 AND email_verified_at IS NULL
        RETURNING user_id
    )
    UPDATE users SET status = 'CLOSED', deleted_at = now(), display_name = 'Closed account'
    FROM others WHERE users.id = others.user_id AND status = 'PENDING'";

const CHANGE: &str = "
    UPDATE user_authentication now SET email = $2, email_verified_at = now()
    FROM user_authentication earlier JOIN users ON users.id = earlier.user_id
    WHERE now.user_id = $1 AND earlier.id = now.id AND status = 'ACTIVE'
    RETURNING earlier.email";

#[async_trait]
impl Mutation for VerifyEmail {
    async fn before(&self, before: &Before<'_>, input: &Input) -> Result<Prepared, WriteError> {
        let Some(user) = user_of(before, input, "VERIFY_EMAIL").await? else {
            return Ok(Prepared::none());
        };
        let context = before.context::<RequestContext>().ok_or_else(unprepared)?;
        let Some(password) = input.text("password") else {
            let message = "is needed to open a new account: the one that was chosen for it";
            return Err(input.mistake(UserErrorCode::Required, "password", message).into());
        };
        let place = context.access.passwords().place()?;
        let lockout = context.access.lockout();
        let guessed = format!("sign-up:{user}");
        let attempt: Attempt = lockout.reserve(&guessed, context.address).await?;
        if let Some(refusal) = attempt.refusal(&["password"]) {
            return Ok(Prepared::new(NotKnown(refusal)));
        }
        let rows = before.query(PASSWORD, &[&user]).await?;
        let hash: Option<String> = rows.first().map(|row| row.try_get(0)).transpose()?.flatten();
        if !place.verify(password, hash.as_deref()).await?.matches {
            let message = "is not the one that was chosen; if you did not sign up, leave it be";
            let mistake = input.mistake(UserErrorCode::InvalidCredentials, "password", message);
            return Ok(Prepared::new(NotKnown(mistake)));
        }
        lockout.succeeded(&guessed, context.address).await?;
        Ok(Prepared::none())
    }

    async fn run(&self, write: &WriteContext<'_>, input: &Input) -> Result<Payload, WriteError> {
        if let Some(NotKnown(mistake)) = write.prepared() {
            return Err(mistake.clone().into());
        }
        let redeemed = redeem(write, input, &["VERIFY_EMAIL", "CHANGE_EMAIL"]).await?;
        let is_done = match redeemed.purpose.as_str() {
            "VERIFY_EMAIL" => activate(write, &redeemed).await?,
            _ => {
                RequestContext::require_session(write)?;
                if write.viewer().id() != Some(redeemed.user) {
                    let message = "was asked for by another account: sign in with that one";
                    return Err(input.mistake(UserErrorCode::Conflict, "token", message).into());
                }
                change(write, &redeemed).await?
            }
        };
        if !is_done {
            let message = "belongs to an account that is not what it was: ask for another mail";
            return Err(input.mistake(UserErrorCode::Expired, "token", message).into());
        }
        Ok(Payload::new().with("email", Output::Leaf(Value::from(redeemed.email))))
    }

    fn is_remembered(&self) -> bool {
        false
    }
}

async fn activate(write: &WriteContext<'_>, redeemed: &Redeemed) -> Result<bool, WriteError> {
    let Redeemed { user, email, .. } = redeemed;
    if write.execute(VERIFY, &[user, email]).await? == 0 {
        return Ok(false);
    }
    write.execute(ACTIVATE, &[user]).await?;
    write.execute(ASSIGN_ROLE, &[user]).await?;
    write.execute(CLOSE_OTHERS, &[user, email]).await?;
    let event = SecurityEvent { kind: "EMAIL_VERIFIED", user: Some(*user), detail: json!({}) };
    security_event(write, event).await?;
    Ok(true)
}

async fn change(write: &WriteContext<'_>, redeemed: &Redeemed) -> Result<bool, WriteError> {
    let Redeemed { user, email, .. } = redeemed;
    let Some(row) = write.query_opt(CHANGE, &[user, email]).await? else { return Ok(false) };
    let earlier: String = row.try_get(0)?;
    write.execute(CLOSE_OTHERS, &[user, email]).await?;
    // Who reads the mail there shall know, above all if it was not his doing.
    let values = json!({ "new_email": email });
    let letter = letter("email_changed", Recipient::Address(earlier));
    mail::enqueue(write, Mail { values, ..letter }).await?;
    let event = SecurityEvent { kind: "EMAIL_CHANGED", user: Some(*user), detail: json!({}) };
    security_event(write, event).await?;
    Ok(true)
}
