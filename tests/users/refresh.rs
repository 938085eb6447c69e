//! Refresh tokens: each good once.

use serde_json::json;

use super::{Accounts, PASSWORD, SignedIn, codes};
use crate::support::Answer;

const REFRESH: &str = "mutation ($token: String) {
    refreshSession(input: { refreshToken: $token }) {
        session { accessToken refreshToken csrfToken sessionId }
        errors { code path message }
    }
}";

async fn refresh(accounts: &Accounts, token: &str) -> Answer {
    accounts.send(None, REFRESH, json!({ "token": token })).await
}

#[tokio::test]
async fn a_refresh_gives_other_tokens_for_the_same_session() {
    let accounts = Accounts::start().await;
    accounts.make("ada@example.test").await;
    let first = accounts.sign_in("ada@example.test", PASSWORD).await;
    let second = SignedIn::read(&refresh(&accounts, &first.refresh).await, "refreshSession");
    assert_eq!(first.session, second.session);
    assert_ne!(first.refresh, second.refresh);
    let third = SignedIn::read(&refresh(&accounts, &second.refresh).await, "refreshSession");
    assert_eq!(accounts.count_sessions(&third).await, Some(1));
    // What was issued before counts until its time is over: the session is the same.
    assert_eq!(accounts.count_sessions(&first).await, Some(1));
}

#[tokio::test]
async fn a_token_that_was_replaced_ends_the_session_and_tells_its_user() {
    let accounts = Accounts::start().await;
    accounts.make("ada@example.test").await;
    let stolen = accounts.sign_in("ada@example.test", PASSWORD).await;
    let elsewhere = accounts.sign_in("ada@example.test", PASSWORD).await;
    let renewed = SignedIn::read(&refresh(&accounts, &stolen.refresh).await, "refreshSession");

    let replayed = refresh(&accounts, &stolen.refresh).await;
    assert_eq!(codes(&replayed, "refreshSession"), ["INVALID_CREDENTIALS"]);
    // Neither the thief nor the user goes on with it.
    assert_eq!(accounts.count_sessions(&renewed).await, None);
    let renewed = refresh(&accounts, &renewed.refresh).await;
    assert_eq!(codes(&renewed, "refreshSession"), ["INVALID_CREDENTIALS"]);
    assert_eq!(accounts.count_sessions(&elsewhere).await, Some(1), "the other session lives");
    accounts.mails.wait_for_subject("ada@example.test", "session was ended").await;
    let events = "SELECT count(*) FROM security_events WHERE kind = 'REFRESH_TOKEN_REUSED'";
    assert_eq!(accounts.count(events).await, 1);
    // Once is enough: a thief does not fill a mailbox.
    refresh(&accounts, &stolen.refresh).await;
    assert_eq!(accounts.count(events).await, 1);
}

#[tokio::test]
async fn of_many_refreshes_at_once_one_wins() {
    let accounts = Accounts::start().await;
    accounts.make("ada@example.test").await;
    for _ in 0..5 {
        let before = accounts.sign_in("ada@example.test", PASSWORD).await;
        let all =
            futures_util::future::join_all((0..8).map(|_| refresh(&accounts, &before.refresh)));
        let answers = all.await;
        let won = answers.iter().filter(|it| codes(it, "refreshSession").is_empty()).count();
        assert_eq!(won, 1);
        for answer in answers.iter().filter(|it| !codes(it, "refreshSession").is_empty()) {
            let code = codes(answer, "refreshSession").remove(0);
            assert!(["ALREADY_DONE", "INVALID_CREDENTIALS"].contains(&code.as_str()), "{code}");
        }
    }
}

#[tokio::test]
async fn two_who_wait_for_each_other_are_no_thieves() {
    let accounts = Accounts::start().await;
    accounts.make("ada@example.test").await;
    let before = accounts.sign_in("ada@example.test", PASSWORD).await;
    // Both have begun before either is done.
    let mut client = accounts.database.connect().await;
    let held = client.transaction().await.unwrap();
    held.query("SELECT FROM user_sessions FOR UPDATE", &[]).await.unwrap();
    let both = async {
        tokio::join!(refresh(&accounts, &before.refresh), refresh(&accounts, &before.refresh))
    };
    let release = async {
        let waiting = "SELECT count(*) FROM pg_stat_activity
            WHERE datname = current_database() AND wait_event_type = 'Lock'";
        while accounts.count(waiting).await < 2 {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        held.rollback().await.unwrap();
    };
    let ((one, other), ()) = tokio::join!(both, release);
    let mut found = [codes(&one, "refreshSession"), codes(&other, "refreshSession")];
    found.sort();
    assert_eq!(found, [vec![], vec!["ALREADY_DONE".to_owned()]]);
    let ended = "SELECT count(*) FROM user_sessions WHERE ended_at IS NOT NULL";
    assert_eq!(accounts.count(ended).await, 0);
}

#[tokio::test]
async fn a_session_that_is_over_is_not_refreshed() {
    let accounts = Accounts::start().await;
    accounts.make("ada@example.test").await;
    for over in [
        "refresh_expires_at = now() - interval '1 second'",
        "expires_at = now() - interval '1 second'",
        "ended_at = now(), end_reason = 'SIGNED_OUT'",
    ] {
        let before = accounts.sign_in("ada@example.test", PASSWORD).await;
        accounts.database.execute(&format!("UPDATE user_sessions SET {over}")).await;
        let refused = refresh(&accounts, &before.refresh).await;
        assert_eq!(codes(&refused, "refreshSession"), ["INVALID_CREDENTIALS"], "{over}");
    }
    let before = accounts.sign_in("ada@example.test", PASSWORD).await;
    accounts.database.execute("UPDATE users SET status = 'SUSPENDED'").await;
    let refused = refresh(&accounts, &before.refresh).await;
    assert_eq!(codes(&refused, "refreshSession"), ["INVALID_CREDENTIALS"]);
    let refused = accounts.try_sign_in("ada@example.test", PASSWORD).await;
    assert_eq!(codes(&refused, "signIn"), ["INVALID_CREDENTIALS"]);
}

#[tokio::test]
async fn an_access_token_refreshes_nothing() {
    let accounts = Accounts::start().await;
    accounts.make("ada@example.test").await;
    let ada = accounts.sign_in("ada@example.test", PASSWORD).await;
    for token in [ada.access.as_str(), "", "x", &"x".repeat(100_000)] {
        let refused = refresh(&accounts, token).await;
        assert_eq!(codes(&refused, "refreshSession"), ["INVALID_CREDENTIALS"]);
    }
    let refused = accounts.send(None, REFRESH, json!({ "token": null })).await;
    assert_eq!(codes(&refused, "refreshSession"), ["REQUIRED"]);
}
