//! `updateListing`: seller, listing contract, terms and remarks, of a draft or while it is open. Who
//! sells it is said by those who decide about its property.

use async_trait::async_trait;
use loaders::mutation::Input;
use loaders::{Mutation, Payload, UserError, UserErrorCode, Value, WriteContext, WriteError};

use super::listing_state::{Status, UPDATE};
use super::locked_listing::Listing;
use super::policy::MANAGE;

/// The mutation.
pub(super) struct UpdateListing;

/// What a listing had to have to be published, and keeps.
const KEPT: [&str; 3] = ["sellerId", "listingContractDate", "expirationDate"];

#[async_trait]
impl Mutation for UpdateListing {
    async fn run(&self, write: &WriteContext<'_>, input: &Input) -> Result<Payload, WriteError> {
        let listing = Listing::lock(write, input).await?;
        if input.has("sellerId") && input.optional_id("sellerId", "User")? != listing.seller {
            write.lock_permitted("Property", listing.property, None, "id", MANAGE).await?;
        }
        listing.allow(&UPDATE)?;
        let cleared = KEPT.into_iter().filter(|field| input.get(field) == Some(&Value::Null));
        let mistakes: Vec<UserError> = match listing.status {
            Status::Incomplete => Vec::new(),
            _ => cleared
                .map(|field| {
                    let message = "only a draft can be without it";
                    input.mistake(UserErrorCode::Required, field, message)
                })
                .collect(),
        };
        if !mistakes.is_empty() {
            return Err(WriteError::User(mistakes));
        }
        write.update("Listing", listing.id, input).await?;
        Ok(listing.payload())
    }
}
