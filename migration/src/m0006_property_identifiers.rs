//! The numbers by which others know a property.

use sea_orm_migration::prelude::*;

use crate::support::{Table, closed_list, run};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let identifiers = Table::new("property_identifiers")
            .columns(
                "property_id uuid NOT NULL,
                kind property_identifier_kind NOT NULL,
                issuing_system text NOT NULL,
                jurisdiction text,
                value text NOT NULL,
                normalized_value text NOT NULL GENERATED ALWAYS AS (
                    CASE WHEN kind = 'PARCEL_NUMBER' THEN upper(translate(value, '- ', '')) ELSE upper(btrim(value)) END
                ) STORED",
            )
            .lengths(&[("issuing_system", 200), ("jurisdiction", 200), ("value", 50), ("normalized_value", 50)])
            .references(&[("property_id", "properties")])
            .unique("normalized_value", "issuing_system, kind, jurisdiction, normalized_value")
            .index("property", "property_id, created_at, id")
            .index("normalized_value", "normalized_value, kind");
        run(
            manager,
            &[
                closed_list(
                    "property_identifier_kind",
                    &["MLS_NUMBER", "PARCEL_NUMBER", "INTERNAL"],
                ),
                identifiers.sql(),
            ],
        )
        .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, &["DROP TABLE property_identifiers", "DROP DOMAIN property_identifier_kind"])
            .await
    }
}
