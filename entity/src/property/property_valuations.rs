//! Estimates of what a property is worth. Their amounts never change.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "property_valuations")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub property_id: Uuid,
    #[sea_orm(column_type = "Decimal(Some((14, 2)))")]
    pub amount: Decimal,
    pub method: String,
    pub source: String,
    pub source_reference: Option<String>,
    pub valued_at: Option<Date>,
    #[sea_orm(column_type = "Decimal(Some((14, 2)))")]
    pub confidence_low: Option<Decimal>,
    #[sea_orm(column_type = "Decimal(Some((14, 2)))")]
    pub confidence_high: Option<Decimal>,
    #[sea_orm(column_type = "Decimal(Some((5, 4)))")]
    pub confidence_level: Option<Decimal>,
    pub notes: Option<String>,
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
    #[sea_orm(has_many = "super::comparable_sales::Entity", via_rel = "Relation::Valuation")]
    ComparableSales,
}

impl ActiveModelBehavior for ActiveModel {}
