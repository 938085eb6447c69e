//! A crowd that signs in: some wait, the rest is turned away, and nobody else notices.

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::support::{TestDatabase, TestServer};

const SIGN_IN: &str = "mutation($email: String!) {
    signIn(input: {email: $email, password: \"a password of nobody\"}) { errors { code } }
}";

#[tokio::test]
async fn a_crowd_that_signs_in_is_turned_away_and_others_are_served() {
    let database = TestDatabase::new().await;
    let server = TestServer::start_with(&database, |config| {
        config.access.password_hashes_max = 1;
        config.access.password_hash_queue_max = 1;
        config.access.password_hash_memory = 65_536;
        config.limits.requests_max = 8;
        config.rate_limits.mutations.clear();
        config.rate_limits.lockout_address_after = 10_000;
    })
    .await;
    let sign_in = async |number: usize| {
        let body =
            json!({ "query": SIGN_IN, "variables": { "email": format!("{number}@a.test") } });
        let request = server.client().post(server.url("/graphql")).json(&body);
        let answer: Value = request.send().await.unwrap().json().await.unwrap();
        answer["errors"][0]["extensions"].clone()
    };
    let answers = join_all((0..40).map(sign_in)).await;
    let turned_away: Vec<_> = answers.iter().filter(|told| !told.is_null()).collect();
    assert!(!turned_away.is_empty(), "{answers:?}");
    for told in &turned_away {
        assert_eq!((&told["code"], &told["limit"]), (&json!("OVERLOADED"), &json!(2)), "{told}");
    }
    // What was not looked at does not count as a guess.
    let client = database.connect().await;
    let count = "SELECT coalesce(max(failures), 0) FROM lockouts WHERE key LIKE 'address:%'";
    let counted: i32 = client.query_one(count, &[]).await.unwrap().get(0);
    assert_eq!(usize::try_from(counted).unwrap(), 40 - turned_away.len());
}
