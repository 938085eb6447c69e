//! The jobs of every domain, done beside serving or by a process that does nothing else.

use std::future::Future;

use loaders::Pool;

use super::{ServerError, pool};
use crate::config::{Config, DatabaseConfig};
use crate::jobs::{Jobs, Worker};
use crate::mail;
use crate::users;

/// Connections beside those of the jobs that run: for taking the next, and to spare.
const SPARE_CONNECTIONS: usize = 1;

/// Every job of every domain.
fn jobs(config: &Config) -> Result<Jobs, ServerError> {
    let mut jobs = Jobs::new();
    mail::add_jobs(&mut jobs, &config.mail, &config.access)?;
    users::add_jobs(&mut jobs);
    Ok(jobs)
}

/// Begins to do jobs, if this process does any.
pub(super) fn start(config: &Config) -> Result<Option<Worker>, ServerError> {
    // Also where others do them: a mistake in MAIL_URL is told at the start.
    let jobs = jobs(config)?;
    if config.jobs.workers == 0 {
        tracing::info!("jobs are left to agent-free worker, because WORKERS is 0");
        return Ok(None);
    }
    let url = config.database.url.clone();
    Ok(Some(Worker::start(connections(config)?, url, jobs, &config.jobs)))
}

/// Connections of its own: jobs and requests never wait for each other.
fn connections(config: &Config) -> Result<Pool, ServerError> {
    let size = config.jobs.workers + SPARE_CONNECTIONS;
    let database = DatabaseConfig { pool_size: size, ..config.database.clone() };
    pool(&database, &database.url)
}

/// Does jobs until `shutdown`, then finishes those that run.
///
/// # Errors
/// See [`ServerError`].
pub async fn work(config: &Config, shutdown: impl Future<Output = ()>) -> Result<(), ServerError> {
    let Some(worker) = start(config)? else { return Err(ServerError::NoWorkers) };
    tracing::info!(at_once = config.jobs.workers, "doing jobs");
    shutdown.await;
    worker.stop(config.operations.shutdown_timeout).await;
    Ok(())
}
