//! The door: what HTTP brings, and what happens when the database goes away.

mod audits;
mod caching;
mod cost;
mod documents;
mod error_codes;
mod forms;
mod health;
mod http;
mod listener;
mod logs;
mod metrics;
mod outage;
mod overload;
mod postgres_restart;
mod replicas;
mod restart;
mod telemetry;

use std::collections::BTreeSet;

use reqwest::Response;
use serde_json::Value;

/// The status, the content type without its parameters, and the body.
async fn read(response: Response) -> (u16, String, Value) {
    let status = response.status().as_u16();
    let content_type = response.headers()["content-type"].to_str().unwrap();
    let content_type = content_type.split(';').next().unwrap().to_owned();
    (status, content_type, response.json().await.unwrap())
}

/// The codes of the errors, each once.
fn codes(body: &Value) -> BTreeSet<&str> {
    let errors = body["errors"].as_array().unwrap_or_else(|| panic!("no errors: {body}"));
    errors.iter().map(|error| error["extensions"]["code"].as_str().unwrap()).collect()
}

/// The code of the only error.
#[track_caller]
fn code(body: &Value) -> &str {
    assert_eq!(body["errors"].as_array().map(Vec::len), Some(1), "{body}");
    body["errors"][0]["extensions"]["code"].as_str().unwrap()
}

/// Nothing of the database is told: no SQL, no names of tables, no driver.
#[track_caller]
fn assert_discreet(body: &Value) {
    let text = body["errors"].to_string().to_lowercase();
    for word in [
        "select ",
        "lateral",
        "postgres",
        "tokio",
        "relation \\\"",
        "column \\\"",
        "sqlstate",
        "db error",
        "properties.",
        "market_areas",
        "property_types",
        "listing_statuses",
        "::",
        "uuid[]",
        "pool",
        "os error",
        "src/",
        "statement_timeout",
    ] {
        assert!(!text.contains(word), "the errors tell {word:?}: {text}");
    }
}
