//! Preferences, and the schemas that they keep to.

use serde_json::{Value, json};

use super::{World, done, finds, id, refused, run};

#[tokio::test]
async fn a_preference_keeps_to_its_schema() {
    let world = World::new().await;
    let (user, other) = (world.user("buyer").await, world.user("buyer").await);
    let query = "{ preferenceCategories { id code isSystem } }";
    let answer = world.server.as_user(&user).query(query, json!({})).await;
    let display = answer.data()["preferenceCategories"][0].clone();
    assert_eq!((&display["code"], &display["isSystem"]), (&json!("DISPLAY"), &json!(true)));
    let selection = "userPreference { id version value }";
    let set = async |value: Value| {
        let input = json!({ "preferenceCategoryId": display["id"], "value": value });
        run(world.server.as_user(&user), "setUserPreference", selection, input).await
    };
    let answer = set(json!({ "theme": "DARK" })).await;
    let first = done(&answer)["userPreference"].clone();
    assert_eq!(refused(&set(json!({ "theme": "PINK" })).await), "INVALID value");
    assert_eq!(refused(&set(json!("DARK")).await), "INVALID value");
    let answer = set(json!({ "theme": "LIGHT" })).await;
    let second = done(&answer)["userPreference"].clone();
    assert_eq!((&second["id"], &second["value"]), (&first["id"], &json!({ "theme": "LIGHT" })));
    assert!(!finds(world.server.as_user(&other), first["id"].as_str().unwrap()).await);
    let input = json!({ "userId": id("User", user.id), "preferenceCategoryId": display["id"], "value": {} });
    let answer = run(world.server.as_user(&other), "setUserPreference", selection, input).await;
    assert_ne!(refused(&answer), "done ", "{}", answer.pretty());
    let value = "SELECT count(*) FROM user_preferences WHERE value = '{\"theme\": \"LIGHT\"}'";
    assert_eq!(world.count(value).await, 1);
}

#[tokio::test]
async fn categories_are_the_systems_or_ones_own() {
    let world = World::new().await;
    let (user, other) = (world.user("buyer").await, world.user("buyer").await);
    let selection = "preferenceCategory { id isSystem user { id } }";
    let create = async |asker, is_system: bool, schema: Value| {
        let input =
            json!({ "code": "MAPS", "name": "Maps", "isSystem": is_system, "valueSchema": schema });
        run(asker, "createPreferenceCategory", selection, input).await
    };
    let ask = || world.server.as_user(&user);
    assert_eq!(
        refused(&create(world.server.anonymous(), false, json!({})).await),
        "UNAUTHENTICATED"
    );
    assert_eq!(refused(&create(ask(), true, json!({})).await), "FORBIDDEN");
    assert_eq!(refused(&create(ask(), false, json!({ "$ref": "#" })).await), "INVALID valueSchema");
    assert_eq!(
        refused(&create(ask(), false, json!({ "type": "magic" })).await),
        "INVALID valueSchema"
    );
    let answer = create(ask(), false, json!({ "type": "integer" })).await;
    let category = done(&answer)["preferenceCategory"].clone();
    assert_eq!(category["user"]["id"], id("User", user.id));
    assert_eq!(refused(&create(ask(), false, json!({})).await), "TAKEN code");
    done(&create(world.server.as_administrator(), true, json!({})).await);
    assert!(!finds(world.server.as_user(&other), category["id"].as_str().unwrap()).await);

    let input = json!({ "preferenceCategoryId": category["id"], "value": 7 });
    let set =
        async |asker| run(asker, "setUserPreference", "userPreference { id }", input.clone()).await;
    assert_eq!(refused(&set(world.server.as_user(&other)).await), "NOT_FOUND preferenceCategoryId");
    done(&set(ask()).await);
    let update = async |asker, schema: Value| {
        let input = json!({ "id": category["id"], "valueSchema": schema });
        run(asker, "updatePreferenceCategory", selection, input).await
    };
    assert_eq!(refused(&update(world.server.as_user(&other), json!({})).await), "NOT_FOUND id");
    assert_eq!(refused(&update(ask(), json!({ "maximum": 5 })).await), "IN_USE valueSchema");
    done(&update(ask(), json!({ "maximum": 7 })).await);
    let delete = json!({ "id": category["id"] });
    let answer = run(ask(), "deletePreferenceCategory", "deletedId", delete).await;
    assert_eq!(refused(&answer), "IN_USE id");
}

#[tokio::test]
async fn whether_somebody_else_prefers_something_is_not_told() {
    let world = World::new().await;
    let (me, one, other) =
        (world.user("buyer").await, world.user("buyer").await, world.user("buyer").await);
    world.database.execute("UPDATE users SET is_public = true").await;
    let category = "(SELECT id FROM preference_categories WHERE code = 'SEARCH')";
    let values = format!("'{}', {category}, '{{}}'", one.id);
    world.insert("user_preferences", "user_id, preference_category_id, value", &values).await;
    let category: uuid::Uuid =
        world.client.query_one(&category[1..category.len() - 1], &[]).await.unwrap().get(0);
    let category = id("PreferenceCategory", category);
    for whose in [one.id, other.id, uuid::Uuid::now_v7()] {
        let input = json!({
            "userId": id("User", whose), "preferenceCategoryId": category, "value": {},
        });
        let answer =
            run(world.server.as_user(&me), "setUserPreference", "userPreference { id }", input);
        assert_eq!(refused(&answer.await), "FORBIDDEN");
    }
}
