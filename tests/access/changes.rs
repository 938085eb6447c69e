//! What changes counts from the next request on: over one connection that stays open, for tokens
//! that were fine a moment ago.

use std::time::Duration;

use reqwest::header::AUTHORIZATION;
use serde_json::json;

use super::{Person, Seen, World, typed, unauthenticated};
use crate::support::{Answer, Cluster, TestServer, send};

const BEARER: &str = "Bearer";

/// Waits for what the server hears a moment after a commit that was not its own.
async fn soon(mut is_so: impl AsyncFnMut() -> bool) {
    for _ in 0..200 {
        if is_so().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("the server has not heard of it");
}

#[tokio::test]
async fn whoever_may_not_ask_any_more_is_refused() {
    let ends = [
        "UPDATE user_sessions SET ended_at = now(), end_reason = 'SIGNED_OUT' WHERE user_id = $1",
        "UPDATE user_sessions SET expires_at = now() WHERE user_id = $1",
        "UPDATE users SET status = 'SUSPENDED' WHERE id = $1",
        "UPDATE users SET status = 'CLOSED', deleted_at = now() WHERE id = $1",
    ];
    let world = World::new().await;
    let signer = world.signer().await;
    let bystander = world.person().await;
    let token_of_bystander = signer.token(&bystander);
    for end in ends {
        let person = world.person().await;
        let token = signer.token(&person);
        assert_eq!(world.sees_with(&token, &person).await, Seen::Own);
        world.client.execute(end, &[&person.user]).await.unwrap();
        soon(async || world.sees_with(&token, &person).await == unauthenticated()).await;
        assert_eq!(world.sees_with(&token, &person).await, unauthenticated(), "{end}");
        assert_eq!(world.sees_with(&token_of_bystander, &bystander).await, Seen::Own);
    }
}

const ASSIGN: &str = "INSERT INTO user_roles (user_id, role_id, starts_at, ends_at)
    SELECT $1, id, now() + $2 * interval '1 second', now() + $3 * interval '1 second'
    FROM roles WHERE name = 'administrator'";

#[tokio::test]
async fn roles_count_from_their_beginning_to_their_end() {
    let world = World::new().await;
    let (person, other) = (world.person().await, world.person().await);
    let token = world.signer().await.token(&person);
    let of_other = async || world.sees_with(&token, &other).await;
    assert_eq!(of_other().await, Seen::Nothing);
    // Nothing is told when it begins and ends: the server knows it by the clock.
    world.client.execute(ASSIGN, &[&person.user, &1.0, &2.0]).await.unwrap();
    soon(async || of_other().await == Seen::Own).await;
    soon(async || of_other().await == Seen::Nothing).await;
    let counts = "SELECT count(*) FROM effective_permissions($1)";
    let count: i64 = world.client.query_one(counts, &[&person.user]).await.unwrap().get(0);
    assert_eq!((count, of_other().await), (0, Seen::Nothing));
}

#[tokio::test]
async fn roles_that_are_taken_or_changed_count_no_more() {
    let world = World::new().await;
    let (person, other) = (world.person().await, world.person().await);
    let token = world.signer().await.token(&person);
    let of_other = async || world.sees_with(&token, &other).await;
    let revoke = "UPDATE user_roles SET revoked_at = now() WHERE user_id = $1";
    world.client.execute(ASSIGN, &[&person.user, &0.0, &9000.0]).await.unwrap();
    soon(async || of_other().await == Seen::Own).await;
    world.client.execute(revoke, &[&person.user]).await.unwrap();
    soon(async || of_other().await == Seen::Nothing).await;
    world.client.execute(ASSIGN, &[&person.user, &0.0, &9000.0]).await.unwrap();
    soon(async || of_other().await == Seen::Own).await;
    // A role that somebody's role builds on changes for everybody.
    let deny = "
        WITH made AS (INSERT INTO roles (name) VALUES ('without keys') RETURNING id),
        denied AS (
            INSERT INTO role_permissions (role_id, permission_id, effect)
            SELECT made.id, permissions.id, 'DENY' FROM made, permissions
            WHERE permissions.name = 'api_key.manage'
        )
        INSERT INTO user_roles (user_id, role_id) SELECT $1, id FROM made";
    world.client.execute(deny, &[&person.user]).await.unwrap();
    soon(async || of_other().await == Seen::Nothing).await;
    world.client.execute("DELETE FROM role_permissions WHERE effect = 'DENY'", &[]).await.unwrap();
    soon(async || of_other().await == Seen::Own).await;
}

/// A mutation that ends somebody's key, seen with the next request of one client: nobody waits.
#[tokio::test]
async fn a_change_through_this_server_counts_at_once() {
    let world = World::new().await;
    let signer = world.signer().await;
    for _ in 0..20 {
        let person = world.person().await;
        let token = signer.token(&person);
        let key = made_key(&world, &token).await;
        assert_eq!(world.sees_with(&key.secret, &person).await, Seen::Own);
        let revoke =
            "mutation ($id: ID!) { revokeApiKey(input: { id: $id }) { errors { message } } }";
        let body = json!({ "query": revoke, "variables": { "id": key.id } });
        let request = world.server.client().post(world.server.url("/graphql")).json(&body);
        let request = request.header(AUTHORIZATION, format!("{BEARER} {token}"));
        let answer = Answer::from(request.send().await.unwrap()).await;
        assert_eq!(answer.data()["revokeApiKey"]["errors"], json!([]));
        assert_eq!(world.sees_with(&key.secret, &person).await, unauthenticated());
    }
}

/// The answer to a write waits until the change was heard; where that takes too long, nothing that is
/// remembered counts.
#[tokio::test]
async fn a_change_counts_though_it_is_heard_late() {
    let cluster = Cluster::new().await;
    let world = World::of(&cluster).await;
    let person = world.person().await;
    let token = world.signer().await.token(&person);
    let key = made_key(&world, &token).await;
    assert_eq!(world.sees_with(&key.secret, &person).await, Seen::Own);
    let listener =
        "SELECT pid FROM pg_stat_activity WHERE application_name = 'agent-free listener'";
    let listener: i32 = world.client.query_one(listener, &[]).await.unwrap().get(0);
    let listener = listener.try_into().unwrap();
    send("STOP", listener).await;
    revoke(&world, &token, &key.id).await;
    let after = world.sees_with(&key.secret, &person).await;
    send("CONT", listener).await;
    assert_eq!(after, unauthenticated());
}

#[tokio::test]
async fn every_server_hears_of_it() {
    let world = World::new().await;
    let second = TestServer::start(world.database()).await;
    let person = world.person().await;
    let token = world.signer().await.token(&person);
    let on_second = async || {
        let node = format!("{{ node(id: \"{}\") {{ id }} }}", typed("api_key", person.mark));
        let request = second.client().post(second.url("/graphql")).json(&json!({ "query": node }));
        super::seen(request.header(AUTHORIZATION, format!("{BEARER} {token}"))).await
    };
    assert_eq!(world.sees_with(&token, &person).await, Seen::Own);
    assert_eq!(on_second().await, Seen::Own);
    end(&world, &person).await;
    soon(async || on_second().await == unauthenticated()).await;
    soon(async || world.sees_with(&token, &person).await == unauthenticated()).await;
}

/// While it hears nothing the server asks the database each time.
#[tokio::test]
async fn nothing_is_missed_while_nobody_listens() {
    let world = World::new().await;
    let signer = world.signer().await;
    let cut = "SELECT count(*) FILTER (WHERE pg_terminate_backend(pid)) FROM pg_stat_activity
        WHERE datname = current_database() AND application_name = 'agent-free listener'";
    for _ in 0..3 {
        let person = world.person().await;
        let token = signer.token(&person);
        assert_eq!(world.sees_with(&token, &person).await, Seen::Own);
        // The session ends in the same moment in which the ear is cut off.
        world.client.batch_execute("BEGIN").await.unwrap();
        end(&world, &person).await;
        let count: i64 = world.client.query_one(cut, &[]).await.unwrap().get(0);
        assert_eq!(count, 1);
        world.client.batch_execute("COMMIT").await.unwrap();
        soon(async || world.sees_with(&token, &person).await == unauthenticated()).await;
        // It listens again.
        let listens = "SELECT count(*) FROM pg_stat_activity
            WHERE datname = current_database() AND application_name = 'agent-free listener'";
        soon(async || world.client.query_one(listens, &[]).await.unwrap().get::<_, i64>(0) == 1)
            .await;
    }
}

#[tokio::test]
async fn the_use_of_a_session_is_noted() {
    let world = World::new().await;
    let person = world.person().await;
    let token = world.signer().await.token(&person);
    let earlier = "UPDATE user_sessions SET last_used_at = now() - interval '1 hour' WHERE id = $1";
    world.client.execute(earlier, &[&person.session]).await.unwrap();
    assert_eq!(world.sees_with(&token, &person).await, Seen::Own);
    let noted =
        "SELECT last_used_at > now() - interval '1 minute' FROM user_sessions WHERE id = $1";
    let session = person.session;
    soon(async || world.client.query_one(noted, &[&session]).await.unwrap().get(0)).await;
    let of_session = "SELECT version FROM user_sessions WHERE id = $1";
    let version =
        async || -> i32 { world.client.query_one(of_session, &[&session]).await.unwrap().get(0) };
    let before = version().await;
    for _ in 0..10 {
        assert_eq!(world.sees_with(&token, &person).await, Seen::Own);
    }
    assert_eq!(version().await, before, "not with every request");
}

async fn end(world: &World, person: &Person) {
    let end = "UPDATE user_sessions SET ended_at = now(), end_reason = 'SIGNED_OUT' WHERE id = $1";
    world.client.execute(end, &[&person.session]).await.unwrap();
}

async fn revoke(world: &World, token: &str, id: &str) {
    let query = "mutation ($id: ID!) { revokeApiKey(input: { id: $id }) { errors { message } } }";
    let body = json!({ "query": query, "variables": { "id": id } });
    let request = world.server.client().post(world.server.url("/graphql")).json(&body);
    let request = request.header(AUTHORIZATION, format!("{BEARER} {token}"));
    let answer = Answer::from(request.send().await.unwrap()).await;
    assert_eq!(answer.data()["revokeApiKey"]["errors"], json!([]));
}

/// A key that the owner of this token has made.
async fn made_key(world: &World, token: &str) -> MadeKey {
    let made = super::api_keys::create(world, token, json!({ "name": "Program" })).await;
    let made = made.data()["createApiKey"].clone();
    MadeKey {
        id: made["apiKey"]["id"].as_str().unwrap().to_owned(),
        secret: made["secret"].as_str().unwrap().to_owned(),
    }
}

struct MadeKey {
    id: String,
    secret: String,
}
