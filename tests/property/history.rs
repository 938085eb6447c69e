//! `Property.history`: the status and price changes of all listings, merged, newest first.

use serde_json::{Value, json};
use uuid::Uuid;

use super::{Factory, both_servers, id};
use crate::support::{TestDatabase, TestServer};

const QUERY: &str = "query ($id: ID!, $first: Int!) { property(id: $id) { history(first: $first) {
    __typename changeType changedAt listing { id } changedBy { id }
    ... on ListingStatusChange { previousStatus newStatus }
    ... on ListingPriceChange { priceKind previousPrice newPrice }
} } }";

async fn history(server: &TestServer, property: Uuid, first: i32) -> Vec<Value> {
    let variables = json!({ "id": id("Property", property), "first": first });
    let answer = server.query(QUERY, variables).await;
    answer.data()["property"]["history"].as_array().unwrap().clone()
}

/// A change on one line, for people to judge.
fn line(change: &Value) -> String {
    let text = |name: &str| change[name].as_str().unwrap_or("-").to_owned();
    let (from, to) = match change["__typename"].as_str() {
        Some("ListingStatusChange") => (text("previousStatus"), text("newStatus")),
        _ => (text("previousPrice"), text("newPrice")),
    };
    let kind = change["priceKind"].as_str().unwrap_or("status");
    format!("{} {} {kind}: {from} -> {to}", &text("changedAt")[..10], text("changeType"))
}

async fn change(factory: &Factory, listing: Uuid, values: &str) {
    factory.execute(&format!("UPDATE listings SET {values} WHERE id = '{listing}'")).await;
}

/// Offered, withdrawn, offered again for less, sold.
async fn sold(factory: &Factory, property: Uuid) -> Uuid {
    let listing = factory.make(
        "Listing",
        json!({
            "property_id": property,
            "standard_status": "COMING_SOON",
            "list_price": "250000",
            "status_change_timestamp": "2024-01-01T12:00:00Z",
        }),
    );
    let listing = listing.await;
    let step = async |status: &str, day: &str, more: &str| {
        let values = format!(
            "standard_status = '{status}', status_change_timestamp = '{day}T12:00:00Z'{more}"
        );
        change(factory, listing, &values).await;
    };
    step("ACTIVE", "2024-01-10", "").await;
    step("WITHDRAWN", "2024-02-01", "").await;
    step("ACTIVE", "2024-03-01", "").await;
    let cheaper = "list_price = 240000, price_change_timestamp = '2024-03-05T12:00:00Z'";
    change(factory, listing, cheaper).await;
    step("PENDING", "2024-03-20", "").await;
    step("CLOSED", "2024-04-30", ", close_price = 238500, close_date = '2024-04-30'").await;
    listing
}

#[tokio::test]
async fn both_kinds_of_changes_are_merged() {
    let database = TestDatabase::new().await;
    let (public, administrator) = both_servers(&database).await;
    let factory = Factory::new(&database).await;
    let property = factory.make("Property", json!({})).await;
    let listing = sold(&factory, property).await;
    let deleted = sold(&factory, property).await;
    change(&factory, deleted, "deleted_at = now()").await;
    factory
        .make(
            "Listing",
            json!({
                "property_id": property,
                "standard_status": "INCOMPLETE",
                "list_price": "300000",
                "status_change_timestamp": "2024-06-01T12:00:00Z",
            }),
        )
        .await;
    sold(&factory, factory.make("Property", json!({})).await).await;

    let seen = history(&public, property, 100).await;
    assert!(seen.iter().all(|change| change["listing"]["id"] == id("Listing", listing)));
    let lines: Vec<_> = seen.iter().map(line).collect();
    let public_history = [
        "2024-04-30 CLOSED CLOSE_PRICE: - -> 238500.00",
        "2024-04-30 CLOSED status: PENDING -> CLOSED",
        "2024-03-20 PENDING status: ACTIVE -> PENDING",
        "2024-03-05 PRICE_CHANGE LIST_PRICE: 250000.00 -> 240000.00",
        "2024-03-01 BACK_ON_MARKET status: WITHDRAWN -> ACTIVE",
        "2024-02-01 WITHDRAWN status: ACTIVE -> WITHDRAWN",
        "2024-01-10 ACTIVE status: COMING_SOON -> ACTIVE",
        "2024-01-01 NEW_LISTING LIST_PRICE: - -> 250000.00",
        "2024-01-01 COMING_SOON status: - -> COMING_SOON",
    ];
    assert_eq!(lines, public_history);

    // Developers see the draft besides, and nobody what was deleted.
    let seen = history(&administrator, property, 100).await;
    let lines: Vec<_> = seen.iter().map(line).collect();
    assert_eq!(lines[0], "2024-06-01 NEW_LISTING LIST_PRICE: - -> 300000.00");
    assert_eq!(lines[1], "2024-06-01 INCOMPLETE status: - -> INCOMPLETE");
    assert_eq!(lines[2..], public_history);

    for first in [0, 1, 4, 9, 1000] {
        let lines: Vec<_> = history(&public, property, first).await.iter().map(line).collect();
        assert_eq!(lines, public_history[..(first as usize).min(9)]);
    }
}

#[tokio::test]
async fn each_property_of_a_list_has_its_own() {
    let database = TestDatabase::new().await;
    let (public, _) = both_servers(&database).await;
    let factory = Factory::new(&database).await;
    for _ in 0..5 {
        let property = factory.make("Property", json!({})).await;
        sold(&factory, property).await;
    }
    factory.make("Property", json!({})).await;
    let query = "{ properties { nodes { listings { nodes { id } } history(first: 3) { listing { id } } } } }";
    let answer = public.query(query, json!({})).await;
    let nodes = answer.data()["properties"]["nodes"].as_array().unwrap();
    let of = |node: &Value| {
        let listings = node["listings"]["nodes"].as_array().unwrap();
        let history = node["history"].as_array().unwrap();
        assert!(history.iter().all(|change| change["listing"] == listings[0]));
        history.len()
    };
    // The newest record, which was never listed, comes first.
    assert_eq!(nodes.iter().map(of).collect::<Vec<_>>(), [0, 3, 3, 3, 3, 3]);
    let who = "query ($id: ID!) { property(id: $id) { history(first: 1001) { id } } }";
    let property = super::uuids(&factory, "SELECT id FROM properties LIMIT 1").await[0];
    let answer = public.query(who, json!({ "id": id("Property", property) })).await;
    assert_eq!(answer.error_codes(), ["ARGUMENT_LIMIT"]);
    assert_eq!(answer.errors()[0]["message"], "`first` is 1001; it goes from 0 to 1000");
}

#[tokio::test]
async fn who_did_it_is_told() {
    let database = TestDatabase::new().await;
    let (public, _) = both_servers(&database).await;
    let factory = Factory::new(&database).await;
    let (property, user) =
        (factory.make("Property", json!({})).await, factory.make("User", json!({})).await);
    factory.execute(&format!("SET app.actor = '{user}'")).await;
    sold(&factory, property).await;
    let seen = history(&public, property, 100).await;
    assert!(seen.iter().all(|change| change["changedBy"]["id"] == id("User", user)), "{seen:?}");
}
