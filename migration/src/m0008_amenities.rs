//! Amenities: categories in a tree, what a property has, and what its community offers.

use sea_orm_migration::prelude::*;

use crate::support::{Table, open_list, run};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let property_amenities = Table::new("property_amenities")
            .columns("property_id uuid NOT NULL, amenity_id uuid NOT NULL, details text")
            .lengths(&[("details", 1000)])
            .references(&[("property_id", "properties"), ("amenity_id", "amenities")])
            .unique("amenity_property", "amenity_id, property_id")
            .index("property", "property_id, created_at, id");
        let community_amenities = Table::new("community_amenities")
            .columns(
                "amenity_id uuid NOT NULL,
                market_area_id uuid,
                name text NOT NULL,
                description text,
                website text,
                location geography(Point, 4326),
                data_source text",
            )
            .lengths(&[
                ("name", 200),
                ("description", 2000),
                ("website", 2000),
                ("data_source", 500),
            ])
            .check("location_given", "num_nonnulls(location, market_area_id) > 0")
            .references(&[("amenity_id", "amenities"), ("market_area_id", "market_areas")])
            .index("amenity", "amenity_id, name, id")
            .index("market_area", "market_area_id, name, id")
            .index("name", "name, id")
            .spatial_index("location");
        run(
            manager,
            &[
                open_list("amenity_categories").unique("code", "code").tree().sql(),
                open_list("amenities")
                    .columns("amenity_category_id uuid NOT NULL")
                    .references(&[("amenity_category_id", "amenity_categories")])
                    .unique("code", "code")
                    .index("amenity_category", "amenity_category_id, name, id")
                    .sql(),
                property_amenities.sql(),
                community_amenities.sql(),
            ],
        )
        .await?;
        run(manager, &[CATEGORIES, AMENITIES]).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(
            manager,
            &["DROP TABLE community_amenities, property_amenities, amenities, amenity_categories"],
        )
        .await
    }
}

const CATEGORIES: &str = "
INSERT INTO amenity_categories (code, name) VALUES
    ('PROPERTY', 'Of the property'), ('COMMUNITY', 'Of the community');
INSERT INTO amenity_categories (code, name, parent_id)
SELECT child.code, child.name, parent.id
FROM (VALUES
    ('INTERIOR', 'Interior', 'PROPERTY'),
    ('EXTERIOR', 'Exterior', 'PROPERTY'),
    ('BUILDING', 'Building', 'PROPERTY'),
    ('EDUCATION', 'Education', 'COMMUNITY'),
    ('HEALTH', 'Health', 'COMMUNITY'),
    ('RECREATION', 'Recreation', 'COMMUNITY'),
    ('SHOPPING', 'Shopping', 'COMMUNITY'),
    ('TRANSPORT', 'Transport', 'COMMUNITY')
) AS child (code, name, parent)
JOIN amenity_categories AS parent ON parent.code = child.parent";

const AMENITIES: &str = "
INSERT INTO amenities (code, name, amenity_category_id)
SELECT amenity.code, amenity.name, category.id
FROM (VALUES
    ('DISHWASHER', 'Dishwasher', 'INTERIOR'),
    ('FIREPLACE', 'Fireplace', 'INTERIOR'),
    ('LAUNDRY', 'Laundry in the home', 'INTERIOR'),
    ('WALK_IN_CLOSET', 'Walk-in closet', 'INTERIOR'),
    ('DECK', 'Deck', 'EXTERIOR'),
    ('FENCED_YARD', 'Fenced yard', 'EXTERIOR'),
    ('PATIO', 'Patio', 'EXTERIOR'),
    ('PORCH', 'Porch', 'EXTERIOR'),
    ('SWIMMING_POOL', 'Swimming pool', 'EXTERIOR'),
    ('BICYCLE_STORAGE', 'Bicycle storage', 'BUILDING'),
    ('DOORMAN', 'Doorman', 'BUILDING'),
    ('ELEVATOR', 'Elevator', 'BUILDING'),
    ('GYM', 'Gym', 'BUILDING'),
    ('LIBRARY', 'Library', 'EDUCATION'),
    ('SCHOOL', 'School', 'EDUCATION'),
    ('UNIVERSITY', 'University', 'EDUCATION'),
    ('HOSPITAL', 'Hospital', 'HEALTH'),
    ('PHARMACY', 'Pharmacy', 'HEALTH'),
    ('COMMUNITY_POOL', 'Community pool', 'RECREATION'),
    ('GOLF_COURSE', 'Golf course', 'RECREATION'),
    ('PARK', 'Park', 'RECREATION'),
    ('PLAYGROUND', 'Playground', 'RECREATION'),
    ('TRAIL', 'Trail', 'RECREATION'),
    ('GROCERY', 'Grocery', 'SHOPPING'),
    ('SHOPPING_CENTER', 'Shopping center', 'SHOPPING'),
    ('AIRPORT', 'Airport', 'TRANSPORT'),
    ('BUS_STOP', 'Bus stop', 'TRANSPORT'),
    ('TRAIN_STATION', 'Train station', 'TRANSPORT')
) AS amenity (code, name, category)
JOIN amenity_categories AS category ON category.code = amenity.category";
