//! Inputs that are not taken: each mistake with its code and its place, and nothing written.

use serde_json::{Value, json};

use super::cases::records;
use super::{Parents, arranged, count, merged, payload, refusal, refusals, run};
use crate::property::{id, kinds, server_for};
use crate::support::Asking;

#[tokio::test]
async fn what_the_database_refuses_is_told_at_its_field() {
    let (_database, factory, parents, server) = arranged().await;
    for record in records() {
        let (create, update) =
            (format!("create{}", record.type_name), format!("update{}", record.type_name));
        let selection = format!("{} {{ id }}", record.field());
        let first = run(&server, &create, &selection, &(record.create)(&parents, 0)).await;
        assert_eq!(payload(&first, &create)["errors"], json!([]), "{first:?}");
        let second = run(&server, &create, &selection, &(record.create)(&parents, 1)).await;
        let second = payload(&second, &create)[record.field()]["id"].clone();
        let (refused, code, path) = &record.refused;
        let input = merged(&(record.create)(&parents, 2), refused);
        let answer = run(&server, &create, &selection, &input).await;
        assert_eq!(refusals(&answer, &create), refusal(code, path), "{create}");
        let input = merged(refused, &json!({ "id": second }));
        let answer = run(&server, &update, &selection, &input).await;
        assert_eq!(refusals(&answer, &update), refusal(code, path), "{update}");
        assert_eq!(count(&factory, record.type_name).await, 2);
    }
}

#[tokio::test]
async fn all_that_is_known_before_writing_is_told_at_once() {
    let (_database, factory, parents, server) = arranged().await;
    let nobody = id("Property", uuid::Uuid::now_v7());
    let items = json!([
        { "propertyId": nobody, "component": null, "rating": "C1", "inspectedOn": "2024-01-01" },
        { "propertyId": parents.user, "rating": "C1", "inspectedOn": "2024-01-01" },
        { "propertyId": parents.property, "rating": "C1", "inspectedOn": "2024-01-01",
          "estimatedRepairCost": "1.005", "inspectedById": id("User", uuid::Uuid::now_v7()) },
        { "propertyId": parents.property, "rating": "C1", "inspectedOn": "2024-01-01",
          "estimatedRepairCost": "1000000000000" },
    ]);
    let answer = run(
        &server,
        "createPropertyConditions",
        "propertyConditions { id }",
        &json!({ "items": items }),
    )
    .await;
    let mut found = refusals(&answer, "createPropertyConditions");
    found.sort();
    let expected = [
        ("INVALID", "items.1.propertyId"),
        ("NOT_FOUND", "items.0.propertyId"),
        ("NOT_FOUND", "items.2.inspectedById"),
        ("OUT_OF_RANGE", "items.2.estimatedRepairCost"),
        ("OUT_OF_RANGE", "items.3.estimatedRepairCost"),
        ("REQUIRED", "items.0.component"),
    ];
    assert_eq!(found, expected.map(|(code, path)| (code.to_string(), path.to_string())));
    assert_eq!(count(&factory, "PropertyCondition").await, 0);
}

#[tokio::test]
async fn what_the_server_fills_cannot_be_given() {
    let (_database, factory, parents, server) = arranged().await;
    for record in records() {
        let create = format!("create{}", record.type_name);
        let made = run(
            &server,
            &create,
            &format!("{} {{ id }}", record.field()),
            &(record.create)(&parents, 0),
        )
        .await;
        let id = payload(&made, &create)[record.field()]["id"].clone();
        let more = [
            ("id", json!(id)),
            ("version", json!(7)),
            ("createdAt", json!("2020-01-01T00:00:00Z")),
            ("updatedAt", json!("2020-01-01T00:00:00Z")),
            ("normalizedValue", json!("X")),
            ("deletedAt", Value::Null),
        ];
        for (field, value) in more {
            let input = merged(&(record.create)(&parents, 1), &json!({ field: value }));
            let answer =
                run(&server, &create, &format!("{} {{ id }}", record.field()), &input).await;
            assert_eq!(answer.error_codes(), ["BAD_USER_INPUT"], "{create} {field}");
        }
        let update = format!("update{}", record.type_name);
        for parent in ["propertyId", "listingId", "version", "createdAt"] {
            let input = json!({ "id": id, parent: parents.property });
            let answer =
                run(&server, &update, &format!("{} {{ id }}", record.field()), &input).await;
            assert_eq!(answer.error_codes(), ["BAD_USER_INPUT"], "{update} {parent}");
        }
        assert_eq!(count(&factory, record.type_name).await, 1, "{create}");
    }
}

#[tokio::test]
async fn what_is_hidden_is_as_if_it_were_not_there() {
    let (database, factory, parents, server) = arranged().await;
    let public = server_for(&database, Asking::Anonymous).await;
    factory.execute("UPDATE listing_statuses SET is_public = standard_status = 'CLOSED'").await;
    let hidden = Parents {
        property: id("Property", factory.make("Property", json!({ "published_at": null })).await),
        listing: id("Listing", factory.make("Listing", json!({ "standard_status": "HOLD" })).await),
        ..Parents::new(&factory).await
    };
    for record in records() {
        let (create, field) = (format!("create{}", record.type_name), record.field());
        let selection = format!("{field} {{ id }}");
        let parent = if (record.create)(&parents, 0).get("propertyId").is_some() {
            "propertyId"
        } else {
            "listingId"
        };
        let answer = run(&public, &create, &selection, &(record.create)(&hidden, 0)).await;
        assert_eq!(refusals(&answer, &create), refusal("NOT_FOUND", parent), "{create}");
        let answer = run(&public, &create, &selection, &(record.create)(&parents, 0)).await;
        assert_eq!(answer.error_codes(), ["FORBIDDEN"], "{create}");
        assert_eq!(answer.partial_data()[&create], Value::Null);
        assert_eq!(count(&factory, record.type_name).await, 0, "{create}");

        let seen = record.type_name != "MarketingCampaign";
        for (of, number, seen) in [(&hidden, 1, false), (&parents, 2, seen)] {
            let made = run(&server, &create, &selection, &(record.create)(of, number)).await;
            let id = payload(&made, &create)[&field]["id"].clone();
            for verb in ["update", "delete"] {
                let mutation = format!("{verb}{}", record.type_name);
                let selection = if verb == "delete" { "deletedId" } else { &selection };
                let answer = run(&public, &mutation, selection, &json!({ "id": id })).await;
                if seen {
                    assert_eq!(answer.error_codes(), ["FORBIDDEN"], "{mutation}");
                } else {
                    assert_eq!(
                        refusals(&answer, &mutation),
                        refusal("NOT_FOUND", "id"),
                        "{mutation}"
                    );
                }
            }
        }
        assert_eq!(count(&factory, record.type_name).await, 2, "{create}");
        factory.execute(&format!("DELETE FROM {}", kinds::table(record.type_name))).await;
    }
}

#[tokio::test]
async fn what_others_depend_on_is_not_deleted() {
    let (_database, _factory, parents, server) = arranged().await;
    let campaign = json!({ "listingId": parents.listing, "marketingChannelId": parents.channel, "name": "Spring" });
    let made = run(&server, "createMarketingCampaign", "marketingCampaign { id }", &campaign).await;
    let id = payload(&made, "createMarketingCampaign")["marketingCampaign"]["id"].clone();
    let material = json!({ "listingId": parents.listing, "marketingCampaignId": id, "kind": "FLYER", "title": "A flyer" });
    let made = run(&server, "createMarketingMaterial", "marketingMaterial { id }", &material).await;
    assert_eq!(payload(&made, "createMarketingMaterial")["errors"], json!([]));
    let answer = run(&server, "deleteMarketingCampaign", "deletedId", &json!({ "id": id })).await;
    assert_eq!(refusals(&answer, "deleteMarketingCampaign"), refusal("IN_USE", "id"));
}
