//! `resetPassword`: another password for whoever reads the account's mail. Every session ends: who
//! had the old password may have begun them.

use async_trait::async_trait;
use loaders::mutation::Input;
use loaders::{
    Before, Mutation, Output, Payload, Prepared, UserErrorCode, Value, WriteContext, WriteError,
};

use super::new_password::{NewPassword, Owner};
use super::one_time_token::{redeem, user_of};
use super::unprepared;
use crate::access::RequestContext;
use crate::access::cookies;

/// The mutation.
pub(super) struct ResetPassword;

/// The token was sent to the address that the account has still.
const STILL: &str = "
    SELECT FROM user_authentication JOIN users ON users.id = user_id
    WHERE user_id = $1 AND lower(email) = lower($2) AND email_verified_at IS NOT NULL
        AND status = 'ACTIVE' AND deleted_at IS NULL";

#[async_trait]
impl Mutation for ResetPassword {
    async fn before(&self, before: &Before<'_>, input: &Input) -> Result<Prepared, WriteError> {
        // A token that does not count is not worth a hash; nobody learns more than that from the time.
        let Some(user) = user_of(before, input, "RESET_PASSWORD").await? else {
            return Ok(Prepared::none());
        };
        let owner = Owner::of(before, user).await?;
        NewPassword::make(before, input, "newPassword", &owner).await.map(Prepared::new)
    }

    async fn run(&self, write: &WriteContext<'_>, input: &Input) -> Result<Payload, WriteError> {
        let redeemed = redeem(write, input, &["RESET_PASSWORD"]).await?;
        let (user, email) = (redeemed.user, redeemed.email);
        if write.query_opt(STILL, &[&user, &email]).await?.is_none() {
            let message = "belongs to an account that is not what it was: ask for another mail";
            return Err(input.mistake(UserErrorCode::Expired, "token", message).into());
        }
        let password: &NewPassword = write.prepared().ok_or_else(unprepared)?;
        password.require_long_enough(write, input, user).await?;
        let ended = password.set(write, user, None, "PASSWORD_RESET").await?;
        cookies::clear(RequestContext::of(write)?);
        Ok(Payload::new().with("endedSessions", Output::Leaf(Value::from(ended))))
    }

    fn is_remembered(&self) -> bool {
        false
    }
}
