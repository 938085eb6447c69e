//! Efforts to market a listing, with their costs.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "marketing_campaigns")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub listing_id: Uuid,
    pub marketing_channel_id: Uuid,
    pub name: String,
    pub status: String,
    pub starts_on: Option<Date>,
    pub ends_on: Option<Date>,
    #[sea_orm(column_type = "Decimal(Some((14, 2)))")]
    pub budget_amount: Option<Decimal>,
    #[sea_orm(column_type = "Decimal(Some((14, 2)))")]
    pub spent_amount: Decimal,
    pub impressions: i32,
    pub clicks: i32,
    pub inquiries: i32,
    pub notes: Option<String>,
    pub version: i32,
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    #[sea_orm(
        belongs_to = "super::listings::Entity",
        from = "Column::ListingId",
        to = "super::listings::Column::Id"
    )]
    Listing,
    #[sea_orm(
        belongs_to = "super::marketing_channels::Entity",
        from = "Column::MarketingChannelId",
        to = "super::marketing_channels::Column::Id"
    )]
    MarketingChannel,
    #[sea_orm(
        has_many = "super::marketing_materials::Entity",
        via_rel = "Relation::MarketingCampaign"
    )]
    Materials,
}

impl ActiveModelBehavior for ActiveModel {}
