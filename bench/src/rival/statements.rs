//! The four statements of the hand-written handlers: a page, then owners, features and newest
//! valuations of all its properties at once. They see what a visitor of ours sees.

/// A page from the newest on: `$1` properties.
pub(super) const FIRST_PAGE: &str = "
    SELECT id, owner_id, city, county_or_parish, living_area, year_built, bedrooms_total, bathrooms_total_integer,
           lot_size_square_feet, latitude, longitude, created_at
    FROM properties
    WHERE deleted_at IS NULL AND published_at IS NOT NULL
    ORDER BY created_at DESC, id DESC
    LIMIT $1";

/// A page after the property `$2`.
pub(super) const NEXT_PAGE: &str = "
    SELECT id, owner_id, city, county_or_parish, living_area, year_built, bedrooms_total, bathrooms_total_integer,
           lot_size_square_feet, latitude, longitude, created_at
    FROM properties
    WHERE deleted_at IS NULL AND published_at IS NOT NULL
      AND (created_at, id) < (SELECT created_at, id FROM properties WHERE id = $2)
    ORDER BY created_at DESC, id DESC
    LIMIT $1";

/// Users by id.
pub(super) const OWNERS: &str =
    "SELECT id, display_name FROM users WHERE id = ANY ($1) AND deleted_at IS NULL";

/// All features of some properties, with what their types say.
pub(super) const FEATURES: &str = "
    SELECT feature.property_id, kind.code, kind.name, kind.unit,
           feature.number_value, feature.text_value
    FROM property_features AS feature
    JOIN property_feature_types AS kind ON kind.id = feature.feature_type_id
    WHERE feature.property_id = ANY ($1)
    ORDER BY feature.property_id, feature.created_at, feature.id";

/// The newest valuation of each of some properties.
pub(super) const VALUATIONS: &str = "
    SELECT valuation.property_id, valuation.amount, valuation.valued_at, valuation.source
    FROM unnest($1::uuid[]) AS property (id)
    CROSS JOIN LATERAL (
        SELECT property_id, amount, valued_at, source
        FROM property_valuations
        WHERE property_id = property.id
        ORDER BY valued_at DESC NULLS LAST, id DESC
        LIMIT 1
    ) AS valuation";
