//! Changing and forgetting a password, and changing the address.

use serde_json::json;

use super::{Accounts, OTHER, PASSWORD, SignedIn, VERIFY, codes};
use crate::support::Answer;

const CHANGE: &str = "mutation ($current: String!, $new: String!) {
    changePassword(input: { currentPassword: $current, newPassword: $new }) {
        endedSessions errors { code path }
    }
}";

const REQUEST_RESET: &str = "mutation ($email: String!) {
    requestPasswordReset(input: { email: $email }) { email errors { code } }
}";

const RESET: &str = "mutation ($token: String!, $new: String!) {
    resetPassword(input: { token: $token, newPassword: $new }) { endedSessions errors { code path } }
}";

const CHANGE_EMAIL: &str = "mutation ($email: String!, $password: String!) {
    changeEmail(input: { newEmail: $email, password: $password }) { email errors { code path } }
}";

async fn change(accounts: &Accounts, who: &SignedIn, current: &str, new: &str) -> Answer {
    accounts.send(Some(who), CHANGE, json!({ "current": current, "new": new })).await
}

#[tokio::test]
async fn a_changed_password_ends_all_other_sessions_and_is_told() {
    let accounts = Accounts::start().await;
    accounts.make("ada@example.test").await;
    let here = accounts.sign_in("ada@example.test", PASSWORD).await;
    let there = accounts.sign_in("ada@example.test", PASSWORD).await;
    let changed = change(&accounts, &here, PASSWORD, OTHER).await;
    assert_eq!(changed.data()["changePassword"]["endedSessions"], 1);
    assert_eq!(accounts.count_sessions(&here).await, Some(1));
    assert_eq!(accounts.count_sessions(&there).await, None);
    accounts.mails.wait_for_subject("ada@example.test", "password was changed").await;
    let refused = accounts.try_sign_in("ada@example.test", PASSWORD).await;
    assert_eq!(codes(&refused, "signIn"), ["INVALID_CREDENTIALS"]);
    accounts.sign_in("ada@example.test", OTHER).await;
}

#[tokio::test]
async fn a_password_is_changed_by_who_knows_it_to_one_that_is_taken() {
    let accounts = Accounts::start().await;
    accounts.make("ada@example.test").await;
    let ada = accounts.sign_in("ada@example.test", PASSWORD).await;
    let table = [
        (OTHER, OTHER, "INVALID_CREDENTIALS", "currentPassword"),
        (PASSWORD, "short", "INVALID", "newPassword"),
        (PASSWORD, "passwordpassword", "INVALID", "newPassword"),
        (PASSWORD, "ada lovelace 1815", "INVALID", "newPassword"),
        (PASSWORD, &"x y ".repeat(65), "TOO_LONG", "newPassword"),
    ];
    for (current, new, code, field) in table {
        let refused = change(&accounts, &ada, current, new).await;
        let expected = json!([{ "code": code, "path": [field] }]);
        assert_eq!(refused.data()["changePassword"]["errors"], expected, "{new}");
    }
    let variables = json!({ "current": PASSWORD, "new": OTHER });
    let nobody = accounts.send(None, CHANGE, variables.clone()).await;
    assert_eq!(nobody.error_codes(), ["UNAUTHENTICATED"]);
    // A key of somebody who has every permission does not reach an account.
    let key = accounts.server.query(CHANGE, variables).await;
    assert_eq!(key.error_codes(), ["FORBIDDEN"]);
    accounts.sign_in("ada@example.test", PASSWORD).await;
}

#[tokio::test]
async fn a_password_beside_a_second_factor_may_be_shorter() {
    let accounts = Accounts::start().await;
    accounts.make("ada@example.test").await;
    let ada = accounts.sign_in("ada@example.test", PASSWORD).await;
    let factor = "INSERT INTO user_mfa_methods (user_id, kind, name, sealed_secret, last_step)
        SELECT user_id, 'TOTP', 'App', '\\x00', 0 FROM user_authentication";
    accounts.database.execute(factor).await;
    let changed = change(&accounts, &ada, PASSWORD, "9 ferns+moss").await;
    assert_eq!(codes(&changed, "changePassword"), Vec::<String>::new());
    let short = "SELECT count(*) FROM user_authentication WHERE password_is_short";
    assert_eq!(accounts.count(short).await, 1);
    let challenged = accounts.try_sign_in("ada@example.test", "9 ferns+moss").await;
    assert_eq!(challenged.data()["signIn"]["session"], json!(null));
    assert_eq!(challenged.data()["signIn"]["challenge"]["__typename"], "SignInChallenge");
}

#[tokio::test]
async fn a_forgotten_password_is_reset_by_mail_and_every_session_ends() {
    let accounts = Accounts::start().await;
    accounts.make("ada@example.test").await;
    let ada = accounts.sign_in("ada@example.test", PASSWORD).await;
    let asked = accounts.send(None, REQUEST_RESET, json!({ "email": "Ada@Example.test" })).await;
    assert_eq!(asked.data()["requestPasswordReset"]["email"], "Ada@Example.test");
    let mail = accounts.mails.wait_for_subject("ada@example.test", "Reset").await;

    let weak = accounts.send(None, RESET, json!({ "token": mail.token(), "new": "short" })).await;
    assert_eq!(codes(&weak, "resetPassword"), ["INVALID"], "and the token is not used up");
    let reset = accounts.send(None, RESET, json!({ "token": mail.token(), "new": OTHER })).await;
    assert_eq!(reset.data()["resetPassword"]["endedSessions"], 1);
    assert_eq!(accounts.count_sessions(&ada).await, None);
    accounts.sign_in("ada@example.test", OTHER).await;
    let again = accounts.send(None, RESET, json!({ "token": mail.token(), "new": PASSWORD })).await;
    assert_eq!(codes(&again, "resetPassword"), ["ALREADY_DONE"]);
}

#[tokio::test]
async fn a_link_that_was_sent_before_the_password_changed_is_over() {
    let accounts = Accounts::start().await;
    accounts.make("ada@example.test").await;
    let ada = accounts.sign_in("ada@example.test", PASSWORD).await;
    accounts.send(None, REQUEST_RESET, json!({ "email": "ada@example.test" })).await;
    let mail = accounts.mails.wait_for_subject("ada@example.test", "Reset").await;
    change(&accounts, &ada, PASSWORD, OTHER).await.data();
    let late = accounts.send(None, RESET, json!({ "token": mail.token(), "new": PASSWORD })).await;
    assert_eq!(codes(&late, "resetPassword"), ["INVALID_CREDENTIALS"]);
}

#[tokio::test]
async fn a_token_is_good_for_its_purpose_and_its_address() {
    let accounts = Accounts::start().await;
    accounts.sign_up("ada@example.test", PASSWORD).await;
    let verify = accounts.mails.wait_for("ada@example.test").await.token();
    let reset = accounts.send(None, RESET, json!({ "token": verify, "new": OTHER })).await;
    assert_eq!(codes(&reset, "resetPassword"), ["INVALID_CREDENTIALS"]);
    accounts.verify(&verify).await.data();

    accounts.send(None, REQUEST_RESET, json!({ "email": "ada@example.test" })).await;
    let mail = accounts.mails.wait_for_subject("ada@example.test", "Reset").await;
    let verified = accounts.verify(&mail.token()).await;
    assert_eq!(codes(&verified, "verifyEmail"), ["INVALID_CREDENTIALS"]);
    // The account has moved to another address: whoever reads the old one gets in no more.
    accounts.database.execute("UPDATE user_authentication SET email = 'new@example.test'").await;
    let late = accounts.send(None, RESET, json!({ "token": mail.token(), "new": OTHER })).await;
    assert_eq!(codes(&late, "resetPassword"), ["EXPIRED"]);
}

#[tokio::test]
async fn another_address_counts_once_it_is_proven_and_the_old_one_is_told() {
    let accounts = Accounts::start().await;
    accounts.make("ada@example.test").await;
    let ada = accounts.sign_in("ada@example.test", PASSWORD).await;
    let wrong = json!({ "email": "new@example.test", "password": OTHER });
    let refused = accounts.send(Some(&ada), CHANGE_EMAIL, wrong).await;
    assert_eq!(codes(&refused, "changeEmail"), ["INVALID_CREDENTIALS"]);
    let right = json!({ "email": "new@example.test", "password": PASSWORD });
    accounts.send(Some(&ada), CHANGE_EMAIL, right).await.data();
    let token = accounts.mails.wait_for("new@example.test").await.token();
    accounts.sign_in("ada@example.test", PASSWORD).await;

    // Whoever else follows the link does not give his address away.
    accounts.make("eve@example.test").await;
    let eve = accounts.sign_in("eve@example.test", PASSWORD).await;
    assert_eq!(accounts.verify(&token).await.error_codes(), ["UNAUTHENTICATED"]);
    let prove = async |who| accounts.send(Some(who), VERIFY, json!({ "token": token })).await;
    assert_eq!(codes(&prove(&eve).await, "verifyEmail"), ["CONFLICT"]);
    let verified = prove(&ada).await;
    assert_eq!(verified.data()["verifyEmail"]["email"], "new@example.test");
    let told = accounts.mails.wait_for_subject("ada@example.test", "address was changed").await;
    assert!(told.text.contains("new@example.test"));
    accounts.sign_in("new@example.test", PASSWORD).await;
    let old = accounts.try_sign_in("ada@example.test", PASSWORD).await;
    assert_eq!(codes(&old, "signIn"), ["INVALID_CREDENTIALS"]);
}

#[tokio::test]
async fn an_address_of_somebody_else_is_not_taken_from_him() {
    let accounts = Accounts::start().await;
    accounts.make("ada@example.test").await;
    accounts.make("bob@example.test").await;
    let ada = accounts.sign_in("ada@example.test", PASSWORD).await;
    let input = json!({ "email": "BOB@example.test", "password": PASSWORD });
    let asked = accounts.send(Some(&ada), CHANGE_EMAIL, input).await;
    // The answer is that of a free address.
    let expected = json!({ "email": "BOB@example.test", "errors": [] });
    assert_eq!(asked.data()["changeEmail"], expected);
    accounts.mails.wait_for_subject("BOB@example.test", "have an account already").await;
    let tokens = "SELECT count(*) FROM user_tokens WHERE purpose = 'CHANGE_EMAIL'";
    assert_eq!(accounts.count(tokens).await, 0);
}
