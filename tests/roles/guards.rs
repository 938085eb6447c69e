//! Who may change roles and give them, through HTTP: everyone else is refused.

use serde_json::json;

use super::world::{World, answer, firm, of, on, run, to};
use crate::property::id;

#[tokio::test]
async fn roles_are_made_by_those_who_manage_them() {
    let world = World::new().await;
    let other = firm(&world.client, "Oak").await;
    let named = |name: &str| json!({ "name": name });
    let in_firm = |name: &str, firm| json!({ "name": name, "firmId": id("Firm", firm) });
    let runs_firm = world.colleague("firm_administrator").await;
    let colleague = world.colleague("firm_member").await;
    let (buyer, staff) = (world.user("buyer").await, world.user("staff").await);
    let anonymous = run(world.server.anonymous(), "createRole", named("A")).await;
    assert_eq!(anonymous, "UNAUTHENTICATED");
    let table = [
        (&buyer, named("A"), "FORBIDDEN"),
        (&staff, named("A"), "FORBIDDEN"),
        (&runs_firm, named("A"), "FORBIDDEN"),
        (&runs_firm, in_firm("A", world.firm), "done"),
        (&runs_firm, in_firm("a", world.firm), "TAKEN at name"),
        (&runs_firm, in_firm("Administrator", world.firm), "TAKEN at name"),
        (&runs_firm, in_firm("A", other), "FORBIDDEN"),
        (&colleague, in_firm("B", world.firm), "FORBIDDEN"),
    ];
    for (user, input, told) in table {
        assert_eq!(run(world.ask(user), "createRole", input.clone()).await, told, "{input}");
    }
    let administrator = world.server.as_administrator();
    let (told, payload) =
        answer(administrator, "createRole", "role { id scope isShipped firm { id } }", named("A"))
            .await;
    assert_eq!(told, "done");
    assert_eq!(payload["role"]["scope"], "EVERYWHERE");
    assert_eq!(payload["role"]["isShipped"], false);
    // What an input does not have cannot be set by it.
    let forged = json!({ "name": "B", "isShipped": true });
    assert_eq!(run(world.server.as_administrator(), "createRole", forged).await, "BAD_USER_INPUT");
}

#[tokio::test]
async fn a_firms_roles_are_its_own() {
    let world = World::new().await;
    let runs_firm = world.colleague("firm_administrator").await;
    let colleague = world.colleague("firm_member").await;
    let outsider = world.user("attorney").await;
    let role = world.role("Closing assistant", Some(world.firm)).await;
    let everywhere = world.role("Everywhere", None).await;
    let rename = |role| json!({ "id": id("Role", role), "name": "Assistant" });
    assert_eq!(run(world.ask(&outsider), "updateRole", rename(role)).await, "NOT_FOUND at id");
    assert_eq!(run(world.ask(&colleague), "updateRole", rename(role)).await, "FORBIDDEN");
    assert_eq!(run(world.ask(&runs_firm), "updateRole", rename(everywhere)).await, "FORBIDDEN");
    assert_eq!(run(world.ask(&runs_firm), "updateRole", rename(role)).await, "done");
    let grant = |permission: &str| of(role, permission);
    for (permission, told) in [
        ("property.write", "done"),
        ("property.write", "ALREADY_DONE at permission"),
        ("role.manage", "FORBIDDEN"),
        ("user.read", "FORBIDDEN"),
        ("property.paint", "NOT_FOUND at permission"),
    ] {
        let said = run(world.ask(&runs_firm), "grantPermission", grant(permission)).await;
        assert_eq!(said, told, "{permission}");
    }
    // Shipped roles for firms are everyone's, and no firm changes them.
    let shared = world.named("firm_member").await;
    assert_eq!(
        run(world.ask(&runs_firm), "grantPermission", of(shared, "firm.manage")).await,
        "FORBIDDEN"
    );
    assert_eq!(run(world.ask(&runs_firm), "addRoleInheritance", on(role, shared)).await, "done");
    assert_eq!(
        run(world.ask(&runs_firm), "addRoleInheritance", on(shared, role)).await,
        "FORBIDDEN"
    );
    assert_eq!(
        run(world.ask(&runs_firm), "addRoleInheritance", on(role, everywhere)).await,
        "INVALID at inheritedRoleId"
    );
    assert_eq!(run(world.ask(&runs_firm), "removeRoleInheritance", on(role, shared)).await, "done");
}

#[tokio::test]
async fn roles_are_given_by_those_who_could_have_them() {
    let world = World::new().await;
    let other = firm(&world.client, "Oak").await;
    let runs_firm = world.colleague("firm_administrator").await;
    let colleague = world.colleague("firm_member").await;
    let buyer = world.user("buyer").await;
    let (member, runs) =
        (world.named("firm_member").await, world.named("firm_administrator").await);
    let (staff, admin) = (world.named("staff").await, world.named("administrator").await);
    let assigner = world.holder(&["role.assign"]).await;
    let firm = Some(world.firm);
    let table = [
        (&buyer, to(&colleague, staff, None), "FORBIDDEN"),
        (&assigner, to(&buyer, staff, None), "NOT_FOUND at userId"),
        (&runs_firm, to(&colleague, staff, None), "FORBIDDEN"),
        (&runs_firm, to(&colleague, runs, firm), "done"),
        (&runs_firm, to(&colleague, member, firm), "ALREADY_DONE at roleId"),
        (&runs_firm, to(&colleague, runs, Some(other)), "FORBIDDEN"),
        (&runs_firm, to(&runs_firm, member, firm), "FORBIDDEN"),
        // Hidden from him.
        (&runs_firm, to(&buyer, member, firm), "NOT_FOUND at userId"),
        (world.server.administrator().await, to(&buyer, member, firm), "CONFLICT at userId"),
        (world.server.administrator().await, to(&buyer, member, None), "INVALID at firmId"),
        (world.server.administrator().await, to(&colleague, staff, firm), "INVALID at firmId"),
        (world.server.administrator().await, to(&buyer, staff, None), "done"),
        (world.server.administrator().await, to(&buyer, staff, None), "ALREADY_DONE at roleId"),
        (
            world.server.administrator().await,
            to(world.server.administrator().await, staff, None),
            "FORBIDDEN",
        ),
        (world.server.administrator().await, to(&buyer, admin, None), "done"),
    ];
    for (number, (user, input, told)) in table.into_iter().enumerate() {
        let said = run(world.ask(user), "assignRole", input.clone()).await;
        assert_eq!(said, told, "{number}: {input}");
    }
}

#[tokio::test]
async fn a_role_in_use_stays() {
    let world = World::new().await;
    let (role, other) = (world.role("A", None).await, world.role("B", None).await);
    let user = world.user("buyer").await;
    let administrator = || world.server.as_administrator();
    let delete = |role| json!({ "id": id("Role", role) });
    assert_eq!(run(administrator(), "addRoleInheritance", on(other, role)).await, "done");
    assert_eq!(
        run(administrator(), "addRoleInheritance", on(role, other)).await,
        "INVALID at inheritedRoleId"
    );
    assert_eq!(
        run(administrator(), "addRoleInheritance", on(other, role)).await,
        "ALREADY_DONE at inheritedRoleId"
    );
    assert_eq!(run(administrator(), "deleteRole", delete(role)).await, "IN_USE at id");
    assert_eq!(run(administrator(), "removeRoleInheritance", on(other, role)).await, "done");
    assert_eq!(
        run(administrator(), "removeRoleInheritance", on(other, role)).await,
        "NOT_FOUND at inheritedRoleId"
    );
    let (told, payload) =
        answer(administrator(), "assignRole", "assignment { id }", to(&user, role, None)).await;
    assert_eq!(told, "done");
    assert_eq!(run(administrator(), "deleteRole", delete(role)).await, "IN_USE at id");
    let end = json!({ "id": payload["assignment"]["id"] });
    assert_eq!(run(administrator(), "endRoleAssignment", end.clone()).await, "done");
    assert_eq!(run(administrator(), "endRoleAssignment", end).await, "ALREADY_DONE at id");
    assert_eq!(run(administrator(), "deleteRole", delete(role)).await, "done");
    assert_eq!(run(administrator(), "deleteRole", delete(role)).await, "NOT_FOUND at id");
    let mistake = to(&user, role, None);
    assert_eq!(run(administrator(), "assignRole", mistake).await, "NOT_FOUND at roleId");
    assert_eq!(
        world.events().await,
        [
            "ROLE_INHERITANCE_ADDED",
            "ROLE_INHERITANCE_REMOVED",
            "ROLE_ASSIGNED",
            "ROLE_ASSIGNMENT_ENDED",
            "ROLE_DELETED",
        ]
    );
}

#[tokio::test]
async fn what_the_server_comes_with_stays() {
    let world = World::new().await;
    let administrator = || world.server.as_administrator();
    let admin = world.named("administrator").await;
    let (staff, member) = (world.named("staff").await, world.named("member").await);
    let curb = world.role("Curb", None).await;
    world.say(curb, "DENY", "role.manage").await;
    let named = json!({ "id": id("Role", staff), "name": "Crew" });
    let table = [
        ("updateRole", named, "IMMUTABLE at id"),
        ("deleteRole", json!({ "id": id("Role", staff) }), "IN_USE at id"),
        ("withdrawPermission", of(admin, "role.manage"), "IMMUTABLE at permission"),
        ("denyPermission", of(admin, "role.manage"), "IMMUTABLE at permission"),
        ("denyPermission", of(member, "user.read"), "CONFLICT at "),
        ("addRoleInheritance", on(admin, curb), "CONFLICT at "),
        ("removeRoleInheritance", on(staff, member), "IMMUTABLE at inheritedRoleId"),
        // More than it came with is the administrator's to add, and to take again.
        ("grantPermission", of(staff, "market.write"), "done"),
        ("withdrawPermission", of(staff, "market.write"), "done"),
    ];
    for (mutation, input, told) in table {
        assert_eq!(run(administrator(), mutation, input.clone()).await, told, "{mutation} {input}");
    }
}
