//! The database schema, in small steps that go both ways.
//!
//! Each step has one subject, runs in a transaction of its own and can be taken back exactly. A
//! step that has shipped never changes, nor does what [`support`] makes of it: the next change is
//! a new step. What a column means for those who read it stands in `schema.graphql`.

pub use sea_orm_migration::{MigrationTrait, MigratorTrait};

mod m0001_foundations;
mod m0002_users;
mod m0003_property_codes;
mod m0004_market_areas;
mod m0005_properties;
mod m0006_property_identifiers;
mod m0007_property_features;
mod m0008_amenities;
mod m0009_property_upkeep;
mod m0010_listings;
mod m0011_listing_history;
mod m0012_property_valuations;
mod m0013_market_trends;
mod m0014_marketing;
mod m0015_idempotency_keys;
mod m0016_listing_stamps;
mod m0017_property_endings;
mod m0018_accounts;
mod m0019_firms;
mod m0019_profiles;
mod m0019_qualifications;
mod m0020_roles;
mod m0021_second_factors;
mod m0022_tokens;
mod m0023_security_events;
mod m0024_jobs;
mod m0025_public_users;
mod m0026_properties_of;
mod support;

/// Every step, oldest first.
#[derive(Debug)]
pub struct Migrator;

impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m0001_foundations::Migration),
            Box::new(m0002_users::Migration),
            Box::new(m0003_property_codes::Migration),
            Box::new(m0004_market_areas::Migration),
            Box::new(m0005_properties::Migration),
            Box::new(m0006_property_identifiers::Migration),
            Box::new(m0007_property_features::Migration),
            Box::new(m0008_amenities::Migration),
            Box::new(m0009_property_upkeep::Migration),
            Box::new(m0010_listings::Migration),
            Box::new(m0011_listing_history::Migration),
            Box::new(m0012_property_valuations::Migration),
            Box::new(m0013_market_trends::Migration),
            Box::new(m0014_marketing::Migration),
            Box::new(m0015_idempotency_keys::Migration),
            Box::new(m0016_listing_stamps::Migration),
            Box::new(m0017_property_endings::Migration),
            Box::new(m0018_accounts::Migration),
            Box::new(m0019_firms::Migration),
            Box::new(m0019_profiles::Migration),
            Box::new(m0019_qualifications::Migration),
            Box::new(m0020_roles::Migration),
            Box::new(m0021_second_factors::Migration),
            Box::new(m0022_tokens::Migration),
            Box::new(m0023_security_events::Migration),
            Box::new(m0024_jobs::Migration),
            Box::new(m0025_public_users::Migration),
            Box::new(m0026_properties_of::Migration),
        ]
    }
}
