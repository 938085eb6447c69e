//! The state a property is in, and what was done to it: conditions, improvements, maintenance.

use sea_orm_migration::prelude::*;

use crate::support::{Table, closed_list, run};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(
            manager,
            &[
                closed_list(
                    "property_component",
                    &[
                        "WHOLE",
                        "STRUCTURE",
                        "FOUNDATION",
                        "ROOF",
                        "EXTERIOR",
                        "INTERIOR",
                        "KITCHEN",
                        "BATHROOMS",
                        "ELECTRICAL",
                        "PLUMBING",
                        "HEATING_AND_COOLING",
                        "APPLIANCES",
                        "GARAGE",
                        "GROUNDS",
                    ],
                ),
                closed_list("condition_rating", &["C1", "C2", "C3", "C4", "C5", "C6"]),
                closed_list(
                    "improvement_kind",
                    &[
                        "ADDITION",
                        "REMODEL",
                        "REPLACEMENT",
                        "REPAIR",
                        "ENERGY_EFFICIENCY",
                        "ACCESSIBILITY",
                        "LANDSCAPING",
                        "OTHER",
                    ],
                ),
                conditions().sql(),
                improvements().sql(),
                maintenance().sql(),
            ],
        )
        .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, &[
            "DROP TABLE property_maintenance_records, property_improvements, property_conditions",
            "DROP DOMAIN improvement_kind, condition_rating, property_component",
        ])
        .await
    }
}

fn conditions() -> Table {
    Table::new("property_conditions")
        .columns(
            "property_id uuid NOT NULL,
            component property_component NOT NULL DEFAULT 'WHOLE',
            rating condition_rating NOT NULL,
            inspected_on date NOT NULL,
            inspected_by_id uuid,
            inspector_name text,
            notes text,
            estimated_repair_cost numeric(14, 2)",
        )
        .lengths(&[("inspector_name", 200), ("notes", 4000)])
        .not_negative(&["estimated_repair_cost"])
        .references(&[("property_id", "properties"), ("inspected_by_id", "users")])
        .index("property", "property_id, inspected_on, id")
        .index("inspected_by", "inspected_by_id")
}

fn improvements() -> Table {
    Table::new("property_improvements")
        .columns(
            "property_id uuid NOT NULL,
            kind improvement_kind NOT NULL,
            component property_component NOT NULL DEFAULT 'WHOLE',
            title text NOT NULL,
            description text,
            cost numeric(14, 2),
            started_on date,
            completed_on date,
            contractor_name text,
            permit_number text,
            permit_jurisdiction text,
            warranty_expires_on date",
        )
        .lengths(&[
            ("title", 200),
            ("description", 4000),
            ("contractor_name", 200),
            ("permit_number", 100),
            ("permit_jurisdiction", 200),
        ])
        .not_negative(&["cost"])
        .check("completed_on_range", "completed_on >= started_on")
        .references(&[("property_id", "properties")])
        .index("property", "property_id, completed_on, id")
}

fn maintenance() -> Table {
    Table::new("property_maintenance_records")
        .columns(
            "property_id uuid NOT NULL,
            component property_component NOT NULL,
            title text NOT NULL,
            description text,
            performed_on date NOT NULL,
            provider_name text,
            cost numeric(14, 2),
            next_due_on date",
        )
        .lengths(&[("title", 200), ("description", 4000), ("provider_name", 200)])
        .not_negative(&["cost"])
        .check("next_due_on_range", "next_due_on > performed_on")
        .references(&[("property_id", "properties")])
        .index("property", "property_id, performed_on, id")
}
