//! The audits of GraphQL over HTTP that the package `graphql-http` holds servers to.

use std::process::Stdio;

use tokio::process::Command;

use crate::support::{TestDatabase, TestServer};

#[tokio::test]
async fn every_audit_passes() {
    let database = TestDatabase::new().await;
    let server = TestServer::start(&database).await;
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/web/audits/audit.mjs");
    let mut command = Command::new("node");
    command.arg(script).arg(server.url("/graphql")).stdin(Stdio::null()).kill_on_drop(true);
    let ended = command.output().await.expect("Node.js: run the tests with cargo xtask test");
    let out = String::from_utf8_lossy(&ended.stdout);
    let err = String::from_utf8_lossy(&ended.stderr);
    assert!(ended.status.success(), "{out}{err}");
    assert!(out.contains("61 of 61 audits pass"), "{out}");
}
