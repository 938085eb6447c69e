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
mod mail;
mod program;
mod redis;
mod server;
mod template;
mod tests;
mod viewer;

pub use answer::Answer;
pub use cluster::{Cluster, send};
pub use database::{TestDatabase, connect, server_url};
pub use mail::{MailFolder, SentMail};
pub use program::{ServerProcess, agent_free, free_address};
pub use redis::RedisServer;
pub use server::{SECRET_KEY, TestServer, default_config};
pub use viewer::{Asker, Asking, TestUser};

/// An environment variable that `cargo xtask test` sets.
#[allow(clippy::disallowed_methods, reason = "the one place of the tests that reads it")]
pub fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}
