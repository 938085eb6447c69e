//! `confirmTotp`: the app shows the right code, so it becomes the user's second factor.

use async_trait::async_trait;
use chrono::Utc;
use loaders::mutation::Input;
use loaders::{Mutation, Payload, UserErrorCode, WriteContext, WriteError};
use uuid::Uuid;

use super::{change, confirmed, sealed_for};
use crate::access::RequestContext;
use crate::access::challenge::{self, Purpose, failed};
use crate::access::factors::totp::TotpSecret;

/// The mutation.
pub(super) struct ConfirmTotp;

const REMOVE_EARLIER: &str =
    "DELETE FROM user_mfa_methods WHERE user_id = $1 AND kind = 'TOTP' RETURNING name";

const ADD: &str = "INSERT INTO user_mfa_methods (user_id, kind, name, sealed_secret, last_step)
    VALUES ($1, 'TOTP', $2, $3, $4) RETURNING id";

#[async_trait]
impl Mutation for ConfirmTotp {
    async fn run(&self, write: &WriteContext<'_>, input: &Input) -> Result<Payload, WriteError> {
        RequestContext::require_session(write)?;
        let user = write.viewer_id()?;
        let secret = input.text("challenge").unwrap_or_default();
        let begun = challenge::take_own(write, Purpose::TotpEnrollment, secret).await?;
        let secret_box = RequestContext::of(write)?.access.secret_box();
        let shared = secret_box.open(&sealed_for(user), &begun.state).map_err(failed)?;
        let code = input.text("code").unwrap_or_default();
        let now = Utc::now().timestamp();
        let Some(step) = TotpSecret::from_bytes(shared).step_of(code, now, None) else {
            let message = "this is not the code that the app shows now: is its clock right?";
            return Err(input.mistake(UserErrorCode::InvalidCredentials, "code", message).into());
        };
        challenge::finish(write, &begun).await?;
        if let Some(earlier) = write.query_opt(REMOVE_EARLIER, &[&user]).await? {
            change::removed(write, user, "TOTP", earlier.try_get("name")?).await?;
        }
        let name = begun.name.as_deref().unwrap_or_default();
        let added = write.query_one(ADD, &[&user, &name, &begun.state, &step]).await?;
        let method: Uuid = added.try_get("id")?;
        change::added(write, user, "TOTP", name).await?;
        confirmed::confirm(write).await?;
        Ok(Payload::new().entity("mfaMethod", "MfaMethod", method))
    }
}
