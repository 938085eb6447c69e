//! `refreshSession`: new tokens for a session, in exchange for its refresh token.

use async_trait::async_trait;
use loaders::mutation::Input;
use loaders::{Mutation, Payload, UserErrorCode, WriteContext, WriteError};

use crate::access::session::{self, Refreshed};
use crate::access::{RequestContext, cookies};

/// The mutation.
pub(super) struct RefreshSession;

#[async_trait]
impl Mutation for RefreshSession {
    async fn run(&self, write: &WriteContext<'_>, input: &Input) -> Result<Payload, WriteError> {
        let context = RequestContext::of(write)?;
        let given = input.text("refreshToken");
        let Some(token) = given.or_else(|| context.refresh_token()) else {
            let message = "is required, unless the cookie has it";
            return Err(input.mistake(UserErrorCode::Required, "refreshToken", message).into());
        };
        let (code, message) = match session::refresh(write, token).await? {
            Refreshed::Tokens(tokens) => {
                return Ok(Payload::new().with("session", tokens.output()));
            }
            Refreshed::Overtaken => {
                let message = "another request has just replaced this token: take the tokens that it \
                               was answered";
                let mistake = input.mistake(UserErrorCode::AlreadyDone, "refreshToken", message);
                return Ok(Payload::new().refuse(mistake));
            }
            Refreshed::Reused => (
                UserErrorCode::InvalidCredentials,
                "this token was replaced before, so somebody may have copied it: the session has \
                 ended, sign in again",
            ),
            Refreshed::Unknown => (
                UserErrorCode::InvalidCredentials,
                "the session is over, or there was none: sign in again",
            ),
        };
        if given.is_none() {
            cookies::clear(context);
        }
        // What was written stays: a session that ended because of this token.
        Ok(Payload::new().refuse(input.mistake(code, "refreshToken", message)))
    }

    fn is_remembered(&self) -> bool {
        false
    }
}
