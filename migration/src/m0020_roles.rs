//! Roles and permissions: what each role allows or denies, which roles a role builds on, who has
//! which role where and for how long, and requests to have one for a limited time.

mod elevation;
mod functions;
mod guards;
mod shipped;

use sea_orm_migration::prelude::*;

use crate::support::{Table, closed_list, run};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // For ids beside ranges in one exclusion.
        run(manager, &["CREATE EXTENSION IF NOT EXISTS btree_gist"]).await?;
        run(
            manager,
            &[
                closed_list("permission_effect", &["ALLOW", "DENY"]),
                closed_list("role_scope", &["EVERYWHERE", "FIRM", "TRANSACTION"]),
                permissions().sql(),
                roles().sql(),
                role_permissions().sql(),
                role_inheritance().sql(),
                user_roles().sql(),
            ],
        )
        .await?;
        run(manager, functions::UP).await?;
        run(manager, shipped::ROWS).await?;
        run(manager, guards::UP).await?;
        run(manager, &elevation::up()).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, elevation::DOWN).await?;
        run(manager, guards::DOWN).await?;
        run(
            manager,
            &["DROP TABLE user_roles, role_inheritance, role_permissions, roles, permissions"],
        )
        .await?;
        run(manager, guards::DOWN_FUNCTIONS).await?;
        run(manager, functions::DOWN).await?;
        run(manager, &["DROP DOMAIN role_scope, permission_effect", "DROP EXTENSION btree_gist"])
            .await
    }
}

/// Permissions are what the server's rules ask for, so only a step adds some.
fn permissions() -> Table {
    Table::new("permissions")
        .columns("name text NOT NULL, description text NOT NULL")
        .check("name_form", "name ~ '^[a-z]+(_[a-z]+)*[.][a-z]+(_[a-z]+)*$'")
        .lengths(&[("name", 100), ("description", 500)])
        .unique("name", "name")
        .index("name", "name, id")
}

/// `scope` says where a role counts: an assignment names such a place. A firm's own role counts
/// there alone.
fn roles() -> Table {
    Table::new("roles")
        .columns(
            "name text NOT NULL,
            description text,
            scope role_scope NOT NULL DEFAULT 'EVERYWHERE',
            firm_id uuid,
            is_shipped boolean NOT NULL DEFAULT false,
            deleted_at timestamptz",
        )
        .lengths(&[("name", 100), ("description", 2000)])
        .check("firm_id_scope", "firm_id IS NULL OR scope = 'FIRM' AND NOT is_shipped")
        .constraint(
            "name_unique",
            "EXCLUDE USING btree (
                coalesce(firm_id, '00000000-0000-0000-0000-000000000000') WITH =,
                lower(name) WITH =
            ) WHERE (deleted_at IS NULL)",
        )
        .references(&[("firm_id", "firms")])
        .index("firm", "firm_id, name, id")
        .index("name", "name, id")
}

fn role_permissions() -> Table {
    Table::new("role_permissions")
        .columns(
            "role_id uuid NOT NULL,
            permission_id uuid NOT NULL,
            effect permission_effect NOT NULL,
            is_shipped boolean NOT NULL DEFAULT false,
            set_by_id uuid DEFAULT app_actor()",
        )
        .unique("permission", "role_id, permission_id")
        .references(&[
            ("role_id", "roles"),
            ("permission_id", "permissions"),
            ("set_by_id", "users"),
        ])
        .index("role", "role_id, created_at, id")
        .index("permission", "permission_id, created_at, id")
        .index("set_by", "set_by_id")
}

fn role_inheritance() -> Table {
    Table::new("role_inheritance")
        .columns(
            "role_id uuid NOT NULL,
            inherited_role_id uuid NOT NULL,
            is_shipped boolean NOT NULL DEFAULT false,
            set_by_id uuid DEFAULT app_actor()",
        )
        .unique("inherited_role", "role_id, inherited_role_id")
        .references(&[("role_id", "roles"), ("inherited_role_id", "roles"), ("set_by_id", "users")])
        .index("role", "role_id, created_at, id")
        .index("inherited_role", "inherited_role_id, created_at, id")
        .index("set_by", "set_by_id")
}

/// Nobody has the same role twice in one place at one time.
fn user_roles() -> Table {
    Table::new("user_roles")
        .columns(
            "user_id uuid NOT NULL,
            role_id uuid NOT NULL,
            firm_id uuid,
            transaction_id uuid,
            reason text,
            assigned_by_id uuid DEFAULT app_actor(),
            starts_at timestamptz NOT NULL DEFAULT now(),
            ends_at timestamptz,
            revoked_at timestamptz,
            revoked_by_id uuid",
        )
        .lengths(&[("reason", 1000)])
        .check("ends_at_range", "ends_at > starts_at")
        .check("firm_id_single", "num_nonnulls(firm_id, transaction_id) <= 1")
        .check("revoked_at_given", "revoked_by_id IS NULL OR revoked_at IS NOT NULL")
        .constraint(
            "overlap",
            "EXCLUDE USING gist (
                user_id WITH =,
                role_id WITH =,
                coalesce(firm_id, transaction_id, '00000000-0000-0000-0000-000000000000') WITH =,
                tstzrange(starts_at, ends_at) WITH &&
            ) WHERE (revoked_at IS NULL)",
        )
        .references(&[
            ("user_id", "users"),
            ("role_id", "roles"),
            ("firm_id", "firms"),
            ("assigned_by_id", "users"),
            ("revoked_by_id", "users"),
        ])
        .index("user", "user_id, starts_at, id")
        .index("role", "role_id, starts_at, id")
        .index("firm", "firm_id, starts_at, id")
        .index("transaction", "transaction_id")
        .index("assigned_by", "assigned_by_id")
        .index("revoked_by", "revoked_by_id")
}
