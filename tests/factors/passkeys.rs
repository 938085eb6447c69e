//! Passkeys, rightly and wrongly used.

use data_encoding::BASE64URL_NOPAD;
use serde_json::{Value, json};

use super::authenticator::{Authenticator, encode};
use super::{SITE, TOKENS, World, errors, person, token};
use crate::support::TestServer;

/// What a test does to a passkey to make it wrong.
type Change = fn(&mut Authenticator);

async fn begin_registration(world: &World, session: &str) -> Value {
    let text = r#"mutation {
        beginPasskeyRegistration(input: {name: "Laptop"}) {
            challenge options errors { code path message }
        }
    }"#;
    world.ask_as(session, text, json!({})).await.data()["beginPasskeyRegistration"].clone()
}

async fn finish_registration(
    world: &World,
    session: &str,
    challenge: &Value,
    credential: &Value,
) -> Value {
    let text = "mutation($challenge: String!, $credential: JSON!) {
        finishPasskeyRegistration(input: {challenge: $challenge, credential: $credential}) {
            mfaMethod { kind name } errors { code path message }
        }
    }";
    let variables = json!({ "challenge": challenge, "credential": credential });
    let answer = world.ask_as(session, text, variables).await;
    answer.data()["finishPasskeyRegistration"].clone()
}

async fn register(world: &World, session: &str) -> Authenticator {
    let begun = begin_registration(world, session).await;
    let (passkey, credential) = Authenticator::create(SITE, &begun["options"]);
    let made = finish_registration(world, session, &begun["challenge"], &credential).await;
    assert_eq!(made["mfaMethod"], json!({ "kind": "PASSKEY", "name": "Laptop" }), "{made}");
    passkey
}

async fn begin_sign_in(world: &World) -> Value {
    let text = "mutation {
        beginPasskeySignIn(input: {transport: BEARER}) { challenge options errors { code message } }
    }";
    world.ask(text, json!({})).await.data()["beginPasskeySignIn"].clone()
}

async fn finish_sign_in(world: &World, begun: &Value, credential: &Value) -> Value {
    let text = format!(
        "mutation($challenge: String!, $credential: JSON!) {{
            finishPasskeySignIn(input: {{challenge: $challenge, credential: $credential}}) {{
                {TOKENS} errors {{ code path message }}
            }}
        }}"
    );
    let variables = json!({ "challenge": begun["challenge"], "credential": credential });
    world.ask(&text, variables).await.data()["finishPasskeySignIn"].clone()
}

#[tokio::test]
async fn a_passkey_signs_in_without_a_name() {
    let world = World::new().await;
    let mut passkey = register(&world, &world.token().await).await;
    let begun = begin_sign_in(&world).await;
    assert_eq!(begun["options"].get("allowCredentials").unwrap_or(&json!([])), &json!([]));
    let credential = passkey.get(&begun["options"]);
    let through = finish_sign_in(&world, &begun, &credential).await;
    let session = token(&through);
    let whose = "{ viewer { user { displayName } } }";
    let viewer = world.ask_as(&session, whose, json!({})).await;
    assert_eq!(viewer.data()["viewer"]["user"]["displayName"], "ann");
    // It proved both factors, so the session is confirmed.
    assert_eq!(begin_registration(&world, &session).await["errors"], json!([]));

    let again = finish_sign_in(&world, &begun, &credential).await;
    assert_eq!(errors(&again), ["ALREADY_DONE"], "a replay");
    let other = begin_sign_in(&world).await;
    let replayed = finish_sign_in(&world, &other, &credential).await;
    assert_eq!(errors(&replayed), ["INVALID_CREDENTIALS"], "for another challenge");
    assert_eq!(world.mails().await, ["factor_added"]);
}

#[tokio::test]
async fn a_passkey_is_a_second_factor() {
    let world = World::new().await;
    let mut passkey = register(&world, &world.token().await).await;
    let challenge = world.sign_in().await["challenge"].clone();
    assert_eq!(challenge["methods"], json!(["PASSKEY"]));
    let credential = passkey.get(&challenge["passkeyOptions"]);
    let through = world.answer(&challenge, json!({ "credential": credential })).await;
    token(&through);
}

#[tokio::test]
async fn somebody_elses_passkey_is_no_second_factor() {
    let world = World::new().await;
    register(&world, &world.token().await).await;
    let (ann, (_, bob)) = (world.email.clone(), person(&world.database, "bob").await);
    let world = World { email: bob, ..world };
    let mut bobs = register(&world, &world.token().await).await;
    let world = World { email: ann, ..world };
    let challenge = world.sign_in().await["challenge"].clone();
    let credential = bobs.get(&challenge["passkeyOptions"]);
    let refused = world.answer(&challenge, json!({ "credential": credential })).await;
    assert_eq!(errors(&refused), ["INVALID_CREDENTIALS"]);
}

#[tokio::test]
async fn what_a_passkey_signs_is_held_against_what_was_asked() {
    let world = World::new().await;
    let passkey = register(&world, &world.token().await).await;
    let cases: [(&str, Change); 4] = [
        ("another site", |passkey| passkey.origin = "http://localhost.evil.test".to_owned()),
        ("another port", |passkey| passkey.origin = "http://localhost:8081".to_owned()),
        ("nobody was asked", |passkey| passkey.verifies_user = false),
        ("another user", |passkey| passkey.user_handle = encode(&[7; 16])),
    ];
    for (case, change) in cases {
        let mut wrong = passkey.clone();
        change(&mut wrong);
        let begun = begin_sign_in(&world).await;
        let credential = wrong.get(&begun["options"]);
        let refused = finish_sign_in(&world, &begun, &credential).await;
        assert_eq!(errors(&refused), ["INVALID_CREDENTIALS"], "{case}");
        assert!(refused["session"].is_null());
    }
    for part in ["signature", "authenticatorData", "clientDataJSON"] {
        let begun = begin_sign_in(&world).await;
        let mut credential = passkey.clone().get(&begun["options"]);
        let place = &mut credential["response"][part];
        let mut bytes = BASE64URL_NOPAD.decode(place.as_str().unwrap().as_bytes()).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        *place = json!(encode(&bytes));
        let refused = finish_sign_in(&world, &begun, &credential).await;
        assert_eq!(errors(&refused), ["INVALID_CREDENTIALS"], "an altered {part}");
    }
    for nothing in [json!(null), json!("x"), json!({}), json!({ "response": {} })] {
        let begun = begin_sign_in(&world).await;
        let text = "mutation($input: FinishPasskeySignInInput!) {
            finishPasskeySignIn(input: $input) { session { expiresAt } errors { code path } }
        }";
        let input = json!({ "challenge": begun["challenge"], "credential": nothing });
        let refused = world.ask(text, json!({ "input": input })).await;
        assert!(refused.partial_data()["finishPasskeySignIn"]["session"].is_null());
    }
}

#[tokio::test]
async fn a_copied_passkey_is_noticed_by_its_counter() {
    let world = World::new().await;
    let mut passkey = register(&world, &world.token().await).await;
    let mut copy = passkey.clone();
    for _ in 0..2 {
        let begun = begin_sign_in(&world).await;
        let credential = passkey.get(&begun["options"]);
        token(&finish_sign_in(&world, &begun, &credential).await);
    }
    let begun = begin_sign_in(&world).await;
    let credential = copy.get(&begun["options"]);
    let refused = finish_sign_in(&world, &begun, &credential).await;
    assert_eq!(errors(&refused), ["INVALID_CREDENTIALS"]);
}

#[tokio::test]
async fn a_suspended_user_has_no_use_of_it() {
    let world = World::new().await;
    let mut passkey = register(&world, &world.token().await).await;
    let suspend = "UPDATE users SET status = 'SUSPENDED' WHERE display_name = 'ann'";
    world.database.execute(suspend).await;
    let begun = begin_sign_in(&world).await;
    let credential = passkey.get(&begun["options"]);
    let refused = finish_sign_in(&world, &begun, &credential).await;
    assert_eq!(errors(&refused), ["INVALID_CREDENTIALS"]);
}

#[tokio::test]
async fn a_passkey_is_registered_once_for_its_own_challenge() {
    let world = World::new().await;
    let session = world.token().await;
    let begun = begin_registration(&world, &session).await;
    let (_, credential) = Authenticator::create(SITE, &begun["options"]);
    let (_, elsewhere) = Authenticator::create("https://evil.test", &begun["options"]);
    let wrong = finish_registration(&world, &session, &begun["challenge"], &elsewhere).await;
    assert_eq!(errors(&wrong), ["INVALID"]);
    let other = begin_registration(&world, &session).await;
    let crossed = finish_registration(&world, &session, &other["challenge"], &credential).await;
    assert_eq!(errors(&crossed), ["INVALID"]);
    let made = finish_registration(&world, &session, &begun["challenge"], &credential).await;
    assert_eq!(errors(&made), [""; 0], "{made}");
    let again = finish_registration(&world, &session, &begun["challenge"], &credential).await;
    assert_eq!(errors(&again), ["ALREADY_DONE"]);
    let next = begin_registration(&world, &session).await;
    let excluded = next["options"]["excludeCredentials"].as_array().unwrap().len();
    assert_eq!(excluded, 1, "the browser is told what the user has");
}

#[tokio::test]
async fn a_session_is_confirmed_by_a_passkey() {
    let world = World::new().await;
    let session = world.token().await;
    let mut passkey = register(&world, &session).await;
    world.let_time_pass().await;
    assert_eq!(errors(&begin_registration(&world, &session).await), ["EXPIRED"]);
    let begun = begin_sign_in(&world).await;
    let text = "mutation($input: ReauthenticateInput!) {
        reauthenticate(input: $input) { confirmedUntil errors { code message } }
    }";
    let credential = passkey.get(&begun["options"]);
    let input = json!({ "challenge": begun["challenge"], "credential": credential });
    let confirmed = world.ask_as(&session, text, json!({ "input": input })).await;
    assert!(confirmed.data()["reauthenticate"]["confirmedUntil"].is_string());
    let replayed = world.ask_as(&session, text, json!({ "input": input })).await;
    assert_eq!(errors(&replayed.data()["reauthenticate"]), ["ALREADY_DONE"]);
}

#[tokio::test]
async fn there_is_a_most_of_passkeys() {
    let world = World::new().await;
    let server = TestServer::start_with(&world.database, |config| {
        config.access.public_url = SITE.to_owned();
        config.access.password_hash_memory = 64;
        config.access.password_hash_iterations = 1;
        config.access.passkeys_max = 1;
    })
    .await;
    let world = World { server, ..world };
    let session = world.token().await;
    let begun = begin_registration(&world, &session).await;
    register(&world, &session).await;
    assert_eq!(errors(&begin_registration(&world, &session).await), ["TOO_MANY"]);
    let (_, credential) = Authenticator::create(SITE, &begun["options"]);
    let late = finish_registration(&world, &session, &begun["challenge"], &credential).await;
    assert_eq!(errors(&late), ["TOO_MANY"], "begun before");
}

#[tokio::test]
async fn a_site_without_a_name_has_no_passkeys_and_says_so() {
    let world = World::new().await;
    let server = TestServer::start_with(&world.database, |_| {}).await;
    let world = World { server, ..world };
    let refused = begin_sign_in(&world).await;
    assert_eq!(errors(&refused), ["CONFLICT"]);
    assert!(refused["errors"][0]["message"].as_str().unwrap().contains("PUBLIC_URL"));
}
