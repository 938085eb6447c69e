//! `updateProperty`: whoever may write a property changes it; whose it is, only those change who may
//! write every property.

use async_trait::async_trait;
use loaders::mutation::Input;
use loaders::{Mutation, Payload, WriteContext, WriteError};
use uuid::Uuid;

use super::create_property::WRITE;

/// The mutation.
pub(super) struct UpdateProperty;

#[async_trait]
impl Mutation for UpdateProperty {
    async fn run(&self, write: &WriteContext<'_>, input: &Input) -> Result<Payload, WriteError> {
        let id = input.id("id", "Property")?;
        let row = write.lock("Property", id, input.expected_version(), "owner_id").await?;
        let owner: Option<Uuid> = row.try_get("owner_id")?;
        if input.has("ownerId") && input.optional_id("ownerId", "User")? != owner {
            write.require(WRITE)?;
        }
        write.update("Property", id, input).await?;
        Ok(Payload::new().entity("property", "Property", id))
    }
}
