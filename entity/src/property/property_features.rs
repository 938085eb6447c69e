//! Features of a property: one typed value each.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "property_features")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub property_id: Uuid,
    pub feature_type_id: Uuid,
    #[sea_orm(column_type = "Decimal(Some((18, 4)))")]
    pub number_value: Option<Decimal>,
    pub text_value: Option<String>,
    pub boolean_value: Option<bool>,
    pub date_value: Option<Date>,
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
        belongs_to = "super::property_feature_types::Entity",
        from = "Column::FeatureTypeId",
        to = "super::property_feature_types::Column::Id"
    )]
    FeatureType,
}

impl ActiveModelBehavior for ActiveModel {}
