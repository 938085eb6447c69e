//! RESO's property types.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "property_types")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub code: String,
    pub name: String,
    pub description: Option<String>,
    pub version: i32,
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    #[sea_orm(has_many = "super::market_trends::Entity", via_rel = "Relation::PropertyType")]
    MarketTrends,
    #[sea_orm(has_many = "super::properties::Entity", via_rel = "Relation::PropertyType")]
    Properties,
}

impl ActiveModelBehavior for ActiveModel {}
