//! The keys that sign tokens: made at the first start, replaced while the server runs, sealed.

use data_encoding::BASE64;
use serde_json::Value;

use super::{Seen, World, unauthenticated};
use crate::support::{SECRET_KEY, TestDatabase, TestServer, agent_free};

async fn keys(world: &World, arguments: &[&str]) -> String {
    let variables = [("DATABASE_URL", world.database().url()), ("SECRET_KEY", SECRET_KEY)];
    let ran = agent_free(&[&["keys"], arguments].concat(), &variables).output().await.unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    String::from_utf8(ran.stdout).unwrap()
}

async fn published(server: &TestServer) -> Vec<String> {
    let answer = server.client().get(server.url("/.well-known/jwks.json")).send().await.unwrap();
    assert_eq!(answer.headers()["content-type"], "application/jwk-set+json");
    let set: Value = serde_json::from_str(&answer.text().await.unwrap()).unwrap();
    let keys = set["keys"].as_array().unwrap();
    for key in keys {
        let mut fields: Vec<&String> = key.as_object().unwrap().keys().collect();
        fields.sort();
        assert_eq!(fields, ["alg", "crv", "kid", "kty", "use", "x"], "nothing private");
    }
    keys.iter().map(|key| key["kid"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_key_is_replaced_while_its_tokens_count() {
    let world = World::new().await;
    let second = TestServer::start(world.database()).await;
    let person = world.person().await;
    let old = world.signer().await;
    let token = old.token(&person);
    assert_eq!(published(&world.server).await, [old.kid.as_str()]);
    assert_eq!(published(&second).await, [old.kid.as_str()], "servers share one key");

    let told = keys(&world, &["rotate"]).await;
    let new = world.signer().await;
    assert!(told.starts_with(&new.kid), "{told}");
    assert_ne!(new.kid, old.kid);
    // A token of the new key counts, heard of or not.
    assert_eq!(world.sees_with(&new.token(&person), &person).await, Seen::Own);
    assert_eq!(world.sees_with(&token, &person).await, Seen::Own);
    assert_eq!(world.sees_with(&old.token(&person), &person).await, Seen::Own);
    for server in [&world.server, &second] {
        for _ in 0..200 {
            if published(server).await.len() == 2 {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        assert_eq!(published(server).await, [new.kid.as_str(), old.kid.as_str()]);
    }
    let listed = keys(&world, &["list"]).await;
    let lines: Vec<&str> = listed.lines().collect();
    assert!(lines[0].starts_with(&new.kid) && lines[0].ends_with("signs"), "{listed}");
    assert!(lines[1].starts_with(&old.kid) && lines[1].contains("checks until"), "{listed}");

    let retire = "UPDATE signing_keys SET retired_at = now() WHERE kid = $1";
    world.client.execute(retire, &[&old.kid]).await.unwrap();
    let mut refused = Seen::Own;
    for _ in 0..200 {
        refused = world.sees_with(&old.token(&person), &person).await;
        if refused != Seen::Own {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    assert_eq!(refused, unauthenticated());
    assert_eq!(
        world.sees_with(&token, &person).await,
        unauthenticated(),
        "nor does what was checked"
    );
    assert_eq!(world.sees_with(&new.token(&person), &person).await, Seen::Own);
}

#[tokio::test]
async fn a_new_secret_is_thirty_two_bytes() {
    let ran = agent_free(&["keys", "new-secret"], &[]).output().await.unwrap();
    let printed = String::from_utf8(ran.stdout).unwrap();
    assert_eq!(BASE64.decode(printed.trim().as_bytes()).unwrap().len(), 32);
}

#[tokio::test]
async fn a_server_without_its_secret_says_so() {
    let database = TestDatabase::new().await;
    TestServer::start(&database).await.stop().await.unwrap();
    let another = BASE64.encode(&[9; 32]);
    let table = [
        ("", "SECRET_KEY is not set: agent-free keys new-secret prints one"),
        (another.as_str(), "it was sealed with another SECRET_KEY"),
    ];
    for (key, told) in table {
        let variables = [
            ("DATABASE_URL", database.url()),
            ("SECRET_KEY", key),
            ("LISTEN_ADDRESS", "127.0.0.1:0"),
        ];
        let ran = agent_free(&["serve"], &variables).output().await.unwrap();
        let error = String::from_utf8_lossy(&ran.stderr);
        assert!(!ran.status.success() && error.contains(told), "{error}");
    }
    // The key before it opens what it has sealed.
    let server = TestServer::start_with(&database, |config| {
        let earlier = config.access.secret_key.take().unwrap();
        config.access.secret_key = Some(agent_free::config::SecretKey::new([9; 32]));
        config.access.secret_keys_previous = vec![earlier];
    });
    assert_eq!(published(&server.await).await.len(), 1);
}
