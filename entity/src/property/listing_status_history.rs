//! Each status a listing has had. Written by trigger, never changed.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "listing_status_history")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub listing_id: Uuid,
    pub change_type: String,
    pub changed_at: DateTimeUtc,
    pub changed_by_id: Option<Uuid>,
    pub previous_status: Option<String>,
    pub new_status: String,
    pub version: i32,
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    #[sea_orm(
        belongs_to = "super::listings::Entity",
        from = "Column::ListingId",
        to = "super::listings::Column::Id"
    )]
    Listing,
    #[sea_orm(
        belongs_to = "crate::users::users::Entity",
        from = "Column::ChangedById",
        to = "crate::users::users::Column::Id"
    )]
    ChangedBy,
}

impl ActiveModelBehavior for ActiveModel {}
