//! Whether to send this server requests, and that asking costs next to nothing.

use std::time::Duration;

use serde_json::{Value, json};

use super::outage::{beside, outage, recovery};
use crate::support::{TestDatabase, TestServer};

async fn ready(server: &TestServer) -> (u16, Value) {
    let answer = server.client().get(server.url("/health/ready")).send().await.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap())
}

/// Beside PostgreSQL there is none.
fn stores() -> Value {
    json!({ "rateLimits": { "adapter": "embedded", "state": "ready" } })
}

/// Asks until these are the reasons: what was seen holds a second.
async fn is_told(server: &TestServer, reasons: &[&str]) {
    let expected = match reasons {
        [] => {
            (200, json!({ "status": "ready", "reasons": [], "replicas": [], "stores": stores() }))
        }
        _ => (
            503,
            json!({ "status": "not ready", "reasons": reasons, "replicas": [], "stores": stores() }),
        ),
    };
    for _ in 0..600 {
        if ready(server).await == expected {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("/health/ready never answers {expected:?}, but {:?}", ready(server).await);
}

#[tokio::test]
async fn it_says_why_a_server_is_not_ready() {
    let database = TestDatabase::new().await;
    let (name, postgres) = beside(&database).await;
    let server = TestServer::start(&database).await;
    assert_eq!(
        ready(&server).await,
        (200, json!({ "status": "ready", "reasons": [], "replicas": [], "stores": stores() }))
    );

    outage(&name, &postgres).await;
    is_told(&server, &["the database cannot be reached"]).await;
    // The process itself is well.
    let live = server.client().get(server.url("/health/live")).send().await.unwrap();
    assert_eq!(live.status(), 200);
    recovery(&name, &postgres).await;
    is_told(&server, &[]).await;

    database.execute("INSERT INTO seaql_migrations VALUES ('m9999_future', 0)").await;
    is_told(&server, &["the database is newer than this server"]).await;
    database.execute("TRUNCATE seaql_migrations").await;
    is_told(&server, &["the database is older than this server"]).await;
}

/// However many ask, one connection beside the pool's looks.
#[tokio::test]
async fn probes_take_no_connection_of_the_pool() {
    let database = TestDatabase::new().await;
    let server = TestServer::start(&database).await;
    let watcher = database.connect().await;
    let count = "SELECT count(*) FROM pg_stat_activity
                 WHERE datname = current_database() AND application_name = 'agent-free'";
    let connections = async || watcher.query_one(count, &[]).await.unwrap().get::<_, i64>(0);
    let before = connections().await;
    for _ in 0..3 {
        let probes = (0..50).map(|_| ready(&server));
        for (status, body) in futures_util::future::join_all(probes).await {
            assert_eq!(status, 200, "{body}");
        }
        assert_eq!(connections().await, before + 1);
        tokio::time::sleep(Duration::from_millis(1100)).await;
    }
    // One that died meanwhile is replaced, not reported.
    let end = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
               WHERE datname = current_database() AND application_name = 'agent-free'";
    watcher.execute(end, &[]).await.unwrap();
    tokio::time::sleep(Duration::from_millis(1100)).await;
    assert_eq!(ready(&server).await.0, 200);
}
