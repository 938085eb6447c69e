//! `revokeApiKey`: a key opens nothing any more from the next request on.

use async_trait::async_trait;
use loaders::mutation::Input;
use loaders::{Mutation, Payload, UserError, UserErrorCode, WriteContext, WriteError};
use serde_json::json;

use crate::access::{SecurityEvent, security_event};

/// The mutation.
pub(super) struct RevokeApiKey;

const REVOKE: &str = "UPDATE api_keys SET revoked_at = now() WHERE id = $1";

#[async_trait]
impl Mutation for RevokeApiKey {
    async fn run(&self, write: &WriteContext<'_>, input: &Input) -> Result<Payload, WriteError> {
        write.viewer_id()?;
        let id = input.id("id", "ApiKey")?;
        let columns = "user_id, revoked_at IS NOT NULL AS is_revoked";
        let key = write.lock("ApiKey", id, input.expected_version(), columns).await?;
        if key.try_get("is_revoked")? {
            let message = "the key is revoked already";
            return Err(UserError::new(UserErrorCode::AlreadyDone, &["id"], message).into());
        }
        write.execute(REVOKE, &[&id]).await?;
        let (user, detail) = (Some(key.try_get("user_id")?), json!({ "apiKey": id }));
        security_event(write, SecurityEvent { kind: "API_KEY_REVOKED", user, detail }).await?;
        Ok(Payload::new().entity("apiKey", "ApiKey", id))
    }
}
