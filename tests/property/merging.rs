//! `mergeProperties`: what hangs on the duplicate hangs on the kept record afterwards, or nothing
//! has changed.

use serde_json::{Value, json};
use uuid::Uuid;

use super::writing::{Writer, Written, send, with};
use super::{Factory, id};
use crate::support::TestDatabase;

async fn merge(writer: &Writer, kept: Uuid, duplicate: Uuid, more: Value) -> Written {
    let mut input = with("Property", kept, json!({ "duplicateId": id("Property", duplicate) }));
    input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let selection = "property { id publishedAt } duplicateId";
    let answer = send(&writer.server, "mergeProperties", selection, input).await;
    Written(answer.data()["it"].clone())
}

/// Every table with rows that refer to a property, and the column.
async fn referring(factory: &Factory) -> Vec<(String, String)> {
    let statement = "SELECT conrelid::regclass::text, attname::text FROM pg_constraint
        JOIN pg_attribute ON attrelid = conrelid AND attnum = conkey[1]
        WHERE contype = 'f' AND confrelid = 'properties'::regclass ORDER BY 1, 2";
    let rows = factory.client.query(statement, &[]).await.unwrap();
    rows.iter().map(|row| (row.get(0), row.get(1))).collect()
}

/// How many rows of each table refer to a property.
async fn hanging(factory: &Factory, property: Uuid) -> Vec<(String, i64)> {
    let mut found = Vec::new();
    for (table, column) in referring(factory).await {
        let statement = format!("SELECT count(*) FROM {table} WHERE {column} = $1");
        let count = factory.client.query_one(&statement, &[&property]).await.unwrap().get(0);
        found.push((format!("{table}.{column}"), count));
    }
    found
}

/// A row of every type that belongs to a property.
async fn furnish(factory: &Factory, property: Uuid) {
    for type_name in [
        "ComparableSale",
        "Listing",
        "PropertyAmenity",
        "PropertyCondition",
        "PropertyFeature",
        "PropertyIdentifier",
        "PropertyImprovement",
        "PropertyMaintenanceRecord",
        "PropertyValuation",
    ] {
        factory.full(type_name, json!({ "property_id": property })).await;
    }
    let people = format!(
        "INSERT INTO property_collaborators (id, property_id, user_id)
         SELECT gen_random_uuid(), '{property}', id FROM users LIMIT 1;
         INSERT INTO invitations (id, property_id, email, capability, invited_by_id, expires_at)
         SELECT gen_random_uuid(), '{property}', 'a@example.com', 'VIEW', id, now() FROM users LIMIT 1"
    );
    factory.execute(&people).await;
    let earlier = json!({ "deleted_at": "2024-01-01T00:00:00Z", "merged_into_id": property });
    factory.make("Property", earlier).await;
}

#[tokio::test]
async fn everything_that_hangs_on_the_duplicate_moves() {
    let database = TestDatabase::new().await;
    let writer = Writer::new(&database).await;
    let factory = &writer.factory;
    let draft = json!({ "published_at": null, "living_area": "900" });
    let kept = factory.make("Property", draft).await;
    let duplicate = factory.make("Property", json!({ "living_area": "1000" })).await;
    furnish(factory, duplicate).await;
    let before = hanging(factory, duplicate).await;
    assert!(before.iter().all(|(_, count)| *count > 0), "a reference is not tried: {before:?}");

    let written = merge(&writer, kept, duplicate, json!({ "expectedVersion": 1 })).await;
    assert_eq!(written.property()["id"], json!(id("Property", kept)));
    assert_eq!(written.0["duplicateId"], json!(id("Property", duplicate)));
    // What was shown to everyone stays so.
    assert!(written.property()["publishedAt"].is_string());
    let none: Vec<_> = before.iter().map(|(place, _)| (place.clone(), 0)).collect();
    assert_eq!(hanging(factory, duplicate).await, none);
    let after: Vec<_> = before
        .iter()
        .map(|(place, count)| {
            (place.clone(), count + i64::from(place == "properties.merged_into_id"))
        })
        .collect();
    assert_eq!(hanging(factory, kept).await, after);

    // Its own fields stay as they are, and the duplicate answers nothing from now on.
    let query = "query ($kept: ID!, $gone: ID!) {
        property(id: $kept) { livingArea identifiers { id } listings { totalCount } }
        node(id: $gone) { id } gone: property(id: $gone) { id }
        properties(filter: { id: { eq: $gone } }) { totalCount }
    }";
    let variables = json!({ "kept": id("Property", kept), "gone": id("Property", duplicate) });
    let answer = writer.server.query(query, variables).await;
    let data = answer.data();
    assert_eq!(data["property"]["livingArea"], "900.00");
    assert_eq!(data["property"]["identifiers"].as_array().map(Vec::len), Some(1));
    assert_eq!(data["property"]["listings"]["totalCount"], 1);
    assert_eq!((&data["node"], &data["gone"]), (&Value::Null, &Value::Null));
    assert_eq!(data["properties"]["totalCount"], 0);
    let input = json!({ "id": id("Property", duplicate) });
    let restored = writer.property("restoreProperty", input).await;
    assert_eq!(restored.mistakes(), ["ILLEGAL_TRANSITION at id"]);
}

#[tokio::test]
async fn what_both_have_alike_is_kept_once() {
    let database = TestDatabase::new().await;
    let writer = Writer::new(&database).await;
    let factory = &writer.factory;
    let (kept, duplicate) = two(factory).await;
    let kind = factory.make("PropertyFeatureType", json!({ "value_kind": "NUMBER" })).await;
    let amenity = factory.make("Amenity", json!({})).await;
    for property in [kept, duplicate] {
        let feature =
            json!({ "property_id": property, "feature_type_id": kind, "number_value": "5" });
        factory.make("PropertyFeature", feature).await;
        let amenity = json!({ "property_id": property, "amenity_id": amenity, "details": "Two" });
        factory.make("PropertyAmenity", amenity).await;
    }
    merge(&writer, kept, duplicate, json!({})).await.property();
    let query =
        "query ($id: ID!) { property(id: $id) { features { totalCount } amenities { id } } }";
    let answer = writer.server.query(query, json!({ "id": id("Property", kept) })).await;
    assert_eq!(answer.data()["property"]["features"]["totalCount"], 1);
    assert_eq!(answer.data()["property"]["amenities"].as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn what_contradicts_is_named_and_nothing_moves() {
    let database = TestDatabase::new().await;
    let writer = Writer::new(&database).await;
    let factory = &writer.factory;
    let (kept, duplicate) = two(factory).await;
    let kind = factory
        .make("PropertyFeatureType", json!({ "value_kind": "NUMBER", "code": "ROOMS" }))
        .await;
    let amenity = factory.make("Amenity", json!({ "code": "SAUNA" })).await;
    for (property, value) in [(kept, "5"), (duplicate, "6")] {
        writer.offered(property, "HOLD").await;
        let feature =
            json!({ "property_id": property, "feature_type_id": kind, "number_value": value });
        factory.make("PropertyFeature", feature).await;
        let amenity = json!({ "property_id": property, "amenity_id": amenity, "details": value });
        factory.make("PropertyAmenity", amenity).await;
    }
    let (mine, other) = (hanging(factory, kept).await, hanging(factory, duplicate).await);
    let refused = merge(&writer, kept, duplicate, json!({})).await;
    assert_eq!(refused.mistakes(), ["CONFLICT at duplicateId"; 3]);
    for named in ["open listing", "ROOMS", "SAUNA"] {
        assert!(refused.messages().contains(named), "{}", refused.messages());
    }
    assert_eq!(hanging(factory, kept).await, mine);
    assert_eq!(hanging(factory, duplicate).await, other);
}

#[tokio::test]
async fn a_merge_is_refused_at_its_place() {
    let database = TestDatabase::new().await;
    let writer = Writer::new(&database).await;
    let (kept, duplicate) = two(&writer.factory).await;
    let refused =
        async |kept, duplicate, more| merge(&writer, kept, duplicate, more).await.mistakes();
    assert_eq!(refused(kept, kept, json!({})).await, ["INVALID at duplicateId"]);
    assert_eq!(refused(kept, Uuid::now_v7(), json!({})).await, ["NOT_FOUND at duplicateId"]);
    assert_eq!(refused(Uuid::now_v7(), duplicate, json!({})).await, ["NOT_FOUND at id"]);
    let stale = json!({ "expectedVersion": 9 });
    assert_eq!(refused(kept, duplicate, stale).await, ["STALE_VERSION at expectedVersion"]);
    let stale = json!({ "expectedVersion": 1, "duplicateExpectedVersion": 9 });
    assert_eq!(
        refused(kept, duplicate, stale).await,
        ["STALE_VERSION at duplicateExpectedVersion"]
    );
}

/// Merges in both directions at once: one of them happens, whole, and the other finds its record
/// gone.
#[tokio::test]
async fn two_merges_at_once_do_not_lose_anything() {
    let database = TestDatabase::new().await;
    let writer = Writer::new(&database).await;
    for _ in 0..5 {
        let (one, other) = two(&writer.factory).await;
        for property in [one, other] {
            writer.factory.make("PropertyIdentifier", json!({ "property_id": property })).await;
        }
        let both = tokio::join!(
            merge(&writer, one, other, json!({})),
            merge(&writer, other, one, json!({}))
        );
        let (done, refused) = match both.0.0["property"].is_null() {
            true => ((other, both.1), both.0),
            false => ((one, both.0), both.1),
        };
        done.1.property();
        let mistakes = refused.mistakes();
        assert!(mistakes[0].starts_with("NOT_FOUND at "), "{mistakes:?}");
        let identifiers = format!(
            "SELECT count(*)::text FROM property_identifiers WHERE property_id = '{}'",
            done.0
        );
        assert_eq!(writer.text(&identifiers).await.as_deref(), Some("2"));
    }
}

async fn two(factory: &Factory) -> (Uuid, Uuid) {
    (factory.make("Property", json!({})).await, factory.make("Property", json!({})).await)
}
