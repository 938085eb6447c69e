//! The settings of running the server: what it tells of itself, and how it stops.

use std::net::SocketAddr;
use std::time::Duration;

use super::reader::{Reader, Setting};
use super::value::{self, LogFormat};

/// What the server tells of itself, and how it stops.
#[derive(Debug, Clone)]
pub struct OperationsConfig {
    /// Where `/metrics` is served, if at all.
    pub metrics_address: Option<SocketAddr>,
    /// How long requests in flight may take to finish once the server was told to stop.
    pub shutdown_timeout: Duration,
    /// How long the server goes on accepting requests after it has said that it is not ready.
    pub shutdown_delay: Duration,
    /// From how long on an operation is logged as slow.
    pub slow_operation: Duration,
    /// The address of an OpenTelemetry collector, if there is one.
    pub otlp_endpoint: Option<String>,
    /// Which part of the requests is traced, from 0 to 1, unless the caller has decided.
    pub trace_ratio: f64,
    /// How log lines look.
    pub log_format: LogFormat,
    /// Which log lines are written, in the syntax of `RUST_LOG`.
    pub log_filter: String,
}

impl OperationsConfig {
    pub(super) fn read(reader: &mut Reader) -> Self {
        reader.section("Operations");
        Self {
            metrics_address: reader.read(
                Setting::new(
                    "METRICS_ADDRESS",
                    "",
                    "Where /metrics is served for Prometheus, such as 127.0.0.1:9090; empty: nowhere.\n\
                     Whoever reaches it reads it, so keep it inside.",
                ),
                value::optional(value::address),
            ),
            shutdown_timeout: reader.read(
                Setting::new(
                    "SHUTDOWN_TIMEOUT",
                    "30s",
                    "How long requests in flight may take to finish after SIGTERM.",
                ),
                value::duration,
            ),
            shutdown_delay: reader.read(
                Setting::new(
                    "SHUTDOWN_DELAY",
                    "0s",
                    "How long the server still accepts requests after /health/ready has turned to 503:\n\
                     as long as a load balancer takes to notice.",
                ),
                value::duration_or_zero,
            ),
            slow_operation: reader.read(
                Setting::new(
                    "SLOW_OPERATION",
                    "1s",
                    "From how long on an operation is logged, by name, with its statements.",
                ),
                value::duration,
            ),
            otlp_endpoint: reader.read(
                Setting::new(
                    "OTEL_EXPORTER_OTLP_ENDPOINT",
                    "",
                    "An OpenTelemetry collector that takes traces over HTTP, such as\n\
                     http://127.0.0.1:4318; empty: no traces. It gets them at /v1/traces.",
                ),
                value::optional(value::http_url),
            ),
            trace_ratio: reader.read(
                Setting::new(
                    "OTEL_TRACES_SAMPLER_ARG",
                    "1",
                    "Which part of the requests is traced, from 0 to 1. A caller that sends a\n\
                     traceparent decides for its request.",
                ),
                value::ratio,
            ),
            log_format: reader.read(
                Setting::new(
                    "LOG_FORMAT",
                    "text",
                    "How log lines look: text for people, json for collectors.",
                ),
                value::one_of(&[("text", LogFormat::Text), ("json", LogFormat::Json)]),
            ),
            log_filter: reader.read(
                Setting::new(
                    "RUST_LOG",
                    "info",
                    "Which log lines are written: error, warn, info, debug or trace;\n\
                     by module: info,agent_free=debug.",
                ),
                value::log_filter,
            ),
        }
    }
}
