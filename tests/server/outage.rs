//! The database goes away and comes back: clients are told so, and the server needs no restart.

use std::time::Duration;

use reqwest::header::{ACCEPT, CONTENT_TYPE};
use serde_json::json;
use tokio_postgres::Client;

use super::{assert_discreet, code, read};
use crate::support::{TestDatabase, TestServer, connect, server_url};

const QUERY: &str = "{ propertyTypes(first: 1) { code } }";

/// The database's name, and a connection that an outage leaves alone.
pub(super) async fn beside(database: &TestDatabase) -> (String, Client) {
    let name = database.url().rsplit('/').next().unwrap().split('?').next().unwrap().to_owned();
    (name, connect(&server_url()).await)
}

pub(super) async fn outage(name: &str, server: &Client) {
    let close = format!("ALTER DATABASE {name} ALLOW_CONNECTIONS false");
    server.batch_execute(&close).await.unwrap();
    let end = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = $1";
    server.execute(end, &[&name]).await.unwrap();
}

pub(super) async fn recovery(name: &str, server: &Client) {
    let open = format!("ALTER DATABASE {name} ALLOW_CONNECTIONS true");
    server.batch_execute(&open).await.unwrap();
}

#[tokio::test]
async fn an_outage_is_told_and_outlived() {
    let database = TestDatabase::new().await;
    let (name, postgres) = beside(&database).await;
    let server = TestServer::start(&database).await;
    let healthy = server.query(QUERY, json!({})).await.data().clone();

    outage(&name, &postgres).await;
    for (accept, expected) in
        [("application/json", 200), ("application/graphql-response+json", 503)]
    {
        for query in [QUERY, "{ properties { nodes { comparables { closeDate } } } }"] {
            let post =
                server.client().post(server.url("/graphql")).json(&json!({ "query": query }));
            let (status, _, answer) = read(post.header(ACCEPT, accept).send().await.unwrap()).await;
            assert_eq!((status, code(&answer)), (expected, "STORE_UNAVAILABLE"), "{answer}");
            assert!(answer["data"].is_null());
            assert_discreet(&answer);
        }
    }
    // What needs no database still answers those of whom nothing has to be known, and what would
    // not run is still told apart.
    let anonymous = server.anonymous();
    let answer = anonymous.query("{ __schema { queryType { name } } }", json!({})).await;
    assert_eq!(answer.data()["__schema"]["queryType"]["name"], "Query");
    let answer = anonymous.query("{ nothing }", json!({})).await;
    assert_eq!(answer.error_codes(), ["INVALID_DOCUMENT"]);
    let post =
        server.client().post(server.url("/graphql")).body(json!({ "query": QUERY }).to_string());
    let (status, _, answer) =
        read(post.header(CONTENT_TYPE, "text/plain").send().await.unwrap()).await;
    assert_eq!((status, code(&answer)), (415, "UNSUPPORTED_MEDIA_TYPE"));

    recovery(&name, &postgres).await;
    let answer = server.query(QUERY, json!({})).await;
    assert_eq!(answer.data(), &healthy);
}

/// Connections that died while nobody used them are not handed to a request.
#[tokio::test]
async fn lost_connections_are_replaced() {
    let database = TestDatabase::new().await;
    let (name, postgres) = beside(&database).await;
    let server = TestServer::start(&database).await;
    for _ in 0..3 {
        let requests = (0..8).map(|_| server.query(QUERY, json!({})));
        for answer in futures_util::future::join_all(requests).await {
            assert!(answer.errors().is_empty(), "{}", answer.pretty());
        }
        outage(&name, &postgres).await;
        recovery(&name, &postgres).await;
        // The driver learns of the end a moment later.
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// A statement under way fails, says so, and the next request is answered.
#[tokio::test]
async fn a_statement_that_is_cut_off_is_told() {
    let database = TestDatabase::new().await;
    let (name, postgres) = beside(&database).await;
    let server = TestServer::start(&database).await;
    assert!(server.query(QUERY, json!({})).await.errors().is_empty());
    let mut blocker = database.connect().await;
    let lock = blocker.transaction().await.unwrap();
    lock.batch_execute("LOCK TABLE property_types IN ACCESS EXCLUSIVE MODE").await.unwrap();
    let waiting = server.query(QUERY, json!({}));
    let cut = async {
        let blocked =
            "SELECT pid FROM pg_stat_activity WHERE datname = $1 AND wait_event_type = 'Lock'";
        loop {
            if let Some(row) = postgres.query_opt(blocked, &[&name]).await.unwrap() {
                let end = "SELECT pg_terminate_backend($1)";
                postgres.execute(end, &[&row.get::<_, i32>(0)]).await.unwrap();
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    let (answer, ()) = tokio::join!(waiting, cut);
    assert_eq!(answer.error_codes(), ["STORE_UNAVAILABLE"], "{}", answer.pretty());
    lock.rollback().await.unwrap();
    let answer = server.query(QUERY, json!({})).await;
    assert!(answer.errors().is_empty(), "{}", answer.pretty());
}

/// A statement that takes too long is ended, and the client is told what to do.
#[tokio::test]
async fn a_statement_that_takes_too_long_is_ended() {
    let database = TestDatabase::new().await;
    let server = TestServer::start_with(&database, |config| {
        config.database.statement_timeout = Duration::from_millis(300);
    });
    let server = server.await;
    let mut blocker = database.connect().await;
    let lock = blocker.transaction().await.unwrap();
    lock.batch_execute("LOCK TABLE property_types IN ACCESS EXCLUSIVE MODE").await.unwrap();
    let answer = server.query(QUERY, json!({})).await;
    assert_eq!(answer.error_codes(), ["TIME_LIMIT"], "{}", answer.pretty());
    lock.rollback().await.unwrap();
    let answer = server.query(QUERY, json!({})).await;
    assert!(answer.errors().is_empty(), "{}", answer.pretty());
}

/// A client goes away while its statement waits; whoever gets the connection next gets answers to
/// his own questions.
#[tokio::test]
async fn a_request_that_was_given_up_harms_no_other() {
    let database = TestDatabase::new().await;
    // One connection, and a statement on it that ends only when the lock does.
    let server = TestServer::start_with(&database, |config| {
        config.database.pool_size = 1;
        config.database.statement_timeout = Duration::from_secs(600);
    })
    .await;
    let mut blocker = database.connect().await;
    for _ in 0..3 {
        let lock = blocker.transaction().await.unwrap();
        lock.batch_execute("LOCK TABLE property_types IN ACCESS EXCLUSIVE MODE").await.unwrap();
        let post = server.client().post(server.url("/graphql")).json(&json!({ "query": QUERY }));
        let given_up = post.timeout(Duration::from_millis(200)).send().await.unwrap_err();
        assert!(given_up.is_timeout(), "{given_up}");
        let other = server.query("{ marketingChannels(first: 1) { code } }", json!({}));
        let answered = tokio::time::timeout(Duration::from_secs(60), other).await;
        answered.expect("an answer while the statement that was given up still waits").data();
        lock.rollback().await.unwrap();
        for query in ["{ marketingChannels(first: 1) { code } }", QUERY] {
            let answer = server.query(query, json!({})).await;
            let code = if query == QUERY { "BUSINESS_OPPORTUNITY" } else { "DIRECT_MAIL" };
            let list = answer.data().as_object().unwrap().values().next().unwrap();
            assert_eq!(list, &json!([{ "code": code }]));
        }
    }
}
