//! `agent-free administrator`: the first one, whom nobody can appoint.

use std::process::Stdio;

use serde_json::json;
use tokio::io::AsyncWriteExt;

use super::{Accounts, PASSWORD};
use crate::support::agent_free;

/// What the command ended with, and what it said.
async fn make(accounts: &Accounts, email: &str, typed: &str) -> (Option<i32>, String) {
    let variables = [
        ("DATABASE_URL", accounts.database.url()),
        ("PASSWORD_HASH_MEMORY", "8192"),
        ("PASSWORD_HASH_ITERATIONS", "1"),
    ];
    let mut command = agent_free(&["administrator", email], &variables);
    let pipes = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = pipes.spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    // One that reads nothing may be gone by now.
    let _ = input.write_all(typed.as_bytes()).await;
    drop(input);
    let output = child.wait_with_output().await.unwrap();
    let said = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8(said).unwrap())
}

#[tokio::test]
async fn a_new_administrator_signs_in_and_holds_every_permission() {
    let accounts = Accounts::start().await;
    let (code, said) = make(&accounts, "root@example.test", &format!("{PASSWORD}\n")).await;
    assert_eq!((code, said.as_str()), (Some(0), "root@example.test is a new administrator.\n"));
    let root = accounts.sign_in("ROOT@example.test", PASSWORD).await;
    let can = "{ viewer { can(permission: \"role.manage\") { allowed } } }";
    let answer = accounts.send(Some(&root), can, json!({})).await;
    assert_eq!(answer.data()["viewer"]["can"]["allowed"], true);

    let (code, said) = make(&accounts, "root@example.test", "").await;
    assert_eq!(
        (code, said.as_str()),
        (Some(0), "root@example.test was an administrator before.\n")
    );
    let events = "SELECT count(*) FROM security_events WHERE kind = 'ADMINISTRATOR_MADE'";
    assert_eq!(accounts.count(events).await, 1);
}

#[tokio::test]
async fn somebody_who_has_an_account_keeps_its_password() {
    let accounts = Accounts::start().await;
    accounts.make("ada@example.test").await;
    let (code, said) = make(&accounts, "ada@example.test", "").await;
    assert_eq!(
        (code, said.as_str()),
        (Some(0), "ada@example.test is an administrator from now on.\n")
    );
    accounts.sign_in("ada@example.test", PASSWORD).await;
}

#[tokio::test]
async fn what_cannot_be_is_said_and_leaves_nothing() {
    let accounts = Accounts::start().await;
    let table = [
        ("root", PASSWORD, "is not an e-mail address"),
        ("root@example.test", "short\n", "has fewer than 15 characters"),
        ("root@example.test", "passwordpassword\n", "is a common password"),
        ("root@example.test", "", "no password could be read"),
    ];
    for (email, typed, expected) in table {
        let (code, said) = make(&accounts, email, typed).await;
        assert_eq!(code, Some(1), "{said}");
        assert!(said.contains(expected), "{said}");
    }
    assert_eq!(accounts.count("SELECT count(*) FROM users").await, 0);
}
