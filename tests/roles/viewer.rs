//! `viewer`: who is asking, what he may do, and why.

use serde_json::{Value, json};
use uuid::Uuid;

use super::world::{World, firm};
use crate::property::id;
use crate::support::Asker;

const WHO: &str = "{ viewer {
    user { id } session { id } roles { role { name } firm { name } }
    permissions { permission { name } effect firm { name } role { name } validUntil }
} }";

const WHY: &str =
    "query ($permission: String!, $on: ID) { viewer { can(permission: $permission, on: $on) {
    allowed because rule { effect permission { name } } role { name } assignment { role { name } }
    firm { name } missing { name }
} } }";

async fn why(asker: Asker<'_>, permission: &str, on: Option<String>) -> Value {
    let answer = asker.query(WHY, json!({ "permission": permission, "on": on })).await;
    answer.data()["viewer"]["can"].clone()
}

#[tokio::test]
async fn nobody_is_nobody() {
    let world = World::new().await;
    let answer = world.server.anonymous().query(WHO, json!({})).await;
    let nobody = json!({ "user": null, "session": null, "roles": [], "permissions": [] });
    assert_eq!(answer.data()["viewer"], nobody);
    let why = why(world.server.anonymous(), "property.write", None).await;
    assert_eq!(why["allowed"], false);
    assert_eq!(why["because"], "nobody is signed in");
    assert_eq!(why["missing"]["name"], "property.write");
}

#[tokio::test]
async fn a_viewer_is_told_his_roles_and_what_they_say() {
    let world = World::new().await;
    let user = world.colleague("firm_administrator").await;
    let curb = world.role("Curb", None).await;
    world.say(curb, "DENY", "listing.read_costs").await;
    world.give(&user, curb, Some("1 hour")).await;
    let answer = world.ask(&user).query(WHO, json!({})).await;
    let viewer = &answer.data()["viewer"];
    assert_eq!(viewer["user"]["id"], id("User", user.id));
    assert_eq!(
        viewer["roles"],
        json!([
            { "role": { "name": "firm_administrator" }, "firm": { "name": "Ash & Elm" } },
            { "role": { "name": "Curb" }, "firm": null },
        ])
    );
    let permissions = viewer["permissions"].as_array().unwrap().iter().map(|said| {
        let text = |name: &str| said[name]["name"].as_str().unwrap_or("everywhere").to_owned();
        let until = if said["validUntil"].is_null() { "" } else { " for a time" };
        let effect = said["effect"].as_str().unwrap();
        format!("{effect} {} {} {}{until}", text("permission"), text("firm"), text("role"))
    });
    assert_eq!(
        permissions.collect::<Vec<_>>(),
        [
            "ALLOW firm.invite Ash & Elm firm_administrator",
            "ALLOW firm.manage Ash & Elm firm_administrator",
            "DENY listing.read_costs everywhere Curb for a time",
            "ALLOW listing.read_costs Ash & Elm firm_administrator",
            "ALLOW property.manage Ash & Elm firm_administrator",
            "ALLOW property.read Ash & Elm firm_administrator",
            "ALLOW property.read Ash & Elm firm_member",
            "ALLOW property.write Ash & Elm firm_administrator",
        ]
    );
}

#[tokio::test]
async fn each_answer_says_why() {
    let world = World::new().await;
    let other = firm(&world.client, "Oak").await;
    let runs_firm = world.colleague("firm_administrator").await;
    world.employ(&runs_firm, other).await;
    let administrator = world.user("administrator").await;
    let curb = world.role("Curb", None).await;
    world.say(curb, "DENY", "market.write").await;
    world.server.administrator().await;
    world.give(&administrator, curb, None).await;
    let of = |firm| Some(id("Firm", firm));
    let table = [
        // Who, what, on what; whether, by which role and what it says, and where.
        (&administrator, "user.read", None, true, "administrator", "ALLOW", Value::Null),
        (&administrator, "market.write", None, false, "Curb", "DENY", Value::Null),
        (&administrator, "firm.manage", of(other), true, "administrator", "ALLOW", Value::Null),
        (&runs_firm, "firm.manage", None, false, "", "", Value::Null),
        (
            &runs_firm,
            "firm.manage",
            of(world.firm),
            true,
            "firm_administrator",
            "ALLOW",
            json!("Ash & Elm"),
        ),
        (&runs_firm, "firm.manage", of(other), false, "", "", Value::Null),
    ];
    for (user, permission, on, allowed, role, effect, place) in table {
        let said = why(world.ask(user), permission, on.clone()).await;
        let case = format!("{permission} {on:?}: {said}");
        assert_eq!(said["allowed"], allowed, "{case}");
        assert_eq!(said["role"]["name"].as_str().unwrap_or_default(), role, "{case}");
        assert_eq!(said["rule"]["effect"].as_str().unwrap_or_default(), effect, "{case}");
        assert_eq!(said["firm"]["name"], place, "{case}");
        assert_eq!(said["missing"].is_null(), allowed, "{case}");
        assert_eq!(said["assignment"].is_null(), role.is_empty(), "{case}");
    }
}

#[tokio::test]
async fn what_is_ones_own_needs_no_role() {
    let world = World::new().await;
    let (owner, other) = (world.user("seller").await, world.user("seller").await);
    let sql = "INSERT INTO properties (property_type_id, owner_id)
        SELECT id, $1 FROM property_types WHERE code = 'RESIDENTIAL' RETURNING id";
    let draft: Uuid = world.client.query_one(sql, &[&owner.id]).await.unwrap().get(0);
    let on = |uuid| Some(id("Property", uuid));
    let said = why(world.ask(&owner), "property.write", on(draft)).await;
    assert_eq!(said["allowed"], true, "{said}");
    assert_eq!(said["rule"], Value::Null);
    assert_eq!(why(world.ask(&owner), "property.write", None).await["allowed"], false);
    // What is hidden is answered like what does not exist.
    let hidden = why(world.ask(&other), "property.write", on(draft)).await;
    assert_eq!(hidden["allowed"], false);
    assert_eq!(hidden, why(world.ask(&other), "property.write", on(Uuid::now_v7())).await);
    assert_eq!(hidden, why(world.ask(&owner), "property.write", on(Uuid::now_v7())).await);
}

#[tokio::test]
async fn what_is_asked_must_make_sense() {
    let world = World::new().await;
    for (permission, on) in [("property.paint", None), ("property.read", Some("property_1"))] {
        let variables = json!({ "permission": permission, "on": on });
        let answer = world.server.query(WHY, variables).await;
        assert_eq!(answer.error_codes(), ["BAD_USER_INPUT"], "{permission} {on:?}");
    }
}

/// A firm's own roles are nobody's business outside it.
#[tokio::test]
async fn roles_are_seen_by_those_whom_they_concern() {
    let world = World::new().await;
    world.role("Closing assistant", Some(world.firm)).await;
    let (colleague, outsider) =
        (world.colleague("firm_member").await, world.user("attorney").await);
    let seen = |answer: &Value| answer["roles"]["totalCount"].as_u64().unwrap();
    let query = "{ roles { totalCount } }";
    let shipped = 9;
    for (asker, count) in [
        (world.server.anonymous(), 0),
        (world.ask(&outsider), shipped),
        (world.ask(&colleague), shipped + 1),
        (world.server.as_administrator(), shipped + 1),
    ] {
        assert_eq!(seen(asker.query(query, json!({})).await.data()), count);
    }
}
