//! Sales that a valuation was compared with.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "comparable_sales")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub valuation_id: Uuid,
    pub property_id: Uuid,
    pub listing_id: Option<Uuid>,
    pub sale_date: Date,
    #[sea_orm(column_type = "Decimal(Some((14, 2)))")]
    pub sale_price: Decimal,
    #[sea_orm(column_type = "Decimal(Some((14, 2)))")]
    pub distance_meters: Decimal,
    pub days_apart: i32,
    #[sea_orm(column_type = "JsonBinary")]
    pub adjustments: Json,
    #[sea_orm(column_type = "Decimal(Some((14, 2)))")]
    pub adjusted_price: Decimal,
    #[sea_orm(column_type = "Decimal(Some((5, 4)))")]
    pub weight: Option<Decimal>,
    pub version: i32,
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    #[sea_orm(
        belongs_to = "super::property_valuations::Entity",
        from = "Column::ValuationId",
        to = "super::property_valuations::Column::Id"
    )]
    Valuation,
    #[sea_orm(
        belongs_to = "super::properties::Entity",
        from = "Column::PropertyId",
        to = "super::properties::Column::Id"
    )]
    Property,
    #[sea_orm(
        belongs_to = "super::listings::Entity",
        from = "Column::ListingId",
        to = "super::listings::Column::Id"
    )]
    Listing,
}

impl ActiveModelBehavior for ActiveModel {}
