//! One replica: what it last said of itself, and reads on it.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tokio::sync::{Notify, watch};

use super::watch::Primary;
use super::{ReplicaState, ReplicaStatus};
use crate::error::RequestError;
use crate::pool::{Connection, Pool, PoolError, Taken};

/// When a server was started, in microseconds: tells it from others behind the same address.
pub(super) const WHICH_SERVER: &str =
    "SELECT (extract(epoch FROM pg_postmaster_start_time()) * 1000000)::int8";

/// What a replica said of itself.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sight {
    /// When it was asked.
    pub(super) asked: Instant,
    /// Which server answered.
    pub(super) server: i64,
    /// How much of the log it has replayed.
    pub(super) reached: u64,
    /// How far it lags at most, if that is known.
    pub(super) lag: Option<Duration>,
}

/// A replica of the primary.
pub(crate) struct Replica {
    pub(super) name: String,
    pool: Pool,
    /// One connection apart, so that it is asked however busy the others are.
    pub(super) apart: Pool,
    pub(super) primary: Arc<Primary>,
    lag_maximum: Duration,
    /// What it said when it was asked last; nothing while it is away.
    pub(super) seen: watch::Sender<Option<Sight>>,
    /// Somebody wants it to be asked now.
    pub(super) asked_for: Notify,
    /// It broke off a read: no more of them until it has been asked again.
    pub(super) doubted: AtomicBool,
    reads: AtomicU64,
    failures: AtomicU64,
}

impl Replica {
    pub(super) fn new(
        pool: Pool,
        primary: Arc<Primary>,
        lag_maximum: Duration,
    ) -> Result<Self, PoolError> {
        Ok(Self {
            name: pool.address(),
            apart: pool.apart()?,
            pool,
            primary,
            lag_maximum,
            seen: watch::Sender::new(None),
            asked_for: Notify::new(),
            doubted: AtomicBool::new(false),
            reads: AtomicU64::new(0),
            failures: AtomicU64::new(0),
        })
    }

    /// How far it is and lags, if it may answer reads.
    pub(super) fn current(&self) -> Option<(u64, Duration)> {
        let seen = *self.seen.borrow();
        let Sight { reached, lag: Some(lag), .. } = seen? else { return None };
        let fit = lag <= self.lag_maximum && !self.doubted.load(Ordering::Relaxed);
        fit.then_some((reached, lag))
    }

    /// Whether reads may use what was seen.
    pub(super) fn state(&self, seen: Option<&Sight>) -> ReplicaState {
        match seen {
            None => ReplicaState::Away,
            Some(Sight { lag: Some(lag), .. }) if *lag <= self.lag_maximum => ReplicaState::Current,
            Some(_) => ReplicaState::Behind,
        }
    }

    pub(super) fn status(&self) -> ReplicaStatus {
        let seen = *self.seen.borrow();
        ReplicaStatus {
            name: self.name.clone(),
            state: self.state(seen.as_ref()),
            lag: seen.and_then(|sight| sight.lag),
            reads: self.reads.load(Ordering::Relaxed),
            failures: self.failures.load(Ordering::Relaxed),
        }
    }

    /// Waits until it has said, asked after `since`, that it has replayed so much; false once it is
    /// away. All that wait share the asking.
    pub(super) async fn reaches(&self, wal: u64, since: Option<Instant>) -> bool {
        let mut seen = self.seen.subscribe();
        loop {
            match *seen.borrow_and_update() {
                None => return false,
                Some(sight) => {
                    let recent = since.is_none_or(|since| sight.asked >= since);
                    if recent && sight.reached >= wal {
                        return true;
                    }
                }
            }
            self.asked_for.notify_one();
            if seen.changed().await.is_err() {
                return false;
            }
        }
    }

    /// A connection to the server that was last seen, and when it was opened.
    pub(super) async fn connection(&self) -> Option<(Taken, Instant)> {
        let taken = self.while_there(async {
            let mut taken = self.pool.take().await.map_err(RequestError::away)?;
            let identity = identity(&mut taken).await?;
            Ok((taken, identity))
        });
        let (taken, (server, opened)) = match taken.await {
            Ok(taken) => taken,
            Err(error) => {
                self.failed(&error);
                return None;
            }
        };
        if self.seen.borrow().is_some_and(|sight| sight.server == server) {
            return Some((taken, opened));
        }
        // It was started anew, or its address leads to several servers.
        self.asked_for.notify_one();
        tracing::debug!(replica = self.name, "a connection to a server that was not asked yet");
        None
    }

    /// The outcome of work, or an error as soon as the replica is found to be away: a server that
    /// is cut off never says that it is.
    pub(crate) async fn while_there<T>(
        &self,
        work: impl Future<Output = Result<T, RequestError>>,
    ) -> Result<T, RequestError> {
        let mut seen = self.seen.subscribe();
        let mut work = pin!(work);
        loop {
            tokio::select! {
                biased;
                done = &mut work => return done,
                told = seen.changed() => {
                    if told.is_err() || seen.borrow().is_none() {
                        return Err(RequestError::Store("the replica does not answer".into()));
                    }
                }
            }
        }
    }

    /// It answered a read.
    pub(crate) fn answered(&self) {
        self.reads.fetch_add(1, Ordering::Relaxed);
    }

    /// A read failed on it and goes to the primary.
    pub(crate) fn failed(&self, error: &RequestError) {
        self.failures.fetch_add(1, Ordering::Relaxed);
        let cause = error as &dyn std::error::Error;
        tracing::warn!(replica = self.name, error = cause, "a read goes to the primary instead");
        if matches!(error, RequestError::Store(_)) {
            self.doubted.store(true, Ordering::Relaxed);
            self.asked_for.notify_one();
        }
    }
}

/// Which server a connection leads to, and since when. Asked once for each connection.
async fn identity(taken: &mut Taken) -> Result<(i64, Instant), RequestError> {
    let Some(Connection { session, wire }) = taken.connection() else {
        return Err(RequestError::Store("no connection".into()));
    };
    if let Some(server) = session.server.get() {
        return Ok((*server, session.opened));
    }
    session.begin();
    let row = wire.drive(session.client.query_typed_one(WHICH_SERVER, &[])).await;
    session.end();
    let server = row
        .and_then(|row| row.try_get(0))
        .inspect_err(|_| session.lose())
        .map_err(RequestError::away)?;
    Ok((*session.server.get_or_init(|| server), session.opened))
}

/// Whether the primary may succeed where a replica failed with this: not where the request is at
/// fault.
pub(crate) fn is_worth_another_try(error: &RequestError) -> bool {
    matches!(error, RequestError::Store(_) | RequestError::Statement(_))
}
