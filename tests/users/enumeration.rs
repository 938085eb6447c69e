//! Who asks learns nothing of an address: answers are the same, to the byte, and so is the work.

use serde_json::json;

use super::{Accounts, OTHER, PASSWORD};
use crate::support::Answer;

/// An answer without what differs from request to request.
fn plain(answer: &Answer, address: &str) -> String {
    let mut text = answer.pretty();
    if !address.is_empty() {
        text = text.replace(address, "(address)");
    }
    if let Some(start) = text.find("\"position\": \"") {
        let end = start + 13 + text[start + 13..].find('"').unwrap();
        text.replace_range(start + 13..end, "(position)");
    }
    text
}

#[tokio::test]
async fn a_wrong_password_is_answered_like_a_wrong_address() {
    let accounts = Accounts::start().await;
    accounts.make("ada@example.test").await;
    accounts.sign_up("pending@example.test", PASSWORD).await;
    accounts.make("gone@example.test").await;
    accounts
        .database
        .execute(
            "UPDATE users SET status = 'SUSPENDED' FROM user_authentication
         WHERE users.id = user_id AND email = 'gone@example.test'",
        )
        .await;
    let wrong = accounts.try_sign_in("ada@example.test", OTHER).await;
    let expected = plain(&wrong, "ada@example.test");
    for (address, password) in [
        ("nobody@example.test", PASSWORD),
        ("pending@example.test", PASSWORD),
        ("gone@example.test", PASSWORD),
        ("not an address", PASSWORD),
        ("' OR true --", PASSWORD),
        ("", ""),
    ] {
        let answer = accounts.try_sign_in(address, password).await;
        assert_eq!(plain(&answer, address), expected, "{address}");
    }
}

#[tokio::test]
async fn lock_out_is_answered_alike_with_and_without_an_account() {
    let accounts = Accounts::start().await;
    accounts.make("ada@example.test").await;
    let mut answers = Vec::new();
    for address in ["ada@example.test", "nobody@example.test"] {
        let mut codes = Vec::new();
        for _ in 0..6 {
            let answer = accounts.try_sign_in(address, OTHER).await;
            codes.push(answer.data()["signIn"]["errors"][0]["code"].as_str().unwrap().to_owned());
        }
        answers.push(codes);
    }
    assert_eq!(answers[0], answers[1]);
    assert_eq!(answers[0].last().map(String::as_str), Some("LOCKED_OUT"));
    // Not even the right password tells more while the lock holds.
    let locked = accounts.try_sign_in("ada@example.test", PASSWORD).await;
    assert_eq!(locked.data()["signIn"]["errors"][0]["code"], "LOCKED_OUT");
    let attempts = "SELECT count(*) FROM login_attempts WHERE outcome = 'LOCKED_OUT'";
    assert_eq!(accounts.count(attempts).await, 3);
}

#[tokio::test]
async fn signing_up_with_an_address_that_has_an_account_is_answered_and_done_alike() {
    let accounts = Accounts::start().await;
    accounts.make("ada@example.test").await;
    let rows = "SELECT (SELECT count(*) FROM users) + (SELECT count(*) FROM user_authentication)
        + (SELECT count(*) FROM security_events)";
    let start = accounts.count(rows).await;
    let taken = accounts.sign_up("ada@example.test", OTHER).await;
    let middle = accounts.count(rows).await;
    let free = accounts.sign_up("bob@example.test", OTHER).await;
    let end = accounts.count(rows).await;
    assert_eq!(plain(&taken, "ada@example.test"), plain(&free, "bob@example.test"));
    assert_eq!(middle - start, end - middle, "as many rows are written");
    // The owner is told, and nothing else happens.
    accounts.mails.wait_for_subject("ada@example.test", "have an account already").await;
    accounts.sign_in("ada@example.test", PASSWORD).await;
}

#[tokio::test]
async fn a_forgotten_password_is_answered_alike_with_and_without_an_account() {
    let accounts = Accounts::start().await;
    accounts.make("ada@example.test").await;
    let request = "mutation ($email: String!) {
        requestPasswordReset(input: { email: $email }) { email errors { code } position }
    }";
    let mut answers = Vec::new();
    for address in ["nobody@example.test", "ada@example.test"] {
        let answer = accounts.send(None, request, json!({ "email": address })).await;
        answers.push(plain(&answer, address));
    }
    assert_eq!(answers[0], answers[1]);
    accounts.mails.wait_for_subject("ada@example.test", "Reset").await;
    assert!(accounts.mails.all().iter().all(|mail| mail.to != "nobody@example.test"));
}
