//! What is written is what is served, both ways.

use loaders::contract::{derive, drift};
use serde_json::json;

use super::contract;
use crate::support::{TestDatabase, TestServer};

#[tokio::test]
async fn the_server_serves_what_is_written_and_nothing_else() {
    let database = TestDatabase::new().await;
    let server = TestServer::start(&database).await;
    let answer = server.query(drift::INTROSPECTION, json!({})).await;
    let served = drift::from_introspection(answer.data()).unwrap();
    assert_eq!(drift::differences(&contract(), &served), [""; 0]);
    assert!(served.types.len() > 200, "{} types", served.types.len());
}

#[test]
fn the_derived_part_is_up_to_date() {
    let file = agent_free::server::CONTRACT;
    let complete = derive::complete(file).unwrap();
    assert!(complete == file, "run cargo xtask schema --write");
}
