//! The clients that front ends are built with, each run by Node.js against a live server. What each
//! must be able to do is said in its own script below `web/clients`.

use std::process::Stdio;

use tokio::process::Command;

use crate::support::{TestDatabase, TestServer};
use crate::users::{Accounts, PASSWORD};

/// The houses that the scripts expect.
const ROWS: &str = include_str!("rows.sql");

/// Runs a script with the address of a server and what to say in `Authorization`.
async fn run(script: &str) {
    let database = TestDatabase::new().await;
    database.execute(ROWS).await;
    let server = TestServer::start(&database).await;
    let authorization = server.administrator().await.authorization();
    node(&[script, &server.url("/graphql"), &authorization]).await;
}

/// Runs a script with the address of a server, an e-mail address and a password to sign in with.
async fn run_with_account(script: &str) {
    let accounts = Accounts::start().await;
    accounts.make("ada@example.test").await;
    // Browsers keep cookies that need HTTPS for this name.
    let url = accounts.server.url("/graphql").replace("127.0.0.1", "localhost");
    node(&[script, &url, "ada@example.test", PASSWORD]).await;
}

/// Runs a script and shows what it printed if it fails.
async fn node(arguments: &[&str]) {
    let output = Command::new("node")
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/web/clients"))
        .args(arguments)
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await
        .expect("Node.js is there: cargo xtask test brings it");
    assert!(
        output.status.success(),
        "{}: {}\n{}{}",
        arguments[0],
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

#[tokio::test]
async fn apollo_client_signs_in_by_cookies() {
    run_with_account("apollo/sign-in.js").await;
}

#[tokio::test]
async fn urql_keeps_a_session_itself() {
    run_with_account("urql/sign-in.js").await;
}
