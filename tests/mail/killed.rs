//! A worker that is killed between taking a mail and sending it: the mail is not lost.

use std::process::Stdio;

use tokio::net::TcpListener;
use tokio::process::Child;

use super::sink::{Sink, plain_invitation};
use super::{enqueue, has_job, until};
use crate::support::{TestDatabase, agent_free};

fn worker(database: &TestDatabase, mail_url: &str) -> Child {
    let variables =
        [("DATABASE_URL", database.url()), ("MAIL_URL", mail_url), ("JOB_TIMEOUT", "2s")];
    agent_free(&["worker"], &variables).stderr(Stdio::null()).spawn().unwrap()
}

#[tokio::test]
async fn a_mail_whose_worker_is_killed_is_sent_by_another() {
    let database = TestDatabase::new().await;
    let client = database.connect().await;
    // Somebody who takes the connection and says nothing.
    let mute = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = mute.local_addr().unwrap();
    let mut killed = worker(&database, &format!("smtp://{address}"));
    enqueue(&client, "send_mail", &plain_invitation("bob@example.test")).await;
    let (_connection, _) = mute.accept().await.unwrap();
    killed.start_kill().unwrap();
    killed.wait().await.unwrap();
    assert!(has_job(&client, "name = 'send_mail' AND attempts = 1 AND failed_at IS NULL").await);

    let mut sink = Sink::start().await;
    let _another = worker(&database, &format!("smtp://127.0.0.1:{}", sink.port));
    assert_eq!(sink.next().await["to"][0], "bob@example.test");
    until("it is done", async || !has_job(&client, "name = 'send_mail'").await).await;
}

#[tokio::test]
async fn a_worker_that_is_told_to_stop_finishes_what_it_does() {
    let database = TestDatabase::new().await;
    let (client, mut sink) = (database.connect().await, Sink::start().await);
    let mut worker = worker(&database, &format!("smtp://127.0.0.1:{}", sink.port));
    for number in 0..10 {
        let to = format!("bob{number}@example.test");
        enqueue(&client, "send_mail", &plain_invitation(&to)).await;
    }
    sink.next().await;
    crate::support::send("TERM", worker.id().unwrap()).await;
    let ended = worker.wait().await.unwrap();
    assert_eq!(ended.code(), Some(0));
    // What it had begun is done; the others were never taken.
    assert!(!has_job(&client, "name = 'send_mail' AND attempts > 0").await);
}
