//! What is deleted once its time is over: the one list.
//!
//! Nothing depends on it but the size of tables: whoever reads them looks at the time himself.
//! Each sweep is one statement over a bounded number of rows, run until none is left, and gives
//! one row for each that it has swept.

use std::time::Duration;

use async_trait::async_trait;

use super::{Job, JobError, Jobs, Work};

/// One kind of rows whose time is over.
struct Sweep {
    name: &'static str,
    period: Duration,
    sql: &'static str,
}

const HOUR: Duration = Duration::from_secs(60 * 60);

const SWEEPS: &[Sweep] = &[
    Sweep {
        name: "sweep_unverified_accounts",
        period: HOUR,
        // Rows that never change, such as failed attempts, may refer to the user, who stays as an
        // empty shell. The address is free again anyway: it belonged to nobody.
        sql: "
            WITH old AS MATERIALIZED (
                SELECT id FROM users
                WHERE status = 'PENDING' AND created_at < now() - interval '7 days'
                ORDER BY created_at LIMIT 1000 FOR UPDATE SKIP LOCKED
            ), tokens AS (
                DELETE FROM user_tokens USING old WHERE user_tokens.user_id = old.id
            ), authentication AS (
                DELETE FROM user_authentication USING old WHERE user_authentication.user_id = old.id
            )
            UPDATE users
            SET status = 'CLOSED', deleted_at = now(), display_name = 'Closed account'
            FROM old WHERE users.id = old.id RETURNING 1",
    },
    Sweep {
        name: "sweep_user_tokens",
        period: HOUR,
        sql: "
            DELETE FROM user_tokens WHERE id IN (
                SELECT id FROM user_tokens WHERE expires_at < now() - interval '7 days'
                ORDER BY expires_at LIMIT 1000 FOR UPDATE SKIP LOCKED
            ) RETURNING 1",
    },
    Sweep {
        name: "sweep_authentication_challenges",
        period: HOUR,
        sql: "
            DELETE FROM authentication_challenges WHERE id IN (
                SELECT id FROM authentication_challenges WHERE expires_at < now() - interval '1 day'
                ORDER BY expires_at LIMIT 1000 FOR UPDATE SKIP LOCKED
            ) RETURNING 1",
    },
    Sweep {
        name: "sweep_user_sessions",
        period: HOUR,
        // Their tokens go with them. Kept for a while, so that a person sees when each was used.
        sql: "
            WITH old AS MATERIALIZED (
                SELECT id FROM user_sessions WHERE expires_at < now() - interval '30 days'
                ORDER BY expires_at LIMIT 1000 FOR UPDATE SKIP LOCKED
            ), tokens AS (
                DELETE FROM user_session_tokens USING old WHERE session_id = old.id
            )
            DELETE FROM user_sessions USING old WHERE user_sessions.id = old.id RETURNING 1",
    },
    Sweep {
        name: "sweep_lockouts",
        period: HOUR,
        sql: "
            DELETE FROM lockouts WHERE id IN (
                SELECT id FROM lockouts WHERE expires_at < now()
                ORDER BY expires_at LIMIT 1000 FOR UPDATE SKIP LOCKED
            ) RETURNING 1",
    },
    Sweep {
        name: "sweep_failed_jobs",
        period: HOUR,
        // They may hold addresses.
        sql: "
            DELETE FROM jobs WHERE id IN (
                SELECT id FROM jobs WHERE failed_at < now() - interval '30 days'
                LIMIT 1000 FOR UPDATE SKIP LOCKED
            ) RETURNING 1",
    },
];

pub(super) fn add(jobs: &mut Jobs) {
    for Sweep { name, period, sql } in SWEEPS {
        jobs.add_periodic(name, *period, Statement(sql));
    }
}

struct Statement(&'static str);

#[async_trait]
impl Job for Statement {
    async fn run(&self, work: &Work<'_>) -> Result<(), JobError> {
        while !work.pool.write(self.0, &[]).await?.is_empty() {}
        Ok(())
    }
}
