//! The property domain as a client meets it: through HTTP, over a database of each test's own.
//!
//! What holds for every type is asked of every type that the contract has, so a new one is tested
//! as soon as `kinds` knows its table and `hiding` says how its rows are hidden.

mod budgets;
mod comparables;
mod constraints;
mod contract;
mod cursors;
mod days_on_market;
pub mod examples;
mod factory;
mod fields;
mod groups;
mod hiding;
mod history;
pub mod kinds;
mod listing_life;
mod listing_table;
mod listing_writers;
mod lists;
mod merging;
mod places;
mod policies;
mod probes;
mod property_life;
mod real;
mod records;
mod writing;

use loaders::contract::Contract;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{Asking, TestDatabase, TestServer};

pub use factory::Factory;

/// The contract as it is written.
fn contract() -> Contract {
    Contract::parse(agent_free::server::CONTRACT).unwrap()
}

/// A server that is asked by this viewer.
async fn server_for(database: &TestDatabase, asking: Asking) -> TestServer {
    TestServer::start(database).await.asked_by(asking)
}

/// A server that nobody in particular asks and one that an administrator asks, on the same database.
async fn both_servers(database: &TestDatabase) -> (TestServer, TestServer) {
    tokio::join!(
        server_for(database, Asking::Anonymous),
        server_for(database, Asking::Administrator)
    )
}

/// `streetDirPrefix` as `street_dir_prefix`.
pub fn snake_case(name: &str) -> String {
    let mut snake = String::new();
    for character in name.chars() {
        if character.is_ascii_uppercase() && !snake.is_empty() {
            snake.push('_');
        }
        snake.push(character.to_ascii_lowercase());
    }
    snake
}

/// The id of a row, as clients know it.
pub fn id(type_name: &str, uuid: Uuid) -> String {
    let mut text = Vec::new();
    loaders::scalar::type_id::encode(&snake_case(type_name), uuid.as_bytes(), &mut text);
    String::from_utf8(text).unwrap()
}

/// The ids of rows, as an answer lists them.
fn ids(type_name: &str, uuids: &[Uuid]) -> Value {
    uuids.iter().map(|uuid| json!({ "id": id(type_name, *uuid) })).collect()
}

/// One column of uuids.
async fn uuids(factory: &Factory, statement: &str) -> Vec<Uuid> {
    let rows = factory.client.query(statement, &[]).await.unwrap();
    rows.iter().map(|row| row.get(0)).collect()
}
