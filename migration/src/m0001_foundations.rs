//! What every later step stands on: extensions, ids, row versions, and guards for tables whose
//! rows never change or form a tree.

use sea_orm_migration::prelude::*;

use crate::support::run;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(
            manager,
            &[
                "CREATE EXTENSION IF NOT EXISTS postgis",
                UUID_V7,
                ACTOR,
                TOUCH_ROW,
                REFUSE_CHANGE,
                REFUSE_CYCLE,
            ],
        )
        .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(
            manager,
            &[
                "DROP FUNCTION refuse_cycle, refuse_change, touch_row, app_actor, uuid_v7",
                "DROP EXTENSION postgis",
            ],
        )
        .await
    }
}

/// Ids for rows that the database makes itself: 48 bits of milliseconds, 12 bits of their fraction,
/// then chance. So rows of one statement sort in the order in which they were written.
const UUID_V7: &str = r"
CREATE FUNCTION uuid_v7(moment timestamptz DEFAULT clock_timestamp()) RETURNS uuid
LANGUAGE sql VOLATILE PARALLEL SAFE
RETURN (
    overlay(lpad(to_hex(floor(extract(epoch FROM moment) * 4096000)::bigint), 15, '0') PLACING '7' FROM 13 FOR 0)
    || substr(replace(gen_random_uuid()::text, '-', ''), 17)
)::uuid";

/// Who acts in this transaction, as the server has said with `set_config('app.actor', …, true)`.
const ACTOR: &str = r"
CREATE FUNCTION app_actor() RETURNS uuid
LANGUAGE sql STABLE PARALLEL SAFE
RETURN nullif(current_setting('app.actor', true), '')::uuid";

/// Raises the version that `expectedVersion` is compared with.
const TOUCH_ROW: &str = r"
CREATE FUNCTION touch_row() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.version := OLD.version + 1;
    NEW.updated_at := now();
    RETURN NEW;
END $$";

/// Guards rows that are written once. Named as a constraint, so that the error can be traced.
const REFUSE_CHANGE: &str = r"
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'rows of % are never changed: write a new one', TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation', TABLE = TG_TABLE_NAME, CONSTRAINT = TG_NAME;
END $$";

/// Guards trees: a row cannot be its own ancestor. The table is locked against other writers, for
/// two moves at once could close a circle that neither sees.
const REFUSE_CYCLE: &str = r"
CREATE FUNCTION refuse_cycle() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    ancestor uuid := NEW.parent_id;
BEGIN
    IF TG_OP = 'UPDATE' THEN
        EXECUTE format('LOCK TABLE %I IN SHARE ROW EXCLUSIVE MODE', TG_TABLE_NAME);
    END IF;
    WHILE ancestor IS NOT NULL LOOP
        IF ancestor = NEW.id THEN
            RAISE EXCEPTION 'a row of % cannot be its own ancestor', TG_TABLE_NAME
                USING ERRCODE = 'check_violation', TABLE = TG_TABLE_NAME, COLUMN = 'parent_id', CONSTRAINT = TG_NAME;
        END IF;
        EXECUTE format('SELECT parent_id FROM %I WHERE id = $1', TG_TABLE_NAME) INTO ancestor USING ancestor;
    END LOOP;
    RETURN NEW;
END $$";
