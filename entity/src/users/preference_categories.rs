//! What preferences there are, with the form of their values.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "preference_categories")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub user_id: Option<Uuid>,
    pub code: String,
    pub name: String,
    pub description: Option<String>,
    pub value_schema: Json,
    pub is_system: bool,
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
        has_many = "super::user_preferences::Entity",
        via_rel = "Relation::PreferenceCategory"
    )]
    Preferences,
}

impl ActiveModelBehavior for ActiveModel {}
