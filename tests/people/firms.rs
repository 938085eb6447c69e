//! Firms: who makes them, who runs them, and how somebody leaves.

use serde_json::json;

use super::{World, done, id, refused, run};

#[tokio::test]
async fn attorneys_make_firms_and_run_them() {
    let world = World::new().await;
    let (attorney, buyer) = (world.user("attorney").await, world.user("buyer").await);
    let input = json!({ "name": "Ash & Elm", "kind": "LAW_FIRM", "title": "Partner" });
    let selection = "firm { id name country memberships { nodes { title user { id } } } }";
    let create = async |asker| run(asker, "createFirm", selection, input.clone()).await;
    assert_eq!(refused(&create(world.server.anonymous()).await), "UNAUTHENTICATED");
    assert_eq!(refused(&create(world.server.as_user(&buyer)).await), "FORBIDDEN");
    let answer = create(world.server.as_user(&attorney)).await;
    let firm = done(&answer)["firm"].clone();
    let member = json!([{ "title": "Partner", "user": { "id": id("User", attorney.id) } }]);
    assert_eq!(firm["memberships"]["nodes"], member);
    // From the next request on.
    let update = async |asker| {
        let input = json!({ "id": firm["id"], "city": "Toledo" });
        run(asker, "updateFirm", "firm { city }", input).await
    };
    assert_eq!(done(&update(world.server.as_user(&attorney)).await)["firm"]["city"], "Toledo");
    assert_eq!(refused(&update(world.server.as_user(&buyer)).await), "FORBIDDEN");
}

#[tokio::test]
async fn who_leaves_a_firm_loses_its_roles() {
    let world = World::new().await;
    let (first, second) = (world.user("attorney").await, world.user("attorney").await);
    let outsider = world.user("attorney").await;
    let firm = world.firm(&[&first, &second]).await;
    let membership = |user| {
        let sql = format!("SELECT id FROM firm_memberships WHERE user_id = '{user}'");
        let client = &world.client;
        async move { id("FirmMembership", client.query_one(&sql, &[]).await.unwrap().get(0)) }
    };
    let (of_first, of_second) = (membership(first.id).await, membership(second.id).await);
    let end = async |asker, membership: &str| {
        let input = json!({ "id": membership });
        run(asker, "endFirmMembership", "firmMembership { endedAt }", input).await
    };
    assert_eq!(refused(&end(world.server.as_user(&outsider), &of_second).await), "NOT_FOUND id");
    assert_eq!(refused(&end(world.server.as_user(&second), &of_first).await), "FORBIDDEN");
    assert_eq!(refused(&end(world.server.as_user(&first), &of_first).await), "CONFLICT id");
    done(&end(world.server.as_user(&second), &of_second).await);
    assert_eq!(refused(&end(world.server.as_user(&first), &of_second).await), "ALREADY_DONE id");
    let held =
        format!("SELECT count(*) FROM user_roles WHERE firm_id = '{firm}' AND revoked_at IS NULL");
    assert_eq!(world.count(&held).await, 1);
    done(&end(world.server.as_user(&first), &of_first).await);
    assert_eq!(world.count(&held).await, 0);
    assert_eq!(
        world.count("SELECT count(*) FROM security_events WHERE kind = 'MEMBERSHIP_ENDED'").await,
        2
    );
}
