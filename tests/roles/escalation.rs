//! Attempts to get more than one was given, and to get rid of what one was denied.

use serde_json::json;

use super::world::{World, answer, of, on, run, to};
use crate::property::id;

#[tokio::test]
async fn nobody_hands_on_what_he_does_not_hold() {
    let world = World::new().await;
    let manager = world.holder(&["role.manage", "role.assign", "user.read"]).await;
    let accomplice = world.user("buyer").await;
    let strong = world.role("Strong", None).await;
    world.say(strong, "ALLOW", "property.write").await;
    let own = world.role("Own", None).await;
    let ask = || world.ask(&manager);
    assert_eq!(run(ask(), "grantPermission", of(own, "property.write")).await, "FORBIDDEN");
    assert_eq!(run(ask(), "addRoleInheritance", on(own, strong)).await, "FORBIDDEN");
    assert_eq!(run(ask(), "assignRole", to(&accomplice, strong, None)).await, "FORBIDDEN");
    assert_eq!(run(ask(), "withdrawPermission", of(strong, "property.write")).await, "FORBIDDEN");
    assert_eq!(run(ask(), "denyPermission", of(own, "property.write")).await, "FORBIDDEN");
    let administrator = world.named("administrator").await;
    assert_eq!(run(ask(), "assignRole", to(&accomplice, administrator, None)).await, "FORBIDDEN");
    // What he holds he may hand on.
    assert_eq!(run(ask(), "grantPermission", of(own, "user.read")).await, "done");
    assert_eq!(run(ask(), "assignRole", to(&accomplice, own, None)).await, "done");
    assert!(world.can(&accomplice, "user.read").await);
    assert!(!world.can(&accomplice, "property.write").await);
}

#[tokio::test]
async fn what_is_held_for_a_time_is_not_handed_on_for_longer() {
    let world = World::new().await;
    let elevated = world.user("buyer").await;
    let accomplice = world.user("buyer").await;
    let (administrator, staff) = (world.named("administrator").await, world.named("staff").await);
    world.give(&elevated, administrator, Some("1 hour")).await;
    let own = world.role("Own", None).await;
    let ask = || world.ask(&elevated);
    let until = |minutes: i64| {
        let moment = chrono::Utc::now() + chrono::TimeDelta::minutes(minutes);
        let mut input = to(&accomplice, staff, None);
        input["endsAt"] = json!(moment.to_rfc3339_opts(chrono::SecondsFormat::Secs, true));
        input
    };
    assert_eq!(run(ask(), "assignRole", to(&accomplice, staff, None)).await, "FORBIDDEN");
    assert_eq!(run(ask(), "assignRole", until(90)).await, "FORBIDDEN");
    assert_eq!(run(ask(), "grantPermission", of(own, "user.read")).await, "FORBIDDEN");
    assert_eq!(run(ask(), "assignRole", until(30)).await, "done");
}

#[tokio::test]
async fn a_key_hands_on_no_more_than_it_holds() {
    let world = World::new().await;
    let administrator = world.user("administrator").await;
    let buyer = world.user("buyer").await;
    let narrow = "UPDATE api_keys SET permissions = '{role.assign,user.read}' WHERE user_id = $1";
    world.client.execute(narrow, &[&administrator.id]).await.unwrap();
    let staff = world.named("staff").await;
    let assigned = run(world.ask(&administrator), "assignRole", to(&buyer, staff, None)).await;
    assert_eq!(assigned, "FORBIDDEN");
    let made = run(world.ask(&administrator), "createRole", json!({ "name": "A" })).await;
    assert_eq!(made, "FORBIDDEN");
}

#[tokio::test]
async fn nobody_takes_off_a_denial_that_binds_him() {
    let world = World::new().await;
    let bound = world.user("administrator").await;
    // Others are left who manage roles.
    world.server.administrator().await;
    let (curb, below) = (world.role("Curb", None).await, world.role("Below", None).await);
    world.say(below, "DENY", "market.write").await;
    assert_eq!(
        run(world.server.as_administrator(), "addRoleInheritance", on(curb, below)).await,
        "done"
    );
    let input = to(&bound, curb, None);
    let (told, payload) =
        answer(world.server.as_administrator(), "assignRole", "assignment { id }", input).await;
    assert_eq!(told, "done");
    assert!(!world.can(&bound, "market.write").await, "from the next request on");
    let end = json!({ "id": payload["assignment"]["id"] });
    let ask = || world.ask(&bound);
    assert_eq!(run(ask(), "withdrawPermission", of(below, "market.write")).await, "FORBIDDEN");
    assert_eq!(run(ask(), "grantPermission", of(below, "market.write")).await, "FORBIDDEN");
    assert_eq!(run(ask(), "removeRoleInheritance", on(curb, below)).await, "FORBIDDEN");
    assert_eq!(run(ask(), "endRoleAssignment", end.clone()).await, "FORBIDDEN");
    assert!(!world.can(&bound, "market.write").await);
    assert_eq!(run(world.server.as_administrator(), "endRoleAssignment", end).await, "done");
    assert!(world.can(&bound, "market.write").await, "from the next request on");
}

/// What will be denied is held still, and yet not one's own to take off.
#[tokio::test]
async fn nobody_takes_off_a_denial_that_will_bind_him() {
    let world = World::new().await;
    let bound = world.user("administrator").await;
    let (curb, below) = (world.role("Curb", None).await, world.role("Below", None).await);
    world.say(below, "DENY", "market.write").await;
    let administrator = || world.server.as_administrator();
    assert_eq!(run(administrator(), "addRoleInheritance", on(curb, below)).await, "done");
    let mut input = to(&bound, curb, None);
    let tomorrow = chrono::Utc::now() + chrono::TimeDelta::days(1);
    input["startsAt"] = json!(tomorrow.to_rfc3339_opts(chrono::SecondsFormat::Secs, true));
    let (told, payload) = answer(administrator(), "assignRole", "assignment { id }", input).await;
    assert_eq!(told, "done");
    assert!(world.can(&bound, "market.write").await, "not yet");
    let end = json!({ "id": payload["assignment"]["id"] });
    let ask = || world.ask(&bound);
    assert_eq!(run(ask(), "withdrawPermission", of(below, "market.write")).await, "FORBIDDEN");
    assert_eq!(run(ask(), "grantPermission", of(below, "market.write")).await, "FORBIDDEN");
    assert_eq!(run(ask(), "removeRoleInheritance", on(curb, below)).await, "FORBIDDEN");
    assert_eq!(run(ask(), "endRoleAssignment", end).await, "FORBIDDEN");
}

#[tokio::test]
async fn a_denial_in_one_firm_is_no_way_around_it() {
    let world = World::new().await;
    let administrator = world.user("administrator").await;
    world.employ(&administrator, world.firm).await;
    let colleague = world.colleague("firm_member").await;
    let curb = world.role("Curb", Some(world.firm)).await;
    world.say(curb, "DENY", "property.write").await;
    let sql = "INSERT INTO user_roles (user_id, role_id, firm_id) VALUES ($1, $2, $3)";
    world.client.execute(sql, &[&administrator.id, &curb, &world.firm]).await.unwrap();
    let ask = || world.ask(&administrator);
    let runs = world.named("firm_administrator").await;
    let in_firm = to(&colleague, runs, Some(world.firm));
    assert_eq!(run(ask(), "assignRole", in_firm).await, "FORBIDDEN");
    let everywhere = world.role("Everywhere", None).await;
    let granted = run(ask(), "grantPermission", of(everywhere, "property.write")).await;
    assert_eq!(granted, "FORBIDDEN");
    let granted = run(ask(), "grantPermission", of(everywhere, "property.merge")).await;
    assert_eq!(granted, "done");
}

#[tokio::test]
async fn the_last_administrator_stays_one() {
    let world = World::new().await;
    let last = world.user("administrator").await;
    let sql = "SELECT id FROM user_roles WHERE user_id = $1";
    let own: uuid::Uuid = world.client.query_one(sql, &[&last.id]).await.unwrap().get(0);
    let end = json!({ "id": id("RoleAssignment", own) });
    assert_eq!(run(world.ask(&last), "endRoleAssignment", end.clone()).await, "IN_USE at ");
    let next = world.user("buyer").await;
    let administrator = world.named("administrator").await;
    assert_eq!(run(world.ask(&last), "assignRole", to(&next, administrator, None)).await, "done");
    assert_eq!(run(world.ask(&last), "endRoleAssignment", end).await, "done");
    assert_eq!(run(world.ask(&last), "createRole", json!({ "name": "A" })).await, "FORBIDDEN");
}

#[tokio::test]
async fn assignments_of_others_are_hidden() {
    let world = World::new().await;
    let (staff, buyer) = (world.user("staff").await, world.user("buyer").await);
    let sql = "SELECT id FROM user_roles WHERE user_id = $1";
    let theirs: uuid::Uuid = world.client.query_one(sql, &[&staff.id]).await.unwrap().get(0);
    let end = |id: String| json!({ "id": id });
    let hidden = end(id("RoleAssignment", theirs));
    assert_eq!(run(world.ask(&buyer), "endRoleAssignment", hidden).await, "NOT_FOUND at id");
    let absent = end(id("RoleAssignment", uuid::Uuid::now_v7()));
    assert_eq!(run(world.ask(&buyer), "endRoleAssignment", absent).await, "NOT_FOUND at id");
    // Staff sees who has which role, and ends nothing.
    let sql = "SELECT id FROM user_roles WHERE user_id = $1";
    let seen: uuid::Uuid = world.client.query_one(sql, &[&buyer.id]).await.unwrap().get(0);
    let seen = end(id("RoleAssignment", seen));
    assert_eq!(run(world.ask(&staff), "endRoleAssignment", seen.clone()).await, "FORBIDDEN");
    // One's own role is one's own to give up.
    assert_eq!(run(world.ask(&buyer), "endRoleAssignment", seen).await, "done");
}
