//! Properties: where they are, what they are, how large, whose.

use sea_orm_migration::prelude::*;

use crate::support::{Table, closed_list, run};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(
            manager,
            &[
                closed_list(
                    "association_fee_frequency",
                    &[
                        "ANNUALLY",
                        "BI_MONTHLY",
                        "BI_WEEKLY",
                        "DAILY",
                        "MONTHLY",
                        "ONE_TIME",
                        "QUARTERLY",
                        "SEASONAL",
                        "SEMI_ANNUALLY",
                        "SEMI_MONTHLY",
                        "WEEKLY",
                    ],
                ),
                properties().sql(),
            ],
        )
        .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, &["DROP TABLE properties", "DROP DOMAIN association_fee_frequency"]).await
    }
}

fn properties() -> Table {
    Table::new("properties")
        .columns(ADDRESS)
        .columns(CLASSIFICATION)
        .columns(BUILDING)
        .columns(LOT_AND_PLACE)
        .columns(COSTS_AND_RECORD)
        .lengths(&[
            ("unparsed_address", 500),
            ("street_number", 25),
            ("street_dir_prefix", 15),
            ("street_name", 100),
            ("street_suffix", 25),
            ("street_dir_suffix", 15),
            ("unit_number", 25),
            ("city", 100),
            ("county_or_parish", 100),
            ("postal_code", 10),
            ("subdivision_name", 100),
            ("lot_size_dimensions", 150),
            ("tax_legal_description", 4000),
            ("data_source", 500),
        ])
        .check("state_or_province_form", "state_or_province ~ '^[A-Z]{2}$'")
        .check("country_form", "country ~ '^[A-Z]{2}$'")
        .check("postal_code_plus4_form", "postal_code_plus4 ~ '^[0-9]{4}$'")
        .check("year_built_range", "year_built BETWEEN 1600 AND 2200")
        .check("year_built_effective_range", "year_built_effective BETWEEN 1600 AND 2200")
        .check("tax_year_range", "tax_year BETWEEN 1600 AND 2200")
        .not_negative(&[
            "living_area",
            "above_grade_finished_area",
            "below_grade_finished_area",
            "building_area_total",
            "lot_size_square_feet",
            "rooms_total",
            "bedrooms_total",
            "bathrooms_total_integer",
            "bathrooms_full",
            "bathrooms_three_quarter",
            "bathrooms_half",
            "bathrooms_one_quarter",
            "stories_total",
            "fireplaces_total",
            "garage_spaces",
            "parking_total",
            "tax_annual_amount",
            "association_fee",
        ])
        .check(
            "bathrooms_total_integer_sum",
            "bathrooms_total_integer >= coalesce(bathrooms_full, 0) + coalesce(bathrooms_three_quarter, 0)
                + coalesce(bathrooms_half, 0) + coalesce(bathrooms_one_quarter, 0)",
        )
        .check("association_fee_frequency_given", "association_fee IS NULL OR association_fee_frequency IS NOT NULL")
        .references(&[
            ("property_type_id", "property_types"),
            ("property_sub_type_id", "property_sub_types"),
            ("property_use_category_id", "property_use_categories"),
            ("zoning_code_id", "zoning_codes"),
            ("market_area_id", "market_areas"),
            ("owner_id", "users"),
        ])
        .index("created_at", "created_at, id")
        .index("owner", "owner_id, created_at, id")
        .index("market_area", "market_area_id, created_at, id")
        .index("property_type", "property_type_id")
        .index("property_sub_type", "property_sub_type_id")
        .index("property_use_category", "property_use_category_id")
        .index("zoning_code", "zoning_code_id")
        .index("city", "city, id")
        .index("postal_code", "postal_code, id")
        .index("living_area", "living_area, id")
        .index("year_built", "year_built, id")
        .spatial_index("location")
        .spatial_index("boundary")
}

const ADDRESS: &str = "
    unparsed_address text,
    street_number text,
    street_dir_prefix text,
    street_name text,
    street_suffix text,
    street_dir_suffix text,
    unit_number text,
    city text,
    county_or_parish text,
    state_or_province text,
    postal_code text,
    postal_code_plus4 text,
    country text,
    subdivision_name text";

const CLASSIFICATION: &str = "
    property_type_id uuid NOT NULL,
    property_sub_type_id uuid,
    property_use_category_id uuid,
    zoning_code_id uuid";

const BUILDING: &str = "
    year_built integer,
    year_built_effective integer,
    is_new_construction boolean,
    living_area numeric(14, 2),
    above_grade_finished_area numeric(14, 2),
    below_grade_finished_area numeric(14, 2),
    building_area_total numeric(14, 2),
    rooms_total integer,
    bedrooms_total integer,
    bathrooms_total_integer integer,
    bathrooms_full integer,
    bathrooms_three_quarter integer,
    bathrooms_half integer,
    bathrooms_one_quarter integer,
    stories_total numeric(4, 1),
    fireplaces_total integer,
    garage_spaces integer,
    parking_total integer";

/// An acre is 43,560 square feet. Longitude and latitude follow from the point, never the reverse.
const LOT_AND_PLACE: &str = "
    lot_size_square_feet numeric(14, 2),
    lot_size_acres numeric(16, 4) GENERATED ALWAYS AS (lot_size_square_feet / 43560) STORED,
    lot_size_dimensions text,
    location geography(Point, 4326),
    latitude numeric(12, 8) GENERATED ALWAYS AS (ST_Y(location::geometry)::numeric) STORED,
    longitude numeric(12, 8) GENERATED ALWAYS AS (ST_X(location::geometry)::numeric) STORED,
    boundary geography(MultiPolygon, 4326),
    market_area_id uuid";

const COSTS_AND_RECORD: &str = "
    tax_annual_amount numeric(14, 2),
    tax_year integer,
    tax_legal_description text,
    association_fee numeric(14, 2),
    association_fee_frequency association_fee_frequency,
    owner_id uuid,
    data_source text,
    published_at timestamptz,
    deleted_at timestamptz";
