//! How much somebody may do in a while, and how long he waits after too many failures.
//!
//! Promises: a key's bucket and its failures are changed by one step that nothing comes between,
//! so requests at once get no more than the same requests one after the other; what is refused
//! takes nothing.

use std::time::Duration;

use async_trait::async_trait;
use loaders::RequestError;

mod buckets;
mod embedded;
mod fallback;
mod redis;

pub use embedded::Embedded;
pub use fallback::{Adapter, Chosen, Status};
pub use redis::{Redis, RedisUrl, RedisUrlError};

/// A token bucket: full, it holds `capacity` units; empty, it is full again after `period`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bucket {
    /// Units that it holds, and so the most that can be taken at once.
    pub capacity: u64,
    /// How long it takes from empty to full.
    pub period: Duration,
}

/// Units to be taken from the bucket of a key.
#[derive(Debug, Clone, Copy)]
pub struct Take<'a> {
    /// Whose bucket.
    pub key: &'a str,
    /// How many units; more than the bucket can hold count as all that it holds.
    pub cost: u64,
    /// How the bucket fills.
    pub bucket: Bucket,
}

/// How one bucket stands after a [`Take`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Taken {
    /// Units that are left.
    pub remaining: u64,
    /// Until it is full again.
    pub full_after: Duration,
    /// Until it holds enough; nothing where it does.
    pub retry_after: Duration,
}

impl Taken {
    /// Whether the bucket held enough.
    pub fn is_allowed(&self) -> bool {
        self.retry_after.is_zero()
    }

    /// How a bucket stands that will be full after so long.
    fn standing(bucket: Bucket, full_after: Duration) -> Self {
        let missing = full_after.as_nanos() * u128::from(bucket.capacity);
        let missing = missing.div_ceil(bucket.period.as_nanos().max(1));
        let missing = u64::try_from(missing).unwrap_or(u64::MAX);
        let remaining = bucket.capacity.saturating_sub(missing);
        Self { remaining, full_after, retry_after: Duration::ZERO }
    }
}

/// How failures lock a key: from the `after`-th in a row on for `base`, twice as long with each
/// further one, at most `maximum`. Failures are forgotten when `maximum` has passed since the last
/// one, or since the end of its lock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backoff {
    /// The failure that locks for the first time.
    pub after: u32,
    /// How long that lock holds.
    pub base: Duration,
    /// How long a lock holds at most.
    pub maximum: Duration,
}

/// Whether an attempt may be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reserved {
    /// It may, and counts as a failure until it is given back or the key is cleared.
    Allowed,
    /// Not before so long from now. It does not count.
    LockedFor(Duration),
}

/// The port.
#[async_trait]
pub trait RateLimits: Send + Sync {
    /// Takes from all these buckets, or from none if one of them does not hold enough. How each
    /// stands is told in their order.
    ///
    /// # Errors
    /// The store is away.
    async fn take(&self, takes: &[Take<'_>]) -> Result<Vec<Taken>, RequestError>;

    /// Counts an attempt as a failure before its outcome is known, unless the key is locked. So
    /// many attempts at once fare no better than one after the other.
    ///
    /// # Errors
    /// The store is away.
    async fn reserve(&self, key: &str, backoff: Backoff) -> Result<Reserved, RequestError>;

    /// Takes one failure back, and the lock that it brought: the attempt went well. Earlier failures
    /// stay.
    ///
    /// # Errors
    /// The store is away.
    async fn give_back(&self, key: &str) -> Result<(), RequestError>;

    /// Forgets the failures of a key.
    ///
    /// # Errors
    /// The store is away.
    async fn clear(&self, key: &str) -> Result<(), RequestError>;
}
