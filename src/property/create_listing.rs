//! `createListing`: a draft of an offer is made by those who may write the property. Who is to sell it,
//! those say who decide about the property: a seller sees what it costs.

use async_trait::async_trait;
use loaders::mutation::Input;
use loaders::{Mutation, Payload, WriteContext, WriteError};

use super::policy::MANAGE;

/// The mutation.
pub(super) struct CreateListing;

#[async_trait]
impl Mutation for CreateListing {
    async fn run(&self, write: &WriteContext<'_>, input: &Input) -> Result<Payload, WriteError> {
        let property = input.id("propertyId", "Property")?;
        write.lock_at(&["propertyId"], "Property", property, None, "id").await?;
        // Who sells a listing may write it: nobody makes himself the seller of what is not his.
        if input.optional_id("sellerId", "User")?.is_some() {
            write.lock_permitted("Property", property, None, "id", MANAGE).await?;
        }
        let id = write.insert("Listing", input).await?;
        Ok(Payload::new().entity("listing", "Listing", id))
    }
}
