//! Which roles a role builds on.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "role_inheritance")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub role_id: Uuid,
    pub inherited_role_id: Uuid,
    pub is_shipped: bool,
    pub set_by_id: Option<Uuid>,
    pub version: i32,
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    #[sea_orm(
        belongs_to = "super::roles::Entity",
        from = "Column::RoleId",
        to = "super::roles::Column::Id"
    )]
    Role,
    #[sea_orm(
        belongs_to = "super::roles::Entity",
        from = "Column::InheritedRoleId",
        to = "super::roles::Column::Id"
    )]
    InheritedRole,
    #[sea_orm(
        belongs_to = "super::users::Entity",
        from = "Column::SetById",
        to = "super::users::Column::Id"
    )]
    SetBy,
}

impl ActiveModelBehavior for ActiveModel {}
