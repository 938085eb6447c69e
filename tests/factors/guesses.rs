//! Guessing at second factors.

use serde_json::json;

use super::{World, code_of, errors};

#[tokio::test]
async fn who_guesses_codes_is_locked_out_with_every_challenge() {
    let world = World::new().await;
    let secret = world.add_app(&world.token().await).await;
    let challenge = world.sign_in().await["challenge"].clone();
    let mut refused = Vec::new();
    for guess in 0..6 {
        let code = json!({ "code": format!("{guess:06}") });
        refused.push(errors(&world.answer(&challenge, code).await).join(" "));
    }
    assert_eq!(refused[..5], ["INVALID_CREDENTIALS"; 5]);
    assert_eq!(refused[5], "LOCKED_OUT");
    let another = world.sign_in().await["challenge"].clone();
    let right = json!({ "code": code_of(&secret) });
    assert_eq!(errors(&world.answer(&another, right).await), ["LOCKED_OUT"], "the right one too");
    let codes = json!({ "recoveryCode": "AAAA-AAAA-AAAA-AAAA-AAAA-AAAA" });
    assert_eq!(errors(&world.answer(&another, codes).await), ["LOCKED_OUT"], "in every field");
}

#[tokio::test]
async fn guesses_at_once_fare_no_better() {
    let world = World::new().await;
    world.add_app(&world.token().await).await;
    let challenge = world.sign_in().await["challenge"].clone();
    let guesses = (0..12).map(|guess| {
        let code = json!({ "code": format!("{guess:06}") });
        let challenge = &challenge;
        let world = &world;
        async move { errors(&world.answer(challenge, code).await).join(" ") }
    });
    let answers = futures_util::future::join_all(guesses).await;
    let looked_at = answers.iter().filter(|answer| *answer == "INVALID_CREDENTIALS").count();
    assert_eq!(looked_at, 5, "{answers:?}");
}

#[tokio::test]
async fn a_challenge_is_not_guessed() {
    let world = World::new().await;
    world.add_app(&world.token().await).await;
    world.sign_in().await;
    for challenge in ["", "AAAA", "challenge_01h2xcejqtf2nbrexx3vqjhp41"] {
        let given = json!({ "challenge": challenge });
        let refused = world.answer(&given, json!({ "code": "123456" })).await;
        assert_eq!(errors(&refused), ["INVALID_CREDENTIALS"]);
        assert_eq!(refused["errors"][0]["path"], json!(["challenge"]));
    }
}
