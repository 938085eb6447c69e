//! `revokeInvitation`: an invitation that was not answered yet is taken back; its link opens nothing
//! from then on.

use async_trait::async_trait;
use loaders::mutation::Input;
use loaders::{Mutation, Payload, UserErrorCode, WriteContext, WriteError};

use super::invitation::tell;

/// The mutation.
pub(super) struct RevokeInvitation;

const REVOKE: &str = "UPDATE invitations SET state = 'REVOKED', answered_at = now() WHERE id = $1 AND state = 'PENDING'";

#[async_trait]
impl Mutation for RevokeInvitation {
    async fn run(&self, write: &WriteContext<'_>, input: &Input) -> Result<Payload, WriteError> {
        write.viewer_id()?;
        let id = input.id("id", "Invitation")?;
        write.lock("Invitation", id, input.expected_version(), "id").await?;
        if write.execute(REVOKE, &[&id]).await? == 0 {
            let message = "was answered, was revoked, or has run out";
            return Err(input.mistake(UserErrorCode::IllegalTransition, "id", message).into());
        }
        tell(write, "INVITATION_REVOKED", None, id).await?;
        Ok(Payload::new().entity("invitation", "Invitation", id))
    }
}
