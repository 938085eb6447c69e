//! Asking the primary and its replicas how far they are: once a second, and at once while a read
//! waits for the answer.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use thiserror::Error;
use tokio::time::{sleep, timeout};
use tokio_postgres::Row;

use super::ReplicaState;
use super::history::History;
use super::one::{Replica, Sight};
use crate::pool::{Connection, Pool, PoolError};

/// How often each server is asked when nobody waits.
pub(super) const PERIOD: Duration = Duration::from_secs(1);

/// Between two askings at least, while somebody waits.
const PAUSE: Duration = Duration::from_millis(5);

/// How long a server may take to answer.
const SILENCE_MAXIMUM: Duration = Duration::from_secs(5);

/// How much longer than allowed a lag is still told.
const TOLD: Duration = Duration::from_secs(600);

const OF_THE_PRIMARY: &str = "
    SELECT system_identifier, (pg_current_wal_flush_lsn() - '0/0')::int8 FROM pg_control_system()";

const OF_A_REPLICA: &str = "
    SELECT system_identifier, (pg_last_wal_replay_lsn() - '0/0')::int8, pg_is_in_recovery(),
        (extract(epoch FROM pg_postmaster_start_time()) * 1000000)::int8
    FROM pg_control_system()";

/// Why a server cannot be used.
#[derive(Debug, Error)]
enum Absence {
    #[error("it cannot be reached")]
    Connection(#[source] Box<dyn std::error::Error + Send + Sync>),
    #[error("it does not answer")]
    Silence,
    #[error("it is a server by itself, no replica")]
    Independent,
    #[error("it is a replica of another server than the primary")]
    Stranger,
}

/// The primary, as far as replicas are held against it.
pub(crate) struct Primary {
    apart: Pool,
    known: Mutex<Known>,
}

struct Known {
    history: History,
    /// Which cluster it is; not known before it was reached once.
    system: Option<i64>,
}

impl Primary {
    pub(super) fn new(pool: &Pool, lag_maximum: Duration) -> Result<Self, PoolError> {
        let history = History::new(lag_maximum.saturating_add(TOLD));
        let known = Mutex::new(Known { history, system: None });
        Ok(Self { apart: pool.apart()?, known })
    }

    /// Asks once. A primary that is away stays where it was: requests find out by themselves.
    pub(super) async fn sample(&self) {
        let asked = Instant::now();
        if let Ok((system, wal)) =
            ask(&self.apart, OF_THE_PRIMARY, |row| Ok((row.try_get(0)?, row.try_get(1)?))).await
        {
            let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
            known.system = Some(system);
            known.history.note(asked, unsigned(wal));
        }
    }

    pub(super) async fn watch(self: Arc<Self>) {
        loop {
            sleep(PERIOD).await;
            self.sample().await;
        }
    }

    fn is_system(&self, system: i64) -> bool {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.system.is_none_or(|known| known == system)
    }

    fn lag(&self, reached: u64) -> Option<Duration> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.history.lag(reached, Instant::now())
    }
}

impl Replica {
    /// Asks again and again; it was in this state before.
    pub(super) async fn watch(self: Arc<Self>, mut state: ReplicaState) {
        loop {
            sleep(PAUSE).await;
            // Either somebody waits or the time has come.
            let _ = timeout(PERIOD, self.asked_for.notified()).await;
            state = self.look(Some(state)).await;
        }
    }

    /// Asks once and tells all that wait; the log, if it is in another state than before.
    pub(super) async fn look(&self, before: Option<ReplicaState>) -> ReplicaState {
        let seen = self.ask().await;
        let state = self.state(seen.as_ref().ok());
        let name = &self.name;
        match (&seen, state) {
            _ if before == Some(state) => {}
            (Ok(_), ReplicaState::Current) => tracing::info!(replica = name, "answers reads"),
            (Ok(Sight { lag, .. }), _) => {
                tracing::warn!(replica = name, ?lag, "lags too far: reads leave it out");
            }
            (Err(absence), _) => {
                let error = absence as &dyn std::error::Error;
                tracing::warn!(replica = name, error, "is away: reads leave it out");
            }
        }
        if seen.is_ok() {
            self.doubted.store(false, Ordering::Relaxed);
        }
        self.seen.send_replace(seen.ok());
        state
    }

    async fn ask(&self) -> Result<Sight, Absence> {
        let asked = Instant::now();
        let (system, reached, is_replica, server): (_, _, bool, _) =
            ask(&self.apart, OF_A_REPLICA, |row| {
                // Nothing is replayed yet where there is no place.
                let reached: Option<i64> = row.try_get(1)?;
                Ok((
                    row.try_get(0)?,
                    unsigned(reached.unwrap_or(0)),
                    row.try_get(2)?,
                    row.try_get(3)?,
                ))
            })
            .await?;
        if !is_replica {
            return Err(Absence::Independent);
        }
        if !self.primary.is_system(system) {
            return Err(Absence::Stranger);
        }
        Ok(Sight { asked, server, reached, lag: self.primary.lag(reached) })
    }
}

/// The only row of a statement.
async fn ask<T>(
    pool: &Pool,
    statement: &str,
    read: impl Fn(Row) -> Result<T, tokio_postgres::Error>,
) -> Result<T, Absence> {
    let asked = async {
        let lost = |error| Absence::Connection(Box::new(error));
        let mut taken = pool.take().await.map_err(|error| Absence::Connection(Box::new(error)))?;
        let Some(Connection { session, wire }) = taken.connection() else {
            return Err(Absence::Silence);
        };
        session.begin();
        let row = wire.drive(session.client.query_typed_one(statement, &[])).await;
        session.end();
        row.and_then(read).inspect_err(|_| session.lose()).map_err(lost)
    };
    timeout(SILENCE_MAXIMUM, asked).await.unwrap_or(Err(Absence::Silence))
}

/// A place in the log, which is never negative.
fn unsigned(wal: i64) -> u64 {
    u64::try_from(wal).unwrap_or(0)
}
