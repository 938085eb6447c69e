//! Market areas: polygons in a tree, from a state down to a cell of a grid.

use sea_orm_migration::prelude::*;

use crate::support::{Table, closed_list, run};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let areas = Table::new("market_areas")
            .columns(
                "code text NOT NULL,
                name text NOT NULL,
                kind market_area_kind NOT NULL,
                boundary geography(MultiPolygon, 4326),
                is_synthetic boolean NOT NULL DEFAULT false,
                data_source text",
            )
            .lengths(&[("code", 100), ("name", 200), ("data_source", 500)])
            .unique("code", "code")
            .tree()
            .index("name", "name, id")
            .spatial_index("boundary");
        run(
            manager,
            &[
                closed_list(
                    "market_area_kind",
                    &[
                        "STATE",
                        "COUNTY",
                        "CITY",
                        "POSTAL_CODE",
                        "SCHOOL_DISTRICT",
                        "NEIGHBORHOOD",
                        "SUBDIVISION",
                        "GRID_CELL",
                        "CUSTOM",
                    ],
                ),
                areas.sql(),
            ],
        )
        .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, &["DROP TABLE market_areas", "DROP DOMAIN market_area_kind"]).await
    }
}
