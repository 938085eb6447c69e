//! Properties: how they are described, valued, listed and marketed.
//!
//! `policy` says which rows a viewer sees and writes, `market_trends` computes monthly figures from
//! sales. `listing_state` is RESO's table of what can become of a listing, and `listing_steps` what
//! each step sets; a mutation that does more has a file of its name.
//!
//! What always holds, because the database sees to it:
//! - a property has at most one open listing (`listings_one_open_per_property`), and with one it
//!   is not deleted (`properties_deleted_off_offer`);
//! - each status and price that a listing has had is in its history, which never changes;
//! - a valuation's amount never changes: a new estimate is a new row;
//! - a feature's value is what its type allows;
//! - parcel numbers are compared without hyphens and spaces, and no two properties share one;
//! - nothing is deleted because something else was: properties and listings are hidden by
//!   `deleted_at`, and everything that hangs on them with them.

mod change_listing_price;
mod comparables;
mod constraints;
mod create_listing;
mod create_property;
mod days_on_market;
mod delete_property;
mod history;
mod listing_state;
mod listing_steps;
mod locked_listing;
pub mod market_trends;
mod merge_properties;
mod outputs;
mod policy;
mod price_per_square_foot;
mod publish_listing;
mod publish_property;
mod relist_listing;
mod restore_property;
mod update_listing;
mod update_property;

use loaders::Registry;

/// Binds the domain's entities, each with its policy, its fields that are not columns, and its
/// mutations that are more than a record's.
pub(crate) fn bind(registry: &mut Registry) {
    policy::bind(registry);
    constraints::bind(registry);
    registry
        .resolver("Property", "comparables", comparables::Comparables)
        .resolver("Property", "history", history::History)
        .resolver("Property", "pricePerSquareFoot", price_per_square_foot::PricePerSquareFoot)
        .resolver("Listing", "daysOnMarket", days_on_market::DaysOnMarket)
        .mutation("createProperty", create_property::CreateProperty)
        .mutation("updateProperty", update_property::UpdateProperty)
        .mutation("deleteProperty", delete_property::DeleteProperty)
        .mutation("createListing", create_listing::CreateListing)
        .mutation("updateListing", update_listing::UpdateListing)
        .mutation("publishListing", publish_listing::PublishListing)
        .mutation("changeListingPrice", change_listing_price::ChangeListingPrice)
        .mutation("relistListing", relist_listing::RelistListing)
        .mutation("publishProperty", publish_property::PublishProperty)
        .mutation("unpublishProperty", publish_property::UnpublishProperty)
        .mutation("restoreProperty", restore_property::RestoreProperty)
        .mutation("mergeProperties", merge_properties::MergeProperties);
    for step in listing_steps::STEPS {
        registry.mutation(step.action.mutation, step);
    }
}
