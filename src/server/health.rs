//! `/health/live` and `/health/ready`: whether the process runs, and whether to send it requests.
//!
//! Promises: a probe takes no connection of the pool and waits for no request. However many ask,
//! the database is looked at once a second, over one connection of this module's own.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use loaders::{Engine, ReplicaState, ReplicaStatus};
use serde_json::{Value, json};
use stores::rate_limits::{Adapter, Chosen, Status};
use tokio::sync::Mutex;
use tokio_postgres::Client;

use crate::config::DatabaseUrl;
use crate::database::{self, DatabaseError};

/// How long what was seen holds.
const LOOK_INTERVAL: Duration = Duration::from_secs(1);

/// How long the database may take to say how it is.
const LOOK_TIMEOUT: Duration = Duration::from_secs(2);

/// Whether this server should get requests.
pub(super) struct Health {
    url: DatabaseUrl,
    engine: Arc<Engine>,
    rate_limits: Arc<Chosen>,
    stopping: AtomicBool,
    seen: Mutex<Seen>,
}

/// What was seen of the database.
#[derive(Default)]
struct Seen {
    client: Option<Client>,
    at: Option<Instant>,
    reason: Option<&'static str>,
}

impl Health {
    pub(super) fn new(url: DatabaseUrl, engine: Arc<Engine>, rate_limits: Arc<Chosen>) -> Self {
        let stopping = AtomicBool::new(false);
        Self { url, engine, rate_limits, stopping, seen: Mutex::default() }
    }

    /// From now on the server is not ready: it stops.
    pub(super) fn stop(&self) {
        self.stopping.store(true, Ordering::Relaxed);
    }

    /// Why the server should get no requests; nothing when it should.
    async fn reasons(&self) -> Vec<&'static str> {
        let stopping = self.stopping.load(Ordering::Relaxed);
        let stopping = stopping.then_some("the server is stopping");
        let mut seen = self.seen.lock().await;
        if seen.at.is_none_or(|at| at.elapsed() >= LOOK_INTERVAL) {
            seen.look(&self.url).await;
        }
        stopping.into_iter().chain(seen.reason).collect()
    }
}

impl Seen {
    async fn look(&mut self, url: &DatabaseUrl) {
        let client = self.client.take().filter(|client| !client.is_closed());
        let looked = tokio::time::timeout(LOOK_TIMEOUT, look(client, url)).await;
        self.at = Some(Instant::now());
        match looked {
            Ok(Ok((client, reason))) => {
                self.client = Some(client);
                self.reason = reason;
            }
            Ok(Err(error)) => {
                tracing::debug!(error = &error as &dyn std::error::Error, "not ready");
                self.reason = Some("the database cannot be reached");
            }
            Err(_) => self.reason = Some("the database does not answer in time"),
        }
    }
}

/// The connection, to be used again, and why this server should not serve the database.
async fn look(
    client: Option<Client>,
    url: &DatabaseUrl,
) -> Result<(Client, Option<&'static str>), DatabaseError> {
    let client = match client {
        Some(client) => client,
        None => database::connect(url).await?,
    };
    let migrations = database::examine(&client).await?.migrations;
    let reason = if !migrations.unknown.is_empty() {
        Some("the database is newer than this server")
    } else if !migrations.pending.is_empty() {
        Some("the database is older than this server")
    } else {
        None
    };
    Ok((client, reason))
}

/// The routes of the probes.
pub(super) fn routes(health: Arc<Health>) -> Router {
    Router::new()
        .route("/health/live", get(async || StatusCode::OK))
        .route("/health/ready", get(ready))
        .with_state(health)
}

async fn ready(State(health): State<Arc<Health>>) -> Response {
    let reasons = health.reasons().await;
    let (status, word) = match reasons.is_empty() {
        true => (StatusCode::OK, "ready"),
        false => (StatusCode::SERVICE_UNAVAILABLE, "not ready"),
    };
    let replicas: Vec<Value> = health.engine.replicas().iter().map(replica).collect();
    let stores = json!({ "rateLimits": store(health.rate_limits.status()) });
    let body =
        Json(json!({ "status": word, "reasons": reasons, "replicas": replicas, "stores": stores }));
    (status, [(header::CACHE_CONTROL, "no-store")], body).into_response()
}

/// Which adapter a store has, and whether the embedded one stands in for its server: that makes no
/// server unready.
fn store(Status { adapter, is_degraded }: Status) -> Value {
    let adapter = match adapter {
        Adapter::Redis => "redis",
        Adapter::Embedded => "embedded",
    };
    json!({ "adapter": adapter, "state": if is_degraded { "degraded" } else { "ready" } })
}

/// How a replica is; where it is concerns nobody outside. One that is away makes no server unready,
/// because the primary answers in its place.
fn replica(status: &ReplicaStatus) -> Value {
    let state = match status.state {
        ReplicaState::Current => "current",
        ReplicaState::Behind => "behind",
        ReplicaState::Away => "away",
    };
    json!({ "state": state, "lagSeconds": status.lag.map(|lag| lag.as_secs_f64()) })
}
