//! `publishListing`: a draft comes on the market or is announced, and its property with it.

use async_trait::async_trait;
use loaders::mutation::Input;
use loaders::{Mutation, Payload, UserErrorCode, WriteContext, WriteError};

use super::listing_steps::{ANNOUNCE, PUBLISH};
use super::locked_listing::Listing;
use super::policy::MANAGE;

/// The mutation.
pub(super) struct PublishListing;

/// A property that was published before keeps its date.
const PUBLISH_PROPERTY: &str =
    "UPDATE properties SET published_at = now() WHERE id = $1 AND published_at IS NULL";

#[async_trait]
impl Mutation for PublishListing {
    async fn run(&self, write: &WriteContext<'_>, input: &Input) -> Result<Payload, WriteError> {
        let coming_soon = input.boolean("comingSoon") == Some(true);
        if coming_soon && input.text("onMarketDate").is_some() {
            let message = "a listing that is only announced has not come on the market yet";
            return Err(input.mistake(UserErrorCode::Invalid, "onMarketDate", message).into());
        }
        let listing = Listing::lock_decided(write, input).await?;
        // Locked too, so that it is not deleted or hidden in the meantime.
        write.lock_permitted("Property", listing.property, None, "id", MANAGE).await?;
        let step = if coming_soon { ANNOUNCE } else { PUBLISH };
        step.take(write, input, &listing).await?;
        write.execute(PUBLISH_PROPERTY, &[&listing.property]).await?;
        Ok(listing.payload())
    }
}
