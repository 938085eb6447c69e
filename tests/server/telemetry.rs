//! Spans for a collector: an operation with its statements, below the caller's span.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::body::Bytes;
use axum::routing::post;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::trace::v1::Span;
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use prost::Message as _;
use serde_json::json;
use tokio::net::TcpListener;

use crate::support::{Answer, TestDatabase, TestServer, free_address};

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const PARENT: &str = "00f067aa0ba902b7";

/// A collector that keeps the bodies that it gets.
struct Collector {
    endpoint: String,
    bodies: Arc<Mutex<Vec<Bytes>>>,
}

impl Collector {
    async fn start() -> Self {
        let bodies = Arc::<Mutex<Vec<Bytes>>>::default();
        let kept = bodies.clone();
        let keep = async move |body: Bytes| kept.lock().unwrap().push(body);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let routes = axum::Router::new().route("/v1/traces", post(keep));
        tokio::spawn(async move { axum::serve(listener, routes).await });
        Self { endpoint, bodies }
    }

    fn spans(&self) -> Vec<Span> {
        let bodies = self.bodies.lock().unwrap();
        let requests = bodies.iter().map(|body| ExportTraceServiceRequest::decode(body.clone()));
        let resources = requests.flat_map(|request| request.unwrap().resource_spans);
        resources.flat_map(|it| it.scope_spans).flat_map(|scope| scope.spans).collect()
    }
}

async fn traced(database: &TestDatabase, endpoint: &str, ratio: f64) -> TestServer {
    let server = TestServer::start_with(database, |config| {
        config.operations.otlp_endpoint = Some(endpoint.to_owned());
        config.operations.trace_ratio = ratio;
    });
    server.await
}

/// Sends a query that takes two statements, as part of a trace or not.
async fn ask(server: &TestServer, flags: Option<&str>) {
    let query = "query Owners($code: String!) {
        properties(first: 1, filter: { city: { eq: $code } }) { nodes { owner { id } } }
        propertyTypes(first: 1) { code }
    }";
    let body = json!({ "query": query, "variables": { "code": "a secret place" } });
    let mut request = server.client().post(server.url("/graphql")).json(&body);
    if let Some(flags) = flags {
        request = request.header("traceparent", format!("00-{TRACE}-{PARENT}-{flags}"));
    }
    let answer = Answer::from(request.send().await.unwrap()).await;
    assert!(answer.errors().is_empty(), "{}", answer.pretty());
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn statements_stand_below_their_operation_and_it_below_its_caller() {
    let database = TestDatabase::new().await;
    let collector = Collector::start().await;
    // The caller's decision counts, whatever the ratio.
    let server = traced(&database, &collector.endpoint, 0.0).await;
    ask(&server, Some("01")).await;
    server.stop().await.unwrap();

    let spans = collector.spans();
    let (operations, statements): (Vec<_>, Vec<_>) =
        spans.iter().partition(|span| span.kind == SpanKind::Server as i32);
    let [operation] = operations[..] else { panic!("{spans:?}") };
    assert_eq!(operation.name, "query Owners");
    assert_eq!(hexadecimal(&operation.trace_id), TRACE);
    assert_eq!(hexadecimal(&operation.parent_span_id), PARENT);
    assert_eq!(statements.len(), 2, "{spans:?}");
    for statement in &statements {
        assert_eq!(statement.trace_id, operation.trace_id);
        assert_eq!(statement.parent_span_id, operation.span_id);
        assert!(statement.name.starts_with("SELECT "), "{}", statement.name);
        assert!(statement.start_time_unix_nano >= operation.start_time_unix_nano);
        assert!(statement.end_time_unix_nano <= operation.end_time_unix_nano);
        assert!(statement.attributes.iter().any(|pair| pair.key == "db.query.text"));
    }
    assert!(!format!("{spans:?}").contains("a secret place"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_part_of_the_requests_is_traced() {
    let database = TestDatabase::new().await;
    for (ratio, flags, expected) in
        [(0.0, None, 0), (1.0, None, 1), (1.0, Some("00"), 0), (0.0, Some("zz"), 0)]
    {
        let collector = Collector::start().await;
        let server = traced(&database, &collector.endpoint, ratio).await;
        ask(&server, flags).await;
        server.stop().await.unwrap();
        let spans = collector.spans();
        let operations = spans.iter().filter(|span| span.kind == SpanKind::Server as i32).count();
        assert_eq!(operations, expected, "{ratio} {flags:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_collector_that_is_away_harms_nobody() {
    let database = TestDatabase::new().await;
    let nowhere = format!("http://{}", free_address().await);
    let server = traced(&database, &nowhere, 1.0).await;
    for _ in 0..20 {
        ask(&server, None).await;
    }
    let stopped = tokio::time::timeout(Duration::from_secs(60), server.stop()).await;
    stopped.expect("the server to stop").unwrap();
}
