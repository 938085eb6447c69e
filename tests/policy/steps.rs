//! What comes before some mutations by requests of their own: a second factor is begun, and an
//! answer to it is made.

use agent_free::access::factors::recovery_code;
use agent_free::access::factors::totp::{PERIOD, TotpSecret};
use chrono::Utc;
use data_encoding::{BASE32_NOPAD, HEXLOWER};
use serde_json::{Value, json};

use super::matrix::Stage;
use super::sessions::{PASSWORD, SITE, email};
use super::world::World;
use crate::access::{ISSUER, now, with};
use crate::factors::authenticator::Authenticator;
use crate::support::Asking;

/// Takes the steps before this mutation, and puts what came of them into its input.
pub async fn take<'a>(
    stage: &Stage<'a>,
    mutation: &str,
    world: &mut World<'a>,
    asking: &Asking,
    input: &mut Value,
) {
    match mutation {
        "confirmTotp" => {
            let begun = begin(stage, asking, "enrollTotp", json!({}), "challenge secret").await;
            if let Some(secret) = begun["secret"].as_str() {
                let secret = BASE32_NOPAD.decode(secret.as_bytes()).unwrap();
                let step = Utc::now().timestamp() / PERIOD;
                input["code"] = json!(TotpSecret::from_bytes(secret).code_at(step));
                input["challenge"] = begun["challenge"].clone();
            }
        }
        "finishPasskeyRegistration" => {
            if let Some((_, made)) = register(stage, asking).await {
                *input = made;
            }
        }
        "finishPasskeySignIn" => {
            let owner = Asking::User(stage.sessions.sign_in(&world.owner).await);
            let (mut passkey, made) = register(stage, &owner).await.unwrap();
            begin(stage, &owner, "finishPasskeyRegistration", made, "mfaMethod { id }").await;
            let fields = "challenge options";
            let begun = begin(stage, asking, "beginPasskeySignIn", json!({}), fields).await;
            input["challenge"] = begun["challenge"].clone();
            input["credential"] = passkey.get(&begun["options"]);
        }
        "answerChallenge" => {
            world.uuid("MfaMethod").await;
            let code = recovery_code::generate(1).unwrap().remove(0);
            let (owner, hash) = (world.owner.id, HEXLOWER.encode(&recovery_code::hash(&code)));
            let keep = format!(
                "INSERT INTO user_recovery_codes (user_id, code_hash) VALUES ('{owner}', '\\x{hash}')"
            );
            world.execute(&keep).await;
            let password = json!({ "email": email(owner), "password": PASSWORD });
            let fields = "challenge { challenge }";
            let begun = begin(stage, asking, "signIn", password, fields).await;
            input["challenge"] = begun["challenge"]["challenge"].clone();
            input["recoveryCode"] = json!(code);
        }
        "linkExternalIdentity" => {
            let claims = json!({
                "iss": ISSUER, "aud": "agent-free", "sub": uuid::Uuid::now_v7(), "iat": now(),
                "exp": now() + 600,
            });
            let header = with(&stage.issuer.header(), "typ", "JWT");
            input["token"] = json!(stage.issuer.sign(&header, &claims));
        }
        _ => {}
    }
}

/// Begins a passkey, if somebody is signed in; gives the browser that has it and how to finish.
async fn register(stage: &Stage<'_>, asking: &Asking) -> Option<(Authenticator, Value)> {
    let fields = "challenge options";
    let begun = begin(stage, asking, "beginPasskeyRegistration", json!({}), fields).await;
    begun["challenge"].as_str()?;
    let (passkey, credential) = Authenticator::create(SITE, &begun["options"]);
    Some((passkey, json!({ "challenge": begun["challenge"], "credential": credential })))
}

/// What a mutation gives; null where it is refused.
async fn begin(
    stage: &Stage<'_>,
    asking: &Asking,
    mutation: &str,
    input: Value,
    fields: &str,
) -> Value {
    let input_type = mutation[..1].to_uppercase() + &mutation[1..];
    let query = format!(
        "mutation ($input: {input_type}Input!) {{ it: {mutation}(input: $input) {{ {fields} errors {{ code message }} }} }}"
    );
    let answer = stage.ask(asking, &query, json!({ "input": input })).await;
    let it = answer.partial_data()["it"].clone();
    assert!(it.is_null() || it["errors"] == json!([]), "{mutation}: {it}");
    it
}
