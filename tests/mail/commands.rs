//! `agent-free jobs` and `agent-free worker`, from a shell.

use serde_json::json;

use super::{enqueue, has_job};
use crate::support::{TestDatabase, agent_free};

async fn told(arguments: &[&str], variables: &[(&str, &str)]) -> (Option<i32>, String, String) {
    let output = agent_free(arguments, variables).output().await.unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

#[tokio::test]
async fn jobs_that_were_given_up_are_listed_and_begin_anew() {
    let database = TestDatabase::new().await;
    let client = database.connect().await;
    let variables = [("DATABASE_URL", database.url())];
    enqueue(&client, "send_mail", &json!({})).await;
    let (code, out, _) = told(&["jobs"], &variables).await;
    assert_eq!((code, out.as_str()), (Some(0), "0 jobs were given up.\n"));

    let fail =
        "UPDATE jobs SET attempts = 20, last_error = 'nobody there', failed_at = '2026-11-23Z'";
    client.execute(fail, &[]).await.unwrap();
    let (_, out, _) = told(&["jobs"], &variables).await;
    assert!(out.starts_with("2026-11-23 00:00:00 UTC  "), "{out}");
    assert!(
        out.ends_with("  send_mail  attempts: 20  nobody there\n1 jobs were given up.\n"),
        "{out}"
    );

    let (_, out, _) = told(&["jobs", "--retry"], &variables).await;
    assert_eq!(out, "1 jobs begin anew.\n");
    assert!(has_job(&client, "failed_at IS NULL AND attempts = 0").await);
}

#[tokio::test]
async fn a_worker_without_work_says_so() {
    let database = TestDatabase::new().await;
    let variables = [("DATABASE_URL", database.url()), ("WORKERS", "0")];
    let (code, _, err) = told(&["worker"], &variables).await;
    assert_eq!(code, Some(1));
    assert!(err.contains("WORKERS is 0: agent-free worker would have nothing to do"), "{err}");
}

#[tokio::test]
async fn a_folder_that_cannot_be_written_stops_the_start() {
    let database = TestDatabase::new().await;
    let variables = [("DATABASE_URL", database.url()), ("MAIL_URL", "folder:/dev/null/mail")];
    let (code, _, err) = told(&["worker"], &variables).await;
    assert_eq!(code, Some(1));
    assert!(err.contains("MAIL_URL: the folder /dev/null/mail cannot be written"), "{err}");
}
