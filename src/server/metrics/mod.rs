//! `/metrics` for Prometheus, on an address of its own.
//!
//! Promises: what a request adds is a handful of additions, never more labels than there is room
//! for; what only has to be looked up (pool, queue, process) is looked up when Prometheus asks.

mod gathered;
mod operations;
mod process;
mod sources;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use loaders::ErrorCode;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::{Registry, Unit};
use tokio::net::TcpListener;

use super::ServerError;
use super::observe::Observed;
use gathered::Gathered;
use operations::Operations;
pub(super) use sources::Sources;

/// What is counted.
#[derive(Debug)]
pub(super) struct Metrics {
    operations: Operations,
    statements: Histogram,
    queued: Histogram,
    errors: Family<ErrorLabels, Counter>,
    limits: Family<LimitLabels, Counter>,
    slow: Counter,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ErrorLabels {
    code: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct LimitLabels {
    limit: &'static str,
}

impl Metrics {
    /// Counts of this server alone, which the registry shows.
    pub(super) fn new(registry: &mut Registry) -> Self {
        let metrics = Self {
            operations: Operations::new(registry),
            statements: Histogram::new([0.0, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0]),
            queued: Histogram::new([0.0, 0.001, 0.005, 0.02, 0.1, 0.5, 1.0, 2.0, 5.0]),
            errors: Family::default(),
            limits: Family::default(),
            slow: Counter::default(),
        };
        // What never happened is 0, not absent: an alert can watch it.
        for code in ErrorCode::ALL {
            drop(metrics.errors.get_or_create(&ErrorLabels { code: code.as_str() }));
            if code.is_limit() {
                drop(metrics.limits.get_or_create(&LimitLabels { limit: code.as_str() }));
            }
        }
        registry.register(
            "request_statements",
            "Statements that a request took",
            metrics.statements.clone(),
        );
        registry.register_with_unit(
            "queue",
            "How long a request waited for its turn",
            Unit::Seconds,
            metrics.queued.clone(),
        );
        registry.register("errors", "Requests by the code of their error", metrics.errors.clone());
        registry.register("limits_hit", "Requests that met a limit", metrics.limits.clone());
        registry.register(
            "slow_operations",
            "Operations that took SLOW_OPERATION or longer",
            metrics.slow.clone(),
        );
        metrics
    }

    /// Counts one request.
    pub(super) fn count(&self, observed: &Observed<'_>, is_slow: bool) {
        self.operations.count(observed);
        self.statements.observe(observed.statements.len() as f64);
        self.queued.observe(observed.queued.as_secs_f64());
        if let Some(code) = observed.code {
            self.errors.get_or_create(&ErrorLabels { code: code.as_str() }).inc();
            if code.is_limit() {
                self.limits.get_or_create(&LimitLabels { limit: code.as_str() }).inc();
            }
        }
        if is_slow {
            self.slow.inc();
        }
    }
}

/// The registry, with what is known of every server.
pub(super) fn registry() -> Registry {
    let mut registry = Registry::with_prefix("agent_free");
    registry.register(
        "build",
        "The version that runs",
        Info::new([("version", env!("CARGO_PKG_VERSION"))]),
    );
    registry
}

/// Where `/metrics` is served; in the background, until the value is dropped.
pub(super) struct MetricsServer(tokio::task::JoinHandle<()>);

impl MetricsServer {
    /// Serves the registry on this address.
    ///
    /// # Errors
    /// When nobody can listen there.
    pub(super) async fn start(
        address: SocketAddr,
        mut registry: Registry,
        sources: Sources,
    ) -> Result<Self, ServerError> {
        let failed = |source| ServerError::MetricsAddress { address, source };
        let listener = TcpListener::bind(address).await.map_err(failed)?;
        let mut gathered = Gathered::default();
        sources.gather(&mut gathered);
        process::gather(&mut gathered);
        registry.register_collector(Box::new(gathered));
        let routes = Router::new().route("/metrics", get(answer)).with_state(Arc::new(registry));
        tracing::info!(%address, "serving metrics");
        Ok(Self(tokio::spawn(async move {
            // It never ends by itself: a connection that fails concerns its client.
            let _ = axum::serve(listener, routes).await;
        })))
    }
}

impl Drop for MetricsServer {
    fn drop(&mut self) {
        self.0.abort();
    }
}

const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

async fn answer(State(registry): State<Arc<Registry>>) -> Response {
    let mut text = String::new();
    match encode(&mut text, &registry) {
        Ok(()) => ([(header::CONTENT_TYPE, OPEN_METRICS)], text).into_response(),
        Err(error) => {
            tracing::error!(error = &error as &dyn std::error::Error, "metrics cannot be written");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// Where a histogram of times has its bounds: from what a cached plan takes to the longest wait.
fn times() -> Histogram {
    const MILLISECONDS: [u64; 13] = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 30_000];
    Histogram::new(MILLISECONDS.map(|bound| Duration::from_millis(bound).as_secs_f64()))
}
