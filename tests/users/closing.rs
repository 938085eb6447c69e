//! Closing an account.

use serde_json::json;

use super::{Accounts, OTHER, PASSWORD, codes};

const CLOSE: &str = "mutation ($password: String!) {
    closeAccount(input: { password: $password }) { closed errors { code path } }
}";

#[tokio::test]
async fn a_closed_account_lets_nobody_in_and_leaves_rows_without_a_name() {
    let accounts = Accounts::start().await;
    accounts.make("ada@example.test").await;
    let ada = accounts.sign_in("ada@example.test", PASSWORD).await;
    let there = accounts.sign_in("ada@example.test", PASSWORD).await;
    accounts
        .database
        .execute(
            "INSERT INTO user_profiles (user_id, given_name) SELECT user_id, 'Ada' FROM user_authentication;
             INSERT INTO contact_methods (user_id, kind, email)
             SELECT user_id, 'EMAIL', 'home@example.test' FROM user_authentication;
             INSERT INTO properties (property_type_id, owner_id)
             SELECT (SELECT id FROM property_types LIMIT 1), user_id FROM user_authentication",
        )
        .await;
    let wrong = accounts.send(Some(&ada), CLOSE, json!({ "password": OTHER })).await;
    assert_eq!(codes(&wrong, "closeAccount"), ["INVALID_CREDENTIALS"]);
    let closed = accounts.send(Some(&ada), CLOSE, json!({ "password": PASSWORD })).await;
    assert_eq!(closed.data()["closeAccount"]["closed"], true);

    for session in [&ada, &there] {
        assert_eq!(accounts.count_sessions(session).await, None);
    }
    let refused = accounts.try_sign_in("ada@example.test", PASSWORD).await;
    assert_eq!(codes(&refused, "signIn"), ["INVALID_CREDENTIALS"]);
    accounts.mails.wait_for_subject("ada@example.test", "was closed").await;
    let name = "SELECT display_name FROM users JOIN properties ON owner_id = users.id";
    assert_eq!(accounts.text(name).await.as_deref(), Some("Closed account"));
    for personal in [
        "SELECT count(*) FROM user_authentication",
        "SELECT count(*) FROM user_profiles WHERE given_name IS NOT NULL",
        "SELECT count(*) FROM contact_methods WHERE deleted_at IS NULL",
        "SELECT count(*) FROM user_sessions WHERE ended_at IS NULL OR user_agent IS NOT NULL",
        "SELECT count(*) FROM user_roles WHERE revoked_at IS NULL",
    ] {
        assert_eq!(accounts.count(personal).await, 0, "{personal}");
    }
    // The address is free.
    accounts.make("ada@example.test").await;
    accounts.sign_in("ada@example.test", PASSWORD).await;
}

#[tokio::test]
async fn who_has_something_on_offer_ends_that_first() {
    let accounts = Accounts::start().await;
    accounts.make("ada@example.test").await;
    let ada = accounts.sign_in("ada@example.test", PASSWORD).await;
    accounts
        .database
        .execute(
            "WITH property AS (
                 INSERT INTO properties (property_type_id, owner_id)
                 SELECT (SELECT id FROM property_types LIMIT 1), user_id FROM user_authentication RETURNING id
             )
             INSERT INTO listings (property_id, list_price, standard_status)
             SELECT id, 250000, 'ACTIVE' FROM property",
        )
        .await;
    let refused = accounts.send(Some(&ada), CLOSE, json!({ "password": PASSWORD })).await;
    assert_eq!(codes(&refused, "closeAccount"), ["IN_USE"]);
    assert_eq!(accounts.count_sessions(&ada).await, Some(1));
}

#[tokio::test]
async fn the_last_administrator_stays() {
    let accounts = Accounts::start().await;
    accounts.make("ada@example.test").await;
    accounts
        .database
        .execute(
            "INSERT INTO user_roles (user_id, role_id) SELECT user_id, roles.id
             FROM user_authentication, roles WHERE name = 'administrator'",
        )
        .await;
    let ada = accounts.sign_in("ada@example.test", PASSWORD).await;
    let refused = accounts.send(Some(&ada), CLOSE, json!({ "password": PASSWORD })).await;
    assert_ne!(codes(&refused, "closeAccount"), Vec::<String>::new());
    assert_eq!(accounts.count_sessions(&ada).await, Some(1));
}
