//! Roles: named sets of permissions, the server's own or a firm's.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "roles")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub name: String,
    pub description: Option<String>,
    pub scope: String,
    pub firm_id: Option<Uuid>,
    pub is_shipped: bool,
    pub deleted_at: Option<DateTimeUtc>,
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
    #[sea_orm(has_many = "super::role_permissions::Entity", via_rel = "Relation::Role")]
    Permissions,
    #[sea_orm(has_many = "super::role_inheritance::Entity", via_rel = "Relation::Role")]
    Inherits,
    #[sea_orm(has_many = "super::role_inheritance::Entity", via_rel = "Relation::InheritedRole")]
    InheritedBy,
    #[sea_orm(has_many = "super::user_roles::Entity", via_rel = "Relation::Role")]
    Assignments,
    #[sea_orm(has_many = "super::elevation_requests::Entity", via_rel = "Relation::Role")]
    ElevationRequests,
}

impl ActiveModelBehavior for ActiveModel {}
