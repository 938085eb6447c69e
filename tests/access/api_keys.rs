//! API keys: made once, shown once, and good for no more than they were made for.

use reqwest::header::{AUTHORIZATION, COOKIE};
use serde_json::{Value, json};

use super::{Person, Seen, World, now, seen, unauthenticated};
use crate::support::Answer;

const CREATE: &str = "mutation ($input: CreateApiKeyInput!) {
    createApiKey(input: $input) {
        secret apiKey { id name hint permissions revokedAt } errors { code path message }
    }
}";

const REVOKE: &str = "mutation ($id: ID!) {
    revokeApiKey(input: { id: $id }) { apiKey { revokedAt } errors { code path } }
}";

async fn send(world: &World, secret: &str, query: &str, variables: Value) -> Answer {
    let body = json!({ "query": query, "variables": variables });
    let request = world.server.client().post(world.server.url("/graphql")).json(&body);
    let request = request.header(AUTHORIZATION, format!("Bearer {secret}"));
    Answer::from(request.send().await.unwrap()).await
}

/// Makes a key; it ends in an hour unless the input says otherwise.
pub async fn create(world: &World, token: &str, input: Value) -> Answer {
    let mut whole = json!({ "name": "Program", "expiresAt": at(3600) });
    whole.as_object_mut().unwrap().extend(input.as_object().unwrap().clone());
    send(world, token, CREATE, json!({ "input": whole })).await
}

/// So many seconds from now.
fn at(seconds: i64) -> String {
    chrono::DateTime::from_timestamp(now() + seconds, 0).unwrap().to_rfc3339()
}

async fn assign(world: &World, person: &Person, role: &str) {
    let sql = "INSERT INTO user_roles (user_id, role_id) SELECT $1, id FROM roles WHERE name = $2";
    world.client.execute(sql, &[&person.user, &role]).await.unwrap();
}

#[tokio::test]
async fn a_key_acts_for_its_user_until_it_is_revoked() {
    let world = World::new().await;
    let (person, other) = (world.person().await, world.person().await);
    let token = world.signer().await.token(&person);
    let made = create(&world, &token, json!({})).await.data()["createApiKey"].clone();
    assert_eq!(made["errors"], json!([]));
    let secret = made["secret"].as_str().unwrap();
    assert!(
        secret.starts_with("afk_") && secret.ends_with(made["apiKey"]["hint"].as_str().unwrap())
    );
    assert_eq!(world.sees_with(secret, &person).await, Seen::Own);
    assert_eq!(world.sees_with(secret, &other).await, Seen::Nothing);

    // The database does not know it.
    let known = "SELECT count(*) FROM api_keys WHERE api_keys::text LIKE '%' || $1 || '%'";
    let known = world.client.query_one(known, &[&&secret[4..]]).await.unwrap();
    assert_eq!(known.get::<_, i64>(0), 0);

    let id = &made["apiKey"]["id"];
    let revoked = send(&world, &token, REVOKE, json!({ "id": id })).await;
    assert_eq!(revoked.data()["revokeApiKey"]["errors"], json!([]));
    assert!(revoked.data()["revokeApiKey"]["apiKey"]["revokedAt"].is_string());
    assert_eq!(world.sees_with(secret, &person).await, unauthenticated());
    let again = send(&world, &token, REVOKE, json!({ "id": id })).await;
    assert_eq!(again.data()["revokeApiKey"]["errors"][0]["code"], "ALREADY_DONE");
    let events =
        "SELECT array_agg(kind::text ORDER BY occurred_at) FROM security_events WHERE user_id = $1";
    let events: Vec<String> = world.client.query_one(events, &[&person.user]).await.unwrap().get(0);
    assert_eq!(events, ["API_KEY_CREATED", "API_KEY_REVOKED"]);
}

#[tokio::test]
async fn a_key_may_do_what_both_it_and_its_user_may() {
    let world = World::new().await;
    let (person, other) = (world.person().await, world.person().await);
    assign(&world, &person, "administrator").await;
    assign(&world, &other, "administrator").await;
    let token = world.signer().await.token(&person);
    assert_eq!(world.sees_with(&token, &other).await, Seen::Own, "an administrator sees every key");
    let secret = async |permissions: &[&str]| -> String {
        let made = create(&world, &token, json!({ "permissions": permissions })).await;
        made.data()["createApiKey"]["secret"].as_str().unwrap().to_owned()
    };
    let (able, unable) = (secret(&["api_key.manage"]).await, secret(&["user.read"]).await);
    assert_eq!(world.sees_with(&able, &other).await, Seen::Own);
    assert_eq!(world.sees_with(&unable, &other).await, Seen::Nothing);
    assert_eq!(world.sees_with(&unable, &person).await, Seen::Own, "what is one's own needs none");
    let revoke = "UPDATE user_roles SET revoked_at = now() WHERE user_id = $1";
    world.client.execute(revoke, &[&person.user]).await.unwrap();
    let mut heard = Seen::Own;
    for _ in 0..200 {
        heard = world.sees_with(&able, &other).await;
        if heard == Seen::Nothing {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    assert_eq!(heard, Seen::Nothing, "what its user may not, it may not");
}

#[tokio::test]
async fn keys_are_made_by_people_for_a_time_and_not_too_many() {
    let world = World::with(|config| config.access.api_keys_max = 3).await;
    let person = world.person().await;
    let token = world.signer().await.token(&person);
    let mistakes = async |input: Value| {
        let answer = create(&world, &token, input).await;
        let made = answer.data()["createApiKey"].clone();
        assert!(made["secret"].is_null() && made["apiKey"].is_null());
        (made["errors"][0]["code"].clone(), made["errors"][0]["path"].clone())
    };
    let table = [
        (json!({ "permissions": ["api_key.manage"] }), "INVALID", json!(["permissions", "0"])),
        (json!({ "permissions": ["no.such"] }), "INVALID", json!(["permissions", "0"])),
        (json!({ "expiresAt": at(-10) }), "OUT_OF_RANGE", json!(["expiresAt"])),
        (json!({ "expiresAt": at(367 * 24 * 3600) }), "OUT_OF_RANGE", json!(["expiresAt"])),
        (json!({ "name": "" }), "TOO_LONG", json!(["name"])),
    ];
    for (input, code, path) in table {
        assert_eq!(mistakes(input.clone()).await, (json!(code), path), "{input}");
    }
    // The person has a key already.
    let first = create(&world, &token, json!({})).await.data()["createApiKey"].clone();
    let second = create(&world, &token, json!({})).await.data()["createApiKey"].clone();
    assert_eq!((&first["errors"], &second["errors"]), (&json!([]), &json!([])));
    assert_eq!(mistakes(json!({})).await.0, "TOO_MANY");

    // Neither a key nor nobody makes keys.
    let by_key = create(&world, first["secret"].as_str().unwrap(), json!({})).await;
    assert_eq!(by_key.error_codes(), ["FORBIDDEN"]);
    let body =
        json!({ "query": CREATE, "variables": { "input": { "name": "x", "expiresAt": at(9) } } });
    let nobody = world.server.client().post(world.server.url("/graphql")).json(&body).send();
    assert_eq!(Answer::from(nobody.await.unwrap()).await.error_codes(), ["UNAUTHENTICATED"]);
}

#[tokio::test]
async fn a_key_of_somebody_else_is_not_there() {
    let world = World::new().await;
    let (person, other) = (world.person().await, world.person().await);
    let signer = world.signer().await;
    let made = create(&world, &signer.token(&other), json!({})).await;
    let id = made.data()["createApiKey"]["apiKey"]["id"].clone();
    let revoked = send(&world, &signer.token(&person), REVOKE, json!({ "id": id })).await;
    assert_eq!(revoked.data()["revokeApiKey"]["errors"][0]["code"], "NOT_FOUND");
}

#[tokio::test]
async fn a_key_counts_in_the_header_alone() {
    let world = World::new().await;
    let person = world.person().await;
    let token = world.signer().await.token(&person);
    let made = create(&world, &token, json!({})).await;
    let secret = made.data()["createApiKey"]["secret"].as_str().unwrap().to_owned();
    let asks = || world.asks(&person);
    let cookie = asks().header(COOKIE, format!("__Host-agent-free-access={secret}"));
    assert_eq!(seen(cookie.header("x-csrf-token", &person.csrf)).await, unauthenticated());
    assert_eq!(seen(asks().header("x-api-key", &secret)).await, Seen::Nothing);
    assert_eq!(seen(asks().query(&[("access_token", &secret)])).await, Seen::Nothing);
    assert_eq!(seen(asks().header(AUTHORIZATION, &secret)).await, unauthenticated());
    let over = "UPDATE api_keys SET expires_at = now() WHERE user_id = $1";
    world.client.execute(over, &[&person.user]).await.unwrap();
    assert_eq!(world.sees_with(&secret, &person).await, unauthenticated(), "its time is over");
}

/// A key is given out once: a repetition under the same name gives none.
#[tokio::test]
async fn a_secret_is_kept_nowhere() {
    let world = World::new().await;
    let person = world.person().await;
    let token = world.signer().await.token(&person);
    let body =
        json!({ "query": CREATE, "variables": { "input": { "name": "x", "expiresAt": at(99) } } });
    let mut secrets = Vec::new();
    for _ in 0..2 {
        let request = world.server.client().post(world.server.url("/graphql")).json(&body);
        let request = request.header(AUTHORIZATION, format!("Bearer {token}"));
        let answer =
            Answer::from(request.header("idempotency-key", "k").send().await.unwrap()).await;
        secrets.push(answer.data()["createApiKey"]["secret"].as_str().unwrap().to_owned());
    }
    assert_ne!(secrets[0], secrets[1]);
    let kept = world.client.query_one("SELECT count(*) FROM idempotency_keys", &[]).await.unwrap();
    assert_eq!(kept.get::<_, i64>(0), 0);
}

#[tokio::test]
async fn a_stolen_session_makes_no_key() {
    let world = World::new().await;
    let person = world.person().await;
    let token = world.signer().await.token(&person);
    let past = "UPDATE user_sessions SET authenticated_at = now() - interval '1 hour'";
    world.client.execute(past, &[]).await.unwrap();
    let made = create(&world, &token, json!({})).await.data()["createApiKey"].clone();
    assert_eq!(made["errors"][0]["code"], "EXPIRED");
    assert!(made["secret"].is_null());
}
