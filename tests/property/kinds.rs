//! What tests know of each type beyond what the contract and the database tell: its table, and
//! the values that its constraints want.

use serde_json::{Value, json};

use super::factory::Values;

/// Every entity type and its table.
#[rustfmt::skip] // one line a type
pub const TABLES: &[(&str, &str)] = &[
    ("Amenity", "amenities"),
    ("AmenityCategory", "amenity_categories"),
    ("CommunityAmenity", "community_amenities"),
    ("ComparableSale", "comparable_sales"),
    ("Listing", "listings"),
    ("ListingPriceChange", "listing_price_history"),
    ("ListingStatus", "listing_statuses"),
    ("ListingStatusChange", "listing_status_history"),
    ("MarketArea", "market_areas"),
    ("MarketTrend", "market_trends"),
    ("MarketingCampaign", "marketing_campaigns"),
    ("MarketingChannel", "marketing_channels"),
    ("MarketingMaterial", "marketing_materials"),
    ("Property", "properties"),
    ("PropertyAmenity", "property_amenities"),
    ("PropertyCondition", "property_conditions"),
    ("PropertyFeature", "property_features"),
    ("PropertyFeatureType", "property_feature_types"),
    ("PropertyIdentifier", "property_identifiers"),
    ("PropertyImprovement", "property_improvements"),
    ("PropertyMaintenanceRecord", "property_maintenance_records"),
    ("PropertySubType", "property_sub_types"),
    ("PropertyType", "property_types"),
    ("PropertyUseCategory", "property_use_categories"),
    ("PropertyValuation", "property_valuations"),
    ("User", "users"),
    ("ZoningCode", "zoning_codes"),
];

/// Their names.
pub fn types() -> impl Iterator<Item = &'static str> {
    TABLES.iter().map(|(type_name, _)| *type_name)
}

/// Whether rows of the type are tested here. Those of people and of access are private, each in its
/// own way: `tests/policy` and their own folders have them.
pub fn is_known(type_name: &str) -> bool {
    types().any(|known| known == type_name)
}

/// The table of a type.
pub fn table(type_name: &str) -> &'static str {
    let known = TABLES.iter().find(|(known, _)| *known == type_name);
    known.unwrap_or_else(|| panic!("kinds::TABLES lacks {type_name}")).1
}

/// The type of a table's rows.
pub fn type_of(table: &str) -> &'static str {
    let known = TABLES.iter().find(|(_, known)| *known == table);
    known.unwrap_or_else(|| panic!("kinds::TABLES lacks the table {table}")).0
}

/// Whether the migrations insert every row that the table can have.
pub fn is_closed(type_name: &str) -> bool {
    type_name == "ListingStatus"
}

/// What every row gets unless a test says otherwise: seen by everyone, and allowed.
pub fn usual(type_name: &str, number: u32) -> Values {
    let values = match type_name {
        "CommunityAmenity" => json!({ "location": "POINT(-83.6 41.6)" }),
        "Listing" => json!({ "standard_status": "CLOSED", "close_date": "2024-03-01" }),
        "MarketTrend" => {
            json!({ "month": format!("{}-{:02}-01", 1900 + number / 12, number % 12 + 1) })
        }
        "MarketingMaterial" => json!({ "published_at": "2024-01-02T03:04:05Z" }),
        "Property" => json!({ "published_at": "2024-01-02T03:04:05Z" }),
        // The newest comes first.
        "User" => json!({ "is_public": true, "display_name": format!("{:05}", 99_999 - number) }),
        "PropertyFeature" => json!({ "number_value": "5" }),
        _ => json!({}),
    };
    object(values)
}

/// What a row with a value in every column needs besides.
pub fn full(type_name: &str) -> Values {
    let square = "MULTIPOLYGON(((-84 41, -83 41, -83 42, -84 42, -84 41)))";
    let values = match type_name {
        "ComparableSale" => json!({ "weight": "0.25" }),
        "Listing" => json!({ "close_price": "123456.78" }),
        "ListingStatusChange" => json!({ "previous_status": "ACTIVE", "new_status": "CLOSED" }),
        "ListingPriceChange" => json!({ "previous_price": "100", "new_price": "99.99" }),
        "MarketArea" => json!({ "boundary": square }),
        "Property" => json!({
            "state_or_province": "OH",
            "country": "US",
            "postal_code_plus4": "0042",
            "year_built": 1922,
            "year_built_effective": 1950,
            "tax_year": 2024,
            "bathrooms_total_integer": 400,
            "location": "POINT(-83.123456 41.654321)",
            "boundary": square,
        }),
        "PropertyFeature" => {
            json!({ "text_value": null, "boolean_value": null, "date_value": null })
        }
        "PropertyFeatureType" => {
            json!({ "allowed_values": null, "minimum": "1", "maximum": "900" })
        }
        "PropertyMaintenanceRecord" => {
            json!({ "performed_on": "2024-01-02", "next_due_on": "2025-01-02" })
        }
        "PropertyValuation" => json!({
            "amount": "100000", "confidence_low": "90000.01", "confidence_high": "110000",
            "confidence_level": "0.9",
        }),
        _ => json!({}),
    };
    object(values)
}

/// Rows that together have a value in each column, where one row cannot.
pub fn variants(type_name: &str) -> Vec<Value> {
    let feature = |column: &str, value: Value| {
        let mut values = json!({ "number_value": null });
        values[column] = value;
        values
    };
    match type_name {
        "PropertyFeature" => vec![
            json!({}),
            feature("text_value", json!("brick\n\u{2028}\"\\")),
            feature("boolean_value", json!(false)),
            feature("date_value", json!("1999-12-31")),
        ],
        "PropertyFeatureType" => vec![
            json!({}),
            json!({
                "value_kind": "TEXT", "unit": null, "minimum": null, "maximum": null,
                "allowed_values": ["ONE", "TWO, \"TOO\""],
            }),
        ],
        _ => vec![json!({})],
    }
}

/// The kind of value that a type of feature must have for a feature of these values.
pub fn feature_kind(values: &Value) -> &'static str {
    let has = |column: &str| values.get(column).is_some_and(|value| !value.is_null());
    match () {
        () if has("text_value") => "TEXT",
        () if has("boolean_value") => "BOOLEAN",
        () if has("date_value") => "DATE",
        () => "NUMBER",
    }
}

fn object(value: Value) -> Values {
    match value {
        Value::Object(fields) => fields,
        other => panic!("{other} is no object"),
    }
}
