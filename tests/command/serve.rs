//! The server starts completely or says why not, and stops without losing a request.

use std::process::Stdio;
use std::time::Duration;

use serde_json::json;
use tokio::net::TcpListener;
use tokio::process::Command;

use super::run;
use crate::support::{SECRET_KEY, TestDatabase, agent_free, free_address};

#[tokio::test]
async fn it_refuses_a_database_that_does_not_fit() {
    let table = [
        ("DELETE FROM seaql_migrations", "the database has no tables yet: run agent-free migrate"),
        (
            "DELETE FROM seaql_migrations
             WHERE version = (SELECT max(version) FROM seaql_migrations)",
            "the database is older than this program and lacks 1 migration: run agent-free migrate",
        ),
        (
            "INSERT INTO seaql_migrations VALUES ('m9999_future', 0)",
            "the database is newer than this program, which does not know 1 migration \
             (m9999_future): run the newer agent-free",
        ),
    ];
    for (statement, told) in table {
        let database = TestDatabase::new().await;
        database.execute(statement).await;
        let ended = run(&["serve"], &[("DATABASE_URL", database.url())]).await;
        assert_eq!(ended.code, Some(1));
        assert!(ended.err.contains(told), "{}", ended.err);
    }
}

#[tokio::test]
async fn it_says_so_when_an_address_is_taken() {
    let database = TestDatabase::new().await;
    let taken = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (address, free) = (taken.local_addr().unwrap().to_string(), free_address().await);
    for (listen, metrics) in [(&address, &free), (&free, &address)] {
        let variables = [
            ("DATABASE_URL", database.url()),
            ("LISTEN_ADDRESS", listen),
            ("METRICS_ADDRESS", metrics),
            ("SECRET_KEY", SECRET_KEY),
        ];
        let ended = run(&["serve"], &variables).await;
        assert_eq!(ended.code, Some(1));
        let setting = if listen == &address { "LISTEN_ADDRESS" } else { "METRICS_ADDRESS" };
        let told =
            format!("nobody can listen on {address}: is another program there? Set {setting}");
        assert!(ended.err.contains(&told), "{}", ended.err);
    }
}

#[tokio::test]
async fn it_answers_until_it_is_told_to_stop() {
    for signal in ["TERM", "INT"] {
        let database = TestDatabase::new().await;
        let address = free_address().await;
        let variables = [
            ("DATABASE_URL", database.url()),
            ("LISTEN_ADDRESS", address.as_str()),
            ("SECRET_KEY", SECRET_KEY),
        ];
        let mut server = agent_free(&["serve"], &variables).stderr(Stdio::null()).spawn().unwrap();
        let url = format!("http://{address}/graphql");
        assert_eq!(ask(&url).await, json!({ "data": { "__typename": "Query" } }));

        let pid = server.id().unwrap().to_string();
        let kill = Command::new("kill").args([&format!("-{signal}"), &pid]).status();
        assert!(kill.await.unwrap().success());
        let ended = tokio::time::timeout(Duration::from_secs(20), server.wait()).await;
        assert_eq!(ended.unwrap().unwrap().code(), Some(0), "{signal}");
    }
}

/// Asks until the server is there.
async fn ask(url: &str) -> serde_json::Value {
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    for _ in 0..600 {
        let request = client.post(url).json(&json!({ "query": "{ __typename }" }));
        if let Ok(answer) = request.send().await {
            return answer.json().await.unwrap();
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("the server at {url} does not answer");
}
