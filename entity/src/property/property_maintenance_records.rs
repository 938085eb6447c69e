//! What was done to keep a property as it is.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "property_maintenance_records")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub property_id: Uuid,
    pub component: String,
    pub title: String,
    pub description: Option<String>,
    pub performed_on: Date,
    pub provider_name: Option<String>,
    #[sea_orm(column_type = "Decimal(Some((14, 2)))")]
    pub cost: Option<Decimal>,
    pub next_due_on: Option<Date>,
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
}

impl ActiveModelBehavior for ActiveModel {}
