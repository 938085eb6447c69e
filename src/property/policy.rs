//! Which rows of the property domain a viewer sees: what is published, for everyone; drafts and
//! what marketing costs, in development only. What hangs on a row is as visible as that row. Until
//! accounts exist, rows are written in development only.

use entity::property::*;
use loaders::{Policy, Registry, RowScope};
use sea_orm::sea_query::extension::postgres::PgFunc;
use sea_orm::sea_query::{Condition, Expr, ExprTrait};

/// Binds the domain's entities, each with its policy.
#[rustfmt::skip] // one line an entity
pub(super) fn bind(registry: &mut Registry) {
    registry
        .entity::<property_types::Entity>("PropertyType", Policy::everyone())
        .entity::<property_sub_types::Entity>("PropertySubType", Policy::everyone())
        .entity::<property_use_categories::Entity>("PropertyUseCategory", Policy::everyone())
        .entity::<zoning_codes::Entity>("ZoningCode", Policy::everyone())
        .entity::<property_feature_types::Entity>("PropertyFeatureType", Policy::everyone())
        .entity::<amenity_categories::Entity>("AmenityCategory", Policy::everyone())
        .entity::<amenities::Entity>("Amenity", Policy::everyone())
        .entity::<community_amenities::Entity>("CommunityAmenity", Policy::everyone())
        .entity::<market_areas::Entity>("MarketArea", Policy::everyone())
        .entity::<market_trends::Entity>("MarketTrend", Policy::everyone())
        .entity::<listing_statuses::Entity>("ListingStatus", Policy::everyone())
        .entity::<marketing_channels::Entity>("MarketingChannel", Policy::everyone())
        .entity::<properties::Entity>("Property", Policy::rows(published_properties).writers(in_development))
        .entity::<property_identifiers::Entity>("PropertyIdentifier", Policy::with(&["property"]))
        .entity::<property_features::Entity>("PropertyFeature", Policy::with(&["property"]))
        .entity::<property_amenities::Entity>("PropertyAmenity", Policy::with(&["property"]))
        .entity::<property_conditions::Entity>("PropertyCondition", Policy::with(&["property"]))
        .entity::<property_improvements::Entity>("PropertyImprovement", Policy::with(&["property"]))
        .entity::<property_maintenance_records::Entity>("PropertyMaintenanceRecord", Policy::with(&["property"]))
        .entity::<property_valuations::Entity>("PropertyValuation", Policy::with(&["property"]))
        .entity::<comparable_sales::Entity>("ComparableSale", Policy::with(&["valuation"]))
        .entity::<listings::Entity>("Listing", Policy::rows(public_listings).and_with(&["property"]).writers(in_development))
        .entity::<listing_status_history::Entity>("ListingStatusChange", Policy::with(&["listing"]))
        .entity::<listing_price_history::Entity>("ListingPriceChange", Policy::with(&["listing"]))
        .entity::<marketing_materials::Entity>("MarketingMaterial", Policy::rows(published_materials).and_with(&["listing"]))
        .entity::<marketing_campaigns::Entity>("MarketingCampaign", Policy::rows(in_development).and_with(&["listing"]));
}

fn everything(row: &RowScope<'_>) -> bool {
    row.class() == "development"
}

fn published_properties(row: &RowScope<'_>) -> Condition {
    let present = Condition::all().add(row.column(properties::Column::DeletedAt).is_null());
    if everything(row) {
        return present;
    }
    present.add(row.column(properties::Column::PublishedAt).is_not_null())
}

/// Which statuses are public is the market's choice, in `listing_statuses`. An array from a
/// subquery of its own is computed once a statement, not once a row.
fn public_listings(row: &RowScope<'_>) -> Condition {
    let present = Condition::all().add(row.column(listings::Column::DeletedAt).is_null());
    if everything(row) {
        return present;
    }
    let public =
        Expr::cust("ARRAY(SELECT standard_status::text FROM listing_statuses WHERE is_public)");
    present.add(row.column(listings::Column::StandardStatus).eq(PgFunc::any(public)))
}

fn published_materials(row: &RowScope<'_>) -> Condition {
    if everything(row) {
        return Condition::all();
    }
    Condition::all().add(row.column(marketing_materials::Column::PublishedAt).is_not_null())
}

/// Costs and budgets; and who writes.
fn in_development(row: &RowScope<'_>) -> Condition {
    if everything(row) {
        return Condition::all();
    }
    Condition::all().add(Expr::cust("false"))
}
