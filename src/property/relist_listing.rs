//! `relistListing`: a new draft from a listing that came to nothing, with its terms and the days
//! that the property has been on the market.

use async_graphql::indexmap::IndexMap;
use async_graphql::{Name, Value};
use async_trait::async_trait;
use loaders::mutation::Input;
use loaders::scalar::type_id;
use loaders::{Mutation, Payload, WriteContext, WriteError};
use uuid::Uuid;

use super::days_on_market::days_on_market;
use super::listing_state::RELIST;
use super::locked_listing::Listing;

/// The mutation.
pub(super) struct RelistListing;

/// What the viewer need not see moves past the contract: who sells it, and remarks for agents.
const CARRY: &str = "UPDATE listings draft
    SET seller_id = old.seller_id, private_remarks = old.private_remarks,
        showing_instructions = old.showing_instructions
    FROM listings old
    WHERE draft.id = $1 AND old.id = $2
        AND num_nonnulls(old.seller_id, old.private_remarks, old.showing_instructions) > 0";

#[async_trait]
impl Mutation for RelistListing {
    async fn run(&self, write: &WriteContext<'_>, input: &Input) -> Result<Payload, WriteError> {
        let listing = Listing::lock(write, input).await?;
        // Whoever sold it once may still write the old listing, not offer the property again.
        write.lock("Property", listing.property, None, "id").await?;
        listing.allow(&RELIST)?;
        let mut fields = carried(write, &listing).await?;
        let given = input.fields().filter(|(_, value)| **value != Value::Null);
        fields.extend(given.map(|(name, value)| (Name::new(name), value.clone())));
        let draft = write.insert("Listing", &Input::new(Value::Object(fields))).await?;
        write.execute(CARRY, &[&draft, &listing.id]).await?;
        Ok(Payload::new().entity("listing", "Listing", draft))
    }
}

/// What the draft has of the old listing, by the fields of `createListing`.
async fn carried(
    write: &WriteContext<'_>,
    listing: &Listing,
) -> Result<IndexMap<Name, Value>, WriteError> {
    // Whoever may write the old listing sees its whole history.
    let days = days_on_market("true");
    let sql = format!(
        "SELECT coalesce(({days}), 0) AS days, s.listing_terms, s.public_remarks
         FROM listings s WHERE s.id = $1"
    );
    let row = write.query_one(&sql, &[&listing.id]).await?;
    let terms: Option<Vec<String>> = row.try_get("listing_terms")?;
    let remarks: Option<String> = row.try_get("public_remarks")?;
    let days: i32 = row.try_get("days")?;
    let or_null = |value: Option<Value>| value.unwrap_or(Value::Null);
    let fields = [
        ("propertyId", Value::from(typed("property", listing.property))),
        ("listPrice", or_null(listing.list_price.clone().map(Value::from))),
        ("listingTerms", or_null(terms.map(Value::from))),
        ("publicRemarks", or_null(remarks.map(Value::from))),
        ("priorDaysOnMarket", Value::from(days)),
    ];
    Ok(fields.into_iter().map(|(name, value)| (Name::new(name), value)).collect())
}

/// The id as clients know it.
fn typed(prefix: &str, id: Uuid) -> String {
    let mut text = Vec::new();
    type_id::encode(prefix, id.as_bytes(), &mut text);
    String::from_utf8_lossy(&text).into_owned()
}
