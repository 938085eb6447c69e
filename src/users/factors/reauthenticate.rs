//! `reauthenticate`: whoever holds the session proves that he is its user.

use async_trait::async_trait;
use loaders::mutation::Input;
use loaders::{
    Before, Mutation, Output, Payload, Prepared, UserErrorCode, WriteContext, WriteError,
};

use super::confirmed::{self, Confirmed};
use super::proof::{self, Check, unprepared};
use crate::access::RequestContext;
use crate::access::challenge::{self, Purpose};
use crate::users::accounts::PasswordCheck;

/// The mutation.
pub(super) struct Reauthenticate;

const HAS_FACTOR: &str = "SELECT FROM user_mfa_methods WHERE user_id = $1 LIMIT 1";

const FIELDS: [&str; 4] = ["password", proof::FIELDS[0], proof::FIELDS[1], proof::FIELDS[2]];

#[async_trait]
impl Mutation for Reauthenticate {
    async fn before(&self, before: &Before<'_>, input: &Input) -> Result<Prepared, WriteError> {
        let session = before.context::<RequestContext>().and_then(|context| context.session);
        let (Some(user), Some(_)) = (before.viewer().id(), session) else {
            return Ok(Prepared::none());
        };
        let field = proof::only_one(input, &FIELDS)?;
        if field == "password" {
            // Looked at first: nobody learns here whether a password is right that proves nothing.
            if !before.query(HAS_FACTOR, &[&user]).await?.is_empty() {
                let message = "you have a second factor: give a code, a recovery code or a passkey";
                let code = UserErrorCode::InvalidCredentials;
                return Err(input.mistake(code, field, message).into());
            }
            let password = input.text(field).unwrap_or_default();
            let check = PasswordCheck::of_viewer(before, password).await?;
            return Ok(check.map_or_else(Prepared::none, Prepared::new));
        }
        let state = match field {
            "credential" => {
                let secret = input.text("challenge").unwrap_or_default();
                challenge::look(before, Purpose::PasskeySignIn, secret).await?.state
            }
            _ => Vec::new(),
        };
        Ok(Prepared::new(Check::make(before, input, field, user, &state).await?))
    }

    async fn run(&self, write: &WriteContext<'_>, input: &Input) -> Result<Payload, WriteError> {
        let session = RequestContext::require_session(write)?;
        if let Some(check) = write.prepared::<PasswordCheck>() {
            if let Err(mistake) = check.settle(write, "password").await? {
                return Ok(Payload::new().refuse(mistake));
            }
            confirmed::confirm_by_password(write).await?;
        } else {
            let check: &Check = write.prepared().ok_or_else(unprepared)?;
            if input.has("credential") {
                let secret = input.text("challenge").unwrap_or_default();
                let begun = challenge::take(write, Purpose::PasskeySignIn, secret).await?;
                challenge::finish(write, &begun).await?;
            }
            if let Err(mistake) = check.settle(write).await? {
                return Ok(Payload::new().refuse(mistake));
            }
            confirmed::confirm(write).await?;
        }
        let until = Confirmed::of(write, session).await?.until;
        Ok(Payload::new().with("confirmedUntil", until.map_or(Output::Null, challenge::time)))
    }
}
