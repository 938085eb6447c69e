//! Users: people and services that can own, sell and act.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "users")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub user_type: String,
    pub display_name: String,
    pub is_sample: bool,
    pub deleted_at: Option<DateTimeUtc>,
    pub version: i32,
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    #[sea_orm(
        has_many = "crate::property::listing_price_history::Entity",
        via_rel = "Relation::ChangedBy"
    )]
    ListingPriceChanges,
    #[sea_orm(
        has_many = "crate::property::listing_status_history::Entity",
        via_rel = "Relation::ChangedBy"
    )]
    ListingStatusChanges,
    #[sea_orm(has_many = "crate::property::listings::Entity", via_rel = "Relation::Seller")]
    Listings,
    #[sea_orm(has_many = "crate::property::properties::Entity", via_rel = "Relation::Owner")]
    Properties,
    #[sea_orm(
        has_many = "crate::property::property_conditions::Entity",
        via_rel = "Relation::InspectedBy"
    )]
    Inspections,
}

impl ActiveModelBehavior for ActiveModel {}
