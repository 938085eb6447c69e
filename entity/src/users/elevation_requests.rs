//! Requests to have a role for a limited time.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "elevation_requests")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub user_id: Uuid,
    pub role_id: Uuid,
    pub firm_id: Option<Uuid>,
    pub reason: String,
    pub minutes: i32,
    pub status: String,
    pub lapses_at: DateTimeUtc,
    pub decided_by_id: Option<Uuid>,
    pub decided_at: Option<DateTimeUtc>,
    pub decision_reason: Option<String>,
    pub assignment_id: Option<Uuid>,
    pub version: i32,
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    #[sea_orm(
        belongs_to = "super::users::Entity",
        from = "Column::UserId",
        to = "super::users::Column::Id"
    )]
    User,
    #[sea_orm(
        belongs_to = "super::roles::Entity",
        from = "Column::RoleId",
        to = "super::roles::Column::Id"
    )]
    Role,
    #[sea_orm(
        belongs_to = "super::firms::Entity",
        from = "Column::FirmId",
        to = "super::firms::Column::Id"
    )]
    Firm,
    #[sea_orm(
        belongs_to = "super::users::Entity",
        from = "Column::DecidedById",
        to = "super::users::Column::Id"
    )]
    DecidedBy,
    #[sea_orm(
        belongs_to = "super::user_roles::Entity",
        from = "Column::AssignmentId",
        to = "super::user_roles::Column::Id"
    )]
    Assignment,
}

impl ActiveModelBehavior for ActiveModel {}
