//! What the database fills in when a listing changes: times in the order of what happened, also
//! where one writer waited for another, and a first price that somebody was really asked.

use sea_orm_migration::prelude::*;

use crate::support::run;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, &[STAMP_AT_THE_MOMENT, CLOSE_DATE_RANGE]).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(
            manager,
            &[
                "ALTER TABLE listings DROP CONSTRAINT listings_close_date_range",
                STAMP_AT_THE_BEGINNING,
            ],
        )
        .await
    }
}

/// Fills what follows from a change, at the moment of writing: a transaction that waited for the row
/// began before the change that it waited for. Who writes a past change gives its time in the row
/// itself. What a draft was priced at, nobody was asked.
const STAMP_AT_THE_MOMENT: &str = "
CREATE OR REPLACE FUNCTION stamp_listing() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    moment CONSTANT timestamptz := clock_timestamp();
BEGIN
    NEW.original_list_price := coalesce(NEW.original_list_price, NEW.list_price);
    IF TG_OP = 'UPDATE' THEN
        IF NEW.standard_status <> OLD.standard_status THEN
            IF NEW.status_change_timestamp = OLD.status_change_timestamp THEN
                NEW.status_change_timestamp := moment;
            END IF;
            IF NEW.standard_status = 'PENDING' AND NEW.pending_timestamp IS NOT DISTINCT FROM OLD.pending_timestamp THEN
                NEW.pending_timestamp := NEW.status_change_timestamp;
            END IF;
        END IF;
        IF NEW.list_price IS DISTINCT FROM OLD.list_price THEN
            IF OLD.standard_status = 'INCOMPLETE' THEN
                NEW.original_list_price := NEW.list_price;
            ELSE
                NEW.previous_list_price := OLD.list_price;
            END IF;
            IF NEW.price_change_timestamp IS NOT DISTINCT FROM OLD.price_change_timestamp THEN
                NEW.price_change_timestamp := moment;
            END IF;
        END IF;
    END IF;
    RETURN NEW;
END $$";

/// What the function was before, to the letter.
const STAMP_AT_THE_BEGINNING: &str = "
CREATE OR REPLACE FUNCTION stamp_listing() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.original_list_price := coalesce(NEW.original_list_price, NEW.list_price);
    IF TG_OP = 'UPDATE' THEN
        IF NEW.standard_status <> OLD.standard_status AND NEW.status_change_timestamp = OLD.status_change_timestamp THEN
            NEW.status_change_timestamp := now();
        END IF;
        IF NEW.list_price IS DISTINCT FROM OLD.list_price THEN
            NEW.previous_list_price := OLD.list_price;
            IF NEW.price_change_timestamp IS NOT DISTINCT FROM OLD.price_change_timestamp THEN
                NEW.price_change_timestamp := now();
            END IF;
        END IF;
    END IF;
    RETURN NEW;
END $$";

const CLOSE_DATE_RANGE: &str = "
ALTER TABLE listings ADD CONSTRAINT listings_close_date_range CHECK (close_date >= purchase_contract_date)";
