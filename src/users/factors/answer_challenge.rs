//! `answerChallenge`: the second half of a sign-in, by a code, a recovery code or a passkey.

use async_trait::async_trait;
use loaders::mutation::Input;
use loaders::{Before, Mutation, Payload, Prepared, WriteContext, WriteError};

use super::proof::{self, Check, unprepared};
use crate::access::challenge::{self, Purpose};
use crate::access::session::{self, Authentication};

/// The mutation.
pub(super) struct AnswerChallenge;

#[async_trait]
impl Mutation for AnswerChallenge {
    async fn before(&self, before: &Before<'_>, input: &Input) -> Result<Prepared, WriteError> {
        let field = proof::only_one(input, &proof::FIELDS)?;
        let secret = input.text("challenge").unwrap_or_default();
        let begun = challenge::look(before, Purpose::SignIn, secret).await?;
        let user = begun.user.ok_or_else(unprepared)?;
        Ok(Prepared::new(Check::make(before, input, field, user, &begun.state).await?))
    }

    async fn run(&self, write: &WriteContext<'_>, input: &Input) -> Result<Payload, WriteError> {
        let secret = input.text("challenge").unwrap_or_default();
        let begun = challenge::take(write, Purpose::SignIn, secret).await?;
        let check: &Check = write.prepared().ok_or_else(unprepared)?;
        let user = match check.settle(write).await? {
            Ok(user) => user,
            Err(mistake) => return Ok(Payload::new().refuse(mistake)),
        };
        challenge::finish(write, &begun).await?;
        let authentication = Authentication::PASSWORD_AND_FACTOR;
        let tokens = session::begin(write, user, begun.transport, authentication).await?;
        Ok(Payload::new().with("session", tokens.output()))
    }

    fn is_remembered(&self) -> bool {
        false
    }
}
