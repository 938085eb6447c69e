//! What every test begins with: a database of its own, a server on it, and a client.
//!
//! ```ignore
//! let database = TestDatabase::new().await;
//! let server = TestServer::start(&database).await;
//! let answer = server.query("{ __typename }", json!({})).await;
//! assert_eq!(answer.data(), &json!({ "__typename": "Query" }));
//! ```

mod answer;
mod cluster;
mod database;
mod program;
mod server;
mod template;
mod tests;

pub use answer::Answer;
pub use cluster::{Cluster, send};
pub use database::{TestDatabase, connect, server_url};
pub use program::{ServerProcess, agent_free, free_address};
pub use server::{TestServer, default_config};

/// An environment variable that `cargo xtask test` sets.
#[allow(clippy::disallowed_methods, reason = "the one place of the tests that reads it")]
pub fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}
