//! What waits and what was given up, as Prometheus sees it.

use super::until;
use crate::support::{TestDatabase, TestServer, free_address};

#[tokio::test]
async fn jobs_are_counted_whoever_does_them() {
    let database = TestDatabase::new().await;
    database
        .execute(
            "INSERT INTO jobs (name) VALUES ('send_mail');
             INSERT INTO jobs (name, run_at) VALUES ('send_mail', now() + interval '1 hour');
             INSERT INTO jobs (name, last_error, failed_at) VALUES ('send_mail', 'away', now())",
        )
        .await;
    let address = free_address().await;
    let server = TestServer::start_with(&database, |config| {
        config.operations.metrics_address = Some(address.parse().unwrap());
    })
    .await;
    let told = async || {
        let answer = server.client().get(format!("http://{address}/metrics")).send().await;
        answer.unwrap().text().await.unwrap()
    };
    let lines = [
        "agent_free_jobs_due{name=\"send_mail\"} 1.0",
        "agent_free_jobs_failed{name=\"send_mail\"} 1.0",
    ];
    until("both are told", async || {
        let told = told().await;
        lines.iter().all(|line| told.contains(line))
    })
    .await;
    assert!(told().await.contains("agent_free_jobs_oldest_seconds{name=\"send_mail\"}"));
}
