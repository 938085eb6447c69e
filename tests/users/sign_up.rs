//! Signing up, and proving the address.

use serde_json::json;

use super::{Accounts, OTHER, PASSWORD, SIGN_UP, codes};

#[tokio::test]
async fn a_sign_up_becomes_an_account_by_the_token_of_its_mail() {
    let accounts = Accounts::start().await;
    let asked = accounts.sign_up("Ada@Example.test", PASSWORD).await;
    assert_eq!(asked.data()["signUp"]["email"], "Ada@Example.test");
    let before = accounts.try_sign_in("ada@example.test", PASSWORD).await;
    assert_eq!(codes(&before, "signIn"), ["INVALID_CREDENTIALS"]);

    let token = accounts.mails.wait_for("ada@example.test").await.token();
    let verified = accounts.verify(&token).await;
    assert_eq!(verified.data()["verifyEmail"]["email"], "Ada@Example.test");
    // However the address is written.
    let ada = accounts.sign_in("ADA@example.TEST", PASSWORD).await;
    assert_eq!(accounts.count_sessions(&ada).await, Some(1));
    let role = "SELECT roles.name FROM user_roles JOIN roles ON roles.id = role_id";
    assert_eq!(accounts.text(role).await.as_deref(), Some("buyer"));

    let again = accounts.verify(&token).await;
    assert_eq!(codes(&again, "verifyEmail"), ["ALREADY_DONE"]);
    let wrong = accounts.verify("nothing").await;
    assert_eq!(codes(&wrong, "verifyEmail"), ["INVALID_CREDENTIALS"]);
}

#[tokio::test]
async fn whoever_follows_the_link_of_a_stranger_opens_nothing() {
    let accounts = Accounts::start().await;
    accounts.sign_up("ada@example.test", OTHER).await;
    let token = accounts.mails.wait_for("ada@example.test").await.token();
    for _ in 0..2 {
        let verified = accounts.verify(&token).await;
        assert_eq!(codes(&verified, "verifyEmail"), ["INVALID_CREDENTIALS"]);
    }
    let tried = accounts.try_sign_in("ada@example.test", OTHER).await;
    assert_eq!(codes(&tried, "signIn"), ["INVALID_CREDENTIALS"]);
    let verified = accounts.verify_with(&token, OTHER).await;
    assert_eq!(codes(&verified, "verifyEmail"), Vec::<String>::new());
}

#[tokio::test]
async fn a_token_that_is_over_says_so() {
    let accounts = Accounts::start().await;
    accounts.sign_up("ada@example.test", PASSWORD).await;
    let token = accounts.mails.wait_for("ada@example.test").await.token();
    accounts
        .database
        .execute("UPDATE user_tokens SET expires_at = now() - interval '1 second'")
        .await;
    let verified = accounts.verify(&token).await;
    assert_eq!(codes(&verified, "verifyEmail"), ["EXPIRED"]);
}

#[tokio::test]
async fn a_sign_up_that_nobody_proves_holds_no_address() {
    let accounts = Accounts::start().await;
    let email = "ada@example.test";
    // Somebody else is first, with a password that he knows.
    accounts.sign_up(email, OTHER).await;
    let theirs = accounts.mails.wait_for_count(email, 1).await[0].token();
    accounts.sign_up(email, PASSWORD).await;
    let mails = accounts.mails.wait_for_count(email, 2).await;
    let own = mails.iter().map(|mail| mail.token()).find(|token| *token != theirs).unwrap();

    let verified = accounts.verify(&own).await;
    assert_eq!(codes(&verified, "verifyEmail"), Vec::<String>::new());
    let late = accounts.verify_with(&theirs, OTHER).await;
    assert_ne!(codes(&late, "verifyEmail"), Vec::<String>::new(), "one account per address");
    assert_eq!(codes(&accounts.try_sign_in(email, OTHER).await, "signIn"), ["INVALID_CREDENTIALS"]);
    accounts.sign_in(email, PASSWORD).await;
}

#[tokio::test]
async fn two_who_prove_one_address_at_once_do_not_both_have_it() {
    let accounts = Accounts::start().await;
    let email = "ada@example.test";
    accounts.sign_up(email, PASSWORD).await;
    let one = accounts.mails.wait_for_count(email, 1).await[0].token();
    accounts.sign_up(email, OTHER).await;
    let mails = accounts.mails.wait_for_count(email, 2).await;
    let other = mails.iter().map(|mail| mail.token()).find(|token| *token != one).unwrap();
    let (one, other) = tokio::join!(accounts.verify(&one), accounts.verify_with(&other, OTHER));
    let won = [&one, &other].iter().filter(|it| codes(it, "verifyEmail").is_empty()).count();
    assert_eq!(won, 1, "{} {}", one.pretty(), other.pretty());
    let verified = "SELECT count(*) FROM user_authentication WHERE email_verified_at IS NOT NULL";
    assert_eq!(accounts.count(verified).await, 1);
}

#[tokio::test]
async fn nobody_makes_himself_more_than_he_is() {
    let accounts = Accounts::start().await;
    for kind in ["STAFF", "ADMINISTRATOR", "SERVICE"] {
        let input = json!({ "email": "eve@example.test", "password": PASSWORD, "displayName": "Eve",
            "userType": kind });
        let refused = accounts.send(None, SIGN_UP, json!({ "input": input })).await;
        assert_eq!(refused.data()["signUp"]["errors"][0]["path"], json!(["userType"]));
    }
    // And what the contract does not have is refused before anything runs.
    let input = json!({ "email": "eve@example.test", "password": PASSWORD, "displayName": "Eve",
        "status": "ACTIVE", "isPublic": true });
    let refused = accounts.send(None, SIGN_UP, json!({ "input": input })).await;
    assert!(!refused.errors().is_empty(), "{}", refused.pretty());
    assert_eq!(accounts.count("SELECT count(*) FROM users WHERE display_name = 'Eve'").await, 0);
}

#[tokio::test]
async fn each_kind_of_user_gets_its_role() {
    let accounts = Accounts::start().await;
    for kind in ["SELLER", "ATTORNEY"] {
        let email = format!("{kind}@example.test");
        let input =
            json!({ "email": email, "password": PASSWORD, "displayName": kind, "userType": kind });
        accounts.send(None, SIGN_UP, json!({ "input": input })).await;
        let token = accounts.mails.wait_for(&email).await.token();
        accounts.verify(&token).await.data();
        let role = format!(
            "SELECT roles.name FROM user_roles JOIN roles ON roles.id = role_id
             JOIN users ON users.id = user_id WHERE display_name = '{kind}'"
        );
        assert_eq!(accounts.text(&role).await, Some(kind.to_lowercase()));
    }
}

#[tokio::test]
async fn what_is_wrong_with_a_sign_up_is_told_at_its_place() {
    let accounts = Accounts::start().await;
    let table = [
        ("nobody", PASSWORD, "Ada", "email"),
        ("a@example.test, b@example.test", PASSWORD, "Ada", "email"),
        ("ada@example.test", "too short", "Ada", "password"),
        ("ada@example.test", "passwordpassword", "Ada", "password"),
        ("ada@example.test", "Ada-Lovelace-Ada", "Ada Lovelace", "password"),
        ("ada@example.test", PASSWORD, "  ", "displayName"),
    ];
    for (email, password, name, field) in table {
        let input = json!({ "email": email, "password": password, "displayName": name });
        let refused = accounts.send(None, SIGN_UP, json!({ "input": input })).await;
        assert_eq!(refused.data()["signUp"]["errors"][0]["path"], json!([field]), "{password}");
        assert_eq!(refused.data()["signUp"]["email"], json!(null));
    }
    assert_eq!(accounts.count("SELECT count(*) FROM user_authentication").await, 0);
}
