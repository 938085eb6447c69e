//! Which adapter serves: Redis where it is configured and there, the embedded one else.
//!
//! Promises: no request fails because Redis is away, and none waits for it more than once in a
//! while; that it went, and that it came back, is told once. Buckets begin full then.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use loaders::RequestError;

use super::{Backoff, Embedded, RateLimits, Redis, Reserved, Take, Taken};

/// How long Redis is left alone after it has failed.
const PAUSE: Duration = Duration::from_secs(1);

/// An adapter by its kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Adapter {
    /// A Redis server.
    Redis,
    /// This process and PostgreSQL.
    Embedded,
}

/// Which adapter was meant to serve, and which one does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Status {
    /// The configured one.
    pub adapter: Adapter,
    /// Whether the embedded one stands in for it.
    pub is_degraded: bool,
}

/// The adapters that there are, and whether Redis was there last.
pub struct Chosen {
    embedded: Embedded,
    redis: Option<Redis>,
    is_away: AtomicBool,
    started: Instant,
    /// When Redis is asked again, in milliseconds since the start.
    asked_again: AtomicU64,
}

impl Chosen {
    /// Redis, if there is one, before the embedded adapter.
    pub fn new(redis: Option<Redis>, embedded: Embedded) -> Self {
        Self {
            embedded,
            redis,
            is_away: AtomicBool::new(false),
            started: Instant::now(),
            asked_again: AtomicU64::new(0),
        }
    }

    /// Which one serves.
    pub fn status(&self) -> Status {
        let adapter = if self.redis.is_some() { Adapter::Redis } else { Adapter::Embedded };
        Status { adapter, is_degraded: self.is_away.load(Ordering::Relaxed) }
    }

    /// Asks Redis whether it is there, if it is configured, and says whether it is.
    pub async fn look(&self) -> Status {
        if let Some(redis) = &self.redis {
            self.noted(redis.take(&[]).await);
        }
        self.status()
    }

    /// Redis, unless it is away and was asked just now. Of many requests one asks.
    fn redis(&self) -> Option<&Redis> {
        let redis = self.redis.as_ref()?;
        if !self.is_away.load(Ordering::Relaxed) {
            return Some(redis);
        }
        let now = self.milliseconds();
        let then = self.asked_again.load(Ordering::Relaxed);
        let mine = then <= now && self.leave_alone(then, now);
        mine.then_some(redis)
    }

    fn leave_alone(&self, then: u64, now: u64) -> bool {
        let next = now + PAUSE.as_millis() as u64;
        let exchanged =
            self.asked_again.compare_exchange(then, next, Ordering::Relaxed, Ordering::Relaxed);
        exchanged.is_ok()
    }

    fn milliseconds(&self) -> u64 {
        self.started.elapsed().as_millis() as u64
    }

    /// What Redis gave; nothing where it is away, which is noted.
    fn noted<T>(&self, given: Result<T, RequestError>) -> Option<T> {
        match given {
            Ok(given) => {
                if self.is_away.swap(false, Ordering::Relaxed) {
                    tracing::info!("Redis is back: it keeps rate limits and lock-outs again");
                }
                Some(given)
            }
            Err(error) => {
                let next = self.milliseconds() + PAUSE.as_millis() as u64;
                self.asked_again.store(next, Ordering::Relaxed);
                if !self.is_away.swap(true, Ordering::Relaxed) {
                    let error = &error as &dyn std::error::Error;
                    tracing::warn!(
                        error,
                        "Redis is away: this process and PostgreSQL keep rate limits and lock-outs"
                    );
                }
                None
            }
        }
    }
}

#[async_trait]
impl RateLimits for Chosen {
    async fn take(&self, takes: &[Take<'_>]) -> Result<Vec<Taken>, RequestError> {
        if let Some(redis) = self.redis()
            && let Some(taken) = self.noted(redis.take(takes).await)
        {
            return Ok(taken);
        }
        Ok(self.embedded.take_now(takes))
    }

    async fn reserve(&self, key: &str, backoff: Backoff) -> Result<Reserved, RequestError> {
        if let Some(redis) = self.redis()
            && let Some(reserved) = self.noted(redis.reserve(key, backoff).await)
        {
            return Ok(reserved);
        }
        self.embedded.reserve(key, backoff).await
    }

    async fn give_back(&self, key: &str) -> Result<(), RequestError> {
        if let Some(redis) = self.redis()
            && self.noted(redis.give_back(key).await).is_some()
        {
            return Ok(());
        }
        self.embedded.give_back(key).await
    }

    async fn clear(&self, key: &str) -> Result<(), RequestError> {
        if let Some(redis) = self.redis()
            && self.noted(redis.clear(key).await).is_some()
        {
            return Ok(());
        }
        self.embedded.clear(key).await
    }
}
