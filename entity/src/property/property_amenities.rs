//! Amenities that a property has.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "property_amenities")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub property_id: Uuid,
    pub amenity_id: Uuid,
    pub details: Option<String>,
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
        belongs_to = "super::amenities::Entity",
        from = "Column::AmenityId",
        to = "super::amenities::Column::Id"
    )]
    Amenity,
}

impl ActiveModelBehavior for ActiveModel {}
