//! Properties: how they are described, valued, listed and marketed.
//!
//! `policy` says which rows a viewer sees, `market_trends` computes monthly figures from sales.
//!
//! What always holds, because the database sees to it:
//! - a property has at most one open listing (`listings_one_open_per_property`);
//! - each status and price that a listing has had is in its history, which never changes;
//! - a valuation's amount never changes: a new estimate is a new row;
//! - a feature's value is what its type allows;
//! - parcel numbers are compared without hyphens and spaces, and no two properties share one;
//! - nothing is deleted because something else was: properties and listings are hidden by
//!   `deleted_at`, and everything that hangs on them with them.

mod comparables;
mod days_on_market;
mod history;
pub mod market_trends;
mod outputs;
mod policy;
mod price_per_square_foot;

use loaders::Registry;

/// Binds the domain's entities, each with its policy, and its fields that are not columns.
pub(crate) fn bind(registry: &mut Registry) {
    policy::bind(registry);
    registry
        .resolver("Property", "comparables", comparables::Comparables)
        .resolver("Property", "history", history::History)
        .resolver("Property", "pricePerSquareFoot", price_per_square_foot::PricePerSquareFoot)
        .resolver("Listing", "daysOnMarket", days_on_market::DaysOnMarket);
}
