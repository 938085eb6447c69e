//! What a user agreed to be sent by a way to reach him.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "contact_consents")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub contact_method_id: Uuid,
    pub channel: String,
    pub source: String,
    pub given_at: DateTimeUtc,
    pub given_by_id: Option<Uuid>,
    pub withdrawn_at: Option<DateTimeUtc>,
    pub withdrawal_source: Option<String>,
    pub version: i32,
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    #[sea_orm(
        belongs_to = "super::contact_methods::Entity",
        from = "Column::ContactMethodId",
        to = "super::contact_methods::Column::Id"
    )]
    ContactMethod,
    #[sea_orm(
        belongs_to = "super::users::Entity",
        from = "Column::GivenById",
        to = "super::users::Column::Id"
    )]
    GivenBy,
}

impl ActiveModelBehavior for ActiveModel {}
