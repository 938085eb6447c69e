//! Conversations with a mail server, through `agent-free worker`.

use serde_json::json;
use tokio::process::Child;
use tokio_postgres::Client;

use super::sink::{Sink, plain_invitation};
use super::{enqueue, has_job, until};
use crate::support::{SentMail, TestDatabase, agent_free, free_address};

/// A worker that sends mail there, in a process of its own.
fn worker(database: &TestDatabase, mail_url: &str) -> Child {
    let variables = [
        ("DATABASE_URL", database.url()),
        ("MAIL_URL", mail_url),
        ("MAIL_FROM", "Agent Free <mail@agent.example>"),
        ("PUBLIC_URL", "https://agent.example"),
    ];
    agent_free(&["worker"], &variables).stderr(std::process::Stdio::null()).spawn().unwrap()
}

async fn mails_left(client: &Client) -> bool {
    has_job(client, "name = 'send_mail'").await
}

#[tokio::test]
async fn a_mail_arrives_whole_and_encrypted() {
    let database = TestDatabase::new().await;
    let (client, mut sink) = (database.connect().await, Sink::start().await);
    let _worker = worker(&database, &format!("smtp://127.0.0.1:{}", sink.port));
    enqueue(&client, "send_mail", &plain_invitation("bob@example.test")).await;
    let sent = sink.next().await;
    assert_eq!(sent["secure"], true);
    assert_eq!(
        (&sent["from"], &sent["to"]),
        (&json!("mail@agent.example"), &json!(["bob@example.test"]))
    );
    let mail = SentMail::parse(sent["mail"].as_str().unwrap());
    assert_eq!(
        (mail.to.as_str(), mail.subject.as_str()),
        ("bob@example.test", "Ada invites you to Oak & Sons")
    );
    assert!(mail.link().starts_with("https://agent.example/accept-invitation#token="));
    for header in
        ["From: \"Agent Free\" <mail@agent.example>", "Auto-Submitted: auto-generated", "Date: "]
    {
        assert!(mail.raw.lines().any(|line| line.starts_with(header)), "{header} in {}", mail.raw);
    }
    until("nothing is left", async || !mails_left(&client).await).await;
}

#[tokio::test]
async fn a_mail_waits_for_a_server_that_is_away() {
    let database = TestDatabase::new().await;
    let (client, address) = (database.connect().await, free_address().await);
    let _worker = worker(&database, &format!("smtp://{address}"));
    enqueue(&client, "send_mail", &plain_invitation("bob@example.test")).await;
    let failed = "attempts > 0 AND last_error LIKE 'the mail cannot be sent: %'";
    until("it has failed", async || has_job(&client, failed).await).await;
    let mut sink = Sink::start_with(&[address.split_once(':').unwrap().1]).await;
    let sent = sink.next().await;
    assert_eq!(sent["to"], json!(["bob@example.test"]));
    until("nothing is left", async || !mails_left(&client).await).await;
    // The tokens of failed attempts are gone: what the mail carries counts.
    let sql = "SELECT count(*) FROM user_tokens";
    assert_eq!(client.query_one(sql, &[]).await.unwrap().get::<_, i64>(0), 1);
}

#[tokio::test]
async fn a_refusal_for_now_is_not_one_for_good() {
    let database = TestDatabase::new().await;
    let (client, mut sink) = (database.connect().await, Sink::start().await);
    let _worker = worker(&database, &format!("smtp://127.0.0.1:{}", sink.port));
    for to in ["later@example.test", "unknown@example.test", "no address"] {
        enqueue(&client, "send_mail", &plain_invitation(to)).await;
    }
    assert_eq!(sink.next().await["to"], json!(["later@example.test"]));
    let waits = "name = 'send_mail' AND failed_at IS NULL";
    until("none waits", async || !has_job(&client, waits).await).await;
    let sql = "SELECT payload ->> 'to', attempts, last_error FROM jobs
               WHERE failed_at IS NOT NULL ORDER BY 1";
    let rows = client.query(sql, &[]).await.unwrap();
    let told: Vec<(&str, i32)> = rows.iter().map(|row| (row.get(0), row.get(1))).collect();
    assert_eq!(told, [("no address", 1), ("unknown@example.test", 1)]);
    assert!(rows[1].get::<_, &str>(2).contains("nobody of that name"));
}

#[tokio::test]
async fn a_password_is_not_sent_in_the_clear() {
    let database = TestDatabase::new().await;
    let (client, mut sink) = (database.connect().await, Sink::start_with(&["0", "plain"]).await);
    let _worker = worker(&database, &format!("smtp://agent:secret@127.0.0.1:{}", sink.port));
    enqueue(&client, "send_mail", &plain_invitation("bob@example.test")).await;
    until("it has failed", async || has_job(&client, "last_error IS NOT NULL").await).await;
    drop(_worker);
    // Without a password the same server gets the mail.
    let _worker = worker(&database, &format!("smtp://127.0.0.1:{}", sink.port));
    client.execute("UPDATE jobs SET run_at = now()", &[]).await.unwrap();
    let sent = sink.next().await;
    assert_eq!((&sent["secure"], &sent["to"]), (&json!(false), &json!(["bob@example.test"])));
}
