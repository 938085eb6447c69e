//! The clients that front ends are built with, each run by Node.js against a live server. What each
//! must be able to do is said in its own script below `web/clients`.

use std::process::Stdio;

use agent_free::config::ViewerClass;
use tokio::process::Command;

use crate::support::{TestDatabase, TestServer};

/// The houses that the scripts expect.
const ROWS: &str = include_str!("rows.sql");

/// Runs a script with the address of a server, and shows what it printed if it fails.
async fn run(script: &str) {
    let database = TestDatabase::new().await;
    database.execute(ROWS).await;
    let server =
        TestServer::start_with(&database, |config| config.http.viewer = ViewerClass::Development)
            .await;
    let output = Command::new("node")
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/web/clients"))
        .args([script, &server.url("/graphql")])
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await
        .expect("Node.js is there: cargo xtask test brings it");
    assert!(
        output.status.success(),
        "{script}: {}\n{}{}",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}

#[tokio::test]
async fn graphql_codegen_makes_types_that_fit() {
    run("codegen/test.js").await;
}

#[tokio::test]
async fn apollo_client_pages_and_caches() {
    run("apollo/test.js").await;
}

#[tokio::test]
async fn urql_pages_and_caches() {
    run("urql/test.js").await;
}

#[tokio::test]
async fn relay_compiles_pages_and_refetches() {
    run("relay/test.js").await;
}
