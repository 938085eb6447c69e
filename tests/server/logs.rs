//! Log lines for collectors: one for each request, more for slow ones, never a value.

use serde_json::{Value, json};

use crate::support::{ServerProcess, TestDatabase, free_address};

const ID: &str = "a-request-of-this-test";

/// The lines that a server writes about one request, as JSON.
async fn lines(variables: &[(&str, &str)], query: &str) -> Vec<Value> {
    lines_after(variables, query, async |_| {}).await
}

/// The same, with something done to the database after the server's start.
async fn lines_after(
    variables: &[(&str, &str)],
    query: &str,
    prepare: impl AsyncFnOnce(&TestDatabase),
) -> Vec<Value> {
    let database = TestDatabase::new().await;
    let variables = [&[("LOG_FORMAT", "json")], variables].concat();
    let address = free_address().await;
    let server = ServerProcess::start(&address, database.url(), &variables).await;
    prepare(&database).await;
    let body = json!({ "query": query, "variables": { "city": "a secret place" } });
    let request = server.client().post(server.url("/graphql")).header("x-request-id", ID);
    request.json(&body).send().await.unwrap();
    server.signal("TERM").await;
    let (code, told) = server.ended().await;
    assert_eq!(code, Some(0), "{told}");
    assert!(!told.contains("a secret place"), "{told}");
    let lines = told.lines().map(|line| serde_json::from_str(line).unwrap());
    lines.filter(|line: &Value| line["request"] == ID).collect()
}

const QUERY: &str = "query Cities($city: String!) {
    properties(first: 1, filter: { city: { eq: $city } }) { nodes { id } }
}";

#[tokio::test]
async fn one_line_tells_of_a_request() {
    let lines = lines(&[("RUST_LOG", "info,agent_free=debug")], QUERY).await;
    let [line] = &lines[..] else { panic!("{lines:?}") };
    assert_eq!(line["level"], "DEBUG");
    assert_eq!(line["operation"], "Cities");
    assert_eq!(line["viewer"], "anonymous");
    assert_eq!(line["statements"], 1);
    assert!(line["took_ms"].is_number() && line["cost"].is_number(), "{line}");
    assert!(line.get("code").is_none(), "{line}");
}

#[tokio::test]
async fn a_refused_request_is_told_with_its_code() {
    let lines = lines(&[], "query Wrong($city: String!) { nothing(is: $city) }").await;
    let [line] = &lines[..] else { panic!("{lines:?}") };
    assert_eq!((&line["level"], &line["code"]), (&json!("INFO"), &json!("INVALID_DOCUMENT")));
}

#[tokio::test]
async fn a_slow_operation_is_told_with_its_statements() {
    let lines = lines(&[("SLOW_OPERATION", "1ms"), ("RUST_LOG", "warn")], QUERY).await;
    let [line] = &lines[..] else { panic!("{lines:?}") };
    assert_eq!((&line["level"], &line["message"]), (&json!("WARN"), &json!("slow")));
    assert_eq!(line["operation"], "Cities");
    let slowest = line["slowest"].as_str().unwrap();
    assert!(slowest.contains(" ms, 0 rows: SELECT"), "{slowest}");
}

#[tokio::test]
async fn a_failure_is_told_with_its_cause() {
    let spoil = async |database: &TestDatabase| {
        database.execute("ALTER TABLE properties RENAME COLUMN city TO town").await;
    };
    let lines = lines_after(&[], QUERY, spoil).await;
    let [line] = &lines[..] else { panic!("{lines:?}") };
    assert_eq!((&line["level"], &line["code"]), (&json!("ERROR"), &json!("INTERNAL")));
    let error = line["error"].as_str().unwrap();
    assert!(error.contains("column") && error.contains("city does not exist"), "{error}");
}

#[tokio::test]
async fn a_name_is_cut_to_a_bearable_length() {
    let query = QUERY.replace("Cities", &"Cities".repeat(10_000));
    let lines = lines(&[("RUST_LOG", "agent_free=debug")], &query).await;
    let [line] = &lines[..] else { panic!("{lines:?}") };
    assert_eq!(line["operation"].as_str().unwrap().len(), 100);
}
