//! `finishPasskeyRegistration`: the passkey that the browser has made becomes a second factor.

use async_trait::async_trait;
use loaders::mutation::Input;
use loaders::{Mutation, Payload, UserErrorCode, WriteContext, WriteError};
use uuid::Uuid;

use super::begin_passkey_registration::others;
use super::{change, confirmed, site};
use crate::access::RequestContext;
use crate::access::challenge::{self, Purpose, failed};
use crate::access::factors::passkey::PasskeyError;

/// The mutation.
pub(super) struct FinishPasskeyRegistration;

const LOCK: &str = "SELECT FROM users WHERE id = $1 FOR UPDATE";

const ADD: &str = "INSERT INTO user_mfa_methods
        (user_id, kind, name, credential_id, transports, public_key, credential_state)
    VALUES ($1, 'PASSKEY', $2, $3, $4, $5, $6) RETURNING id";

#[async_trait]
impl Mutation for FinishPasskeyRegistration {
    async fn run(&self, write: &WriteContext<'_>, input: &Input) -> Result<Payload, WriteError> {
        RequestContext::require_session(write)?;
        let user = write.viewer_id()?;
        let site = site(RequestContext::of(write)?)?;
        let secret = input.text("challenge").unwrap_or_default();
        let begun = challenge::take_own(write, Purpose::PasskeyRegistration, secret).await?;
        let made = input.get("credential").cloned().unwrap_or_default().into_json();
        let passkey = made
            .map_err(PasskeyError::from)
            .and_then(|made| site.finish_registration(&begun.state, user, &made));
        let passkey = match passkey {
            Ok(passkey) => passkey,
            Err(error @ PasskeyError::Kept(_)) => return Err(failed(error)),
            Err(error) => {
                let mistake =
                    input.mistake(UserErrorCode::Invalid, "credential", error.to_string());
                return Err(mistake.into());
            }
        };
        challenge::finish(write, &begun).await?;
        // Of several that were begun, each looks at what the one before has added.
        write.query(LOCK, &[&user]).await?;
        others(write, user).await?;
        let name = begun.name.as_deref().unwrap_or_default();
        let transports = i16::from(passkey.transports);
        let added = write
            .query_one(
                ADD,
                &[
                    &user,
                    &name,
                    &passkey.credential_id,
                    &transports,
                    &passkey.public_key,
                    &passkey.state,
                ],
            )
            .await?;
        let method: Uuid = added.try_get("id")?;
        change::added(write, user, "PASSKEY", name).await?;
        confirmed::confirm(write).await?;
        Ok(Payload::new().entity("mfaMethod", "MfaMethod", method))
    }
}
