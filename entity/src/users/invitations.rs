//! Invitations into a firm, or to help with a property.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "invitations")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub email: String,
    pub firm_id: Option<Uuid>,
    pub title: Option<String>,
    pub as_administrator: bool,
    pub property_id: Option<Uuid>,
    pub capability: Option<String>,
    pub message: Option<String>,
    pub state: String,
    pub invited_by_id: Uuid,
    pub expires_at: DateTimeUtc,
    pub answered_at: Option<DateTimeUtc>,
    pub accepted_by_id: Option<Uuid>,
    pub version: i32,
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    #[sea_orm(
        belongs_to = "super::firms::Entity",
        from = "Column::FirmId",
        to = "super::firms::Column::Id"
    )]
    Firm,
    #[sea_orm(
        belongs_to = "crate::property::properties::Entity",
        from = "Column::PropertyId",
        to = "crate::property::properties::Column::Id"
    )]
    Property,
    #[sea_orm(
        belongs_to = "super::users::Entity",
        from = "Column::InvitedById",
        to = "super::users::Column::Id"
    )]
    InvitedBy,
    #[sea_orm(
        belongs_to = "super::users::Entity",
        from = "Column::AcceptedById",
        to = "super::users::Column::Id"
    )]
    AcceptedBy,
}

impl ActiveModelBehavior for ActiveModel {}
