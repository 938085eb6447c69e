//! Profiles with their history, and licences with their verification.

use serde_json::{Value, json};

use super::{World, done, id, refused, run};

#[tokio::test]
async fn every_change_of_a_profile_is_kept() {
    let world = World::new().await;
    let (user, other) = (world.user("buyer").await, world.user("buyer").await);
    let ask = || world.server.as_user(&user);
    let own = id("User", user.id);
    let selection = "userProfile { id version givenName languages timeZone }";
    let input = json!({ "userId": own, "givenName": "Ada", "languages": ["en", "es-MX"], "timeZone": "America/New_York" });
    let answer = run(ask(), "createUserProfile", selection, input.clone()).await;
    let profile = done(&answer)["userProfile"]["id"].clone();
    assert_eq!(
        refused(&run(ask(), "createUserProfile", selection, input.clone()).await),
        "TAKEN userId"
    );
    let theirs = run(world.server.as_user(&other), "createUserProfile", selection, input).await;
    assert_eq!(refused(&theirs), "NOT_FOUND userId");
    let update = async |change: Value| {
        let mut input = change;
        input["id"] = profile.clone();
        run(ask(), "updateUserProfile", selection, input).await
    };
    for (change, expected) in [
        (json!({ "timeZone": "Mars/Olympus" }), "INVALID timeZone"),
        (json!({ "languages": [] }), "INVALID languages"),
        (json!({ "languages": ["English!"] }), "INVALID languages"),
        (json!({ "dateOfBirth": "1066-10-14" }), "OUT_OF_RANGE dateOfBirth"),
    ] {
        assert_eq!(refused(&update(change.clone()).await), expected, "{change}");
    }
    done(&update(json!({ "givenName": "Augusta", "familyName": "King" })).await);
    done(&update(json!({ "givenName": "Augusta" })).await);
    done(&update(json!({ "familyName": null })).await);

    let query = "query($id: ID!) { user(id: $id) { profile { givenName changes { nodes { before after changedBy { id } } } } } }";
    let variables = json!({ "id": own });
    let answer = ask().query(query, variables.clone()).await;
    let by = json!({ "id": own });
    let change =
        |before: Value, after: Value| json!({ "before": before, "after": after, "changedBy": by });
    assert_eq!(
        answer.data()["user"]["profile"]["changes"]["nodes"],
        json!([
            change(json!({ "familyName": "King" }), json!({ "familyName": null })),
            change(
                json!({ "givenName": "Ada", "familyName": null }),
                json!({ "givenName": "Augusta", "familyName": "King" })
            ),
            change(
                json!({}),
                json!({ "givenName": "Ada", "languages": ["en", "es-MX"], "timeZone": "America/New_York" })
            ),
        ])
    );
    let answer = world.server.as_user(&other).query(query, variables).await;
    assert_eq!(answer.data()["user"], Value::Null);
}

#[tokio::test]
async fn a_licence_is_verified_by_another_and_as_it_is() {
    let world = World::new().await;
    let (attorney, impostor) = (world.user("attorney").await, world.user("attorney").await);
    let staff = world.user("staff").await;
    let selection = "professionalLicense { id status verifiedAt verifiedBy { id } }";
    let create = async |holder: &crate::support::TestUser| {
        let input = json!({ "userId": id("User", holder.id), "kind": "ATTORNEY", "number": "0012345", "jurisdiction": "US-OH" });
        let answer =
            run(world.server.as_user(holder), "createProfessionalLicense", selection, input).await;
        done(&answer)["professionalLicense"]["id"].clone()
    };
    let (license, claim) = (create(&attorney).await, create(&impostor).await);
    let verify = async |asker, license: &Value| {
        run(asker, "verifyProfessionalLicense", selection, json!({ "id": license })).await
    };
    assert_eq!(refused(&verify(world.server.as_user(&attorney), &license).await), "FORBIDDEN");
    assert_eq!(refused(&verify(world.server.as_user(&impostor), &license).await), "NOT_FOUND id");
    let answer = verify(world.server.as_user(&staff), &license).await;
    assert_eq!(done(&answer)["professionalLicense"]["verifiedBy"]["id"], id("User", staff.id));
    assert_eq!(refused(&verify(world.server.as_user(&staff), &claim).await), "CONFLICT id");

    let change = async |change: Value| {
        let mut input = change;
        input["id"] = license.clone();
        let answer =
            run(world.server.as_user(&attorney), "updateProfessionalLicense", selection, input)
                .await;
        done(&answer)["professionalLicense"]["verifiedAt"].clone()
    };
    assert_ne!(change(json!({ "number": "0012345" })).await, Value::Null);
    assert_eq!(change(json!({ "expiresOn": "2099-01-01" })).await, Value::Null);
    // Nobody names the verifier in an input.
    let forged = json!({ "id": license, "verifiedAt": "2026-01-01T00:00:00Z" });
    let answer =
        run(world.server.as_user(&attorney), "updateProfessionalLicense", selection, forged).await;
    assert_eq!(answer.error_codes(), ["BAD_USER_INPUT"], "{}", answer.pretty());
}
