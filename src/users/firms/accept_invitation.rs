//! `acceptInvitation`: the person to whom an invitation was sent joins the firm, or helps with the
//! property. It takes both the link of the mail and an account with its address.

use async_trait::async_trait;
use loaders::mutation::Input;
use loaders::{Mutation, Payload, UserErrorCode, WriteContext, WriteError};
use uuid::Uuid;

use super::invitation::{Aim, Invitation, tell};
use super::membership::join;
use super::standing::stands;

/// The mutation.
pub(super) struct AcceptInvitation;

const HAS_ADDRESS: &str = "
    SELECT FROM user_authentication
    WHERE user_id = $1 AND lower(email) = lower($2) AND email_verified_at IS NOT NULL";

const ACCEPT: &str = "
    UPDATE invitations SET state = 'ACCEPTED', answered_at = now(), accepted_by_id = $2 WHERE id = $1";

/// Who helps already can do what he could, and what he was invited to; the longer of the two.
const EXTEND: &str = "
    UPDATE property_collaborators
    SET ends_at = NULL, capability = CASE
        WHEN 'MANAGE' IN (capability, $3::text) THEN 'MANAGE'
        WHEN 'EDIT' IN (capability, $3::text) THEN 'EDIT'
        ELSE 'VIEW' END
    WHERE property_id = $1 AND user_id = $2 AND ended_at IS NULL
    RETURNING id";

const HELP: &str = "
    INSERT INTO property_collaborators (property_id, user_id, capability, invited_by_id)
    SELECT id, $2, $3::text, $4 FROM properties WHERE id = $1 AND deleted_at IS NULL
    RETURNING id";

#[async_trait]
impl Mutation for AcceptInvitation {
    async fn run(&self, write: &WriteContext<'_>, input: &Input) -> Result<Payload, WriteError> {
        let viewer = write.viewer_id()?;
        let invitation = Invitation::open(write, input).await?;
        if write.query_opt(HAS_ADDRESS, &[&viewer, &invitation.email]).await?.is_none() {
            let message =
                "was sent to another address than that of your account: sign in or sign up with it";
            return Err(input.mistake(UserErrorCode::Conflict, "token", message).into());
        }
        if !stands(write, &invitation).await? {
            let message = "comes from somebody who may not invite there any more: ask for another";
            return Err(input.mistake(UserErrorCode::Expired, "token", message).into());
        }
        write.execute(ACCEPT, &[&invitation.id, &viewer]).await?;
        tell(write, "INVITATION_ACCEPTED", Some(viewer), invitation.id).await?;
        let payload = Payload::new().entity("invitation", "Invitation", invitation.id);
        let Invitation { title, invited_by, .. } = &invitation;
        match &invitation.aim {
            Aim::Firm { id, as_administrator } => {
                let place = (*id, viewer);
                let joined =
                    join(write, place, title.as_deref(), *as_administrator, *invited_by).await?;
                Ok(payload.entity("firmMembership", "FirmMembership", joined))
            }
            Aim::Property { id, capability } => {
                let found = write.query_opt(EXTEND, &[id, &viewer, capability]).await?;
                let row = match found {
                    Some(row) => Some(row),
                    None => write.query_opt(HELP, &[id, &viewer, capability, invited_by]).await?,
                };
                let Some(row) = row else {
                    let message = "the property is gone";
                    return Err(input.mistake(UserErrorCode::Expired, "token", message).into());
                };
                let helps: Uuid = row.try_get(0)?;
                Ok(payload.entity("propertyCollaborator", "PropertyCollaborator", helps))
            }
        }
    }

    fn is_remembered(&self) -> bool {
        false
    }
}
