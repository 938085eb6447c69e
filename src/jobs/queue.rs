//! The table of jobs: taking one, ending it well or not, and looking at those given up.
//!
//! Whoever takes a job counts the attempt and puts it off, in one statement that steps over what
//! others hold. What ends an attempt names its number: an attempt that came back too late, when
//! another has begun, changes nothing.

use std::time::Duration;

use chrono::{DateTime, Utc};
use loaders::{Pool, RequestError};
use serde_json::Value;
use tokio_postgres::{Client, Error, Row};
use uuid::Uuid;

/// The jobs that this process can do, in the database.
pub(super) struct Queue {
    pub(super) pool: Pool,
    pub(super) names: Vec<&'static str>,
    /// How long a job that was taken stays taken.
    pub(super) hold: Duration,
}

/// A job that is this process's for a while.
#[derive(Debug)]
pub(super) struct Taken {
    pub(super) id: Uuid,
    pub(super) name: String,
    pub(super) payload: Value,
    pub(super) attempt: u32,
}

impl Queue {
    /// Makes sure that what is periodic has its row.
    pub(super) async fn begin_periodic(&self, name: &str) -> Result<(), RequestError> {
        let sql = "INSERT INTO jobs (name, is_periodic) VALUES ($1, true) ON CONFLICT DO NOTHING";
        self.pool.write(sql, &[&name]).await.map(drop)
    }

    /// The job that has waited longest, if one is due.
    pub(super) async fn take(&self) -> Result<Option<Taken>, RequestError> {
        let rows = self
            .pool
            .write(
                "UPDATE jobs SET attempts = attempts + 1, run_at = now() + make_interval(secs => $2)
                 WHERE id = (
                     SELECT id FROM jobs
                     WHERE failed_at IS NULL AND run_at <= now() AND name = ANY ($1)
                     ORDER BY run_at, id LIMIT 1 FOR UPDATE SKIP LOCKED
                 )
                 RETURNING id, name, payload::text, attempts",
                &[&self.names, &self.hold.as_secs_f64()],
            )
            .await?;
        Ok(rows.first().map(|row| Taken {
            id: row.get(0),
            name: row.get(1),
            // What the database has checked to be JSON.
            payload: serde_json::from_str(row.get(2)).unwrap_or_default(),
            attempt: u32::try_from(row.get::<_, i32>(3)).unwrap_or(u32::MAX),
        }))
    }

    /// How long until the next job is due; none where there is none.
    pub(super) async fn until_next(&self) -> Result<Option<Duration>, RequestError> {
        let sql = "SELECT extract(epoch FROM min(run_at) - now())::float8 FROM jobs
                   WHERE failed_at IS NULL AND name = ANY ($1)";
        let rows = self.pool.query(sql, &[&self.names]).await?;
        let seconds: Option<f64> = rows.first().and_then(|row| row.get(0));
        Ok(seconds.map(|seconds| Duration::from_secs_f64(seconds.max(0.0))))
    }

    /// It is done: away with it, or on to the next time.
    pub(super) async fn done(
        &self,
        taken: &Taken,
        period: Option<Duration>,
    ) -> Result<(), RequestError> {
        let attempt = number(taken.attempt);
        match period {
            None => {
                let sql = "DELETE FROM jobs WHERE id = $1 AND attempts = $2";
                self.pool.write(sql, &[&taken.id, &attempt]).await.map(drop)
            }
            Some(period) => {
                let sql = "UPDATE jobs SET attempts = 0, last_error = NULL,
                               run_at = now() + make_interval(secs => $3)
                           WHERE id = $1 AND attempts = $2";
                self.pool.write(sql, &[&taken.id, &attempt, &period.as_secs_f64()]).await.map(drop)
            }
        }
    }

    /// It failed: again after this time, or never.
    pub(super) async fn failed(
        &self,
        taken: &Taken,
        error: &str,
        again: Option<Duration>,
    ) -> Result<(), RequestError> {
        let sql = "UPDATE jobs SET last_error = left($3, 2000),
                       run_at = now() + make_interval(secs => coalesce($4::float8, 0)),
                       failed_at = CASE WHEN $4::float8 IS NULL THEN now() END
                   WHERE id = $1 AND attempts = $2";
        let again = again.map(|again| again.as_secs_f64());
        let attempt = number(taken.attempt);
        self.pool.write(sql, &[&taken.id, &attempt, &error, &again]).await.map(drop)
    }
}

fn number(attempt: u32) -> i32 {
    i32::try_from(attempt).unwrap_or(i32::MAX)
}

/// A job that was given up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailedJob {
    /// Its id.
    pub id: Uuid,
    /// What does it.
    pub name: String,
    /// When it was given up.
    pub failed_at: DateTime<Utc>,
    /// After how many attempts.
    pub attempts: i32,
    /// What went wrong last.
    pub last_error: String,
}

/// The jobs that were given up, the last one first; a thousand at most.
///
/// # Errors
/// What the database says.
pub async fn list_failed(client: &Client) -> Result<Vec<FailedJob>, Error> {
    let sql = "SELECT id, name, failed_at, attempts, last_error FROM jobs
               WHERE failed_at IS NOT NULL ORDER BY failed_at DESC, id LIMIT 1000";
    let job = |row: &Row| FailedJob {
        id: row.get(0),
        name: row.get(1),
        failed_at: row.get(2),
        attempts: row.get(3),
        last_error: row.get(4),
    };
    Ok(client.query(sql, &[]).await?.iter().map(job).collect())
}

/// Lets the jobs that were given up begin anew; says how many.
///
/// # Errors
/// What the database says.
pub async fn retry_failed(client: &Client) -> Result<u64, Error> {
    let sql = "WITH told AS (SELECT pg_notify('jobs', ''))
               UPDATE jobs SET failed_at = NULL, attempts = 0, run_at = now() FROM told
               WHERE failed_at IS NOT NULL";
    client.execute(sql, &[]).await
}
