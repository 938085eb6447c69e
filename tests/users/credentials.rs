//! What is kept of passwords and attempts.

use super::{Accounts, OTHER, PASSWORD, codes};
use crate::support::TestServer;

#[tokio::test]
async fn a_hash_says_its_parameters_and_is_made_anew_when_they_change() {
    let accounts = Accounts::start().await;
    accounts.make("ada@example.test").await;
    let hash = "SELECT password_hash FROM user_authentication";
    let before = accounts.text(hash).await.unwrap();
    assert!(before.starts_with("$argon2id$v=19$m=8192,t=1,p=1$"), "{before}");
    accounts.sign_in("ada@example.test", PASSWORD).await;
    assert_eq!(accounts.text(hash).await.as_ref(), Some(&before), "nothing to do");

    let Accounts { server, mails, database } = accounts;
    server.stop().await.unwrap();
    let server = TestServer::start_with(&database, |config| {
        mails.configure(config);
        config.access.password_hash_memory = 9000;
        config.access.password_hash_iterations = 2;
    });
    let accounts = Accounts { server: server.await, mails, database };
    let wrong = accounts.try_sign_in("ada@example.test", OTHER).await;
    assert_eq!(codes(&wrong, "signIn"), ["INVALID_CREDENTIALS"]);
    assert_eq!(
        accounts.text(hash).await.as_ref(),
        Some(&before),
        "who does not know it changes nothing"
    );
    accounts.sign_in("ada@example.test", PASSWORD).await;
    let after = accounts.text(hash).await.unwrap();
    assert!(after.starts_with("$argon2id$v=19$m=9000,t=2,p=1$"), "{after}");
    accounts.sign_in("ada@example.test", PASSWORD).await;
}

#[tokio::test]
async fn every_sign_of_a_long_password_counts_however_it_was_typed() {
    let accounts = Accounts::start().await;
    let long = format!("caf\u{e9} {}", "lait ".repeat(50));
    accounts.sign_up("ada@example.test", &long).await;
    let token = accounts.mails.wait_for("ada@example.test").await.token();
    accounts.verify_with(&token, &long).await.data();
    // The same signs, composed by another keyboard.
    accounts.sign_in("ada@example.test", &long.replace('\u{e9}', "e\u{301}")).await;
    let shorter = accounts.try_sign_in("ada@example.test", &long[..long.len() - 1]).await;
    assert_eq!(codes(&shorter, "signIn"), ["INVALID_CREDENTIALS"]);
}

#[tokio::test]
async fn attempts_are_recorded_without_what_was_typed() {
    let accounts = Accounts::start().await;
    accounts.make("ada@example.test").await;
    accounts.try_sign_in("ada@example.test", OTHER).await;
    accounts.try_sign_in("my password in the wrong field", OTHER).await;
    accounts.sign_in("ada@example.test", PASSWORD).await;
    let outcomes =
        "SELECT string_agg(outcome || CASE WHEN user_id IS NULL THEN ' of nobody' ELSE '' END, ', '
        ORDER BY attempted_at, id) FROM login_attempts";
    assert_eq!(accounts.text(outcomes).await.as_deref(), Some("WRONG, WRONG of nobody, SUCCEEDED"));
    let events = "SELECT string_agg(kind, ', ' ORDER BY occurred_at) FROM security_events";
    let expected = "SIGNED_UP, EMAIL_VERIFIED, SIGN_IN_FAILED, SIGN_IN_FAILED, SIGNED_IN";
    assert_eq!(accounts.text(events).await.as_deref(), Some(expected));
}

#[tokio::test]
async fn nothing_that_opens_an_account_is_kept_as_it_is() {
    let accounts = Accounts::start().await;
    accounts.make("ada@example.test").await;
    let ada = accounts.sign_in("ada@example.test", PASSWORD).await;
    let client = accounts.database.connect().await;
    let tables = client
        .query("SELECT quote_ident(relname) FROM pg_class
            WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND relname <> 'spatial_ref_sys'", &[])
        .await
        .unwrap();
    for table in tables {
        let table: String = table.get(0);
        let rows =
            client.query(&format!("SELECT to_jsonb(r)::text FROM {table} r"), &[]).await.unwrap();
        for row in rows {
            let row: String = row.get(0);
            for secret in [PASSWORD, &ada.refresh, &ada.access] {
                assert!(!row.contains(secret), "{table} holds a secret: {row}");
            }
        }
    }
}
