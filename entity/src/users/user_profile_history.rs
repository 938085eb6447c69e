//! Every change of a profile. Written by the database.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "user_profile_history")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub user_profile_id: Uuid,
    pub changed_at: DateTimeUtc,
    pub changed_by_id: Option<Uuid>,
    pub before: Json,
    pub after: Json,
    pub version: i32,
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    #[sea_orm(
        belongs_to = "super::user_profiles::Entity",
        from = "Column::UserProfileId",
        to = "super::user_profiles::Column::Id"
    )]
    UserProfile,
    #[sea_orm(
        belongs_to = "super::users::Entity",
        from = "Column::ChangedById",
        to = "super::users::Column::Id"
    )]
    ChangedBy,
}

impl ActiveModelBehavior for ActiveModel {}
