//! Listings: a property on offer.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "listings")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub property_id: Uuid,
    pub seller_id: Option<Uuid>,
    pub listing_id: Option<String>,
    pub source_system_name: Option<String>,
    pub source_system_key: Option<String>,
    pub standard_status: String,
    pub mls_status: Option<String>,
    #[sea_orm(column_type = "Decimal(Some((14, 2)))")]
    pub list_price: Option<Decimal>,
    #[sea_orm(column_type = "Decimal(Some((14, 2)))")]
    pub original_list_price: Option<Decimal>,
    #[sea_orm(column_type = "Decimal(Some((14, 2)))")]
    pub previous_list_price: Option<Decimal>,
    #[sea_orm(column_type = "Decimal(Some((14, 2)))")]
    pub close_price: Option<Decimal>,
    #[sea_orm(column_type = "Decimal(Some((14, 2)))")]
    pub concessions_amount: Option<Decimal>,
    pub listing_contract_date: Option<Date>,
    pub expiration_date: Option<Date>,
    pub on_market_date: Option<Date>,
    pub off_market_date: Option<Date>,
    pub contingent_date: Option<Date>,
    pub purchase_contract_date: Option<Date>,
    pub withdrawn_date: Option<Date>,
    pub cancellation_date: Option<Date>,
    pub close_date: Option<Date>,
    pub pending_timestamp: Option<DateTimeUtc>,
    pub status_change_timestamp: DateTimeUtc,
    pub price_change_timestamp: Option<DateTimeUtc>,
    pub prior_days_on_market: i32,
    pub listing_terms: Option<Vec<String>>,
    pub buyer_financing: Option<Vec<String>>,
    pub public_remarks: Option<String>,
    pub private_remarks: Option<String>,
    pub showing_instructions: Option<String>,
    pub deleted_at: Option<DateTimeUtc>,
    pub version: i32,
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    #[sea_orm(
        belongs_to = "super::properties::Entity",
        from = "Column::PropertyId",
        to = "super::properties::Column::Id"
    )]
    Property,
    #[sea_orm(
        belongs_to = "crate::users::users::Entity",
        from = "Column::SellerId",
        to = "crate::users::users::Column::Id"
    )]
    Seller,
    #[sea_orm(has_many = "super::comparable_sales::Entity", via_rel = "Relation::Listing")]
    ComparableUses,
    #[sea_orm(has_many = "super::listing_price_history::Entity", via_rel = "Relation::Listing")]
    PriceHistory,
    #[sea_orm(has_many = "super::listing_status_history::Entity", via_rel = "Relation::Listing")]
    StatusHistory,
    #[sea_orm(has_many = "super::marketing_campaigns::Entity", via_rel = "Relation::Listing")]
    MarketingCampaigns,
    #[sea_orm(has_many = "super::marketing_materials::Entity", via_rel = "Relation::Listing")]
    MarketingMaterials,
}

impl ActiveModelBehavior for ActiveModel {}
