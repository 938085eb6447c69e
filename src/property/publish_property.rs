//! `publishProperty` and `unpublishProperty`: whether everyone sees a property.

use async_trait::async_trait;
use loaders::mutation::Input;
use loaders::{Mutation, Payload, UserError, UserErrorCode, WriteContext, WriteError};

use super::policy::MANAGE;

/// The mutation to publish; a property that was published before keeps its date.
pub(super) struct PublishProperty;

/// The mutation to hide.
pub(super) struct UnpublishProperty;

const PUBLISH: &str =
    "UPDATE properties SET published_at = now() WHERE id = $1 AND published_at IS NULL";

const UNPUBLISH: &str =
    "UPDATE properties SET published_at = NULL WHERE id = $1 AND published_at IS NOT NULL";

const OPEN_LISTINGS: &str = "SELECT FROM listings
    WHERE property_id = $1 AND listing_is_open(standard_status) AND deleted_at IS NULL";

#[async_trait]
impl Mutation for PublishProperty {
    async fn run(&self, write: &WriteContext<'_>, input: &Input) -> Result<Payload, WriteError> {
        let id = input.id("id", "Property")?;
        write.lock_permitted("Property", id, input.expected_version(), "id", MANAGE).await?;
        write.execute(PUBLISH, &[&id]).await?;
        Ok(Payload::new().entity("property", "Property", id))
    }
}

#[async_trait]
impl Mutation for UnpublishProperty {
    async fn run(&self, write: &WriteContext<'_>, input: &Input) -> Result<Payload, WriteError> {
        let id = input.id("id", "Property")?;
        write.lock_permitted("Property", id, input.expected_version(), "id", MANAGE).await?;
        if !write.query(OPEN_LISTINGS, &[&id]).await?.is_empty() {
            let message = "the property has an open listing: close, withdraw or cancel it first";
            return Err(UserError::new(UserErrorCode::InUse, &["id"], message).into());
        }
        write.execute(UNPUBLISH, &[&id]).await?;
        Ok(Payload::new().entity("property", "Property", id))
    }
}
