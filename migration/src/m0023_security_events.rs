//! Security events: what happened to accounts, sessions and permissions, written once. And the
//! failures that lock out whoever guesses, where no other store holds them.

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
                closed_list("security_event_kind", KINDS),
                events().sql(),
                RECORD.to_owned(),
                lockouts().sql(),
                RESERVE_ATTEMPT.to_owned(),
            ],
        )
        .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(
            manager,
            &[
                "DROP FUNCTION reserve_attempt, record_security_event",
                "DROP TABLE lockouts, security_events",
                "DROP DOMAIN security_event_kind",
            ],
        )
        .await
    }
}

const KINDS: &[&str] = &[
    // Accounts.
    "SIGNED_UP",
    "EMAIL_VERIFIED",
    "EMAIL_CHANGE_REQUESTED",
    "EMAIL_CHANGED",
    "PASSWORD_CHANGED",
    "PASSWORD_RESET_REQUESTED",
    "PASSWORD_RESET",
    "ACCOUNT_SUSPENDED",
    "ACCOUNT_REINSTATED",
    "ACCOUNT_CLOSED",
    "ADMINISTRATOR_MADE",
    // Sessions.
    "SIGNED_IN",
    "SIGN_IN_FAILED",
    "LOCKED_OUT",
    "SIGNED_OUT",
    "SESSION_ENDED",
    "SESSIONS_ENDED",
    "REFRESH_TOKEN_REUSED",
    // Second factors.
    "FACTOR_ADDED",
    "FACTOR_REMOVED",
    "FACTOR_FAILED",
    "RECOVERY_CODES_GENERATED",
    "RECOVERY_CODE_USED",
    // Keys and identities.
    "API_KEY_CREATED",
    "API_KEY_REVOKED",
    "EXTERNAL_IDENTITY_LINKED",
    "EXTERNAL_IDENTITY_REMOVED",
    "SIGNING_KEY_ROTATED",
    // Roles and permissions.
    "ROLE_CREATED",
    "ROLE_UPDATED",
    "ROLE_DELETED",
    "PERMISSION_GRANTED",
    "PERMISSION_DENIED",
    "PERMISSION_WITHDRAWN",
    "ROLE_INHERITANCE_ADDED",
    "ROLE_INHERITANCE_REMOVED",
    "ROLE_ASSIGNED",
    "ROLE_ASSIGNMENT_ENDED",
    "ELEVATION_REQUESTED",
    "ELEVATION_APPROVED",
    "ELEVATION_REFUSED",
    "ELEVATION_ENDED",
    // Firms and invitations.
    "INVITATION_SENT",
    "INVITATION_ACCEPTED",
    "INVITATION_DECLINED",
    "INVITATION_REVOKED",
    "MEMBERSHIP_ENDED",
    "COLLABORATION_ENDED",
    "CONTACT_VERIFIED",
    "LICENSE_VERIFIED",
];

/// Sessions are removed when they are over, and what happened in them stays: so no foreign key.
fn events() -> Table {
    Table::new("security_events")
        .columns(
            "kind security_event_kind NOT NULL,
            user_id uuid,
            actor_id uuid,
            session_id uuid,
            address text,
            detail jsonb NOT NULL DEFAULT '{}',
            occurred_at timestamptz NOT NULL DEFAULT clock_timestamp()",
        )
        .lengths(&[("address", 45)])
        .check("detail_is_object", "jsonb_typeof(detail) = 'object'")
        .references(&[("user_id", "users"), ("actor_id", "users")])
        .index("occurred_at", "occurred_at, id")
        .index("user", "user_id, occurred_at, id")
        .index("actor", "actor_id, occurred_at, id")
        .immutable()
}

/// Who acts is known to the transaction; a sign-in has nobody who acts before it is done.
const RECORD: &str = "
CREATE FUNCTION record_security_event(
    kind text, user_id uuid, session_id uuid, address inet, detail jsonb
) RETURNS void LANGUAGE sql
BEGIN ATOMIC
    INSERT INTO security_events (kind, user_id, actor_id, session_id, address, detail)
    VALUES (
        record_security_event.kind, record_security_event.user_id, app_actor(),
        record_security_event.session_id, host(record_security_event.address),
        coalesce(record_security_event.detail, '{}')
    );
END";

fn lockouts() -> Table {
    Table::new("lockouts")
        .columns(
            "key text NOT NULL,
            failures integer NOT NULL,
            locked_until timestamptz,
            expires_at timestamptz NOT NULL",
        )
        .lengths(&[("key", 200)])
        .not_negative(&["failures"])
        .unique("key", "key")
        .index("expires_at", "expires_at")
}

/// Counts an attempt as a failure, unless the key is locked: then says how many milliseconds it still
/// is. From the failure `after` on, each brings a lock: of `base` milliseconds, then twice as long.
/// Whoever comes at the same time waits for the row.
const RESERVE_ATTEMPT: &str = "
CREATE FUNCTION reserve_attempt(
    tried text, after integer, base double precision, maximum double precision
) RETURNS double precision LANGUAGE plpgsql AS $$
DECLARE
    known lockouts;
    moment timestamptz;
    lock double precision := 0;
BEGIN
    INSERT INTO lockouts (key, failures, expires_at) VALUES (tried, 0, clock_timestamp())
    ON CONFLICT ON CONSTRAINT lockouts_key_key DO UPDATE SET key = EXCLUDED.key
    RETURNING * INTO known;
    moment := clock_timestamp();
    IF known.locked_until > moment THEN
        RETURN extract(epoch FROM known.locked_until - moment) * 1000;
    END IF;
    known.failures := CASE WHEN known.expires_at > moment THEN known.failures + 1 ELSE 1 END;
    IF known.failures >= after THEN
        lock := least(maximum, base * power(2, least(known.failures - after, 60)));
    END IF;
    UPDATE lockouts SET
        failures = known.failures,
        locked_until = moment + nullif(lock, 0) * interval '1 ms',
        expires_at = moment + (lock + maximum) * interval '1 ms'
    WHERE id = known.id;
    RETURN NULL;
END $$";
