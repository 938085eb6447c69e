//! Invitations: to a firm, and to help with a property.

use serde_json::{Value, json};
use uuid::Uuid;

use super::{World, done, finds, id, refused, run};
use crate::support::{Answer, Asker, MailFolder, TestDatabase, TestServer, TestUser};

const INVITATION: &str = "invitation { id state email }";

async fn with_mail() -> (World, MailFolder) {
    let database = TestDatabase::new().await;
    let mails = MailFolder::new();
    let server = TestServer::start_with(&database, |config| mails.configure(config)).await;
    (World::of(database, server).await, mails)
}

impl World {
    /// A buyer whose account has this address, verified.
    async fn with_address(&self, email: &str) -> TestUser {
        let user = self.user("buyer").await;
        let values = format!("'{}', '{email}', now()", user.id);
        self.insert("user_authentication", "user_id, email, email_verified_at", &values).await;
        user
    }
}

async fn colleague(asker: Asker<'_>, firm: Uuid, email: &str) -> Answer {
    let input = json!({ "firmId": id("Firm", firm), "email": email, "title": "Associate" });
    run(asker, "inviteColleague", INVITATION, input).await
}

async fn party(asker: Asker<'_>, property: Uuid, email: &str, capability: &str) -> Answer {
    let input =
        json!({ "propertyId": id("Property", property), "email": email, "capability": capability });
    run(asker, "inviteParty", INVITATION, input).await
}

async fn accept(asker: Asker<'_>, token: &str) -> Answer {
    let selection = "invitation { state } firmMembership { title firm { id } } propertyCollaborator { capability property { id } }";
    run(asker, "acceptInvitation", selection, json!({ "token": token })).await
}

#[tokio::test]
async fn a_colleague_joins_by_the_link_and_the_address() {
    let (world, mails) = with_mail().await;
    let boss = world.user("attorney").await;
    let firm = world.firm(&[&boss]).await;
    let outsider = world.user("attorney").await;
    let (guest, other) = (
        world.with_address("Guest@example.test").await,
        world.with_address("other@example.test").await,
    );
    assert_eq!(
        refused(&colleague(world.server.as_user(&outsider), firm, "guest@example.test").await),
        "FORBIDDEN"
    );
    let sent = colleague(world.server.as_user(&boss), firm, "guest@example.test").await;
    let invitation = done(&sent)["invitation"].clone();
    let again = colleague(world.server.as_user(&boss), firm, "GUEST@example.test").await;
    assert_eq!(refused(&again), "CONFLICT email");
    // An address without an account gets the same answer, but for the id.
    let unknown = colleague(world.server.as_user(&boss), firm, "nobody@example.test").await;
    assert_eq!(done(&unknown)["invitation"]["state"], invitation["state"]);

    let mail = mails.wait_for("guest@example.test").await;
    assert!(mail.text.contains("Ash & Elm"), "{}", mail.text);
    let token = mail.token();
    assert!(finds(world.server.as_user(&guest), invitation["id"].as_str().unwrap()).await);
    assert!(!finds(world.server.as_user(&other), invitation["id"].as_str().unwrap()).await);
    assert_eq!(refused(&accept(world.server.anonymous(), &token).await), "UNAUTHENTICATED");
    assert_eq!(refused(&accept(world.server.as_user(&other), &token).await), "CONFLICT token");
    let answer = accept(world.server.as_user(&guest), &token).await;
    let payload = done(&answer);
    assert_eq!(payload["invitation"]["state"], "ACCEPTED");
    assert_eq!(
        payload["firmMembership"],
        json!({ "title": "Associate", "firm": { "id": id("Firm", firm) } })
    );
    assert_eq!(refused(&accept(world.server.as_user(&guest), &token).await), "ALREADY_DONE token");
    let roles = format!(
        "SELECT count(*) FROM user_roles JOIN roles ON roles.id = role_id WHERE user_id = '{}' AND user_roles.firm_id = '{firm}' AND name = 'firm_member'",
        guest.id
    );
    assert_eq!(world.count(&roles).await, 1);
    // Colleagues see each other from then on.
    assert!(finds(world.server.as_user(&guest), &id("User", boss.id)).await);
}

#[tokio::test]
async fn a_party_helps_as_far_as_it_was_invited() {
    let (world, mails) = with_mail().await;
    let owner = world.user("seller").await;
    let property = world.property(&owner).await;
    let helper = world.with_address("helper@example.test").await;
    let ask = || world.server.as_user(&helper);
    let draft = id("Property", property);
    let hidden = party(ask(), property, "x@example.test", "VIEW").await;
    assert_eq!(refused(&hidden), "NOT_FOUND propertyId");
    done(&party(world.server.as_user(&owner), property, "helper@example.test", "EDIT").await);
    assert!(!finds(ask(), &draft).await);
    let token = mails.wait_for("helper@example.test").await.token();
    let answer = accept(ask(), &token).await;
    assert_eq!(
        done(&answer)["propertyCollaborator"],
        json!({ "capability": "EDIT", "property": { "id": draft } })
    );
    assert!(finds(ask(), &draft).await);
    // Who edits does not share.
    assert_eq!(refused(&party(ask(), property, "x@example.test", "VIEW").await), "FORBIDDEN");

    let row: Uuid =
        world.client.query_one("SELECT id FROM property_collaborators", &[]).await.unwrap().get(0);
    let row = id("PropertyCollaborator", row);
    let raise = json!({ "id": row, "capability": "MANAGE" });
    let update = async |asker, input: Value| {
        run(asker, "updatePropertyCollaborator", "propertyCollaborator { capability }", input).await
    };
    assert_eq!(refused(&update(ask(), raise.clone()).await), "FORBIDDEN");
    let forged =
        json!({ "propertyId": draft, "userId": id("User", helper.id), "capability": "MANAGE" });
    let forged =
        run(ask(), "createPropertyCollaborator", "propertyCollaborator { id }", forged).await;
    assert_eq!(refused(&forged), "CONFLICT userId");
    done(&update(world.server.as_user(&owner), raise).await);
    done(&party(ask(), property, "x@example.test", "MANAGE").await);

    let end =
        run(ask(), "endPropertyCollaboration", "propertyCollaborator { id }", json!({ "id": row }))
            .await;
    done(&end);
    assert!(!finds(ask(), &draft).await);
    // What he has sent ends with his part.
    assert_eq!(world.count("SELECT count(*) FROM invitations WHERE state = 'REVOKED'").await, 1);
    let late = mails.wait_for("x@example.test").await.token();
    let late_comer = world.with_address("x@example.test").await;
    assert_eq!(
        refused(&accept(world.server.as_user(&late_comer), &late).await),
        "ALREADY_DONE token"
    );
}

#[tokio::test]
async fn a_new_helper_does_not_vouch_for_himself() {
    let world = World::new().await;
    let (owner, viewer) = (world.user("seller").await, world.user("buyer").await);
    let property = world.property(&owner).await;
    let publish = format!("UPDATE properties SET published_at = now() WHERE id = '{property}'");
    world.database.execute(&publish).await;
    let input = json!({ "propertyId": id("Property", property), "userId": id("User", viewer.id), "capability": "MANAGE" });
    let create = async |asker| {
        run(asker, "createPropertyCollaborator", "propertyCollaborator { id }", input.clone()).await
    };
    assert_eq!(refused(&create(world.server.as_user(&viewer)).await), "FORBIDDEN");
    assert_eq!(world.count("SELECT count(*) FROM property_collaborators").await, 0);
    done(&create(world.server.as_administrator()).await);
}

#[tokio::test]
async fn an_invitation_is_declined_revoked_or_runs_out() {
    let (world, mails) = with_mail().await;
    let owner = world.user("seller").await;
    let property = world.property(&owner).await;
    let ask = || world.server.as_user(&owner);
    done(&party(ask(), property, "a@example.test", "VIEW").await);
    let token = mails.wait_for("a@example.test").await.token();
    let decline = async |token: &str| {
        run(world.server.anonymous(), "declineInvitation", INVITATION, json!({ "token": token }))
            .await
    };
    assert_eq!(done(&decline(&token).await)["invitation"], Value::Null);
    assert_eq!(refused(&decline(&token).await), "ALREADY_DONE token");

    let answer = party(ask(), property, "b@example.test", "VIEW").await;
    let invitation = done(&answer)["invitation"]["id"].clone();
    let token = mails.wait_for("b@example.test").await.token();
    let revoke =
        async |asker| run(asker, "revokeInvitation", INVITATION, json!({ "id": invitation })).await;
    let other = world.user("buyer").await;
    assert_eq!(refused(&revoke(world.server.as_user(&other)).await), "NOT_FOUND id");
    assert_eq!(done(&revoke(ask()).await)["invitation"]["state"], "REVOKED");
    assert_eq!(refused(&revoke(ask()).await), "ILLEGAL_TRANSITION id");
    assert_eq!(refused(&decline(&token).await), "ALREADY_DONE token");

    done(&party(ask(), property, "c@example.test", "VIEW").await);
    let token = mails.wait_for("c@example.test").await.token();
    world
        .database
        .execute("UPDATE invitations SET expires_at = now() WHERE email = 'c@example.test'")
        .await;
    assert_eq!(refused(&decline(&token).await), "EXPIRED token");
    done(&party(ask(), property, "c@example.test", "VIEW").await);
    assert_eq!(world.count("SELECT count(*) FROM invitations WHERE state = 'EXPIRED'").await, 1);
}

#[tokio::test]
async fn an_invitation_counts_while_its_sender_could_send_it() {
    let (world, mails) = with_mail().await;
    let (boss, other) = (world.user("attorney").await, world.user("attorney").await);
    let firm = world.firm(&[&boss]).await;
    world.join(firm, &other, "firm_administrator").await;
    let guest = world.with_address("guest@example.test").await;
    let input = json!({ "firmId": id("Firm", firm), "email": "guest@example.test", "asAdministrator": true });
    done(&run(world.server.as_user(&other), "inviteColleague", INVITATION, input).await);
    let token = mails.wait_for("guest@example.test").await.token();
    let end = format!("UPDATE user_roles SET revoked_at = now() WHERE user_id = '{}'", other.id);
    world.database.execute(&format!("{end} AND firm_id IS NOT NULL")).await;
    assert_eq!(refused(&accept(world.server.as_user(&guest), &token).await), "EXPIRED token");
    assert_eq!(world.count("SELECT count(*) FROM firm_memberships").await, 2);

    let owner = world.user("seller").await;
    let property = world.property(&owner).await;
    done(&party(world.server.as_user(&owner), property, "helper@example.test", "MANAGE").await);
    let helper = world.with_address("helper@example.test").await;
    let token = mails.wait_for("helper@example.test").await.token();
    let sold = format!("UPDATE properties SET owner_id = '{}'", boss.id);
    world.database.execute(&sold).await;
    assert_eq!(refused(&accept(world.server.as_user(&helper), &token).await), "EXPIRED token");
    world.database.execute(&format!("UPDATE properties SET owner_id = '{}'", owner.id)).await;
    done(&accept(world.server.as_user(&helper), &token).await);
}

#[tokio::test]
async fn nobody_lets_in_with_more_than_he_holds_or_for_longer() {
    let (world, _mails) = with_mail().await;
    let boss = world.user("attorney").await;
    let firm = world.firm(&[&boss]).await;
    let invite = async |who: &TestUser, as_administrator: bool| {
        let input = json!({
            "firmId": id("Firm", firm), "email": "x@example.test", "asAdministrator": as_administrator,
        });
        refused(&run(world.server.as_user(who), "inviteColleague", INVITATION, input).await)
    };
    let elevated = world.user("buyer").await;
    let role = "(SELECT id FROM roles WHERE is_shipped AND name = 'administrator')";
    let values = format!("'{}', {role}, now() + interval '1 hour'", elevated.id);
    world.insert("user_roles", "user_id, role_id, ends_at", &values).await;
    assert_eq!(invite(&elevated, true).await, "FORBIDDEN");
    assert_eq!(invite(&elevated, false).await, "FORBIDDEN");
    // A denial of his own is not left behind in another account.
    let denied = world.user("attorney").await;
    world.join(firm, &denied, "firm_administrator").await;
    let values = format!("'No costs', 'FIRM', '{firm}'");
    let own = world.insert("roles", "name, scope, firm_id", &values).await;
    let rule =
        format!("'{own}', (SELECT id FROM permissions WHERE name = 'listing.read_costs'), 'DENY'");
    world.insert("role_permissions", "role_id, permission_id, effect", &rule).await;
    let values = format!("'{}', '{own}', '{firm}'", denied.id);
    world.insert("user_roles", "user_id, role_id, firm_id", &values).await;
    assert_eq!(invite(&denied, true).await, "FORBIDDEN");
    assert_eq!(invite(&boss, true).await, "done ");
}

#[tokio::test]
async fn who_works_in_a_firm_is_not_learned_by_naming_it() {
    let world = World::new().await;
    let (owner, partner) = (world.user("seller").await, world.user("attorney").await);
    let firm = world.firm(&[&partner]).await;
    let property = world.property(&owner).await;
    let input = json!({ "propertyId": id("Property", property), "firmId": id("Firm", firm) });
    let create = async |asker| {
        run(asker, "createPropertyCollaborator", "propertyCollaborator { id }", input.clone()).await
    };
    assert_eq!(refused(&create(world.server.as_user(&owner)).await), "FORBIDDEN");
    assert!(!finds(world.server.as_user(&owner), &id("User", partner.id)).await);
    // One of its people, who manages the property, lets it in.
    let values = format!("'{property}', '{}', 'MANAGE'", partner.id);
    world.insert("property_collaborators", "property_id, user_id, capability", &values).await;
    done(&create(world.server.as_user(&partner)).await);
}
