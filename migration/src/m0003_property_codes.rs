//! The lists that classify a property: type and sub-type (RESO's, extensible), use, zoning.

use sea_orm_migration::prelude::*;

use crate::support::{open_list, run};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(
            manager,
            &[
                open_list("property_types").unique("code", "code").sql(),
                open_list("property_sub_types").unique("code", "code").sql(),
                open_list("property_use_categories").unique("code", "code").tree().sql(),
                open_list("zoning_codes")
                    .columns("jurisdiction text NOT NULL")
                    .lengths(&[("jurisdiction", 200)])
                    .unique("jurisdiction_code", "jurisdiction, code")
                    .sql(),
            ],
        )
        .await?;
        run(manager, &[PROPERTY_TYPES, PROPERTY_SUB_TYPES, PROPERTY_USE_CATEGORIES]).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, &["DROP TABLE zoning_codes, property_use_categories, property_sub_types, property_types"]).await
    }
}

const PROPERTY_TYPES: &str = "
INSERT INTO property_types (code, name, description) VALUES
    ('BUSINESS_OPPORTUNITY', 'Business Opportunity', 'A going business, with or without its real estate.'),
    ('COMMERCIAL_LEASE', 'Commercial Lease', 'Commercial space for rent.'),
    ('COMMERCIAL_SALE', 'Commercial Sale', 'Commercial real estate for sale.'),
    ('FARM', 'Farm', 'Land and buildings for agriculture.'),
    ('LAND', 'Land', 'Land without a building that counts.'),
    ('MANUFACTURED_IN_PARK', 'Manufactured in Park', 'A manufactured home on a rented site.'),
    ('RESIDENTIAL', 'Residential', 'A home to own and live in.'),
    ('RESIDENTIAL_INCOME', 'Residential Income', 'Homes that are let, sold as one.'),
    ('RESIDENTIAL_LEASE', 'Residential Lease', 'A home for rent.')";

const PROPERTY_SUB_TYPES: &str = "
INSERT INTO property_sub_types (code, name, description) VALUES
    ('AGRICULTURE', 'Agriculture', 'In use as a farm, orchard or ranch.'),
    ('APARTMENT', 'Apartment', 'A home in a building that has one owner.'),
    ('BOAT_SLIP', 'Boat Slip', 'A berth, sold or let by itself.'),
    ('BUSINESS', 'Business', 'A going business.'),
    ('CABIN', 'Cabin', 'A small, simple house, often for part of the year.'),
    ('CONDOMINIUM', 'Condominium', 'A unit owned by itself, with a share of what is common.'),
    ('DEEDED_PARKING', 'Deeded Parking', 'A parking space with a deed of its own.'),
    ('DUPLEX', 'Duplex', 'Two homes in one building.'),
    ('FARM', 'Farm', 'Land and buildings for agriculture.'),
    ('HOTEL_MOTEL', 'Hotel or Motel', 'Lodging for travellers.'),
    ('INDUSTRIAL', 'Industrial', 'Manufacturing, assembly or processing.'),
    ('MANUFACTURED_HOME', 'Manufactured Home', 'Built in a factory to the federal code.'),
    ('MANUFACTURED_ON_LAND', 'Manufactured on Land', 'A manufactured home sold with its land.'),
    ('MIXED_USE', 'Mixed Use', 'Homes and commerce together.'),
    ('MOBILE_HOME', 'Mobile Home', 'Built in a factory before the federal code of 1976.'),
    ('MULTI_FAMILY', 'Multi-Family', 'Several homes in one building or on one lot.'),
    ('OFFICE', 'Office', 'Space for office work.'),
    ('OWN_YOUR_OWN', 'Own Your Own', 'A share of the whole with the right to one unit.'),
    ('QUADRUPLEX', 'Quadruplex', 'Four homes in one building.'),
    ('RANCH', 'Ranch', 'Land for livestock, with its buildings.'),
    ('RETAIL', 'Retail', 'Space for shops.'),
    ('SINGLE_FAMILY_RESIDENCE', 'Single Family Residence', 'One house for one household on its own lot.'),
    ('STOCK_COOPERATIVE', 'Stock Cooperative', 'Shares of a corporation with the right to one unit.'),
    ('TENANCY_IN_COMMON', 'Tenancy in Common', 'Undivided shares, with an agreement on who uses which unit.'),
    ('TIMESHARE', 'Timeshare', 'The right to use a unit for part of each year.'),
    ('TOWNHOUSE', 'Townhouse', 'A house that shares walls with its neighbours and has its own entrance.'),
    ('TRIPLEX', 'Triplex', 'Three homes in one building.'),
    ('UNIMPROVED_LAND', 'Unimproved Land', 'Land without buildings or utilities.'),
    ('VILLA', 'Villa', 'A detached or attached house of one floor in a managed community.'),
    ('WAREHOUSE', 'Warehouse', 'Space for storage and distribution.')";

const PROPERTY_USE_CATEGORIES: &str = "
INSERT INTO property_use_categories (code, name) VALUES
    ('AGRICULTURAL', 'Agricultural'), ('COMMERCIAL', 'Commercial'), ('EXEMPT', 'Exempt'),
    ('INDUSTRIAL', 'Industrial'), ('MIXED', 'Mixed'), ('RECREATIONAL', 'Recreational'),
    ('RESIDENTIAL', 'Residential'), ('VACANT', 'Vacant');
INSERT INTO property_use_categories (code, name, parent_id)
SELECT child.code, child.name, parent.id
FROM (VALUES
    ('SINGLE_FAMILY', 'Single-family dwelling', 'RESIDENTIAL'),
    ('TWO_TO_FOUR_FAMILY', 'Two- to four-family dwelling', 'RESIDENTIAL'),
    ('APARTMENTS', 'Apartments, five or more', 'RESIDENTIAL'),
    ('CONDOMINIUM_UNIT', 'Condominium unit', 'RESIDENTIAL'),
    ('OFFICE', 'Office', 'COMMERCIAL'),
    ('RETAIL', 'Retail', 'COMMERCIAL'),
    ('LODGING', 'Lodging', 'COMMERCIAL'),
    ('MANUFACTURING', 'Manufacturing', 'INDUSTRIAL'),
    ('STORAGE', 'Storage and distribution', 'INDUSTRIAL'),
    ('CROPLAND', 'Cropland', 'AGRICULTURAL'),
    ('LIVESTOCK', 'Livestock', 'AGRICULTURAL'),
    ('GOVERNMENT', 'Government', 'EXEMPT'),
    ('RELIGIOUS', 'Religious', 'EXEMPT'),
    ('EDUCATIONAL', 'Educational', 'EXEMPT')
) AS child (code, name, parent)
JOIN property_use_categories AS parent ON parent.code = child.parent";
