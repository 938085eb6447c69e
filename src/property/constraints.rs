//! What the database's rules mean for an input, where their names do not say it.

use loaders::Registry;
use loaders::UserErrorCode::{Conflict, Immutable, InUse, Invalid, OutOfRange, Required, Taken};

/// Registers a code, a place and a message for each such constraint.
#[rustfmt::skip] // one line a constraint
pub(super) fn bind(registry: &mut Registry) {
    registry
        .constraint("comparable_sales_adjustments_form", Invalid, "adjustments", "must be a list")
        .constraint("community_amenities_location_given", Required, "location", "is required unless `marketAreaId` is given")
        .constraint("listing_price_history_new_price_differs", Immutable, "newPrice", "must differ from the price before")
        .constraint("listing_status_history_new_status_differs", Immutable, "newStatus", "must differ from the status before")
        .constraint("listing_statuses_accrues_days_on_market_open", Conflict, "accruesDaysOnMarket", "only a listing that is open can accrue days on market")
        .constraint("listings_close_date_given", Required, "closeDate", "is required of a closed listing")
        .constraint("listings_close_price_closed", Conflict, "closePrice", "only a closed listing has a close price")
        .constraint("listings_one_open_per_property", Conflict, "propertyId", "the property has another open listing: close, cancel or withdraw that one first")
        .constraint("listings_source_system_key_named", Required, "sourceSystemName", "is required together with `sourceSystemKey`")
        .constraint("market_trends_month_first_day", Invalid, "month", "must be the first day of a month")
        .constraint("properties_association_fee_frequency_given", Required, "associationFeeFrequency", "is required together with `associationFee`")
        .constraint("properties_bathrooms_total_integer_sum", OutOfRange, "bathroomsTotalInteger", "must be at least the sum of all kinds of bathrooms")
        .constraint("properties_deleted_off_offer", InUse, "id", "it has an open listing: close, cancel or withdraw that one first")
        .constraint("properties_merged_into_id_deleted", Conflict, "mergedIntoId", "only a deleted property can be merged into another")
        .constraint("properties_merged_into_id_differs", Invalid, "mergedIntoId", "a property cannot be merged into itself")
        .constraint("property_feature_types_allowed_values_form", Invalid, "allowedValues", "must have at least one text, and no null")
        .constraint("property_feature_types_allowed_values_of_text", Conflict, "allowedValues", "only features of text have allowed values")
        .constraint("property_feature_types_minimum_of_number", Conflict, "minimum", "only features of numbers have a unit, a minimum or a maximum")
        .constraint("property_feature_types_value_fits", InUse, "", "there are features with values that the new definition would forbid")
        .constraint("property_features_value_fits", Invalid, "", "the value is not what the feature's type allows: see its `valueKind`, `minimum`, `maximum` and `allowedValues`")
        .constraint("property_features_value_single", Invalid, "", "exactly one of `numberValue`, `textValue`, `booleanValue` and `dateValue` must be given")
        .constraint("property_identifiers_normalized_value_key", Taken, "value", "another property has this number from the same issuer")
        .constraint("property_identifiers_normalized_value_length", Invalid, "value", "must have a letter or a digit in it, and 50 at most")
        .constraint("property_valuations_confidence_high_range", OutOfRange, "confidenceHigh", "the amount must lie within `confidenceLow` and `confidenceHigh`")
        .constraint("property_valuations_confidence_interval_whole", Required, "confidenceLow", "`confidenceLow` and `confidenceHigh` must be given together")
        .constraint("property_valuations_confidence_level_of_interval", Required, "confidenceLow", "is required together with `confidenceLevel`")
        .constraint("property_valuations_kept", Immutable, "", "a valuation is never deleted: a new estimate is a new one");
}
