//! The stores beside PostgreSQL, as this configuration has them. Start-up says on one line which
//! adapter each of them has, and why.

use std::sync::Arc;

use loaders::Pool;
use stores::rate_limits::{Adapter, Chosen, Embedded, Redis, RedisUrlError, Status};

use crate::config::RateLimitsConfig;

/// The store of rate limits and lock-outs.
///
/// # Errors
/// The address of Redis cannot be used. That Redis is away is no error.
pub(super) async fn rate_limits(
    config: &RateLimitsConfig,
    pool: Pool,
) -> Result<Arc<Chosen>, RedisUrlError> {
    let redis = config.redis_url.as_ref().map(Redis::new).transpose()?;
    let chosen = Chosen::new(redis, Embedded::new(pool, config.keys_max));
    let because = match chosen.look().await {
        Status { adapter: Adapter::Embedded, .. } => {
            "in this process and PostgreSQL, because REDIS_URL is not set"
        }
        Status { is_degraded: false, .. } => "in Redis, because REDIS_URL is set",
        Status { is_degraded: true, .. } => {
            "in this process and PostgreSQL until the Redis of REDIS_URL can be reached"
        }
    };
    tracing::info!("rate limits and lock-outs are kept {because}");
    Ok(Arc::new(chosen))
}
