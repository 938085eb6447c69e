//! Too much at once: some run, some wait, the others are told so at once; nothing runs for ever.

use std::time::Duration;

use serde_json::{Value, json};
use tokio_postgres::Client;

use super::{code, read};
use crate::support::{TestDatabase, TestServer};

const QUERY: &str = "{ propertyTypes(first: 1) { code } }";

/// Sends a query that waits for a lock, unless it is refused.
async fn ask(server: &TestServer, accept: &str) -> (u16, Option<String>, Value) {
    let request = server.client().post(server.url("/graphql")).json(&json!({ "query": QUERY }));
    let answer = request.header("accept", accept).send().await.unwrap();
    let retry = answer.headers().get("retry-after").map(|value| value.to_str().unwrap().to_owned());
    let (status, _, body) = read(answer).await;
    (status, retry, body)
}

async fn locked(database: &TestDatabase) -> Client {
    let blocker = database.connect().await;
    let lock = "BEGIN; LOCK TABLE property_types IN ACCESS EXCLUSIVE MODE";
    blocker.batch_execute(lock).await.unwrap();
    blocker
}

#[tokio::test]
async fn what_is_too_much_is_refused_and_the_others_are_answered() {
    let database = TestDatabase::new().await;
    let server = TestServer::start_with(&database, |config| {
        config.limits.requests_max = 2;
        config.limits.request_queue_max = 3;
        config.limits.request_queue_wait = Duration::from_secs(600);
        config.limits.request_timeout = Duration::from_secs(601);
        config.database.statement_timeout = Duration::from_secs(600);
    })
    .await;
    let blocker = locked(&database).await;
    let asked = (0..12).map(|_| async {
        let answered = ask(&server, "application/json").await;
        if answered.0 == 503 { Err(answered) } else { Ok(answered) }
    });
    let mut asked: futures_util::stream::FuturesUnordered<_> = asked.collect();
    let mut refused = 0;
    let mut answered = 0;
    while let Some(result) = futures_util::StreamExt::next(&mut asked).await {
        match result {
            Err((_, retry, body)) => {
                refused += 1;
                assert_eq!((code(&body), retry.as_deref()), ("OVERLOADED", Some("1")), "{body}");
                assert_eq!(body["errors"][0]["extensions"]["limit"], 5);
                assert_eq!(answered, 0, "those that wait hold the places");
                if refused == 7 {
                    // Whoever is left runs or waits.
                    let now = server.query("{ __typename }", json!({})).await;
                    assert_eq!(now.error_codes(), ["OVERLOADED"]);
                    blocker.batch_execute("ROLLBACK").await.unwrap();
                }
            }
            Ok((status, _, body)) => {
                answered += 1;
                assert_eq!((status, body["data"].is_object()), (200, true), "{body}");
            }
        }
    }
    assert_eq!((refused, answered), (7, 5));
    assert!(server.query(QUERY, json!({})).await.errors().is_empty());
}

#[tokio::test]
async fn nobody_waits_for_ever() {
    let database = TestDatabase::new().await;
    let server = TestServer::start_with(&database, |config| {
        config.limits.requests_max = 1;
        config.limits.request_queue_wait = Duration::from_millis(100);
    })
    .await;
    let blocker = locked(&database).await;
    let (running, waiting) = tokio::join!(ask(&server, "application/json"), async {
        // The other one is first.
        tokio::time::sleep(Duration::from_millis(300)).await;
        let answered = ask(&server, "application/json").await;
        blocker.batch_execute("ROLLBACK").await.unwrap();
        answered
    });
    assert_eq!((running.0, running.2["data"].is_object()), (200, true), "{}", running.2);
    assert_eq!((waiting.0, waiting.1.as_deref(), code(&waiting.2)), (503, Some("1"), "OVERLOADED"));
    assert!(waiting.2["errors"][0]["message"].as_str().unwrap().contains("REQUEST_QUEUE_WAIT"));
}

#[tokio::test]
async fn a_request_that_takes_too_long_is_ended() {
    let database = TestDatabase::new().await;
    let server = TestServer::start_with(&database, |config| {
        config.limits.request_timeout = Duration::from_millis(300);
        config.limits.requests_max = 1;
    })
    .await;
    let blocker = locked(&database).await;
    for accept in ["application/json", "application/graphql-response+json"] {
        let (status, _, body) = ask(&server, accept).await;
        assert_eq!((status, code(&body)), (503, "TIME_LIMIT"), "{body}");
        assert_eq!(body["errors"][0]["extensions"]["limit"], 300);
    }
    // Its place is free again.
    assert_eq!(server.query("{ __typename }", json!({})).await.data()["__typename"], "Query");
    blocker.batch_execute("ROLLBACK").await.unwrap();
    assert!(server.query(QUERY, json!({})).await.errors().is_empty());
}
