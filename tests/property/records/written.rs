//! Records that are made, changed and deleted, one at a time and several at once.

use serde_json::{Value, json};

use super::cases::records;
use super::{arranged, assert_has, count, lower_first, merged, payload, refusal, refusals, run};
use crate::property::{contract, id, kinds, uuids};

#[tokio::test]
async fn every_writable_type_is_tested() {
    let contract = contract();
    let mut writable: Vec<&str> = contract.record_mutations().map(|record| record.entity).collect();
    writable.dedup();
    let mut tested: Vec<&str> = records().iter().map(|record| record.type_name).collect();
    tested.extend(["Property", "Listing"]); // with tests of their own
    writable.retain(|type_name| kinds::is_known(type_name) && !tested.contains(type_name));
    assert_eq!(writable, [""; 0]);
}

#[tokio::test]
async fn records_are_made_changed_and_deleted() {
    let (_database, factory, parents, server) = arranged().await;
    for record in records() {
        let (type_name, field) = (record.type_name, record.field());
        let selection = format!("{field} {{ {} }}", record.selection(&factory));
        let [create, update, delete] =
            ["create", "update", "delete"].map(|verb| format!("{verb}{type_name}"));

        let input = (record.create)(&parents, 0);
        let made = run(&server, &create, &selection, &input).await;
        let made = payload(&made, &create);
        assert_eq!(made["errors"], json!([]), "{made}");
        assert!(made["position"].is_string(), "{made}");
        assert_eq!(made[&field]["version"], 1);
        assert_has(&made[&field], &input);
        let id = made[&field]["id"].clone();

        let mut change = merged(&record.change, &json!({ "id": id, "expectedVersion": 1 }));
        let changed = run(&server, &update, &selection, &change).await;
        let changed = payload(&changed, &update);
        assert_eq!(changed["errors"], json!([]), "{changed}");
        let rest = made[&field].as_object().unwrap().iter().filter(|(name, _)| {
            let set = [name.to_string(), format!("{name}Id")];
            *name != "version" && !set.iter().any(|name| record.change.get(name).is_some())
        });
        for (name, value) in rest {
            assert_eq!(changed[&field][name], *value, "{type_name}.{name} was not given");
        }
        change.as_object_mut().unwrap().remove("expectedVersion");
        assert_has(&changed[&field], &change);
        assert_eq!(changed[&field]["version"], 2, "{changed}");

        let stale = merged(&record.change, &json!({ "id": id, "expectedVersion": 1 }));
        let answer = run(&server, &update, &selection, &stale).await;
        assert_eq!(refusals(&answer, &update), refusal("STALE_VERSION", "expectedVersion"));

        let nothing = run(&server, &update, &selection, &json!({ "id": id })).await;
        assert_eq!(payload(&nothing, &update)[&field], changed[&field], "nothing was given");

        let cleared = json!({ "id": id, record.optional: null });
        let cleared = run(&server, &update, &selection, &cleared).await;
        let relation = record.optional.strip_suffix("Id").unwrap_or(record.optional);
        assert_eq!(payload(&cleared, &update)[&field][relation], Value::Null);
        if !record.required.is_empty() {
            let null = json!({ "id": id, record.required: null });
            let answer = run(&server, &update, &selection, &null).await;
            assert_eq!(refusals(&answer, &update), refusal("REQUIRED", record.required));
        }

        let wrong = json!({ "id": id, "expectedVersion": 1 });
        let answer = run(&server, &delete, "deletedId", &wrong).await;
        assert_eq!(refusals(&answer, &delete), refusal("STALE_VERSION", "expectedVersion"));
        let deleted = run(&server, &delete, "deletedId", &json!({ "id": id })).await;
        assert_eq!(payload(&deleted, &delete)["deletedId"], id);
        assert_eq!(count(&factory, type_name).await, 0, "{type_name}");
        for (mutation, selection) in [(&delete, "deletedId"), (&update, &selection)] {
            let again = run(&server, mutation, selection, &json!({ "id": id })).await;
            assert_eq!(refusals(&again, mutation), refusal("NOT_FOUND", "id"));
        }
    }
}

#[tokio::test]
async fn several_records_are_made_or_none() {
    let (_database, factory, parents, server) = arranged().await;
    for record in records() {
        let (type_name, field) = (record.type_name, lower_first(record.plural));
        let create = format!("create{}", record.plural);
        let selection = format!("{field} {{ {} }}", record.selection(&factory));
        let mut items: Vec<Value> = (0..5).map(|n| (record.create)(&parents, n)).collect();

        let made = run(&server, &create, &selection, &json!({ "items": items })).await;
        let made = payload(&made, &create);
        assert_eq!(made["errors"], json!([]), "{made}");
        let rows = made[&field].as_array().unwrap();
        assert_eq!(rows.len(), 5, "{type_name}");
        rows.iter().zip(&items).for_each(|(row, item)| assert_has(row, item));
        let table = kinds::table(type_name);
        let by_creation = format!("SELECT id FROM {table} ORDER BY created_at, id");
        let order = uuids(&factory, &by_creation).await;
        let order: Vec<Value> = order.into_iter().map(|row| json!(id(type_name, row))).collect();
        assert_eq!(rows.iter().map(|row| row["id"].clone()).collect::<Vec<_>>(), order);

        factory.execute(&format!("DELETE FROM {table}")).await;
        let (refused, code, path) = &record.refused;
        items[3] = merged(&items[3], refused);
        let answer = run(&server, &create, &selection, &json!({ "items": items })).await;
        let place = format!("items.3.{path}");
        let expected = refusal(code, place.trim_end_matches('.'));
        assert_eq!(refusals(&answer, &create), expected, "{type_name}");
        assert_eq!(count(&factory, type_name).await, 0, "{type_name}: all or none");
    }
}

#[tokio::test]
async fn of_two_changes_at_once_one_wins() {
    let (_database, factory, parents, server) = arranged().await;
    let create = json!({ "propertyId": parents.property, "amenityId": parents.amenities[0] });
    let made = run(&server, "createPropertyAmenity", "propertyAmenity { id }", &create).await;
    let id = &payload(&made, "createPropertyAmenity")["propertyAmenity"]["id"];
    let changes = (0..16).map(|n| {
        let input = json!({ "id": id, "expectedVersion": 1, "details": format!("Change {n}") });
        let server = &server;
        async move {
            run(server, "updatePropertyAmenity", "propertyAmenity { details version }", &input)
                .await
        }
    });
    let answers = futures_util::future::join_all(changes).await;
    let (won, lost): (Vec<_>, Vec<_>) = answers
        .iter()
        .partition(|answer| payload(answer, "updatePropertyAmenity")["errors"] == json!([]));
    assert_eq!((won.len(), lost.len()), (1, 15));
    for answer in lost {
        assert_eq!(
            refusals(answer, "updatePropertyAmenity"),
            refusal("STALE_VERSION", "expectedVersion")
        );
    }
    let kept = factory
        .client
        .query_one("SELECT version, details FROM property_amenities", &[])
        .await
        .unwrap();
    let won = &payload(won[0], "updatePropertyAmenity")["propertyAmenity"];
    assert_eq!((kept.get::<_, i32>(0), json!(kept.get::<_, &str>(1))), (2, won["details"].clone()));
}

#[tokio::test]
async fn how_many_statements_it_takes_does_not_depend_on_how_many_records() {
    let (_database, factory, parents, server) = arranged().await;
    let mut taken = Vec::new();
    for number in [2, 300] {
        let item = |n| json!({ "propertyId": parents.property, "rating": "C2", "inspectedOn": "2024-01-01", "notes": format!("{n}") });
        let items: Vec<Value> = (0..number).map(item).collect();
        let answer = run(
            &server,
            "createPropertyConditions",
            "propertyConditions { id property { id } }",
            &json!({ "items": items }),
        )
        .await;
        let rows = &payload(&answer, "createPropertyConditions")["propertyConditions"];
        assert_eq!(rows.as_array().unwrap().len(), number);
        taken.push(answer.count_statements());
    }
    assert_eq!(taken[0], taken[1]);
    // A mistake among many is found by halves.
    let mut items = vec![
        json!({ "propertyId": parents.property, "rating": "C2", "inspectedOn": "2024-01-01" });
        300
    ];
    items[217]["notes"] = json!("");
    let answer = run(
        &server,
        "createPropertyConditions",
        "propertyConditions { id }",
        &json!({ "items": items }),
    )
    .await;
    assert_eq!(
        refusals(&answer, "createPropertyConditions"),
        refusal("TOO_LONG", "items.217.notes")
    );
    assert!(answer.count_statements() < 40, "{}", answer.count_statements());
    assert_eq!(count(&factory, "PropertyCondition").await, 302);
    let empty = run(
        &server,
        "createPropertyConditions",
        "propertyConditions { id }",
        &json!({ "items": [] }),
    )
    .await;
    assert_eq!(
        payload(&empty, "createPropertyConditions"),
        &json!({ "propertyConditions": [], "errors": [], "position": null })
    );
}

#[tokio::test]
async fn places_are_written_as_geojson() {
    let (_database, factory, _parents, server) = arranged().await;
    let residential = id("PropertyType", factory.residential().await);
    let selection = "property { id location latitude longitude boundary lotSizeAcres }";
    let square = json!([[[[-84, 41], [-83, 41], [-83, 42], [-84, 42], [-84, 41]]]]);
    let input = json!({
        "propertyTypeId": residential,
        "location": { "type": "Point", "coordinates": [-83.5, 41.65, 200] },
        "boundary": { "type": "MultiPolygon", "coordinates": square },
        "lotSizeSquareFeet": "43560.00",
    });
    let made = run(&server, "createProperty", selection, &input).await;
    let made = &payload(&made, "createProperty")["property"];
    let point = json!({ "type": "Point", "coordinates": [-83.5, 41.65] });
    assert_eq!(made["location"], point, "heights are left out: {made}");
    assert_eq!(
        (&made["latitude"], &made["longitude"]),
        (&json!("41.65000000"), &json!("-83.50000000"))
    );
    assert_eq!(made["boundary"]["coordinates"], square);
    assert_eq!(made["lotSizeAcres"], "1.0000");

    let polygon = json!({ "type": "Polygon", "coordinates": square[0] });
    let wrong = json!({ "id": made["id"], "location": polygon, "boundary": polygon });
    let answer = run(&server, "updateProperty", selection, &wrong).await;
    let expected = ["location", "boundary"].map(|field| ("INVALID".to_string(), field.to_string()));
    assert_eq!(refusals(&answer, "updateProperty"), expected);
    let moved = json!({ "id": made["id"], "location": { "type": "Point", "coordinates": [0, 0] }, "boundary": null });
    let answer = run(&server, "updateProperty", selection, &moved).await;
    let moved = &payload(&answer, "updateProperty")["property"];
    assert_eq!((&moved["latitude"], &moved["boundary"]), (&json!("0.00000000"), &Value::Null));
}
