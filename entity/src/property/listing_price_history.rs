//! Each price a listing has had. Written by trigger, never changed.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "listing_price_history")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub listing_id: Uuid,
    pub change_type: String,
    pub changed_at: DateTimeUtc,
    pub changed_by_id: Option<Uuid>,
    pub price_kind: String,
    #[sea_orm(column_type = "Decimal(Some((14, 2)))")]
    pub previous_price: Option<Decimal>,
    #[sea_orm(column_type = "Decimal(Some((14, 2)))")]
    pub new_price: Option<Decimal>,
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
