//! Which rows of the property domain a viewer sees and writes.
//!
//! What is published is for everyone. A draft is for its owner, for whoever sells it now, for those
//! who were asked to help with it (`property_collaborators`), and for who may read every property.
//! What hangs on a row is as visible, and as writable, as that row. What is shown, shared and offered
//! is decided, and what it cost is seen, by those who manage it. A valuation shows what it rests on:
//! of a comparable sale its price, date and distance also where the house that was sold is hidden,
//! for they name nobody; the house itself and its listing are null then.

use entity::property::*;
use loaders::{Policy, Registry, RowScope};
use sea_orm::sea_query::extension::postgres::PgFunc;
use sea_orm::sea_query::{Alias, Condition, Expr, ExprTrait};

/// Whoever has it decides what becomes of every property and listing.
pub(super) const MANAGE: &str = "property.manage";

/// Whoever has it sees what every property and listing costs.
const READ_COSTS: &str = "listing.read_costs";

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
        .entity::<properties::Entity>("Property", Policy::rows(properties_seen).writers(properties_written).permits("property.read", properties_seen).permits("property.write", properties_written).permits(MANAGE, properties_decided).permits(READ_COSTS, properties_managed))
        .entity::<property_identifiers::Entity>("PropertyIdentifier", Policy::with(&["property"]))
        .entity::<property_features::Entity>("PropertyFeature", Policy::with(&["property"]))
        .entity::<property_amenities::Entity>("PropertyAmenity", Policy::with(&["property"]))
        .entity::<property_conditions::Entity>("PropertyCondition", Policy::with(&["property"]))
        .entity::<property_improvements::Entity>("PropertyImprovement", Policy::with(&["property"]))
        .entity::<property_maintenance_records::Entity>("PropertyMaintenanceRecord", Policy::with(&["property"]))
        .entity::<property_valuations::Entity>("PropertyValuation", Policy::with(&["property"]))
        .entity::<comparable_sales::Entity>("ComparableSale", Policy::with(&["valuation"]))
        .entity::<listings::Entity>("Listing", Policy::rows(listings_seen).and_with(&["property"]).writers(listings_written).permits("property.read", listings_seen).permits("property.write", listings_written).permits(MANAGE, listings_decided).permits(READ_COSTS, listings_managed))
        .entity::<listing_status_history::Entity>("ListingStatusChange", Policy::with(&["listing"]))
        .entity::<listing_price_history::Entity>("ListingPriceChange", Policy::with(&["listing"]))
        .entity::<marketing_materials::Entity>("MarketingMaterial", Policy::rows(materials_seen).and_with(&["listing"]))
        .entity::<marketing_campaigns::Entity>("MarketingCampaign", Policy::rows(campaigns_seen).and_with(&["listing"]));
}

/// What a viewer has to do with a property that is not public.
#[derive(Clone, Copy)]
enum Part {
    /// Owns it, sells it now, or helps in any way.
    Sees,
    /// Owns it, or helps to edit it.
    Writes,
    /// Owns it, or manages it for its owner.
    Decides,
    /// The same, or sells it now: as far as money goes.
    Manages,
}

impl Part {
    /// The permission by which somebody acts for a firm that helps.
    fn permission(self) -> &'static str {
        match self {
            Self::Sees => "property.read",
            Self::Writes => "property.write",
            Self::Decides => MANAGE,
            Self::Manages => READ_COSTS,
        }
    }

    /// In which capacity somebody helps, and whether it is enough to sell it now.
    fn of_helpers(self) -> (&'static str, bool) {
        match self {
            Self::Sees => ("ARRAY['VIEW', 'EDIT', 'MANAGE']", true),
            Self::Writes => ("ARRAY['EDIT', 'MANAGE']", false),
            Self::Decides => ("ARRAY['MANAGE']", false),
            Self::Manages => ("ARRAY['MANAGE']", true),
        }
    }
}

fn is_nobody(row: &RowScope<'_>) -> bool {
    row.class() == "anonymous"
}

/// The column is one of the ids that this function of the database gives for the viewer: asked
/// once a statement, and only if a row gets so far.
fn among(row: &RowScope<'_>, column: &str, part: Part, function: &str) -> Expr {
    let (capabilities, sells) = part.of_helpers();
    let call = format!("(SELECT {function}($1, $2, {capabilities}, {sells}))::uuid[]");
    let ids = Expr::cust_with_exprs(call, [row.viewer("id"), row.scopes(part.permission())]);
    row.column(Alias::new(column)).eq(PgFunc::any(ids))
}

/// The column is the id of such a property.
fn property(row: &RowScope<'_>, column: &str, part: Part) -> Expr {
    among(row, column, part, "properties_of")
}

/// The column is the id of a listing that the viewer sells, or of such a property.
fn listing(row: &RowScope<'_>, column: &str, part: Part) -> Expr {
    among(row, column, part, "listings_of")
}

fn properties_seen(row: &RowScope<'_>) -> Condition {
    let present = Condition::all().add(row.column(properties::Column::DeletedAt).is_null());
    if row.has("property.read") {
        return present;
    }
    let published = row.column(properties::Column::PublishedAt).is_not_null();
    if is_nobody(row) {
        return present.add(published);
    }
    present.add(Condition::any().add(published).add(property(row, "id", Part::Sees)))
}

fn properties_written(row: &RowScope<'_>) -> Condition {
    if row.has("property.write") {
        return Condition::all();
    }
    if is_nobody(row) {
        return nothing();
    }
    Condition::all().add(property(row, "id", Part::Writes))
}

fn properties_decided(row: &RowScope<'_>) -> Condition {
    if is_nobody(row) {
        return nothing();
    }
    Condition::all().add(property(row, "id", Part::Decides))
}

fn properties_managed(row: &RowScope<'_>) -> Condition {
    if row.has(READ_COSTS) {
        return Condition::all();
    }
    if is_nobody(row) {
        return nothing();
    }
    Condition::all().add(property(row, "id", Part::Manages))
}

/// Which statuses are public is the market's choice, in `listing_statuses`.
fn listings_seen(row: &RowScope<'_>) -> Condition {
    let present = Condition::all().add(row.column(listings::Column::DeletedAt).is_null());
    if row.has("property.read") {
        return present;
    }
    let public =
        Expr::cust("ARRAY(SELECT standard_status::text FROM listing_statuses WHERE is_public)");
    let public = row.column(listings::Column::StandardStatus).eq(PgFunc::any(public));
    if is_nobody(row) {
        return present.add(public);
    }
    let sold = row.column_is_viewers(listings::Column::SellerId, "id");
    let mine = property(row, "property_id", Part::Sees);
    present.add(Condition::any().add(public).add(sold).add(mine))
}

fn listings_written(row: &RowScope<'_>) -> Condition {
    if row.has("property.write") {
        return Condition::all();
    }
    if is_nobody(row) {
        return nothing();
    }
    let sold = row.column_is_viewers(listings::Column::SellerId, "id");
    Condition::any().add(sold).add(property(row, "property_id", Part::Writes))
}

/// Whoever sells it takes it through its life, and who decides about its property.
fn listings_decided(row: &RowScope<'_>) -> Condition {
    if is_nobody(row) {
        return nothing();
    }
    let sold = row.column_is_viewers(listings::Column::SellerId, "id");
    Condition::any().add(sold).add(property(row, "property_id", Part::Decides))
}

fn listings_managed(row: &RowScope<'_>) -> Condition {
    if row.has(READ_COSTS) {
        return Condition::all();
    }
    if is_nobody(row) {
        return nothing();
    }
    let sold = row.column_is_viewers(listings::Column::SellerId, "id");
    Condition::any().add(sold).add(property(row, "property_id", Part::Manages))
}

fn materials_seen(row: &RowScope<'_>) -> Condition {
    if row.has("property.read") {
        return Condition::all();
    }
    let published = row.column(marketing_materials::Column::PublishedAt).is_not_null();
    if is_nobody(row) {
        return Condition::all().add(published);
    }
    Condition::any().add(published).add(listing(row, "listing_id", Part::Sees))
}

/// What marketing may cost, and has cost.
fn campaigns_seen(row: &RowScope<'_>) -> Condition {
    if row.has(READ_COSTS) {
        return Condition::all();
    }
    if is_nobody(row) {
        return nothing();
    }
    Condition::all().add(listing(row, "listing_id", Part::Manages))
}

fn nothing() -> Condition {
    Condition::all().add(Expr::cust("FALSE"))
}
