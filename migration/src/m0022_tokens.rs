//! What proves who is asking besides sessions: the keys that sign access tokens, API keys, and who is
//! whom at an outside issuer.

use sea_orm_migration::prelude::*;

use crate::support::{Table, run};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(
            manager,
            &[
                signing_keys().sql(),
                api_keys().sql(),
                external_identities().sql(),
                TELL_SIGNING_KEYS_CHANGED.to_owned(),
                TELL_ACCESS_CHANGED.to_owned(),
            ],
        )
        .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(
            manager,
            &[
                "DROP TABLE external_identities, api_keys, signing_keys",
                "DROP FUNCTION tell_signing_keys_changed",
            ],
        )
        .await
    }
}

/// The newest one whose time has come signs; all that are not retired check. `kid` is the thumbprint
/// of the public key, and the private one is encrypted with `SECRET_KEY`.
fn signing_keys() -> Table {
    Table::new("signing_keys")
        .columns(
            "kid text NOT NULL,
            public_key bytea NOT NULL,
            private_key bytea NOT NULL,
            active_from timestamptz NOT NULL DEFAULT now(),
            retired_at timestamptz",
        )
        .lengths(&[("kid", 100)])
        .check("public_key_length", "length(public_key) = 32")
        .unique("kid", "kid")
}

/// Of the key itself only a hash is known, and its last signs, by which its owner tells it from others.
fn api_keys() -> Table {
    Table::new("api_keys")
        .columns(
            "user_id uuid NOT NULL,
            name text NOT NULL,
            key_hash bytea NOT NULL,
            hint text NOT NULL,
            permissions text[] NOT NULL,
            expires_at timestamptz NOT NULL,
            last_used_at timestamptz,
            revoked_at timestamptz",
        )
        .lengths(&[("name", 200), ("hint", 10)])
        .references(&[("user_id", "users")])
        .unique("key_hash", "key_hash")
        .index("user", "user_id, created_at, id")
}

/// What an issuer calls somebody belongs to one user for good.
fn external_identities() -> Table {
    Table::new("external_identities")
        .columns("issuer text NOT NULL, subject text NOT NULL, user_id uuid NOT NULL")
        .lengths(&[("issuer", 500), ("subject", 500)])
        .references(&[("user_id", "users")])
        .unique("subject", "issuer, subject")
        .index("user", "user_id, created_at, id")
}

/// Servers load the keys anew when they hear of it.
const TELL_SIGNING_KEYS_CHANGED: &str = "
CREATE FUNCTION tell_signing_keys_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('signing_keys_changed', '');
    RETURN NULL;
END $$;
CREATE TRIGGER signing_keys_changed AFTER INSERT OR UPDATE OR DELETE ON signing_keys
    FOR EACH STATEMENT EXECUTE FUNCTION tell_signing_keys_changed()";

const TELL_ACCESS_CHANGED: &str = "
CREATE TRIGGER api_keys_access_changed
    AFTER UPDATE OF user_id, permissions, expires_at, revoked_at OR DELETE ON api_keys
    FOR EACH ROW EXECUTE FUNCTION tell_access_changed('user_id');
CREATE TRIGGER external_identities_access_changed
    AFTER UPDATE OR DELETE ON external_identities
    FOR EACH ROW EXECUTE FUNCTION tell_access_changed('user_id')";
