//! Licences to practise.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "professional_licenses")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub user_id: Uuid,
    pub kind: String,
    pub number: String,
    pub jurisdiction: String,
    pub status: String,
    pub issued_on: Option<Date>,
    pub expires_on: Option<Date>,
    pub verified_at: Option<DateTimeUtc>,
    pub verified_by_id: Option<Uuid>,
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
        belongs_to = "super::users::Entity",
        from = "Column::VerifiedById",
        to = "super::users::Column::Id"
    )]
    VerifiedBy,
}

impl ActiveModelBehavior for ActiveModel {}
