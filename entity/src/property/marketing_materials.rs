//! What was made to market a listing.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "marketing_materials")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub listing_id: Uuid,
    pub marketing_channel_id: Option<Uuid>,
    pub marketing_campaign_id: Option<Uuid>,
    pub kind: String,
    pub title: String,
    pub description: Option<String>,
    pub media_url: Option<String>,
    pub sort_order: i32,
    pub published_at: Option<DateTimeUtc>,
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
        belongs_to = "super::marketing_campaigns::Entity",
        from = "Column::MarketingCampaignId",
        to = "super::marketing_campaigns::Column::Id"
    )]
    MarketingCampaign,
}

impl ActiveModelBehavior for ActiveModel {}
