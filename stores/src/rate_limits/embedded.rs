//! Without a server of their own: buckets in this process, failures in PostgreSQL.
//!
//! Buckets of several processes do not know of each other; failures are shared by all that use the
//! database, and survive a restart.

use std::time::Duration;

use async_trait::async_trait;
use loaders::{Pool, RequestError};

use super::buckets::Buckets;
use super::{Backoff, RateLimits, Reserved, Take, Taken};

/// The adapter.
pub struct Embedded {
    buckets: Buckets,
    pool: Pool,
}

impl Embedded {
    /// Keeps the buckets of at most `keys_max` keys, those that were asked for most lately.
    pub fn new(pool: Pool, keys_max: usize) -> Self {
        Self { buckets: Buckets::new(keys_max), pool }
    }

    /// Takes without waiting for anything.
    pub(super) fn take_now(&self, takes: &[Take<'_>]) -> Vec<Taken> {
        self.buckets.take(takes)
    }
}

#[async_trait]
impl RateLimits for Embedded {
    async fn take(&self, takes: &[Take<'_>]) -> Result<Vec<Taken>, RequestError> {
        Ok(self.take_now(takes))
    }

    async fn reserve(&self, key: &str, backoff: Backoff) -> Result<Reserved, RequestError> {
        let after = i32::try_from(backoff.after).unwrap_or(i32::MAX);
        let (base, maximum) = (milliseconds(backoff.base), milliseconds(backoff.maximum));
        let rows = self
            .pool
            .write("SELECT reserve_attempt($1, $2, $3, $4)", &[&key, &after, &base, &maximum])
            .await?;
        let left: Option<f64> = rows.first().and_then(|row| row.get(0));
        Ok(left.map_or(Reserved::Allowed, |left| {
            Reserved::LockedFor(Duration::from_secs_f64(left.max(0.0) / 1000.0))
        }))
    }

    async fn give_back(&self, key: &str) -> Result<(), RequestError> {
        let sql = "UPDATE lockouts SET failures = greatest(failures - 1, 0), locked_until = NULL \
                   WHERE key = $1";
        self.pool.write(sql, &[&key]).await.map(drop)
    }

    async fn clear(&self, key: &str) -> Result<(), RequestError> {
        self.pool.write("DELETE FROM lockouts WHERE key = $1", &[&key]).await.map(drop)
    }
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}
