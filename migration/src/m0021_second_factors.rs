//! Second factors: what a person has besides the password, the codes for when it is lost, and the
//! steps that wait for one of them.

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
                closed_list("mfa_method_kind", &["TOTP", "PASSKEY"]),
                closed_list(
                    "challenge_purpose",
                    &["SIGN_IN", "PASSKEY_SIGN_IN", "PASSKEY_REGISTRATION", "TOTP_ENROLLMENT"],
                ),
                methods().sql(),
                recovery_codes().sql(),
                challenges().sql(),
            ],
        )
        .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(
            manager,
            &[
                "DROP TABLE authentication_challenges, user_recovery_codes, user_mfa_methods",
                "DROP DOMAIN challenge_purpose, mfa_method_kind",
            ],
        )
        .await
    }
}

/// A TOTP has its secret, sealed, and the last step of which a code was used; a passkey has what its
/// browser made public. A user has any number of passkeys, and one TOTP.
fn methods() -> Table {
    Table::new("user_mfa_methods")
        .columns(
            "user_id uuid NOT NULL,
            kind mfa_method_kind NOT NULL,
            name text NOT NULL,
            sealed_secret bytea,
            last_step bigint,
            credential_id bytea,
            transports smallint,
            public_key bytea,
            credential_state bytea,
            last_used_at timestamptz",
        )
        .lengths(&[("name", 100)])
        .check(
            "kind_given",
            "CASE kind
                WHEN 'TOTP' THEN num_nulls(sealed_secret, last_step) = 0
                    AND num_nonnulls(credential_id, transports, public_key, credential_state) = 0
                ELSE num_nonnulls(sealed_secret, last_step) = 0
                    AND num_nulls(credential_id, transports, public_key, credential_state) = 0
            END",
        )
        .references(&[("user_id", "users")])
        .constraint("credential_id_key", "UNIQUE (credential_id)")
        .constraint(
            "one_totp_per_user",
            "EXCLUDE USING btree (user_id WITH =) WHERE (kind = 'TOTP')",
        )
        .index("user", "user_id, created_at, id")
}

fn recovery_codes() -> Table {
    Table::new("user_recovery_codes")
        .columns("user_id uuid NOT NULL, code_hash bytea NOT NULL, used_at timestamptz")
        .references(&[("user_id", "users")])
        .unique("code_hash", "code_hash")
        .index("user", "user_id")
}

/// What was begun and has to be finished in time, once, by whoever was handed the secret. Of a
/// sign-in, it remembers how the session is to be held; of a passkey or a TOTP, what the answer is held
/// against, and what it is to be called.
fn challenges() -> Table {
    Table::new("authentication_challenges")
        .columns(
            "purpose challenge_purpose NOT NULL,
            user_id uuid,
            secret_hash bytea NOT NULL,
            transport session_transport,
            name text,
            state bytea,
            expires_at timestamptz NOT NULL,
            finished_at timestamptz",
        )
        .lengths(&[("name", 100)])
        .check("user_id_given", "(user_id IS NULL) = (purpose = 'PASSKEY_SIGN_IN')")
        .check(
            "transport_given",
            "(transport IS NULL) = (purpose IN ('PASSKEY_REGISTRATION', 'TOTP_ENROLLMENT'))",
        )
        .references(&[("user_id", "users")])
        .unique("secret_hash", "secret_hash")
        .index("user", "user_id")
        .index("expires_at", "expires_at")
}
