//! Who sees a person, and what is known of that person.

use serde_json::{Value, json};

use super::{World, finds, id, seen};
use crate::support::{Asker, TestUser};

const ALL: &str = "query($id: ID!) { user(id: $id) {
    profile { givenName changes { nodes { id } } } contactMethods { id } professionalLicenses { number }
    firmMemberships { id } preferences { id }
} }";

#[tokio::test]
async fn a_person_is_public_oneself_or_met_somewhere() {
    let world = World::new().await;
    let [me, public, colleague, owner, helper, stranger] = [
        world.user("attorney").await,
        world.user("seller").await,
        world.user("attorney").await,
        world.user("seller").await,
        world.user("buyer").await,
        world.user("buyer").await,
    ];
    let former = world.user("attorney").await;
    world
        .database
        .execute(&format!("UPDATE users SET is_public = true WHERE id = '{}'", public.id))
        .await;
    let firm = world.firm(&[&colleague, &me, &former]).await;
    world
        .database
        .execute(&format!(
            "UPDATE firm_memberships SET ended_at = now() WHERE user_id = '{}'",
            former.id
        ))
        .await;
    let property = world.property(&owner).await;
    let help = |column: &str, who| {
        format!(
            "INSERT INTO property_collaborators (property_id, {column}) VALUES ('{property}', '{who}')"
        )
    };
    world.database.execute(&help("firm_id", firm)).await;
    world.database.execute(&help("user_id", helper.id)).await;

    let everybody = [&me, &public, &colleague, &owner, &helper, &stranger, &former];
    let server = &world.server;
    let ask = |user: Option<&TestUser>| match user {
        Some(user) => server.as_user(user),
        None => server.anonymous(),
    };
    let whom = async |asking: Option<&TestUser>| {
        let listed = seen(ask(asking), "users").await;
        let mut found = Vec::new();
        for (place, user) in everybody.iter().enumerate() {
            let user = id("User", user.id);
            let is_found = finds(ask(asking), &user).await;
            assert_eq!(is_found, listed.contains(&user), "node and list differ at {place}");
            if is_found {
                found.push(place);
            }
        }
        found
    };
    assert_eq!(whom(None).await, [1]);
    assert_eq!(whom(Some(&me)).await, [0, 1, 2, 3, 4]);
    assert_eq!(whom(Some(&owner)).await, [0, 1, 2, 3, 4]);
    assert_eq!(whom(Some(&helper)).await, [0, 1, 2, 3, 4]);
    assert_eq!(whom(Some(&stranger)).await, [1, 5]);
    assert_eq!(whom(Some(&former)).await, [1, 6]);
    assert_eq!(whom(Some(server.administrator().await)).await, [0, 1, 2, 3, 4, 5, 6]);
    world
        .database
        .execute("UPDATE property_collaborators SET ends_at = now() WHERE firm_id IS NOT NULL")
        .await;
    assert_eq!(whom(Some(&me)).await, [0, 1, 2]);
}

#[tokio::test]
async fn what_is_known_of_a_person_is_private() {
    let world = World::new().await;
    let [me, boss, colleague, outsider] = [
        world.user("attorney").await,
        world.user("attorney").await,
        world.user("attorney").await,
        world.user("buyer").await,
    ];
    let staff = world.user("staff").await;
    world.firm(&[&boss, &me, &colleague]).await;
    let own = format!("'{}'", me.id);
    world.insert("user_profiles", "user_id, given_name", &format!("{own}, 'Ada'")).await;
    world
        .insert(
            "contact_methods",
            "user_id, kind, email",
            &format!("{own}, 'EMAIL', 'a@example.test'"),
        )
        .await;
    let license = "user_id, kind, number, jurisdiction";
    world
        .insert("professional_licenses", license, &format!("{own}, 'ATTORNEY', '1', 'US-OH'"))
        .await;
    let category = "(SELECT id FROM preference_categories WHERE code = 'SEARCH')";
    world
        .insert(
            "user_preferences",
            "user_id, preference_category_id, value",
            &format!("{own}, {category}, '{{}}'"),
        )
        .await;

    // Profile, its changes, contact methods, licences, memberships, preferences.
    let server = &world.server;
    let counts = async |asker: Asker<'_>| {
        let answer = asker.query(ALL, json!({ "id": id("User", me.id) })).await;
        let user = &answer.data()["user"];
        let count = |value: &Value| value.as_array().map_or(0, Vec::len);
        if user.is_null() {
            return None;
        }
        Some([
            usize::from(!user["profile"].is_null()),
            count(&user["profile"]["changes"]["nodes"]),
            count(&user["contactMethods"]),
            count(&user["professionalLicenses"]),
            count(&user["firmMemberships"]),
            count(&user["preferences"]),
        ])
    };
    assert_eq!(counts(server.as_user(&me)).await, Some([1, 1, 1, 1, 1, 1]));
    assert_eq!(counts(server.as_user(&staff)).await, Some([1, 1, 1, 1, 1, 1]));
    assert_eq!(counts(server.as_user(&boss)).await, Some([1, 0, 0, 1, 1, 0]));
    assert_eq!(counts(server.as_user(&colleague)).await, Some([0, 0, 0, 0, 1, 0]));
    assert_eq!(counts(server.as_user(&outsider)).await, None);
    world.database.execute("UPDATE users SET is_public = true").await;
    assert_eq!(counts(server.anonymous()).await, Some([0, 0, 0, 0, 0, 0]));

    // Verified and in force, a public attorney's licence is for everyone.
    let verify = "UPDATE professional_licenses SET verified_at = now(), verified_by_id = user_id";
    world.database.execute(verify).await;
    assert_eq!(counts(server.anonymous()).await, Some([0, 0, 0, 1, 0, 0]));
    for change in [
        "UPDATE professional_licenses SET status = 'SUSPENDED', verified_at = now()",
        "UPDATE professional_licenses SET status = 'ACTIVE', expires_on = '2000-01-01', verified_at = now() + interval '1s'",
        "UPDATE users SET is_public = false",
    ] {
        world.database.execute(change).await;
        let hidden = counts(server.anonymous()).await;
        assert!(hidden.is_none_or(|counts| counts == [0; 6]), "{change}: {hidden:?}");
    }
}
