//! Market trends: what the sales of one month in one area say.

use sea_orm_migration::prelude::*;

use crate::support::{Table, run};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let trends = Table::new("market_trends")
            .columns(
                "market_area_id uuid NOT NULL,
                property_type_id uuid,
                month date NOT NULL,
                sales_count integer NOT NULL,
                median_price numeric(14, 2),
                median_price_per_square_foot numeric(14, 2),
                median_days_on_market numeric(8, 1)",
            )
            .check("month_first_day", "extract(day FROM month) = 1")
            .not_negative(&[
                "sales_count",
                "median_price",
                "median_price_per_square_foot",
                "median_days_on_market",
            ])
            .references(&[
                ("market_area_id", "market_areas"),
                ("property_type_id", "property_types"),
            ])
            .unique("market_area_month_property_type", "market_area_id, month, property_type_id")
            .index("market_area", "market_area_id, month, id")
            .index("property_type", "property_type_id")
            .index("month", "month, id");
        run(manager, &[trends.sql()]).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, &["DROP TABLE market_trends"]).await
    }
}
