//! `changePassword`: another password for whoever knows the present one.

use async_trait::async_trait;
use loaders::mutation::Input;
use loaders::{Before, Mutation, Output, Payload, Prepared, Value, WriteContext, WriteError};

use super::new_password::{NewPassword, Owner};
use super::password_check::PasswordCheck;
use super::unprepared;
use crate::access::RequestContext;

/// The mutation.
pub(super) struct ChangePassword;

/// What was looked at; a new password only if the present one is right.
struct Request {
    check: PasswordCheck,
    password: Option<NewPassword>,
}

#[async_trait]
impl Mutation for ChangePassword {
    async fn before(&self, before: &Before<'_>, input: &Input) -> Result<Prepared, WriteError> {
        let current = input.text("currentPassword").unwrap_or_default();
        let check = PasswordCheck::of_viewer(before, current).await?;
        let (Some(check), Some(user)) = (check, before.viewer().id()) else {
            return Ok(Prepared::none());
        };
        let mut password = None;
        if check.is_right() {
            let owner = Owner::of(before, user).await?;
            password = Some(NewPassword::make(before, input, "newPassword", &owner).await?);
        }
        Ok(Prepared::new(Request { check, password }))
    }

    async fn run(&self, write: &WriteContext<'_>, input: &Input) -> Result<Payload, WriteError> {
        let session = RequestContext::require_session(write)?;
        let Request { check, password } = write.prepared().ok_or_else(unprepared)?;
        let user = match check.settle(write, "currentPassword").await? {
            Ok(user) => user,
            Err(mistake) => return Ok(Payload::new().refuse(mistake)),
        };
        let password = password.as_ref().ok_or_else(unprepared)?;
        password.require_long_enough(write, input, user).await?;
        let ended = password.set(write, user, Some(session), "PASSWORD_CHANGED").await?;
        Ok(Payload::new().with("endedSessions", Output::Leaf(Value::from(ended))))
    }

    fn is_remembered(&self) -> bool {
        false
    }
}
