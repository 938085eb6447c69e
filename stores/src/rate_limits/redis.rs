//! Over Redis: shared by all servers that use it. One script for each step, so that nothing comes
//! between; the time is that of Redis.

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use loaders::RequestError;
use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::{Client, IntoConnectionInfo, RedisError, Script, ScriptInvocation};
use thiserror::Error;

use super::{Backoff, RateLimits, Reserved, Take, Taken};

/// What all keys begin with.
const PREFIX: &str = "agent-free:";

/// How long Redis may take for a connection or an answer. It stands in the way of every request.
const PATIENCE: Duration = Duration::from_millis(500);

/// Where Redis is. Its password is never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct RedisUrl(String);

/// An address that cannot be used.
#[derive(Debug, Error)]
#[error("is not an address of the form redis://:password@host:6379/0")]
pub struct RedisUrlError(#[from] RedisError);

/// The adapter.
pub struct Redis {
    connection: ConnectionManager,
    take: Script,
    reserve: Script,
    give_back: Script,
}

impl RedisUrl {
    /// Reads an address.
    ///
    /// # Errors
    /// It is none.
    pub fn parse(text: &str) -> Result<Self, RedisUrlError> {
        text.into_connection_info()?;
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Debug for RedisUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("RedisUrl(…)")
    }
}

impl Redis {
    /// Connects when it is first asked, and again whenever the connection was lost.
    ///
    /// # Errors
    /// The address cannot be used.
    pub fn new(url: &RedisUrl) -> Result<Self, RedisUrlError> {
        let config = ConnectionManagerConfig::new()
            .set_number_of_retries(0)
            .set_connection_timeout(Some(PATIENCE))
            .set_response_timeout(Some(PATIENCE));
        let client = Client::open(url.0.as_str())?;
        Ok(Self {
            connection: ConnectionManager::new_lazy_with_config(client, config)?,
            take: Script::new(include_str!("take.lua")),
            reserve: Script::new(include_str!("reserve.lua")),
            give_back: Script::new(include_str!("give_back.lua")),
        })
    }

    async fn run<T: redis::FromRedisValue>(
        &self,
        script: &ScriptInvocation<'_>,
    ) -> Result<T, RequestError> {
        script.invoke_async(&mut self.connection.clone()).await.map_err(away)
    }
}

#[async_trait]
impl RateLimits for Redis {
    async fn take(&self, takes: &[Take<'_>]) -> Result<Vec<Taken>, RequestError> {
        let mut script = self.take.prepare_invoke();
        for Take { key, cost, bucket } in takes {
            let period = microseconds(bucket.period);
            let part = (*cost).min(bucket.capacity) as f64 / bucket.capacity.max(1) as f64;
            script.key(format!("{PREFIX}bucket:{key}"));
            script.arg((period * part).ceil() as u64).arg(period as u64);
        }
        let times: Vec<u64> = self.run(&script).await?;
        let stands = |(take, times): (&Take<'_>, &[u64])| {
            let time = |place: usize| times.get(place).copied().map(Duration::from_micros);
            let standing = Taken::standing(take.bucket, time(0).unwrap_or_default());
            Taken { retry_after: time(1).unwrap_or_default(), ..standing }
        };
        Ok(takes.iter().zip(times.chunks(2)).map(stands).collect())
    }

    async fn reserve(&self, key: &str, backoff: Backoff) -> Result<Reserved, RequestError> {
        let mut script = self.reserve.prepare_invoke();
        script.key(failures_of(key)).arg(backoff.after);
        for time in [backoff.base, backoff.maximum] {
            script.arg((microseconds(time) / 1000.0).ceil() as u64);
        }
        Ok(match self.run(&script).await? {
            0 => Reserved::Allowed,
            left => Reserved::LockedFor(Duration::from_millis(left)),
        })
    }

    async fn give_back(&self, key: &str) -> Result<(), RequestError> {
        let mut script = self.give_back.prepare_invoke();
        script.key(failures_of(key));
        self.run(&script).await
    }

    async fn clear(&self, key: &str) -> Result<(), RequestError> {
        let mut delete = redis::cmd("DEL");
        delete.arg(failures_of(key));
        delete.query_async(&mut self.connection.clone()).await.map_err(away)
    }
}

fn failures_of(key: &str) -> String {
    format!("{PREFIX}failures:{key}")
}

fn microseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e6
}

fn away(error: RedisError) -> RequestError {
    RequestError::Store(Box::new(error))
}
