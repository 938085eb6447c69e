//! Places of a community: parks, schools, stations.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "community_amenities")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub amenity_id: Uuid,
    pub market_area_id: Option<Uuid>,
    pub name: String,
    pub description: Option<String>,
    pub website: Option<String>,
    #[sea_orm(column_type = "custom(\"geography\")", select_as = "text", save_as = "geography")]
    pub location: Option<String>,
    pub data_source: Option<String>,
    pub version: i32,
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    #[sea_orm(
        belongs_to = "super::amenities::Entity",
        from = "Column::AmenityId",
        to = "super::amenities::Column::Id"
    )]
    Amenity,
    #[sea_orm(
        belongs_to = "super::market_areas::Entity",
        from = "Column::MarketAreaId",
        to = "super::market_areas::Column::Id"
    )]
    MarketArea,
}

impl ActiveModelBehavior for ActiveModel {}
