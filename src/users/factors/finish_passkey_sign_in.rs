//! `finishPasskeySignIn`: a passkey becomes a session, without a password or a user name.

use async_trait::async_trait;
use loaders::mutation::Input;
use loaders::{Before, Mutation, Payload, Prepared, WriteContext, WriteError};

use super::proof::{Check, unprepared};
use crate::access::challenge::{self, Purpose};
use crate::access::session::{self, Authentication};

/// The mutation.
pub(super) struct FinishPasskeySignIn;

#[async_trait]
impl Mutation for FinishPasskeySignIn {
    async fn before(&self, before: &Before<'_>, input: &Input) -> Result<Prepared, WriteError> {
        let secret = input.text("challenge").unwrap_or_default();
        let begun = challenge::look(before, Purpose::PasskeySignIn, secret).await?;
        Ok(Prepared::new(Check::passkey(before, input, None, &begun.state).await?))
    }

    async fn run(&self, write: &WriteContext<'_>, input: &Input) -> Result<Payload, WriteError> {
        let secret = input.text("challenge").unwrap_or_default();
        let begun = challenge::take(write, Purpose::PasskeySignIn, secret).await?;
        let check: &Check = write.prepared().ok_or_else(unprepared)?;
        let user = match check.settle(write).await? {
            Ok(user) => user,
            Err(mistake) => return Ok(Payload::new().refuse(mistake)),
        };
        challenge::finish(write, &begun).await?;
        let tokens = session::begin(write, user, begun.transport, Authentication::PASSKEY).await?;
        Ok(Payload::new().with("session", tokens.output()))
    }

    fn is_remembered(&self) -> bool {
        false
    }
}
