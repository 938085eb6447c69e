//! What Prometheus reads, and that the dashboard and the alerts ask for nothing else.

use std::collections::BTreeSet;
use std::fs;

use serde_json::json;

use crate::support::{TestDatabase, TestServer, free_address};

async fn metered(database: &TestDatabase) -> (TestServer, String) {
    let address = free_address().await;
    let server = TestServer::start_with(database, |config| {
        config.operations.metrics_address = Some(address.parse().unwrap());
        config.limits.depth_max = 5;
    });
    (server.await, format!("http://{address}/metrics"))
}

async fn scrape(server: &TestServer, url: &str) -> String {
    let answer = server.client().get(url).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    let content_type = answer.headers()["content-type"].to_str().unwrap().to_owned();
    assert!(content_type.starts_with("application/openmetrics-text"), "{content_type}");
    answer.text().await.unwrap()
}

#[track_caller]
fn assert_lines(text: &str, lines: &[&str]) {
    for line in lines {
        assert!(text.lines().any(|found| found == *line), "{line} is missing in\n{text}");
    }
}

#[tokio::test]
async fn requests_are_counted_by_operation_outcome_and_limit() {
    let database = TestDatabase::new().await;
    let (server, url) = metered(&database).await;
    assert_lines(
        &scrape(&server, &url).await,
        &[r#"agent_free_limits_hit_total{limit="DEPTH_LIMIT"} 0"#],
    );

    for _ in 0..3 {
        let text = "query Types { propertyTypes(first: 2) { code } }";
        assert!(server.query(text, json!({})).await.errors().is_empty());
    }
    assert!(
        server.query("{ propertyTypes(first: 2) { code } }", json!({})).await.errors().is_empty()
    );
    let deep =
        "query Deep { properties { nodes { owner { properties { nodes { owner { id } } } } } } }";
    assert_eq!(server.query(deep, json!({})).await.error_codes(), ["DEPTH_LIMIT"]);
    assert_eq!(server.query("{ nothing }", json!({})).await.error_codes(), ["INVALID_DOCUMENT"]);

    let text = scrape(&server, &url).await;
    assert_lines(
        &text,
        &[
            r#"agent_free_requests_total{operation="Types",kind="query",outcome="executed"} 3"#,
            r#"agent_free_requests_total{operation="(anonymous)",kind="query",outcome="executed"} 1"#,
            r#"agent_free_request_seconds_count{operation="Types",kind="query"} 3"#,
            r#"agent_free_statements_total{operation="Types",kind="query"} 3"#,
            r#"agent_free_rows_total{operation="Types",kind="query"} 6"#,
            r#"agent_free_errors_total{code="DEPTH_LIMIT"} 1"#,
            r#"agent_free_errors_total{code="INVALID_DOCUMENT"} 1"#,
            r#"agent_free_limits_hit_total{limit="DEPTH_LIMIT"} 1"#,
            "agent_free_request_statements_sum 4.0",
            "agent_free_request_statements_count 6",
            "agent_free_pool_size_max 10.0",
            "agent_free_pool_waiting 0.0",
        ],
    );
    // A name gets labels of its own only once it has run.
    assert!(!text.contains(r#"operation="Deep""#), "{text}");
    let value = |name: &str| -> f64 {
        let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        line.unwrap_or_else(|| panic!("{name} is missing in\n{text}")).trim().parse().unwrap()
    };
    for name in [
        "agent_free_process_cpu_seconds_total",
        "agent_free_process_start_time_seconds",
        "agent_free_pool_size",
        "agent_free_connections",
        "agent_free_cached_plans",
    ] {
        assert!(value(name) > 0.0, "{name}");
    }
}

#[tokio::test]
async fn they_are_not_for_everybody() {
    let database = TestDatabase::new().await;
    let (server, url) = metered(&database).await;
    let outside = server.client().get(server.url("/metrics")).send().await.unwrap();
    assert_eq!(outside.status(), 404);
    let inside = url.replace("/metrics", "/graphql");
    let inside = server.client().get(inside).send().await.unwrap();
    assert_eq!(inside.status(), 404);
    // With the server its metrics end.
    let client = server.client().clone();
    server.stop().await.unwrap();
    assert!(client.get(&url).send().await.is_err());
}

#[tokio::test]
async fn the_dashboard_and_the_alerts_ask_for_what_there_is() {
    let database = TestDatabase::new().await;
    let (server, url) = metered(&database).await;
    server.query("query Types { propertyTypes(first: 2) { code } }", json!({})).await;
    let text = scrape(&server, &url).await;
    // Metrics of replicas have no line where there is none, but stand in the head.
    let families = text.lines().filter_map(|line| line.strip_prefix("# TYPE ")).flat_map(|line| {
        let (name, kind) = line.split_once(' ').unwrap();
        let endings: &[&str] = match kind {
            "counter" => &["_total"],
            "histogram" => &["_bucket", "_sum", "_count"],
            "info" => &["_info"],
            _ => &[""],
        };
        endings.iter().map(move |ending| format!("{name}{ending}"))
    });
    let families: BTreeSet<String> = families.collect();
    let mut asked = BTreeSet::new();
    for file in ["deploy/grafana-dashboard.json", "deploy/prometheus-alerts.yml"] {
        let path = format!("{}/{file}", env!("CARGO_MANIFEST_DIR"));
        let text = fs::read_to_string(path).unwrap();
        if file.ends_with(".json") {
            serde_json::from_str::<serde_json::Value>(&text).unwrap();
        }
        let names = text.split(|character: char| !character.is_alphanumeric() && character != '_');
        asked.extend(names.filter(|name| name.starts_with("agent_free_")).map(str::to_owned));
    }
    let missing: Vec<_> = asked.difference(&families).collect();
    assert!(missing.is_empty(), "{missing:?} are not among {families:?}");
    // And what is measured is shown, but for what only the log needs.
    let shown = |family: &&String| {
        let stem = ["_sum", "_count"].iter().find_map(|ending| family.strip_suffix(ending));
        asked.contains(*family)
            || stem.is_some_and(|stem| asked.contains(&format!("{stem}_bucket")))
    };
    let hidden: Vec<_> = families.iter().filter(|family| !shown(family)).collect();
    assert!(hidden.is_empty(), "no panel shows {hidden:?}");
}
