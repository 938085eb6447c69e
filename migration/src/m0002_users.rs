//! Users: only what ownership needs.

use sea_orm_migration::prelude::*;

use crate::support::{Table, closed_list, run};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let users = Table::new("users")
            .columns(
                "user_type user_type NOT NULL,
                display_name text NOT NULL,
                is_sample boolean NOT NULL DEFAULT false,
                deleted_at timestamptz",
            )
            .lengths(&[("display_name", 200)])
            .index("display_name", "display_name, id");
        run(
            manager,
            &[
                closed_list(
                    "user_type",
                    &["BUYER", "SELLER", "ATTORNEY", "STAFF", "ADMINISTRATOR", "SERVICE"],
                ),
                users.sql(),
            ],
        )
        .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, &["DROP TABLE users", "DROP DOMAIN user_type"]).await
    }
}
