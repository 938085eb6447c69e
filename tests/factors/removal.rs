//! Removing factors, and what a session has to prove before.

use serde_json::{Value, json};

use super::{World, code_of, errors, token};

const REMOVE: &str = "mutation($id: ID!) {
    removeMfaMethod(input: {id: $id}) { mfaMethodId errors { code path message } }
}";

async fn remove(world: &World, session: &str, id: &Value) -> Value {
    let answer = world.ask_as(session, REMOVE, json!({ "id": id })).await;
    answer.data()["removeMfaMethod"].clone()
}

async fn reauthenticate(world: &World, session: &str, input: Value) -> Value {
    let text = "mutation($input: ReauthenticateInput!) {
        reauthenticate(input: $input) { confirmedUntil errors { code path message } }
    }";
    let answer = world.ask_as(session, text, json!({ "input": input })).await;
    answer.data()["reauthenticate"].clone()
}

async fn method_of(world: &World, session: &str) -> Value {
    let text = "{ viewer { user { mfaMethods { id } } } }";
    let answer = world.ask_as(session, text, json!({})).await;
    answer.data()["viewer"]["user"]["mfaMethods"][0]["id"].clone()
}

#[tokio::test]
async fn a_factor_is_removed_in_a_confirmed_session_only() {
    let world = World::new().await;
    let session = world.token().await;
    let secret = world.add_app(&session).await;
    let method = method_of(&world, &session).await;
    world.let_time_pass().await;
    let refused = remove(&world, &session, &method).await;
    assert_eq!(errors(&refused), ["EXPIRED"]);
    let message = refused["errors"][0]["message"].as_str().unwrap();
    assert!(message.contains("reauthenticate with a code"), "{message}");

    let by_password =
        reauthenticate(&world, &session, json!({ "password": super::PASSWORD })).await;
    assert_eq!(errors(&by_password), ["INVALID_CREDENTIALS"], "the second factor is asked for");
    let wrong = reauthenticate(&world, &session, json!({ "code": "000000" })).await;
    assert_eq!(errors(&wrong), ["INVALID_CREDENTIALS"]);
    assert_eq!(errors(&remove(&world, &session, &method).await), ["EXPIRED"]);
    let right = reauthenticate(&world, &session, json!({ "code": code_of(&secret) })).await;
    assert!(right["confirmedUntil"].is_string(), "{right}");

    let removed = remove(&world, &session, &method).await;
    assert_eq!(removed["mfaMethodId"], method);
    token(&world.sign_in().await);
    assert_eq!(world.mails().await, ["factor_added", "factor_removed"]);
    let events = world.events().await;
    assert!(events.contains(&"FACTOR_REMOVED".to_owned()), "{events:?}");
}

#[tokio::test]
async fn the_password_confirms_where_there_is_no_second_factor() {
    let world = World::new().await;
    let session = world.token().await;
    world.let_time_pass().await;
    let enroll = "mutation { enrollTotp(input: {}) { secret errors { code message } } }";
    let refused = world.ask_as(&session, enroll, json!({})).await;
    assert_eq!(errors(&refused.data()["enrollTotp"]), ["EXPIRED"]);
    assert!(refused.data()["enrollTotp"]["secret"].is_null());
    let wrong =
        reauthenticate(&world, &session, json!({ "password": "not this one at all" })).await;
    assert_eq!(errors(&wrong), ["INVALID_CREDENTIALS"]);
    let right = reauthenticate(&world, &session, json!({ "password": super::PASSWORD })).await;
    assert_eq!(errors(&right), [""; 0]);
    let begun = world.ask_as(&session, enroll, json!({})).await;
    assert!(begun.data()["enrollTotp"]["secret"].is_string());
}

#[tokio::test]
async fn one_session_does_not_confirm_another() {
    let world = World::new().await;
    let (stolen, own) = (world.token().await, world.token().await);
    world.let_time_pass().await;
    let right = reauthenticate(&world, &own, json!({ "password": super::PASSWORD })).await;
    assert_eq!(errors(&right), [""; 0]);
    let enroll = "mutation { enrollTotp(input: {}) { secret errors { code } } }";
    let refused = world.ask_as(&stolen, enroll, json!({})).await;
    assert_eq!(errors(&refused.data()["enrollTotp"]), ["EXPIRED"]);
}

#[tokio::test]
async fn a_short_password_never_stands_alone() {
    let world = World::new().await;
    let session = world.token().await;
    world.add_app(&session).await;
    world.database.execute("UPDATE user_authentication SET password_is_short = true").await;
    let method = method_of(&world, &session).await;
    let refused = remove(&world, &session, &method).await;
    assert_eq!(errors(&refused), ["IN_USE"]);
    assert!(refused["errors"][0]["message"].as_str().unwrap().contains("too short"));
    world.database.execute("UPDATE user_authentication SET password_is_short = false").await;
    assert_eq!(errors(&remove(&world, &session, &method).await), [""; 0]);
}

#[tokio::test]
async fn the_last_factor_takes_the_recovery_codes_along() {
    let world = World::new().await;
    let session = world.token().await;
    world.add_app(&session).await;
    let generate = "mutation { generateRecoveryCodes(input: {}) { codes } }";
    world.ask_as(&session, generate, json!({})).await.data();
    let method = method_of(&world, &session).await;
    remove(&world, &session, &method).await;
    let count = "SELECT count(*) FROM user_recovery_codes";
    let left: i64 = world.database.connect().await.query_one(count, &[]).await.unwrap().get(0);
    assert_eq!(left, 0);
}
