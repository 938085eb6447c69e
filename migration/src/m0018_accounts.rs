//! Accounts: how a user signs in, the sessions that follow, every attempt, and secrets that are sent
//! by mail. Whoever keeps what a user may do in memory hears of a change on `access_changed`.

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
                closed_list("user_status", &["PENDING", "ACTIVE", "SUSPENDED", "CLOSED"]),
                closed_list("session_transport", &["BEARER", "COOKIE"]),
                closed_list("authentication_kind", &["PASSWORD", "PASSKEY", "EXTERNAL"]),
                closed_list(
                    "session_end_reason",
                    &[
                        "SIGNED_OUT",
                        "ENDED_BY_USER",
                        "PASSWORD_CHANGED",
                        "TOKEN_REUSED",
                        "ACCOUNT_CLOSED",
                    ],
                ),
                closed_list(
                    "login_outcome",
                    &["SUCCEEDED", "SECOND_FACTOR_NEEDED", "WRONG", "LOCKED_OUT"],
                ),
                closed_list(
                    "user_token_purpose",
                    &[
                        "VERIFY_EMAIL",
                        "RESET_PASSWORD",
                        "CHANGE_EMAIL",
                        "VERIFY_CONTACT",
                        "ACCEPT_INVITATION",
                    ],
                ),
                USERS.to_owned(),
                authentication().sql(),
                sessions().sql(),
                session_tokens().sql(),
                login_attempts().sql(),
                tokens().sql(),
                PENDING_INDEX.to_owned(),
                TELL_ACCESS_CHANGED.to_owned(),
            ],
        )
        .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(
            manager,
            &[
                "DROP TRIGGER users_access_changed ON users",
                "DROP TABLE user_tokens, login_attempts, user_session_tokens, user_sessions, user_authentication",
                "DROP FUNCTION tell_access_changed",
                "ALTER TABLE users DROP COLUMN status, DROP COLUMN is_public",
                "DROP DOMAIN user_token_purpose, login_outcome, session_end_reason, authentication_kind,
                     session_transport, user_status",
            ],
        )
        .await
    }
}

/// Users until now were made by imports: they stand, and are shown with what they offer. Nobody has
/// changed them, so their versions stay.
const USERS: &str = "
ALTER TABLE users
    ADD COLUMN status user_status NOT NULL DEFAULT 'ACTIVE',
    ADD COLUMN is_public boolean NOT NULL DEFAULT false;
ALTER TABLE users DISABLE TRIGGER users_touch;
UPDATE users SET status = 'CLOSED' WHERE deleted_at IS NOT NULL;
UPDATE users SET is_public = true
WHERE is_sample
    OR EXISTS (
        SELECT FROM properties
        WHERE owner_id = users.id AND published_at IS NOT NULL AND properties.deleted_at IS NULL
    )
    OR EXISTS (
        SELECT FROM listings JOIN listing_statuses USING (standard_status)
        WHERE seller_id = users.id AND is_public AND listings.deleted_at IS NULL
    );
ALTER TABLE users ENABLE TRIGGER users_touch";

/// An account without a password is signed in by a passkey or an outside issuer. An address belongs
/// to one account once it is proven; until then nobody holds it.
fn authentication() -> Table {
    Table::new("user_authentication")
        .columns(
            "user_id uuid NOT NULL,
            email text NOT NULL,
            email_verified_at timestamptz,
            password_hash text,
            password_changed_at timestamptz,
            password_is_short boolean NOT NULL DEFAULT false",
        )
        .lengths(&[("email", 254), ("password_hash", 500)])
        .check(
            "password_changed_at_given",
            "num_nulls(password_hash, password_changed_at) IN (0, 2)",
        )
        .references(&[("user_id", "users")])
        .unique("user_id", "user_id")
        .constraint(
            "email_verified_once",
            "EXCLUDE USING btree (lower(email) WITH =) WHERE (email_verified_at IS NOT NULL)",
        )
        .index("email", "lower(email)")
}

/// One row a sign-in. The hash is that of the refresh token that counts now; the session ends when
/// it was idle until `refresh_expires_at`, and at `expires_at` whatever happens.
fn sessions() -> Table {
    Table::new("user_sessions")
        .columns(
            "user_id uuid NOT NULL,
            transport session_transport NOT NULL,
            refresh_token_hash bytea NOT NULL,
            csrf_token_hash bytea,
            authenticated_by authentication_kind NOT NULL,
            authenticated_at timestamptz NOT NULL DEFAULT now(),
            second_factor_at timestamptz,
            user_agent text,
            address inet NOT NULL,
            last_used_at timestamptz NOT NULL DEFAULT now(),
            refresh_expires_at timestamptz NOT NULL,
            expires_at timestamptz NOT NULL,
            ended_at timestamptz,
            end_reason session_end_reason",
        )
        .lengths(&[("user_agent", 500)])
        .check(
            "csrf_token_hash_of_cookie",
            "(csrf_token_hash IS NOT NULL) = (transport = 'COOKIE')",
        )
        .check("end_reason_given", "num_nulls(ended_at, end_reason) IN (0, 2)")
        .references(&[("user_id", "users")])
        .unique("refresh_token_hash", "refresh_token_hash")
        .index("user", "user_id, created_at, id")
        .index("expires_at", "expires_at")
}

/// Refresh tokens that were replaced: whoever shows one of them has copied it.
fn session_tokens() -> Table {
    Table::new("user_session_tokens")
        .columns("session_id uuid NOT NULL, token_hash bytea NOT NULL")
        .references(&[("session_id", "user_sessions")])
        .unique("token_hash", "token_hash")
        .index("session", "session_id")
}

/// The address that was typed is kept as a hash: it may be a password in the wrong field.
fn login_attempts() -> Table {
    Table::new("login_attempts")
        .columns(
            "email_hash bytea NOT NULL,
            user_id uuid,
            address inet NOT NULL,
            outcome login_outcome NOT NULL,
            attempted_at timestamptz NOT NULL DEFAULT now()",
        )
        .references(&[("user_id", "users")])
        .index("user", "user_id, attempted_at")
        .immutable()
}

/// Secrets that were sent to `email`: whoever shows one reads the mail there. `subject_id` is the row
/// that it is about, where the purpose is not the account itself.
fn tokens() -> Table {
    Table::new("user_tokens")
        .columns(
            "user_id uuid,
            purpose user_token_purpose NOT NULL,
            subject_id uuid,
            email text NOT NULL,
            token_hash bytea NOT NULL,
            expires_at timestamptz NOT NULL,
            used_at timestamptz",
        )
        .lengths(&[("email", 254)])
        .references(&[("user_id", "users")])
        .unique("token_hash", "token_hash")
        .index("user", "user_id, purpose")
        .index("subject", "subject_id")
        .index("expires_at", "expires_at")
}

/// What is swept when nobody proves it.
const PENDING_INDEX: &str =
    "CREATE INDEX users_pending_idx ON users (created_at) WHERE status = 'PENDING'";

/// Tells whose access changed: the user in the column that the trigger names, or everybody's (`*`).
/// Of a user who is replaced by another, both are told.
const TELL_ACCESS_CHANGED: &str = r"
CREATE FUNCTION tell_access_changed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    user_column text := TG_ARGV[0];
    earlier text := CASE WHEN TG_OP <> 'INSERT' THEN coalesce(to_jsonb(OLD) ->> user_column, '*') END;
    later text := CASE WHEN TG_OP <> 'DELETE' THEN coalesce(to_jsonb(NEW) ->> user_column, '*') END;
BEGIN
    PERFORM pg_notify('access_changed', coalesce(later, earlier));
    IF earlier <> later THEN
        PERFORM pg_notify('access_changed', earlier);
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER users_access_changed AFTER UPDATE OF status, deleted_at OR DELETE ON users
    FOR EACH ROW EXECUTE FUNCTION tell_access_changed('id');
CREATE TRIGGER user_sessions_access_changed
    AFTER UPDATE OF user_id, csrf_token_hash, expires_at, ended_at OR DELETE ON user_sessions
    FOR EACH ROW EXECUTE FUNCTION tell_access_changed('user_id')";
