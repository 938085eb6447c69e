//! Valuations, whose amounts never change, and the sales they were compared with.

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
                    "valuation_method",
                    &[
                        "APPRAISAL",
                        "ASSESSMENT",
                        "AUTOMATED_MODEL",
                        "BROKER_PRICE_OPINION",
                        "COMPARATIVE_MARKET_ANALYSIS",
                        "OWNER_ESTIMATE",
                        "OTHER",
                    ],
                ),
                valuations().sql(),
                KEEP_VALUATION.to_owned(),
                comparable_sales().sql(),
            ],
        )
        .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(
            manager,
            &["DROP TABLE comparable_sales, property_valuations", "DROP DOMAIN valuation_method"],
        )
        .await
    }
}

/// The newest comes first, one of unknown date last, so the index is laid out that way.
fn valuations() -> Table {
    Table::new("property_valuations")
        .columns(
            "property_id uuid NOT NULL,
            amount numeric(14, 2) NOT NULL,
            method valuation_method NOT NULL,
            source text NOT NULL,
            source_reference text,
            valued_at date,
            confidence_low numeric(14, 2),
            confidence_high numeric(14, 2),
            confidence_level numeric(5, 4),
            notes text",
        )
        .lengths(&[("source", 200), ("source_reference", 200), ("notes", 4000)])
        .not_negative(&["amount", "confidence_low"])
        .check("confidence_high_range", "confidence_low <= amount AND confidence_high >= amount")
        .check(
            "confidence_interval_whole",
            "num_nonnulls(confidence_low, confidence_high) IN (0, 2)",
        )
        .check("confidence_level_range", "confidence_level > 0 AND confidence_level < 1")
        .check(
            "confidence_level_of_interval",
            "confidence_level IS NULL OR confidence_low IS NOT NULL",
        )
        .references(&[("property_id", "properties")])
        .index("property", "property_id, valued_at DESC NULLS LAST, id DESC")
}

/// A valuation may follow its property into a merged record, and its notes may grow; the rest
/// stands. Another estimate is another row.
const KEEP_VALUATION: &str = "
CREATE TRIGGER property_valuations_immutable BEFORE UPDATE ON property_valuations
    FOR EACH ROW WHEN (
        (OLD.amount, OLD.method, OLD.source, OLD.source_reference, OLD.valued_at,
            OLD.confidence_low, OLD.confidence_high, OLD.confidence_level)
        IS DISTINCT FROM
        (NEW.amount, NEW.method, NEW.source, NEW.source_reference, NEW.valued_at,
            NEW.confidence_low, NEW.confidence_high, NEW.confidence_level)
    ) EXECUTE FUNCTION refuse_change();
CREATE TRIGGER property_valuations_kept BEFORE DELETE ON property_valuations
    FOR EACH ROW EXECUTE FUNCTION refuse_change()";

fn comparable_sales() -> Table {
    Table::new("comparable_sales")
        .columns(
            "valuation_id uuid NOT NULL,
            property_id uuid NOT NULL,
            listing_id uuid,
            sale_date date NOT NULL,
            sale_price numeric(14, 2) NOT NULL,
            distance_meters numeric(14, 2) NOT NULL,
            days_apart integer NOT NULL,
            adjustments jsonb NOT NULL DEFAULT '[]',
            adjusted_price numeric(14, 2) NOT NULL,
            weight numeric(5, 4)",
        )
        .not_negative(&["sale_price", "distance_meters", "days_apart", "adjusted_price"])
        .check("weight_range", "weight BETWEEN 0 AND 1")
        .check("adjustments_form", "jsonb_typeof(adjustments) = 'array'")
        .references(&[
            ("valuation_id", "property_valuations"),
            ("property_id", "properties"),
            ("listing_id", "listings"),
        ])
        .unique("sale", "valuation_id, property_id, sale_date")
        .index("valuation", "valuation_id, distance_meters, id")
        .index("property", "property_id")
        .index("listing", "listing_id")
}
