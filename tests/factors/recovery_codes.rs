//! Codes for when every other second factor is lost.

use serde_json::{Value, json};

use super::{World, code_of, errors};

const GENERATE: &str = "mutation($count: Int! = 10) {
    generateRecoveryCodes(input: {count: $count}) { codes errors { code path message } }
}";

async fn generate(world: &World, session: &str) -> Vec<String> {
    let answer = world.ask_as(session, GENERATE, json!({})).await;
    let codes = answer.data()["generateRecoveryCodes"]["codes"].as_array().cloned();
    let codes = codes.unwrap_or_else(|| panic!("{}", answer.pretty()));
    codes.iter().map(|code| code.as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn each_code_lets_in_once() {
    let world = World::new().await;
    let session = world.token().await;
    world.add_app(&session).await;
    let codes = generate(&world, &session).await;
    assert_eq!(codes.len(), 10);
    let stored: i64 = world
        .database
        .connect()
        .await
        .query_one(
            "SELECT count(*) FROM user_recovery_codes WHERE position($1::bytea IN code_hash) > 0",
            &[&codes[0].as_bytes()],
        )
        .await
        .unwrap()
        .get(0);
    assert_eq!(stored, 0, "only hashes are kept");

    let challenge = world.sign_in().await["challenge"].clone();
    assert_eq!(challenge["hasRecoveryCodes"], true);
    let typed = codes[3].to_lowercase().replace('-', " ");
    let through = world.answer(&challenge, json!({ "recoveryCode": typed })).await;
    assert!(through["session"].is_object(), "{through}");
    let challenge = world.sign_in().await["challenge"].clone();
    let again = world.answer(&challenge, json!({ "recoveryCode": codes[3] })).await;
    assert_eq!(errors(&again), ["INVALID_CREDENTIALS"]);
    let events = world.events().await;
    assert!(events.contains(&"RECOVERY_CODE_USED".to_owned()), "{events:?}");
}

#[tokio::test]
async fn a_code_counts_once_however_many_bring_it_at_once() {
    let world = World::new().await;
    let session = world.token().await;
    world.add_app(&session).await;
    let codes = generate(&world, &session).await;
    let mut challenges: Vec<Value> = Vec::new();
    for _ in 0..4 {
        challenges.push(world.sign_in().await["challenge"].clone());
    }
    let given = json!({ "recoveryCode": codes[0] });
    let answers = futures_util::future::join_all(
        challenges.iter().map(|challenge| world.answer(challenge, given.clone())),
    );
    let through = answers.await.iter().filter(|answer| answer["session"].is_object()).count();
    assert_eq!(through, 1);
}

#[tokio::test]
async fn new_codes_end_the_earlier_ones() {
    let world = World::new().await;
    let session = world.token().await;
    let secret = world.add_app(&session).await;
    let earlier = generate(&world, &session).await;
    let later = generate(&world, &session).await;
    let challenge = world.sign_in().await["challenge"].clone();
    let refused = world.answer(&challenge, json!({ "recoveryCode": earlier[0] })).await;
    assert_eq!(errors(&refused), ["INVALID_CREDENTIALS"]);
    let both = json!({ "recoveryCode": later[0], "code": code_of(&secret) });
    assert_eq!(errors(&world.answer(&challenge, both).await), ["INVALID"], "one answer");
    assert_eq!(errors(&world.answer(&challenge, json!({})).await), ["REQUIRED"]);
    let through = world.answer(&challenge, json!({ "recoveryCode": later[0] })).await;
    assert!(through["session"].is_object(), "{through}");
}

#[tokio::test]
async fn codes_need_a_factor_a_count_and_a_confirmed_session() {
    let world = World::new().await;
    let session = world.token().await;
    let of =
        |answer: &crate::support::Answer| errors(&answer.data()["generateRecoveryCodes"]).join(" ");
    assert_eq!(of(&world.ask_as(&session, GENERATE, json!({})).await), "CONFLICT");
    world.add_app(&session).await;
    for count in [0, 11, -1] {
        let answer = world.ask_as(&session, GENERATE, json!({ "count": count })).await;
        assert_eq!(of(&answer), "OUT_OF_RANGE", "{count}");
    }
    world.let_time_pass().await;
    assert_eq!(of(&world.ask_as(&session, GENERATE, json!({})).await), "EXPIRED");
    assert_eq!(world.ask(GENERATE, json!({})).await.error_codes(), ["UNAUTHENTICATED"]);
    let by_key = world.server.as_administrator().query(GENERATE, json!({})).await;
    assert_eq!(by_key.error_codes(), ["FORBIDDEN"], "an API key is no session");
}
