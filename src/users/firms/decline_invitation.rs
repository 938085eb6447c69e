//! `declineInvitation`: who reads the mail does not want what it offers. That needs no account.

use async_trait::async_trait;
use loaders::mutation::Input;
use loaders::{Mutation, Payload, WriteContext, WriteError};

use super::invitation::{Invitation, tell};

/// The mutation.
pub(super) struct DeclineInvitation;

const DECLINE: &str =
    "UPDATE invitations SET state = 'DECLINED', answered_at = now() WHERE id = $1";

#[async_trait]
impl Mutation for DeclineInvitation {
    async fn run(&self, write: &WriteContext<'_>, input: &Input) -> Result<Payload, WriteError> {
        let invitation = Invitation::open(write, input).await?;
        write.execute(DECLINE, &[&invitation.id]).await?;
        tell(write, "INVITATION_DECLINED", write.viewer().id(), invitation.id).await?;
        Ok(Payload::new().entity("invitation", "Invitation", invitation.id))
    }

    fn is_remembered(&self) -> bool {
        false
    }
}
