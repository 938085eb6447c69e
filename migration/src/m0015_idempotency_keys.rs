//! Answers to writes, kept under their `Idempotency-Key`, so that a repetition writes nothing.

use sea_orm_migration::prelude::*;

use crate::support::{Table, run};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let keys = Table::new("idempotency_keys")
            .columns(
                "viewer text NOT NULL,
                key text NOT NULL,
                field text NOT NULL,
                request_hash bytea NOT NULL,
                answer text NOT NULL,
                errors text NOT NULL,
                position_mark text NOT NULL,
                expires_at timestamptz NOT NULL",
            )
            .lengths(&[("key", 255)])
            .unique("key", "viewer, key, field")
            .index("expires_at", "expires_at");
        run(manager, &[keys.sql()]).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, &["DROP TABLE idempotency_keys"]).await
    }
}
