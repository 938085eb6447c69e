//! Amenities that a property or its community can have.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "amenities")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub code: String,
    pub name: String,
    pub description: Option<String>,
    pub amenity_category_id: Uuid,
    pub version: i32,
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    #[sea_orm(
        belongs_to = "super::amenity_categories::Entity",
        from = "Column::AmenityCategoryId",
        to = "super::amenity_categories::Column::Id"
    )]
    AmenityCategory,
    #[sea_orm(has_many = "super::community_amenities::Entity", via_rel = "Relation::Amenity")]
    CommunityAmenities,
    #[sea_orm(has_many = "super::property_amenities::Entity", via_rel = "Relation::Amenity")]
    PropertyAmenities,
}

impl ActiveModelBehavior for ActiveModel {}
