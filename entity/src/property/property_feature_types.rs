//! Kinds of features, and what values they allow.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "property_feature_types")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub code: String,
    pub name: String,
    pub description: Option<String>,
    pub value_kind: String,
    pub unit: Option<String>,
    #[sea_orm(column_type = "Decimal(Some((18, 4)))")]
    pub minimum: Option<Decimal>,
    #[sea_orm(column_type = "Decimal(Some((18, 4)))")]
    pub maximum: Option<Decimal>,
    pub allowed_values: Option<Vec<String>>,
    pub version: i32,
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    #[sea_orm(has_many = "super::property_features::Entity", via_rel = "Relation::FeatureType")]
    Features,
}

impl ActiveModelBehavior for ActiveModel {}
