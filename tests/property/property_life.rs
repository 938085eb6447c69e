//! Properties from record to deletion and back: through the generic mutations, and those that a
//! property has of its own.

use serde_json::{Value, json};
use uuid::Uuid;

use super::writing::{Writer, of, send, with};
use super::{id, server_for};
use crate::support::{Asking, TestDatabase};

/// Whether everyone finds the property.
async fn is_public(server: &crate::support::TestServer, property: Uuid) -> bool {
    let query = "query ($id: ID!) { property(id: $id) { id } }";
    let answer = server.query(query, json!({ "id": id("Property", property) })).await;
    !answer.data()["property"].is_null()
}

async fn delete(writer: &Writer, property: Uuid) -> super::writing::Written {
    let answer =
        send(&writer.server, "deleteProperty", "deletedId", of("Property", property)).await;
    super::writing::Written(answer.data()["it"].clone())
}

#[tokio::test]
async fn a_property_is_made_changed_shown_hidden_deleted_and_restored() {
    let database = TestDatabase::new().await;
    let writer = Writer::new(&database).await;
    let public = server_for(&database, Asking::Anonymous).await;
    let kind = writer.factory.residential().await;
    let input = json!({
        "propertyTypeId": id("PropertyType", kind), "city": "Toledo", "livingArea": "1200.5",
        "location": { "type": "Point", "coordinates": [-83.5, 41.6] },
    });
    let selection = "property { id city livingArea latitude publishedAt version }";
    let answer = send(&writer.server, "createProperty", selection, input).await;
    let made = &answer.data()["it"]["property"];
    assert_eq!((&made["city"], &made["latitude"]), (&json!("Toledo"), &json!("41.60000000")));
    assert_eq!(made["publishedAt"], Value::Null);
    let property = made["id"].as_str().unwrap();
    let property = loaders::scalar::type_id::expect("property", property).unwrap();

    let input = with("Property", property, json!({ "city": null, "expectedVersion": 1 }));
    let answer = send(&writer.server, "updateProperty", selection, input).await;
    let changed = &answer.data()["it"]["property"];
    assert_eq!((&changed["city"], &changed["livingArea"]), (&Value::Null, &json!("1200.50")));
    // What the server fills itself is in no input.
    for field in ["publishedAt", "latitude", "lotSizeAcres", "version", "deletedAt", "mergedIntoId"]
    {
        let input = with("Property", property, json!({ field: null }));
        let answer = send(&writer.server, "updateProperty", "property { id }", input).await;
        assert_eq!(answer.error_codes(), ["BAD_USER_INPUT"], "{field}");
    }

    assert!(!is_public(&public, property).await);
    let shown = writer.property("publishProperty", of("Property", property)).await;
    let published = shown.property()["publishedAt"].clone();
    assert!(is_public(&public, property).await);
    let again = writer.property("publishProperty", of("Property", property)).await;
    assert_eq!(
        again.property(),
        &json!({ "id": id("Property", property), "publishedAt": published, "version": 3 })
    );
    writer.property("unpublishProperty", of("Property", property)).await.property();
    assert!(!is_public(&public, property).await);

    let feature = json!({ "property_id": property });
    let feature = writer.factory.make("PropertyFeature", feature).await;
    assert_eq!(delete(&writer, property).await.0["deletedId"], json!(id("Property", property)));
    let node = async || {
        let query = "query ($id: ID!) { node(id: $id) { id } }";
        let answer =
            writer.server.query(query, json!({ "id": id("PropertyFeature", feature) })).await;
        !answer.data()["node"].is_null()
    };
    assert!(!node().await);
    assert_eq!(delete(&writer, property).await.mistakes(), ["NOT_FOUND at id"]);
    let stale = with("Property", property, json!({ "expectedVersion": 1 }));
    let refused = writer.property("restoreProperty", stale).await;
    assert_eq!(refused.mistakes(), ["STALE_VERSION at expectedVersion"]);
    let restored = with("Property", property, json!({ "expectedVersion": 5 }));
    writer.property("restoreProperty", restored).await.property();
    assert!(node().await);
    let refused = writer.property("restoreProperty", of("Property", property)).await;
    assert_eq!(refused.mistakes(), ["NOT_FOUND at id"]);
}

#[tokio::test]
async fn what_is_on_offer_is_neither_deleted_nor_hidden() {
    let database = TestDatabase::new().await;
    let writer = Writer::new(&database).await;
    let property = writer.factory.make("Property", json!({})).await;
    let listing = writer.offered(property, "HOLD").await;
    assert_eq!(delete(&writer, property).await.mistakes(), ["IN_USE at id"]);
    let refused = writer.property("unpublishProperty", of("Property", property)).await;
    assert_eq!(refused.mistakes(), ["IN_USE at id"]);
    writer.listing("withdrawListing", of("Listing", listing)).await.listing();
    writer.property("unpublishProperty", of("Property", property)).await.property();
    delete(&writer, property).await;
}

/// Publishing a listing and deleting its property at once: never both.
#[tokio::test]
async fn a_property_is_not_deleted_while_its_listing_is_published() {
    let database = TestDatabase::new().await;
    let writer = Writer::new(&database).await;
    for _ in 0..8 {
        let listing = writer.listed("INCOMPLETE").await;
        let runs = format!(
            "UPDATE listings SET expiration_date = '2124-01-01' WHERE id = '{listing}' RETURNING property_id"
        );
        let property: Uuid = writer.factory.client.query_one(&runs, &[]).await.unwrap().get(0);
        let (published, deleted) = tokio::join!(
            writer.listing("publishListing", of("Listing", listing)),
            delete(&writer, property)
        );
        let published = published.0["errors"] == json!([]);
        assert_ne!(published, deleted.0["errors"] == json!([]));
    }
}

/// Whoever may not write learns nothing of what was deleted, and changes nothing.
#[tokio::test]
async fn a_property_is_not_everyones() {
    let database = TestDatabase::new().await;
    let writer = Writer::new(&database).await;
    let public = server_for(&database, Asking::Anonymous).await;
    let shown = writer.factory.make("Property", json!({})).await;
    let draft = writer.factory.make("Property", json!({ "published_at": null })).await;
    let deleted = json!({ "deleted_at": "2024-01-01T00:00:00Z" });
    let deleted = writer.factory.make("Property", deleted).await;
    let merged = json!({ "deleted_at": "2024-01-01T00:00:00Z", "merged_into_id": shown });
    let merged = writer.factory.make("Property", merged).await;
    let rows = "SELECT string_agg(to_jsonb(p)::text, '' ORDER BY id) FROM properties p";
    let before = writer.text(rows).await;
    let refused = async |mutation: &str, property: Uuid| {
        let mut input = of("Property", property);
        if mutation == "mergeProperties" {
            input["duplicateId"] = json!(id("Property", draft));
        }
        let selection = if mutation == "deleteProperty" { "deletedId" } else { "property { id }" };
        let answer = send(&public, mutation, selection, input).await;
        let codes = answer.error_codes().concat();
        let code = answer.partial_data()["it"]["errors"][0]["code"].as_str();
        code.map_or(codes, str::to_owned)
    };
    for mutation in [
        "publishProperty",
        "unpublishProperty",
        "updateProperty",
        "deleteProperty",
        "mergeProperties",
    ] {
        for (property, expected) in [
            (shown, "FORBIDDEN"),
            (draft, "NOT_FOUND"),
            (deleted, "NOT_FOUND"),
            (merged, "NOT_FOUND"),
        ] {
            if mutation == "mergeProperties" && property == draft {
                continue;
            }
            // A merge takes a permission, whatever it is about.
            let expected = if mutation == "mergeProperties" { "FORBIDDEN" } else { expected };
            assert_eq!(refused(mutation, property).await, expected, "{mutation}");
        }
    }
    for property in [shown, draft, deleted, merged] {
        assert_eq!(refused("restoreProperty", property).await, "NOT_FOUND");
    }
    assert_eq!(writer.text(rows).await, before);
}
