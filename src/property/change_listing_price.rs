//! `changeListingPrice`: what is asked for a listing; the database notes what was asked before.

use async_trait::async_trait;
use loaders::mutation::Input;
use loaders::{Mutation, Payload, WriteContext, WriteError};

use super::listing_state::CHANGE_PRICE;
use super::locked_listing::Listing;

/// The mutation.
pub(super) struct ChangeListingPrice;

#[async_trait]
impl Mutation for ChangeListingPrice {
    async fn run(&self, write: &WriteContext<'_>, input: &Input) -> Result<Payload, WriteError> {
        let listing = Listing::lock_decided(write, input).await?;
        listing.allow(&CHANGE_PRICE)?;
        write.update("Listing", listing.id, input).await?;
        Ok(listing.payload())
    }
}
