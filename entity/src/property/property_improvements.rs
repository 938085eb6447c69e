//! What was added to a property or made new.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "property_improvements")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub property_id: Uuid,
    pub kind: String,
    pub component: String,
    pub title: String,
    pub description: Option<String>,
    #[sea_orm(column_type = "Decimal(Some((14, 2)))")]
    pub cost: Option<Decimal>,
    pub started_on: Option<Date>,
    pub completed_on: Option<Date>,
    pub contractor_name: Option<String>,
    pub permit_number: Option<String>,
    pub permit_jurisdiction: Option<String>,
    pub warranty_expires_on: Option<Date>,
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
