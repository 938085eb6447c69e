//! What the sales of one month in one area say.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "market_trends")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub market_area_id: Uuid,
    pub property_type_id: Option<Uuid>,
    pub month: Date,
    pub sales_count: i32,
    #[sea_orm(column_type = "Decimal(Some((14, 2)))")]
    pub median_price: Option<Decimal>,
    #[sea_orm(column_type = "Decimal(Some((14, 2)))")]
    pub median_price_per_square_foot: Option<Decimal>,
    #[sea_orm(column_type = "Decimal(Some((8, 1)))")]
    pub median_days_on_market: Option<Decimal>,
    pub version: i32,
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    #[sea_orm(
        belongs_to = "super::market_areas::Entity",
        from = "Column::MarketAreaId",
        to = "super::market_areas::Column::Id"
    )]
    MarketArea,
    #[sea_orm(
        belongs_to = "super::property_types::Entity",
        from = "Column::PropertyTypeId",
        to = "super::property_types::Column::Id"
    )]
    PropertyType,
}

impl ActiveModelBehavior for ActiveModel {}
