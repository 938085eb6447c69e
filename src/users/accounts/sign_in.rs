//! `signIn`: a password becomes a session, or a challenge where the account has a second factor.

use async_trait::async_trait;
use loaders::mutation::Input;
use loaders::{Before, Mutation, Payload, Prepared, WriteContext, WriteError};

use super::password_check::{PasswordCheck, Whose};
use super::unprepared;
use crate::access::challenge;
use crate::access::session::{self, Authentication, Transport};
use crate::users::email;

/// The mutation.
pub(super) struct SignIn;

const HAS_FACTOR: &str = "SELECT EXISTS (SELECT FROM user_mfa_methods WHERE user_id = $1)";

#[async_trait]
impl Mutation for SignIn {
    async fn before(&self, before: &Before<'_>, input: &Input) -> Result<Prepared, WriteError> {
        let email = email::folded(input.text("email").unwrap_or_default());
        let password = input.text("password").unwrap_or_default();
        let check = PasswordCheck::make(before, Whose::Address(&email), password).await?;
        Ok(check.map_or_else(Prepared::none, Prepared::new))
    }

    async fn run(&self, write: &WriteContext<'_>, input: &Input) -> Result<Payload, WriteError> {
        let check: &PasswordCheck = write.prepared().ok_or_else(unprepared)?;
        let user = match check.settle(write, "email").await? {
            Ok(user) => user,
            Err(mistake) => return Ok(Payload::new().refuse(mistake)),
        };
        let transport = Transport::named(input.text("transport").unwrap_or_default());
        let has_factor: bool = write.query_one(HAS_FACTOR, &[&user]).await?.try_get(0)?;
        if has_factor {
            check.note(write, "SECOND_FACTOR_NEEDED").await?;
            let challenge = challenge::begin(write, user, transport).await?;
            return Ok(Payload::new().with("challenge", challenge));
        }
        check.note(write, "SUCCEEDED").await?;
        let tokens = session::begin(write, user, transport, Authentication::PASSWORD).await?;
        Ok(Payload::new().with("session", tokens.output()))
    }

    fn is_remembered(&self) -> bool {
        false
    }
}
