//! Market areas: polygons in a tree.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "market_areas")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub code: String,
    pub name: String,
    pub kind: String,
    #[sea_orm(column_type = "custom(\"geography\")", select_as = "text", save_as = "geography")]
    pub boundary: Option<String>,
    pub is_synthetic: bool,
    pub data_source: Option<String>,
    pub parent_id: Option<Uuid>,
    pub version: i32,
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    #[sea_orm(belongs_to = "Entity", from = "Column::ParentId", to = "Column::Id")]
    Parent,
    #[sea_orm(has_many = "super::community_amenities::Entity", via_rel = "Relation::MarketArea")]
    CommunityAmenities,
    #[sea_orm(has_many = "Entity", via_rel = "Relation::Parent")]
    Children,
    #[sea_orm(has_many = "super::market_trends::Entity", via_rel = "Relation::MarketArea")]
    Trends,
    #[sea_orm(has_many = "super::properties::Entity", via_rel = "Relation::MarketArea")]
    Properties,
}

impl ActiveModelBehavior for ActiveModel {}
