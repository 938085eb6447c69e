//! A role for a limited time: asked for, decided by another person, over by itself.

use std::time::Duration;

use serde_json::{Value, json};
use uuid::Uuid;

use super::world::{World, answer, run};
use crate::property::id;
use crate::support::TestUser;

async fn request(world: &World, user: &TestUser, role: &str, minutes: i64) -> (String, Value) {
    let role = id("Role", world.named(role).await);
    let input =
        json!({ "roleId": role, "reason": "A merge that cannot wait.", "minutes": minutes });
    let selection = "elevationRequest { id status minutes user { id } role { name } }";
    let (told, payload) = answer(world.ask(user), "requestElevation", selection, input).await;
    (told, payload["elevationRequest"].clone())
}

fn the(request: &Value) -> Value {
    json!({ "id": request["id"] })
}

/// How many mails of this template wait to be sent.
async fn mails(world: &World, template: &str) -> i64 {
    let sql = "SELECT count(*) FROM jobs WHERE payload ->> 'template' = $1";
    world.client.query_one(sql, &[&template]).await.unwrap().get(0)
}

/// Gives somebody an address, so that mail to him is written.
async fn address(world: &World, user: &TestUser) {
    let sql = "INSERT INTO user_authentication (user_id, email, email_verified_at)
        VALUES ($1, $2, now())";
    world.client.execute(sql, &[&user.id, &format!("{}@example.com", user.id)]).await.unwrap();
}

#[tokio::test]
async fn what_another_person_approves_counts_until_it_ends() {
    let world = World::new().await;
    let (buyer, approver) = (world.user("buyer").await, world.user("administrator").await);
    address(&world, &buyer).await;
    address(&world, &approver).await;
    let (told, asked) = request(&world, &buyer, "staff", 30).await;
    assert_eq!(told, "done");
    assert_eq!(asked["status"], "REQUESTED");
    assert_eq!(mails(&world, "elevation_requested").await, 1);
    assert!(!world.can(&buyer, "property.read").await);
    let selection = "elevationRequest { status assignment { endsAt user { id } } }";
    let input = json!({ "id": asked["id"], "reason": "Go on." });
    let (told, payload) = answer(world.ask(&approver), "approveElevation", selection, input).await;
    assert_eq!(told, "done");
    assert_eq!(payload["elevationRequest"]["status"], "APPROVED");
    assert!(payload["elevationRequest"]["assignment"]["endsAt"].is_string());
    assert_eq!(mails(&world, "elevation_decided").await, 1);
    assert!(world.can(&buyer, "property.read").await, "from the next request on");
    let minutes = "SELECT extract(epoch FROM ends_at - starts_at)::int / 60 FROM user_roles WHERE ends_at IS NOT NULL";
    let minutes: i32 = world.client.query_one(minutes, &[]).await.unwrap().get(0);
    assert_eq!(minutes, 30);
    // As if its time were nearly over.
    world
        .client
        .batch_execute(
            "ALTER TABLE user_roles DISABLE TRIGGER user_roles_kept_update;
             UPDATE user_roles SET ends_at = now() + interval '1 second' WHERE ends_at IS NOT NULL",
        )
        .await
        .unwrap();
    for _ in 0..100 {
        if !world.can(&buyer, "property.read").await {
            assert_eq!(
                world.events().await,
                ["ELEVATION_REQUESTED", "ELEVATION_APPROVED"],
                "nobody had to end it"
            );
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("the elevation does not end");
}

#[tokio::test]
async fn nobody_decides_for_himself_or_beyond_himself() {
    let world = World::new().await;
    let buyer = world.user("buyer").await;
    let administrator = world.user("administrator").await;
    let (_, own) = request(&world, &administrator, "attorney", 30).await;
    assert_eq!(run(world.ask(&administrator), "approveElevation", the(&own)).await, "FORBIDDEN");
    assert_eq!(run(world.ask(&administrator), "refuseElevation", the(&own)).await, "FORBIDDEN");
    let (_, asked) = request(&world, &buyer, "staff", 30).await;
    let approve = |user: &TestUser| {
        let (user, input) = (user.clone(), the(&asked));
        let world = &world;
        async move { run(world.ask(&user), "approveElevation", input).await }
    };
    let stranger = world.user("seller").await;
    assert_eq!(approve(&stranger).await, "NOT_FOUND at id");
    // He may decide, and give roles, and holds too little himself.
    let weak = world.holder(&["elevation.approve", "role.assign", "user.read"]).await;
    assert_eq!(approve(&weak).await, "FORBIDDEN");
    let unassigning = world.holder(&["elevation.approve"]).await;
    assert_eq!(approve(&unassigning).await, "FORBIDDEN");
    assert!(!world.can(&buyer, "property.read").await);
    // To refuse, it takes no more than the permission to decide.
    let refused = run(world.ask(&unassigning), "refuseElevation", the(&asked)).await;
    assert_eq!(refused, "done");
    assert_eq!(approve(&administrator).await, "ILLEGAL_TRANSITION at id");
}

#[tokio::test]
async fn requests_have_limits() {
    let world = World::new().await;
    let buyer = world.user("buyer").await;
    let firm_role = world.named("firm_member").await;
    for (role, minutes, told) in [
        ("staff", 0, "OUT_OF_RANGE at minutes"),
        ("staff", 481, "OUT_OF_RANGE at minutes"),
        ("buyer", 30, "ALREADY_DONE at roleId"),
        ("firm_member", 30, "INVALID at firmId"),
        ("staff", 480, "done"),
        ("staff", 480, "ALREADY_DONE at roleId"),
    ] {
        assert_eq!(request(&world, &buyer, role, minutes).await.0, told, "{role} {minutes}");
    }
    let in_firm = json!({
        "roleId": id("Role", firm_role), "firmId": id("Firm", world.firm),
        "reason": "x", "minutes": 30,
    });
    let outside = run(world.ask(&buyer), "requestElevation", in_firm.clone()).await;
    assert_eq!(outside, "CONFLICT at firmId");
    let nobody = run(world.server.anonymous(), "requestElevation", in_firm).await;
    assert_eq!(nobody, "UNAUTHENTICATED");
    let late = "UPDATE elevation_requests SET lapses_at = now() RETURNING id";
    let late: Uuid = world.client.query_one(late, &[]).await.unwrap().get(0);
    let late = json!({ "id": id("ElevationRequest", late) });
    let administrator = world.server.as_administrator();
    assert_eq!(run(administrator, "approveElevation", late).await, "EXPIRED at id");
}

#[tokio::test]
async fn an_elevation_ends_before_its_time() {
    let world = World::new().await;
    let (buyer, stranger) = (world.user("buyer").await, world.user("seller").await);
    let administrator = || world.server.as_administrator();
    let (_, asked) = request(&world, &buyer, "staff", 30).await;
    assert_eq!(run(administrator(), "endElevation", the(&asked)).await, "FORBIDDEN");
    assert_eq!(run(world.ask(&stranger), "endElevation", the(&asked)).await, "NOT_FOUND at id");
    assert_eq!(run(world.ask(&buyer), "endElevation", the(&asked)).await, "done");
    assert_eq!(
        run(administrator(), "approveElevation", the(&asked)).await,
        "ILLEGAL_TRANSITION at id"
    );
    let (told, asked) = request(&world, &buyer, "staff", 30).await;
    assert_eq!(told, "done");
    assert_eq!(run(administrator(), "approveElevation", the(&asked)).await, "done");
    assert!(world.can(&buyer, "property.read").await);
    assert_eq!(run(world.ask(&buyer), "endElevation", the(&asked)).await, "done");
    assert!(!world.can(&buyer, "property.read").await, "from the next request on");
    assert_eq!(run(world.ask(&buyer), "endElevation", the(&asked)).await, "ALREADY_DONE at id");
    let statuses =
        "SELECT string_agg(status::text, ' ' ORDER BY created_at) FROM elevation_requests";
    let statuses: String = world.client.query_one(statuses, &[]).await.unwrap().get(0);
    assert_eq!(statuses, "WITHDRAWN ENDED");
}

#[tokio::test]
async fn who_has_left_a_firm_gets_no_role_there() {
    let world = World::new().await;
    let (boss, leaver) =
        (world.colleague("firm_administrator").await, world.colleague("firm_member").await);
    let approver = world.user("administrator").await;
    let role = world.named("firm_administrator").await;
    let input = json!({
        "roleId": id("Role", role), "firmId": id("Firm", world.firm), "minutes": 30, "reason": "x",
    });
    let selection = "elevationRequest { id status }";
    let (told, payload) = answer(world.ask(&leaver), "requestElevation", selection, input).await;
    assert_eq!(told, "done");
    let leave = "UPDATE firm_memberships SET ended_at = now() WHERE user_id = $1";
    world.client.execute(leave, &[&leaver.id]).await.unwrap();
    let asked = &payload["elevationRequest"];
    assert_eq!(run(world.ask(&approver), "approveElevation", the(asked)).await, "CONFLICT at id");
    drop(boss);
}
