//! The state a component was found in by an inspection.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "property_conditions")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub property_id: Uuid,
    pub component: String,
    pub rating: String,
    pub inspected_on: Date,
    pub inspected_by_id: Option<Uuid>,
    pub inspector_name: Option<String>,
    pub notes: Option<String>,
    #[sea_orm(column_type = "Decimal(Some((14, 2)))")]
    pub estimated_repair_cost: Option<Decimal>,
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
        belongs_to = "crate::users::users::Entity",
        from = "Column::InspectedById",
        to = "crate::users::users::Column::Id"
    )]
    InspectedBy,
}

impl ActiveModelBehavior for ActiveModel {}
