//! Reading from replicas: which of them may answer a read, and what becomes of one that fails.
//!
//! A read that names a position never sees an older state than that; one that names none is at
//! most as old as the lag that is allowed, as far as the primary was seen. Whatever a replica
//! cannot answer, the primary does.

mod history;
mod one;
mod watch;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::future::join_all;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout_at};

use crate::mutation::Position;
use crate::pool::{Pool, PoolError, Taken};

pub(crate) use one::{Replica, is_worth_another_try};
use watch::{PERIOD, Primary};

/// How replicas are used.
#[derive(Debug, Clone, Copy)]
pub struct ReplicaOptions {
    /// How long a read waits for a replica to reach its position before it goes to the primary.
    pub wait: Duration,
    /// How far a replica may lag before reads leave it out.
    pub lag_maximum: Duration,
}

/// Whether a replica answers reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReplicaState {
    /// It does.
    Current,
    /// It lags too far, or it is not known how far.
    Behind,
    /// It does not answer, or is no replica of the primary.
    Away,
}

/// What is known of a replica.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReplicaStatus {
    /// Its host and port.
    pub name: String,
    /// Whether it answers reads.
    pub state: ReplicaState,
    /// How far it lags at most; none while that is not known.
    pub lag: Option<Duration>,
    /// Reads that it answered since the start.
    pub reads: u64,
    /// Reads that failed on it and that the primary answered.
    pub failures: u64,
}

/// The replicas of the primary; none by default.
#[derive(Default)]
pub(crate) struct Replicas {
    all: Vec<Arc<Replica>>,
    next: AtomicUsize,
    wait: Duration,
    /// Ends the watching with the engine.
    _watches: JoinSet<()>,
}

/// A connection to a replica that may answer the read it was asked for.
pub(crate) struct Lease<'a> {
    pub(crate) replica: &'a Replica,
    pub(crate) connection: Taken,
}

impl Replicas {
    /// Asks the primary and each replica once, and from then on as often as needed.
    ///
    /// A replica is not used before it has passed where the primary is now, so it has all the
    /// tables that the engine was bound to.
    pub(crate) async fn start(
        primary: &Pool,
        replicas: Vec<Pool>,
        options: ReplicaOptions,
    ) -> Result<Self, PoolError> {
        if replicas.is_empty() {
            return Ok(Self::default());
        }
        let primary = Arc::new(Primary::new(primary, options.lag_maximum)?);
        primary.sample().await;
        let mut all = Vec::with_capacity(replicas.len());
        for pool in replicas {
            all.push(Arc::new(Replica::new(pool, primary.clone(), options.lag_maximum)?));
        }
        let states = join_all(all.iter().map(|replica| replica.look(None))).await;
        let mut watches = JoinSet::new();
        watches.spawn(primary.watch());
        for (replica, state) in all.iter().zip(states) {
            watches.spawn(replica.clone().watch(state));
        }
        Ok(Self { all, next: AtomicUsize::new(0), wait: options.wait, _watches: watches })
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// What is known of each.
    pub(crate) fn status(&self) -> Vec<ReplicaStatus> {
        self.all.iter().map(|replica| replica.status()).collect()
    }

    /// A connection to a replica that has reached this position; none where the primary is to
    /// answer.
    pub(crate) async fn lease(&self, after: Option<Position>) -> Option<Lease<'_>> {
        if self.all.is_empty() {
            return None;
        }
        let wal = after.map(|position| position.wal);
        let deadline = Instant::now() + self.wait;
        let replica = self.choose(wal)?;
        if let Some(wal) = wal {
            timeout_at(deadline, replica.reaches(wal, None)).await.ok().filter(|there| *there)?;
        }
        let (connection, opened) = replica.connection().await?;
        if let Some(wal) = wal {
            // A server that was started anew may have gone back: only what it said during the life
            // of this connection holds for it.
            let there = replica.reaches(wal, Some(opened));
            timeout_at(deadline, there).await.ok().filter(|there| *there)?;
        }
        Some(Lease { replica, connection })
    }

    /// The next replica in turn that is there already, or else one that may soon be.
    fn choose(&self, wal: Option<u64>) -> Option<&Replica> {
        let first = self.next.fetch_add(1, Ordering::Relaxed);
        let mut soon = None;
        for offset in 0..self.all.len() {
            let replica = &*self.all[first.wrapping_add(offset) % self.all.len()];
            let Some((reached, lag)) = replica.current() else { continue };
            if wal.is_none_or(|wal| reached >= wal) {
                return Some(replica);
            }
            // Lag is told by the second. One that lags longer will not be there in time.
            if lag <= self.wait + PERIOD {
                soon = soon.or(Some(replica));
            }
        }
        soon
    }
}
