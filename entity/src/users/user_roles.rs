//! Who has which role: where, from when and until when.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "user_roles")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub user_id: Uuid,
    pub role_id: Uuid,
    pub firm_id: Option<Uuid>,
    pub transaction_id: Option<Uuid>,
    pub reason: Option<String>,
    pub assigned_by_id: Option<Uuid>,
    pub starts_at: DateTimeUtc,
    pub ends_at: Option<DateTimeUtc>,
    pub revoked_at: Option<DateTimeUtc>,
    pub revoked_by_id: Option<Uuid>,
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
        from = "Column::AssignedById",
        to = "super::users::Column::Id"
    )]
    AssignedBy,
    #[sea_orm(
        belongs_to = "super::users::Entity",
        from = "Column::RevokedById",
        to = "super::users::Column::Id"
    )]
    RevokedBy,
    #[sea_orm(has_many = "super::elevation_requests::Entity", via_rel = "Relation::Assignment")]
    ElevationRequests,
}

impl ActiveModelBehavior for ActiveModel {}
