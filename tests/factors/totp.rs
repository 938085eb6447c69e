//! An app that shows one-time codes.

use agent_free::config::SecretKey;
use serde_json::json;

use super::{World, code_of, errors, person, token};
use crate::support::{TestServer, default_config};

#[tokio::test]
async fn an_app_is_added_and_asked_for() {
    let world = World::new().await;
    let session = world.token().await;
    let (challenge, secret) = world.enroll(&session).await;
    assert!(world.sign_in().await["challenge"].is_null(), "nothing counts before it is confirmed");

    let wrong = world.confirm(&session, &challenge, "000000").await;
    assert_eq!(errors(&wrong), ["INVALID_CREDENTIALS"]);
    let confirmed = world.confirm(&session, &challenge, &code_of(&secret)).await;
    assert_eq!(confirmed["mfaMethod"]["kind"], "TOTP");
    assert_eq!(confirmed["mfaMethod"]["name"], "Phone");
    let again = world.confirm(&session, &challenge, &code_of(&secret)).await;
    assert_eq!(errors(&again), ["ALREADY_DONE"]);

    let halfway = world.sign_in().await;
    assert!(halfway["session"].is_null(), "{halfway}");
    let challenge = &halfway["challenge"];
    assert_eq!(challenge["methods"], json!(["TOTP"]));
    assert_eq!(challenge["hasRecoveryCodes"], false);
    let replayed = world.answer(challenge, json!({ "code": code_of(&secret) })).await;
    assert_eq!(errors(&replayed), ["INVALID_CREDENTIALS"], "the code that confirmed it is used up");
    world.forget_steps().await;
    let through = world.answer(challenge, json!({ "code": code_of(&secret) })).await;
    let session = token(&through);
    let again = world.answer(challenge, json!({ "code": code_of(&secret) })).await;
    assert_eq!(errors(&again), ["ALREADY_DONE"]);

    let text = "{ user(id: $id) { mfaMethods { kind name lastUsedAt } } }";
    let text = format!("query($id: ID!) {text}");
    let id = user_id(&world, &session).await;
    let seen = world.ask_as(&session, &text, json!({ "id": id })).await;
    let methods = &seen.data()["user"]["mfaMethods"];
    assert_eq!(methods[0]["kind"], "TOTP");
    assert!(methods[0]["lastUsedAt"].is_string());

    assert_eq!(
        world.events().await,
        ["SIGNED_IN", "SIGNED_IN", "FACTOR_ADDED", "FACTOR_FAILED", "SIGNED_IN"]
    );
    assert_eq!(world.mails().await, ["factor_added"]);
}

#[tokio::test]
async fn a_code_counts_once_however_many_bring_it_at_once() {
    let world = World::new().await;
    let secret = world.add_app(&world.token().await).await;
    let mut challenges = Vec::new();
    for _ in 0..4 {
        challenges.push(world.sign_in().await["challenge"].clone());
    }
    let code = json!({ "code": code_of(&secret) });
    let answers = futures_util::future::join_all(
        challenges.iter().map(|challenge| world.answer(challenge, code.clone())),
    );
    let through = answers.await.iter().filter(|answer| answer["session"].is_object()).count();
    assert_eq!(through, 1);
}

#[tokio::test]
async fn another_app_takes_the_place_of_the_first() {
    let world = World::new().await;
    let session = world.token().await;
    let first = world.add_app(&session).await;
    let second = world.add_app(&session).await;
    let challenge = world.sign_in().await["challenge"].clone();
    let refused = world.answer(&challenge, json!({ "code": code_of(&first) })).await;
    assert_eq!(errors(&refused), ["INVALID_CREDENTIALS"]);
    let through = world.answer(&challenge, json!({ "code": code_of(&second) })).await;
    assert!(through["session"].is_object(), "{through}");
    assert_eq!(world.mails().await, ["factor_added", "factor_added", "factor_removed"]);
}

#[tokio::test]
async fn a_secret_is_sealed_and_belongs_to_its_user() {
    let world = World::new().await;
    let session = world.token().await;
    let secret = world.add_app(&session).await;
    let client = world.database.connect().await;
    let stored = "SELECT sealed_secret FROM user_mfa_methods";
    let sealed: Vec<u8> = client.query_one(stored, &[]).await.unwrap().get(0);
    assert!(!sealed.windows(4).any(|bytes| bytes == &secret.as_bytes()[..4]));

    // Whoever writes into the database cannot give his own app to somebody else.
    let (other, email) = person(&world.database, "bob").await;
    let copy = "INSERT INTO user_mfa_methods (user_id, kind, name, sealed_secret, last_step)
        SELECT $1, kind, name, sealed_secret, last_step FROM user_mfa_methods";
    client.execute(copy, &[&other]).await.unwrap();
    let world = World { email, ..world };
    let challenge = world.sign_in().await["challenge"].clone();
    let text = "mutation($input: AnswerChallengeInput!) {
        answerChallenge(input: $input) { session { expiresAt } }
    }";
    let input = json!({ "challenge": challenge["challenge"], "code": code_of(&secret) });
    let refused = world.ask(text, json!({ "input": input })).await;
    assert_eq!(refused.error_codes(), ["INTERNAL"]);
}

#[tokio::test]
async fn a_secret_outlives_the_key_that_sealed_it() {
    let world = World::new().await;
    let secret = world.add_app(&world.token().await).await;
    let (first, second) = (SecretKey::new([1; 32]), SecretKey::new([2; 32]));
    let keys = [
        (first.clone(), vec![default_config(&world.database).access.secret_key.unwrap()], true),
        (second.clone(), vec![first], true),
        (second, Vec::new(), true),
        (SecretKey::new([3; 32]), Vec::new(), false),
    ];
    let mut world = world;
    for (key, previous, opens) in keys {
        // The key that signs tokens is another matter.
        world.database.execute("DELETE FROM signing_keys").await;
        let server = TestServer::start_with(&world.database, |config| {
            config.access.secret_key = Some(key);
            config.access.secret_keys_previous = previous;
            config.access.password_hash_memory = 64;
            config.access.password_hash_iterations = 1;
        })
        .await;
        world = World { server, ..world };
        world.forget_steps().await;
        let challenge = world.sign_in().await["challenge"].clone();
        let text = "mutation($input: AnswerChallengeInput!) {
            answerChallenge(input: $input) { session { expiresAt } errors { code } }
        }";
        let input = json!({ "challenge": challenge["challenge"], "code": code_of(&secret) });
        let answer = world.ask(text, json!({ "input": input })).await;
        let session = &answer.partial_data()["answerChallenge"]["session"];
        assert_eq!(session.is_object(), opens, "{}", answer.pretty());
    }
}

#[tokio::test]
async fn a_challenge_belongs_to_who_began_it() {
    let world = World::new().await;
    let (challenge, secret) = world.enroll(&world.token().await).await;
    let (_, email) = person(&world.database, "bob").await;
    let world = World { email, ..world };
    let other = world.token().await;
    let refused = world.confirm(&other, &challenge, &code_of(&secret)).await;
    assert_eq!(errors(&refused), ["INVALID_CREDENTIALS"]);
    // Nor is it good for anything else.
    let answer = json!({ "challenge": challenge });
    let refused = world.answer(&answer, json!({ "code": code_of(&secret) })).await;
    assert_eq!(errors(&refused), ["INVALID_CREDENTIALS"]);
}

#[tokio::test]
async fn the_time_of_a_challenge_ends() {
    let world = World::new().await;
    let session = world.token().await;
    let (enrollment, secret) = world.enroll(&session).await;
    world.database.execute("UPDATE authentication_challenges SET expires_at = now()").await;
    let late = world.confirm(&session, &enrollment, &code_of(&secret)).await;
    assert_eq!(errors(&late), ["EXPIRED"]);
}

#[tokio::test]
async fn nobody_else_sees_a_factor_or_changes_it() {
    let world = World::new().await;
    let session = world.token().await;
    world.add_app(&session).await;
    let owner = user_id(&world, &session).await;
    let text = "query($id: ID!) { user(id: $id) { mfaMethods { id name } } }";
    let own = world.ask_as(&session, text, json!({ "id": owner })).await;
    let method = own.data()["user"]["mfaMethods"][0]["id"].clone();

    let node = "query($id: ID!) { node(id: $id) { ... on MfaMethod { name } } }";
    let rename = r#"mutation($id: ID!) {
        updateMfaMethod(input: {id: $id, name: "Mine"}) { mfaMethod { name } errors { code } }
    }"#;
    let administrator = world.server.as_administrator();
    let seen = administrator.query(node, json!({ "id": method })).await;
    assert!(seen.data()["node"].is_null(), "administrators neither");
    let renamed = administrator.query(rename, json!({ "id": method })).await;
    assert_eq!(errors(&renamed.data()["updateMfaMethod"]), ["NOT_FOUND"]);
    let renamed = world.ask_as(&session, rename, json!({ "id": method })).await;
    assert_eq!(renamed.data()["updateMfaMethod"]["mfaMethod"]["name"], "Mine");
}

/// The id of whoever is signed in.
async fn user_id(world: &World, session: &str) -> String {
    let answer = world.ask_as(session, "{ viewer { user { id } } }", json!({})).await;
    answer.data()["viewer"]["user"]["id"].as_str().unwrap().to_owned()
}
