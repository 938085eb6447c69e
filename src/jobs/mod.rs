//! Work in the background: done at least once, by whichever process is free.
//!
//! A job is a row, written in the transaction that wants it done ([`enqueue`]); it is done after
//! the commit, and never if there is none. A [`Worker`] takes it for as long as it may take at
//! most. Whoever fails, or is killed, leaves it to the next attempt, later each time; after the
//! last one it is kept as given up, for an operator to see. So a job may be done twice, and each
//! must bear that.
//!
//! What is done again and again is a row as well, put off instead of deleted: of all processes one
//! does it.

mod backoff;
mod listener;
mod monitor;
mod queue;
mod sweeps;
mod worker;

use std::collections::BTreeMap;
use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use loaders::{Pool, Registry, RequestError, UserErrorCode, WriteContext, WriteError};
use serde_json::Value;
use thiserror::Error;
use uuid::Uuid;

pub use monitor::{Monitor, Waiting};
pub use queue::{FailedJob, list_failed, retry_failed};
pub use worker::Worker;

/// Says what the rules of the queue mean, for whoever breaks one: no input comes near them.
pub(crate) fn bind(registry: &mut Registry) {
    let given_up = "a job that was given up says why, and does not come again";
    registry
        .constraint("jobs_failed_at_last_error", UserErrorCode::Conflict, "", given_up)
        .constraint("jobs_failed_at_not_periodic", UserErrorCode::Conflict, "", given_up)
        .constraint("jobs_periodic_once", UserErrorCode::Taken, "", "what comes again has one row");
}

/// What does the jobs of one name.
#[async_trait]
pub trait Job: Send + Sync {
    /// Does it. Called again after a failure, and after a success that could not be noted.
    ///
    /// # Errors
    /// What went wrong, and whether another attempt could go better.
    async fn run(&self, work: &Work<'_>) -> Result<(), JobError>;
}

/// One attempt at a job.
pub struct Work<'a> {
    /// The job's id: the same in every attempt.
    pub id: Uuid,
    /// What was enqueued.
    pub payload: &'a Value,
    /// Connections to the database.
    pub pool: &'a Pool,
}

/// Why an attempt failed.
#[derive(Debug, Error)]
pub enum JobError {
    /// The database is away, or refuses a statement.
    #[error(transparent)]
    Database(#[from] RequestError),
    /// It may go better later.
    #[error("{0}")]
    Failed(&'static str, #[source] Box<dyn Error + Send + Sync>),
    /// It never will: the job is given up.
    #[error("{0}")]
    Hopeless(&'static str, #[source] Box<dyn Error + Send + Sync>),
}

impl JobError {
    fn is_hopeless(&self) -> bool {
        matches!(self, Self::Hopeless(..))
    }
}

/// Every job that a process can do.
#[derive(Default)]
pub struct Jobs {
    by_name: BTreeMap<&'static str, Arc<dyn Job>>,
    periods: BTreeMap<&'static str, Duration>,
}

impl Jobs {
    /// Those that belong to no domain.
    pub fn new() -> Self {
        let mut jobs = Self::default();
        sweeps::add(&mut jobs);
        jobs
    }

    /// Adds what does the jobs of this name.
    pub fn add(&mut self, name: &'static str, job: impl Job + 'static) {
        self.by_name.insert(name, Arc::new(job));
    }

    /// Adds what is done so often, by one process at a time.
    pub fn add_periodic(&mut self, name: &'static str, period: Duration, job: impl Job + 'static) {
        self.periods.insert(name, period);
        self.add(name, job);
    }

    fn names(&self) -> Vec<&'static str> {
        self.by_name.keys().copied().collect()
    }
}

/// Has a job done once the transaction is committed. What it holds is kept as it is until then, so
/// no secret belongs into it.
///
/// # Errors
/// What the database says.
pub async fn enqueue(
    write: &WriteContext<'_>,
    name: &str,
    payload: &Value,
) -> Result<(), WriteError> {
    let sql = "INSERT INTO jobs (name, payload) VALUES ($1, $2::text::jsonb)";
    write.execute(sql, &[&name, &payload.to_string()]).await?;
    Ok(())
}
