//! `inviteParty`: somebody is asked by e-mail to help with a property.

use async_trait::async_trait;
use loaders::mutation::Input;
use loaders::{ErrorCode, FieldError, Mutation, Payload, WriteContext, WriteError};
use uuid::Uuid;

use super::invitation::{Aim, send};
use crate::users::email;

/// The mutation.
pub(super) struct InviteParty;

/// Whoever may decide about all properties may share them.
const MANAGE: &str = "property.manage";

/// Whether `$2` manages the property: himself, or for one of the firms in which he decides.
const MANAGES: &str = "
    SELECT FROM property_collaborators
    WHERE property_id = $1 AND (user_id = $2 OR firm_id = ANY ($3)) AND capability = 'MANAGE'
        AND ended_at IS NULL AND (ends_at IS NULL OR ends_at > now())";

#[async_trait]
impl Mutation for InviteParty {
    async fn run(&self, write: &WriteContext<'_>, input: &Input) -> Result<Payload, WriteError> {
        let viewer = write.viewer_id()?;
        let property = input.id("propertyId", "Property")?;
        let columns = "owner_id, coalesce(unparsed_address, 'a property')";
        let row = write.lock_at(&["propertyId"], "Property", property, None, columns).await?;
        let owner: Option<Uuid> = row.try_get(0)?;
        if owner != Some(viewer) && write.require(MANAGE).is_err() {
            let firms = write.viewer().permissions.within(MANAGE);
            if write.query(MANAGES, &[&property, &viewer, &firms]).await?.is_empty() {
                let message = "only its owner, and those who manage it, share a property";
                return Err(FieldError::new(ErrorCode::Forbidden, message).into());
            }
        }
        let address = email::read(input, "email")?;
        let capability = input.text("capability").unwrap_or("VIEW").to_owned();
        let aim = Aim::Property { id: property, capability };
        let id = send(write, input, &address, aim, row.try_get(1)?).await?;
        Ok(Payload::new().entity("invitation", "Invitation", id))
    }
}
