//! Properties, how they are described, valued, listed and marketed.

pub mod amenities;
pub mod amenity_categories;
pub mod community_amenities;
pub mod comparable_sales;
pub mod listing_price_history;
pub mod listing_status_history;
pub mod listing_statuses;
pub mod listings;
pub mod market_areas;
pub mod market_trends;
pub mod marketing_campaigns;
pub mod marketing_channels;
pub mod marketing_materials;
pub mod properties;
pub mod property_amenities;
pub mod property_conditions;
pub mod property_feature_types;
pub mod property_features;
pub mod property_identifiers;
pub mod property_improvements;
pub mod property_maintenance_records;
pub mod property_sub_types;
pub mod property_types;
pub mod property_use_categories;
pub mod property_valuations;
pub mod zoning_codes;
