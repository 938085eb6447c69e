//! A password that somebody chooses: held to the rules, and hashed before the transaction.

use loaders::mutation::Input;
use loaders::{Before, UserErrorCode, WriteContext, WriteError};
use serde_json::json;
use uuid::Uuid;

use super::{letter, unprepared};
use crate::access::password_rules::{PasswordMistake, PasswordRules};
use crate::access::session::{self, EndReason};
use crate::access::{RequestContext, SecurityEvent, security_event};
use crate::mail::{self, Recipient};

/// A password as it is kept.
#[derive(Debug)]
pub(super) struct NewPassword {
    /// In PHC form.
    pub(super) hash: String,
    /// Whether it needs a second factor beside it.
    pub(super) is_short: bool,
}

/// Who will have it.
#[derive(Debug)]
pub(super) struct Owner {
    /// What is known of the person, and by everybody.
    pub(super) names: Vec<String>,
    /// Whether a second factor is asked for besides.
    pub(super) has_second_factor: bool,
}

const OWNER: &str = "
    SELECT display_name, email, given_name, family_name,
        EXISTS (SELECT FROM user_mfa_methods WHERE user_mfa_methods.user_id = users.id)
    FROM users LEFT JOIN user_authentication ON user_authentication.user_id = users.id
        LEFT JOIN user_profiles ON user_profiles.user_id = users.id
    WHERE users.id = $1";

const LOCK: &str = "SELECT FROM user_authentication WHERE user_id = $1 FOR UPDATE";

const SECOND_FACTOR: &str = "SELECT FROM user_mfa_methods WHERE user_id = $1 LIMIT 1";

const SET: &str = "
    UPDATE user_authentication SET password_hash = $2, password_changed_at = now(), password_is_short = $3
    WHERE user_id = $1";

/// Links that were sent before would change it again, and sign-ins were begun with the old one.
const END_TOKENS: &str = "
    WITH challenges AS (DELETE FROM authentication_challenges WHERE user_id = $1 AND finished_at IS NULL)
    DELETE FROM user_tokens
    WHERE user_id = $1 AND purpose IN ('RESET_PASSWORD', 'CHANGE_EMAIL') AND used_at IS NULL";

impl Owner {
    /// What there is to know of this user.
    pub(super) async fn of(before: &Before<'_>, user: Uuid) -> Result<Self, WriteError> {
        let rows = before.query(OWNER, &[&user]).await?;
        let Some(row) = rows.first() else {
            return Ok(Self { names: Vec::new(), has_second_factor: false });
        };
        let mut names = Vec::new();
        for column in 0..4 {
            names.extend(row.try_get::<_, Option<String>>(column)?);
        }
        Ok(Self { names, has_second_factor: row.try_get(4)? })
    }
}

impl NewPassword {
    /// Checks and hashes the password in this field.
    pub(super) async fn make(
        before: &Before<'_>,
        input: &Input,
        field: &str,
        owner: &Owner,
    ) -> Result<Self, WriteError> {
        let context = before.context::<RequestContext>().ok_or_else(unprepared)?;
        let rules = PasswordRules::of(context.access.config());
        let password = input.text(field).unwrap_or_default();
        let names: Vec<&str> = owner.names.iter().map(String::as_str).collect();
        if let Err(mistake) = rules.check(password, &names, owner.has_second_factor) {
            let code = match mistake {
                PasswordMistake::TooLong(_) => UserErrorCode::TooLong,
                _ => UserErrorCode::Invalid,
            };
            return Err(input.mistake(code, field, mistake.to_string()).into());
        }
        let hash = context.access.passwords().hash(password).await?;
        Ok(Self { hash, is_short: rules.is_short(password) })
    }

    /// That it may stand as it is: a second factor may have been removed since it was looked at.
    pub(super) async fn require_long_enough(
        &self,
        write: &WriteContext<'_>,
        input: &Input,
        user: Uuid,
    ) -> Result<(), WriteError> {
        // Whoever removes one locks the account as well.
        write.query(LOCK, &[&user]).await?;
        if self.is_short && write.query_opt(SECOND_FACTOR, &[&user]).await?.is_none() {
            let message =
                "the second factor that allows so short a password was removed: take a longer one";
            return Err(input.mistake(UserErrorCode::Invalid, "newPassword", message).into());
        }
        Ok(())
    }

    /// Takes the place of the user's password; all sessions but this one end, and the user is told.
    /// Says how many ended.
    pub(super) async fn set(
        &self,
        write: &WriteContext<'_>,
        user: Uuid,
        but: Option<Uuid>,
        kind: &str,
    ) -> Result<u64, WriteError> {
        write.execute(SET, &[&user, &self.hash, &self.is_short]).await?;
        write.execute(END_TOKENS, &[&user]).await?;
        let ended = session::end_all(write, user, but, EndReason::PasswordChanged).await?;
        mail::enqueue(write, letter("password_changed", Recipient::User(user))).await?;
        let detail = json!({ "endedSessions": ended });
        security_event(write, SecurityEvent { kind, user: Some(user), detail }).await?;
        Ok(ended)
    }
}
