//! People and firms who help with a property.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "property_collaborators")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub property_id: Uuid,
    pub user_id: Option<Uuid>,
    pub firm_id: Option<Uuid>,
    pub capability: String,
    pub invited_by_id: Option<Uuid>,
    pub ends_at: Option<DateTimeUtc>,
    pub ended_at: Option<DateTimeUtc>,
    pub version: i32,
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    #[sea_orm(
        belongs_to = "crate::property::properties::Entity",
        from = "Column::PropertyId",
        to = "crate::property::properties::Column::Id"
    )]
    Property,
    #[sea_orm(
        belongs_to = "super::users::Entity",
        from = "Column::UserId",
        to = "super::users::Column::Id"
    )]
    User,
    #[sea_orm(
        belongs_to = "super::firms::Entity",
        from = "Column::FirmId",
        to = "super::firms::Column::Id"
    )]
    Firm,
    #[sea_orm(
        belongs_to = "super::users::Entity",
        from = "Column::InvitedById",
        to = "super::users::Column::Id"
    )]
    InvitedBy,
}

impl ActiveModelBehavior for ActiveModel {}
