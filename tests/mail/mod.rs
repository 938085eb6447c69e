//! Mail, and the work in the background that sends it.

mod commands;
mod content;
mod killed;
mod metrics;
mod nowhere;
mod queue;
mod sink;
mod smtp;
mod sweeps;

use std::future::Future;
use std::time::Duration;

use serde_json::Value;
use tokio_postgres::Client;

/// Enqueues a job, past the server.
async fn enqueue(client: &Client, name: &str, payload: &Value) {
    let sql = "INSERT INTO jobs (name, payload) VALUES ($1, $2::text::jsonb)";
    client.execute(sql, &[&name, &payload.to_string()]).await.unwrap();
}

/// Whether there is such a job.
async fn has_job(client: &Client, condition: &str) -> bool {
    let sql = format!("SELECT EXISTS (SELECT FROM jobs WHERE {condition})");
    client.query_one(&sql, &[]).await.unwrap().get(0)
}

/// Waits until it is so.
async fn until<F: Future<Output = bool>>(what: &str, is_so: impl Fn() -> F) {
    for _ in 0..1200 {
        if is_so().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("never: {what}");
}
