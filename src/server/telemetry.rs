//! Traces for an OpenTelemetry collector: a span for each operation, below it one for each of its
//! statements.
//!
//! Promises: a request never waits for the collector. Spans are made when the answer is there, are
//! sent in the background, and are dropped when the collector does not keep up.

use std::collections::HashMap;
use std::time::{Duration, Instant, SystemTime};

use async_trait::async_trait;
use opentelemetry::propagation::TextMapPropagator as _;
use opentelemetry::trace::{
    Span as _, SpanBuilder, SpanKind, Status, TraceContextExt as _, TracerProvider as _,
};
use opentelemetry::{Context, KeyValue};
use opentelemetry_http::hyper::HyperClient;
use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig as _, WithHttpConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::{Sampler, SdkTracer, SdkTracerProvider};
use thiserror::Error;
use tokio::runtime::Handle;

use super::observe::Observed;
use crate::config::OperationsConfig;

/// How long the collector may take for one batch, and for the last one when the server stops.
const EXPORT_TIMEOUT: Duration = Duration::from_secs(5);

/// Traces cannot be sent.
#[derive(Debug, Error)]
#[error("traces cannot be sent to OTEL_EXPORTER_OTLP_ENDPOINT")]
pub struct TelemetryError(#[from] opentelemetry_otlp::ExporterBuildError);

/// Makes spans and sends them.
pub(super) struct Telemetry {
    provider: SdkTracerProvider,
    tracer: SdkTracer,
    parents: TraceContextPropagator,
}

impl Telemetry {
    /// Nothing where no collector is configured.
    pub(super) fn start(config: &OperationsConfig) -> Result<Option<Self>, TelemetryError> {
        let Some(endpoint) = &config.otlp_endpoint else { return Ok(None) };
        let exporter = SpanExporter::builder()
            .with_http()
            .with_http_client(RuntimeClient::new())
            .with_protocol(Protocol::HttpBinary)
            .with_endpoint(format!("{endpoint}/v1/traces"))
            .with_timeout(EXPORT_TIMEOUT)
            .build()?;
        let sampler =
            Sampler::ParentBased(Box::new(Sampler::TraceIdRatioBased(config.trace_ratio)));
        let version = KeyValue::new("service.version", env!("CARGO_PKG_VERSION"));
        let resource = Resource::builder().with_service_name("agent-free").with_attribute(version);
        let provider = SdkTracerProvider::builder()
            .with_batch_exporter(exporter)
            .with_sampler(sampler)
            .with_resource(resource.build())
            .build();
        tracing::info!(endpoint, "sending traces");
        let tracer = provider.tracer("agent-free");
        Ok(Some(Self { provider, tracer, parents: TraceContextPropagator::new() }))
    }

    /// Makes the spans of one request.
    pub(super) fn record(&self, observed: &Observed<'_>) {
        // Spans want the time of day, which may jump; so all are held against one reading of it.
        let (now, instant) = (SystemTime::now(), Instant::now());
        let time_of = |at: Instant| now - instant.saturating_duration_since(at);

        let kind = observed.operation.map(|operation| operation.kind.to_string());
        let kind = kind.unwrap_or_else(|| "request".to_owned());
        let name = format!("{kind} {}", observed.name());
        let mut operation = SpanBuilder::from_name(name.trim_end().to_owned())
            .with_kind(SpanKind::Server)
            .with_start_time(time_of(observed.started))
            .with_attributes([
                KeyValue::new("graphql.operation.name", observed.name().to_owned()),
                KeyValue::new("graphql.operation.type", kind),
                KeyValue::new("request.id", observed.id.to_owned()),
                KeyValue::new("viewer.class", observed.viewer),
                KeyValue::new("rows", observed.rows as i64),
            ])
            .start_with_context(&self.tracer, &self.parent(observed));
        if !operation.is_recording() {
            return;
        }
        if let Some(code) = observed.code {
            operation.set_attribute(KeyValue::new("error.type", code.as_str()));
            operation.set_status(Status::error(code.as_str()));
        }
        let below = Context::new().with_remote_span_context(operation.span_context().clone());
        for statement in observed.statements {
            let mut span = SpanBuilder::from_name(statement.name())
                .with_kind(SpanKind::Client)
                .with_start_time(time_of(statement.started))
                .with_attributes([
                    KeyValue::new("db.system.name", "postgresql"),
                    KeyValue::new("db.query.text", statement.sql.to_string()),
                    KeyValue::new("db.response.returned_rows", statement.rows as i64),
                ])
                .start_with_context(&self.tracer, &below);
            span.end_with_timestamp(time_of(statement.started + statement.took));
        }
        operation.end_with_timestamp(time_of(observed.started + observed.took));
    }

    fn parent(&self, observed: &Observed<'_>) -> Context {
        let Some(traceparent) = observed.traceparent else { return Context::new() };
        let headers = HashMap::from([("traceparent".to_owned(), traceparent.to_owned())]);
        self.parents.extract_with_context(&Context::new(), &headers)
    }

    /// Sends what is left.
    pub(super) async fn stop(&self) {
        let provider = self.provider.clone();
        // It waits for the thread that sends.
        let stopped =
            tokio::task::spawn_blocking(move || provider.shutdown_with_timeout(EXPORT_TIMEOUT));
        match stopped.await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::warn!(%error, "the last traces were not sent"),
            Err(error) => tracing::warn!(%error, "the last traces were not sent"),
        }
    }
}

/// Sends from the server's runtime: the thread that collects spans has none.
#[derive(Debug)]
struct RuntimeClient {
    runtime: Handle,
    client: HyperClient,
}

impl RuntimeClient {
    fn new() -> Self {
        let client = HyperClient::with_default_connector(EXPORT_TIMEOUT, None);
        Self { runtime: Handle::current(), client }
    }
}

#[async_trait]
impl HttpClient for RuntimeClient {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let client = self.client.clone();
        self.runtime.spawn(async move { client.send_bytes(request).await }).await?
    }
}
