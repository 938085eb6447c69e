//! A hidden row and one that never was are answered with the same bytes, but for their ids.

use serde_json::{Value, json};
use uuid::Uuid;

use super::rows::Tables;
use super::world::World;
use crate::property::id;
use crate::support::{Asker, TestDatabase, TestServer};

/// The answer, with the id that was asked for written as `it`.
async fn told(asker: &Asker<'_>, query: &str, variables: Value, it: &str) -> String {
    let body = json!({ "query": query, "variables": variables });
    let answer = asker.post(&body).await.send().await.unwrap();
    let status = answer.status();
    let mut body: Value = answer.json().await.unwrap();
    // What was counted and how long it took is the same as well, but the request has its own id.
    if let Some(errors) = body["errors"].as_array_mut() {
        for error in errors {
            error["extensions"]["requestId"] = Value::Null;
        }
    }
    format!("{status} {body}").replace(it, "it")
}

/// Everything that could tell of a row of this type by its id.
fn reads(type_name: &str) -> &'static str {
    match type_name {
        "Property" => {
            "query ($it: ID!) { node(id: $it) { id } nodes(ids: [$it, $it]) { id }
                property(id: $it) { id }
                properties(filter: { id: { eq: $it } }) {
                    totalCount aggregate { count } pageInfo { endCursor }
                }
                listings(filter: { not: { property: { id: { ne: $it } } } }) { totalCount }
                others: properties(filter: { not: { id: { eq: $it } } }) { totalCount } }"
        }
        "Listing" => {
            "query ($it: ID!) { node(id: $it) { id } listing(id: $it) { id }
                listings(filter: { id: { eq: $it } }) { totalCount aggregate { count } }
                properties(filter: { listings: { some: { id: { eq: $it } } } }) { totalCount } }"
        }
        _ => {
            "query ($it: ID!) { node(id: $it) { id } user(id: $it) { id }
                properties(filter: { owner: { id: { eq: $it } } }) { totalCount } }"
        }
    }
}

#[tokio::test]
async fn hidden_is_absent() {
    let database = TestDatabase::new().await;
    let (server, client) = tokio::join!(TestServer::start(&database), database.connect());
    let tables = Tables::read(&client).await;
    let mut world = World::new(&client, &tables).await;
    let stranger = server.user("member").await;
    let (property, listing) = (world.id("Property").await, world.id("Listing").await);
    let owner = id("User", world.owner.id);
    let amenity = world.id("Amenity").await;
    for asker in [server.anonymous(), server.as_user(&stranger)] {
        for (type_name, hidden) in
            [("Property", &property), ("Listing", &listing), ("User", &owner)]
        {
            let absent = id(type_name, Uuid::now_v7());
            let reads = reads(type_name);
            let hidden_told = told(&asker, reads, json!({ "it": hidden }), hidden).await;
            let absent_told = told(&asker, reads, json!({ "it": absent }), &absent).await;
            assert_eq!(hidden_told, absent_told);
        }
    }
    let asker = server.as_user(&stranger);
    let writes = [
        ("updateProperty", "Property", "id", json!({})),
        ("deleteProperty", "Property", "id", json!({})),
        ("publishProperty", "Property", "id", json!({})),
        ("restoreProperty", "Property", "id", json!({})),
        ("createListing", "Property", "propertyId", json!({})),
        ("closeListing", "Listing", "id", json!({ "closePrice": "1" })),
        ("relistListing", "Listing", "id", json!({})),
        ("createPropertyAmenity", "Property", "propertyId", json!({ "amenityId": amenity })),
        (
            "createPropertyCondition",
            "User",
            "inspectedById",
            json!({ "propertyId": property, "rating": "C1", "inspectedOn": "2024-01-01" }),
        ),
    ];
    for (name, type_name, field, more) in writes {
        let hidden = match type_name {
            "Property" => &property,
            "Listing" => &listing,
            _ => &owner,
        };
        let absent = id(type_name, Uuid::now_v7());
        let input_type = name[..1].to_uppercase() + &name[1..];
        let query = format!(
            "mutation ($input: {input_type}Input!) {{ {name}(input: $input) {{ errors {{ code path message }} position }} }}"
        );
        let input = |it: &str| {
            let mut input = more.clone();
            input[field] = json!(it);
            json!({ "input": input })
        };
        let hidden_told = told(&asker, &query, input(hidden), hidden).await;
        let absent_told = told(&asker, &query, input(&absent), &absent).await;
        assert_eq!(hidden_told, absent_told, "{name}");
    }
}
