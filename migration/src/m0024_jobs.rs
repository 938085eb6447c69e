//! Work that is done later, at least once: written in the transaction that wants it done, so that
//! it is there exactly when the rest is.

use sea_orm_migration::prelude::*;

use crate::support::{Table, run};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, &[jobs().sql().as_str(), DUE_INDEX, TELL_JOBS]).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, &["DROP TABLE jobs", "DROP FUNCTION tell_jobs"]).await
    }
}

/// A job that is done is deleted; one that was given up keeps `failed_at`. Whoever takes a job puts
/// `run_at` to when another may: one that dies on the way gives it back by doing nothing. A
/// periodic one is never deleted, but put off.
fn jobs() -> Table {
    Table::new("jobs")
        .columns(
            "name text NOT NULL,
            payload jsonb NOT NULL DEFAULT '{}',
            is_periodic boolean NOT NULL DEFAULT false,
            run_at timestamptz NOT NULL DEFAULT now(),
            attempts integer NOT NULL DEFAULT 0,
            last_error text,
            failed_at timestamptz",
        )
        .lengths(&[("name", 60), ("last_error", 2000)])
        .not_negative(&["attempts"])
        .check("failed_at_last_error", "failed_at IS NULL OR last_error IS NOT NULL")
        .check("failed_at_not_periodic", "failed_at IS NULL OR NOT is_periodic")
        .constraint("periodic_once", "EXCLUDE USING btree (name WITH =) WHERE (is_periodic)")
}

/// What waits, soonest first.
const DUE_INDEX: &str = "CREATE INDEX jobs_due_idx ON jobs (run_at, id) WHERE failed_at IS NULL";

/// Wakes the workers when the transaction is committed.
const TELL_JOBS: &str = "
CREATE FUNCTION tell_jobs() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('jobs', '');
    RETURN NULL;
END $$;
CREATE TRIGGER jobs_tell AFTER INSERT ON jobs
    FOR EACH STATEMENT EXECUTE FUNCTION tell_jobs()";
