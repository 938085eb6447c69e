//! Takes jobs and does them, so many at once, until it is stopped.
//!
//! One task takes them; each job runs in a task of its own, within its time, and its panic is its
//! failure. Told to stop, it takes no more and finishes those it has; dropped, it leaves them to
//! the next attempt.

use std::any::Any;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::FutureExt as _;
use loaders::Pool;
use tokio::sync::{Notify, watch};
use tokio::task::{JoinHandle, JoinSet};

use super::queue::{Queue, Taken};
use super::{Job, JobError, Jobs, Work, backoff, listener};
use crate::config::{DatabaseUrl, JobsConfig};

/// How long it waits at most before it looks for jobs by itself.
const LOOK_INTERVAL: Duration = Duration::from_secs(5);

/// How long it waits when the database is away.
const AWAY_PAUSE: Duration = Duration::from_secs(1);

/// How much longer than it may take a job stays taken: for its end to be noted.
const HOLD_MARGIN: Duration = Duration::from_secs(5);

/// Does jobs until it is stopped or dropped.
pub struct Worker {
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
    listener: JoinHandle<()>,
}

impl Worker {
    /// Begins. The pool should have a connection for each job at once, and one more.
    pub fn start(pool: Pool, url: DatabaseUrl, jobs: Jobs, config: &JobsConfig) -> Self {
        let bell = Arc::new(Notify::new());
        let (stop, stopping) = watch::channel(false);
        let hold = config.timeout + HOLD_MARGIN;
        let queue = Queue { pool, names: jobs.names(), hold };
        let doing = Arc::new(Doing { queue, jobs, config: config.clone() });
        let listener = tokio::spawn(listener::listen(url, bell.clone()));
        Self { stop, task: tokio::spawn(doing.run(bell, stopping)), listener }
    }

    /// Takes no more jobs, and waits so long for those that run.
    pub async fn stop(mut self, patience: Duration) {
        // Nobody listens any more where the task has ended by itself.
        let _ = self.stop.send(true);
        if tokio::time::timeout(patience, &mut self.task).await.is_err() {
            tracing::warn!("jobs outlasted SHUTDOWN_TIMEOUT: they are tried again later");
        }
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.task.abort();
        self.listener.abort();
    }
}

struct Doing {
    queue: Queue,
    jobs: Jobs,
    config: JobsConfig,
}

impl Doing {
    async fn run(self: Arc<Self>, bell: Arc<Notify>, mut stopping: watch::Receiver<bool>) {
        let mut running = JoinSet::new();
        let mut has_begun = false;
        while !*stopping.borrow() {
            let wait = if running.len() < self.config.workers {
                if !has_begun {
                    has_begun = self.begin_periodic().await;
                }
                match self.take().await {
                    Ok(taken) => {
                        running.spawn(self.clone().attempt(taken));
                        continue;
                    }
                    Err(wait) => wait,
                }
            } else {
                LOOK_INTERVAL
            };
            let has_room = running.len() < self.config.workers;
            tokio::select! {
                () = bell.notified(), if has_room => {}
                () = tokio::time::sleep(wait), if has_room => {}
                Some(_) = running.join_next() => {}
                _ = stopping.changed() => {}
            }
        }
        while running.join_next().await.is_some() {}
    }

    /// Whether everything periodic has its row by now.
    async fn begin_periodic(&self) -> bool {
        for name in self.jobs.periods.keys() {
            if let Err(error) = self.queue.begin_periodic(name).await {
                let error = &error as &dyn std::error::Error;
                tracing::warn!(error, "periodic jobs cannot begin");
                return false;
            }
        }
        true
    }

    /// A job, or how long to wait for one.
    async fn take(&self) -> Result<Taken, Duration> {
        let found = match self.queue.take().await {
            Ok(Some(taken)) => return Ok(taken),
            Ok(None) => self.queue.until_next().await,
            Err(error) => Err(error),
        };
        Err(match found {
            Ok(next) => next.unwrap_or(LOOK_INTERVAL).min(LOOK_INTERVAL),
            Err(error) => {
                let error = &error as &dyn std::error::Error;
                tracing::warn!(error, "the table of jobs cannot be read");
                AWAY_PAUSE
            }
        })
    }

    async fn attempt(self: Arc<Self>, taken: Taken) {
        let Some(job) = self.jobs.by_name.get(taken.name.as_str()) else { return };
        let period = self.jobs.periods.get(taken.name.as_str()).copied();
        let begun = Instant::now();
        let outcome = match taken.attempt > self.config.attempts_max && period.is_none() {
            true => Err(Failure::killed()),
            false => self.guard(job.as_ref(), &taken).await,
        };
        let (id, attempt) = (taken.id, taken.attempt);
        let noted = match outcome {
            Ok(()) => {
                let milliseconds = begun.elapsed().as_millis() as u64;
                tracing::debug!(job = taken.name, %id, attempt, milliseconds, "a job is done");
                self.queue.done(&taken, period).await
            }
            Err(failure) => self.note(&taken, &failure, period.is_some()).await,
        };
        if let Err(error) = noted {
            let error = &error as &dyn std::error::Error;
            tracing::warn!(error, job = taken.name, %id, "the end of a job cannot be noted: it is done again");
        }
    }

    /// Runs it within its time, and survives it.
    async fn guard(&self, job: &dyn Job, taken: &Taken) -> Result<(), Failure> {
        let work = Work { id: taken.id, payload: &taken.payload, pool: &self.queue.pool };
        let guarded = AssertUnwindSafe(job.run(&work)).catch_unwind();
        match tokio::time::timeout(self.config.timeout, guarded).await {
            Ok(Ok(Ok(()))) => Ok(()),
            Ok(Ok(Err(error))) => Err(Failure::of(&error)),
            Ok(Err(panic)) => Err(Failure::panicked(panic.as_ref())),
            Err(_) => Err(Failure::again("it took longer than JOB_TIMEOUT".to_owned())),
        }
    }

    async fn note(
        &self,
        taken: &Taken,
        failure: &Failure,
        is_periodic: bool,
    ) -> Result<(), loaders::RequestError> {
        let Taken { id, name, attempt, .. } = taken;
        let Failure { error, is_hopeless } = failure;
        let is_last = *is_hopeless || *attempt >= self.config.attempts_max;
        let again = (is_periodic || !is_last).then(|| backoff::after(*attempt, fastrand::f64()));
        match again {
            Some(again) => {
                let seconds = again.as_secs_f64();
                tracing::warn!(job = name, %id, attempt, error, again_in_seconds = seconds, "a job failed");
            }
            None => tracing::error!(job = name, %id, attempt, error, "a job was given up"),
        }
        self.queue.failed(taken, error, again).await
    }
}

/// What went wrong, in words for the log and the table.
struct Failure {
    error: String,
    is_hopeless: bool,
}

impl Failure {
    fn again(error: String) -> Self {
        Self { error, is_hopeless: false }
    }

    fn killed() -> Self {
        Self::again("its worker was killed at every attempt".to_owned())
    }

    fn of(error: &JobError) -> Self {
        let mut words = error.to_string();
        let mut next = std::error::Error::source(error);
        while let Some(cause) = next {
            words = format!("{words}: {cause}");
            next = cause.source();
        }
        Self { error: words, is_hopeless: error.is_hopeless() }
    }

    fn panicked(panic: &(dyn Any + Send)) -> Self {
        let text = panic.downcast_ref::<String>().map(String::as_str);
        let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
        Self::again(format!("it panicked: {}", text.unwrap_or("without a message")))
    }
}
