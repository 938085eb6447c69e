//! `removeMfaMethod`: a second factor is lost or not wanted any more.

use async_trait::async_trait;
use loaders::mutation::Input;
use loaders::{
    Mutation, Output, Payload, UserError, UserErrorCode, Value, WriteContext, WriteError,
};

use super::change;
use super::confirmed::require_confirmed;

/// The mutation.
pub(super) struct RemoveMfaMethod;

/// Locked, so that of two removals at once, or of one beside a new password, one sees the other.
const ACCOUNT: &str = "SELECT password_hash IS NOT NULL AS has_password, password_is_short
    FROM user_authentication WHERE user_id = $1 FOR UPDATE";

const OTHERS: &str =
    "SELECT count(*) AS methods, count(*) FILTER (WHERE kind = 'PASSKEY') AS passkeys
    FROM user_mfa_methods WHERE user_id = $1 AND id <> $2";

const REMOVE: &str = "DELETE FROM user_mfa_methods WHERE id = $1";

const END_CODES: &str = "DELETE FROM user_recovery_codes WHERE user_id = $1";

/// What decides whether a second factor may go.
#[derive(Debug, Clone, Copy)]
struct Remaining {
    has_password: bool,
    password_is_short: bool,
    methods: i64,
    passkeys: i64,
}

impl Remaining {
    /// Why it may not.
    fn hindrance(self) -> Option<&'static str> {
        if self.methods == 0 && self.has_password && self.password_is_short {
            return Some(
                "your password is too short to stand alone: choose a longer one by changePassword first",
            );
        }
        if self.passkeys == 0 && !self.has_password {
            return Some("without it you could not sign in any more: add another passkey first");
        }
        None
    }
}

#[async_trait]
impl Mutation for RemoveMfaMethod {
    async fn run(&self, write: &WriteContext<'_>, input: &Input) -> Result<Payload, WriteError> {
        let user = require_confirmed(write).await?;
        let id = input.id("id", "MfaMethod")?;
        let account = write.query_opt(ACCOUNT, &[&user]).await?;
        let method = write.lock("MfaMethod", id, input.expected_version(), "kind, name").await?;
        let others = write.query_one(OTHERS, &[&user, &id]).await?;
        let methods: i64 = others.try_get("methods")?;
        // An account without a row here is signed in by an outside issuer.
        if let Some(account) = account {
            let remaining = Remaining {
                has_password: account.try_get("has_password")?,
                password_is_short: account.try_get("password_is_short")?,
                methods,
                passkeys: others.try_get("passkeys")?,
            };
            if let Some(message) = remaining.hindrance() {
                return Err(UserError::new(UserErrorCode::InUse, &["id"], message).into());
            }
        }
        write.execute(REMOVE, &[&id]).await?;
        if methods == 0 {
            write.execute(END_CODES, &[&user]).await?;
        }
        let (kind, name) = (method.try_get("kind")?, method.try_get("name")?);
        change::removed(write, user, kind, name).await?;
        let id = input.text("id").unwrap_or_default();
        Ok(Payload::new().with("mfaMethodId", Output::Leaf(Value::from(id))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_factor_stays_where_nothing_else_would_do() {
        // (has a password, a short one, other methods, other passkeys) → may go
        let table = [
            ((true, false, 0, 0), true),
            ((true, true, 0, 0), false),
            ((true, true, 1, 0), true),
            ((false, false, 1, 0), false),
            ((false, false, 1, 1), true),
        ];
        for ((has_password, password_is_short, methods, passkeys), may_go) in table {
            let remaining = Remaining { has_password, password_is_short, methods, passkeys };
            assert_eq!(remaining.hindrance().is_none(), may_go, "{remaining:?}");
        }
    }
}
