//! Who writes a listing, and two writers at once: hidden rows are absent, what is seen is not
//! thereby writable, what was not seen is not overwritten, and one of two wins.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use futures_util::future::join_all;
use loaders::{Request, Viewer};
use serde_json::{Value, json};

use super::writing::{Writer, of, send, with};
use super::{id, server_for};
use crate::support::{Asking, TestDatabase, default_config};

/// Every mutation of one listing with an input that would do, but for the listing itself.
fn mutations() -> Vec<(&'static str, Value)> {
    vec![
        ("updateListing", json!({ "publicRemarks": "Mine." })),
        ("publishListing", json!({})),
        ("changeListingPrice", json!({ "listPrice": "1" })),
        ("holdListing", json!({})),
        ("returnListingToMarket", json!({})),
        ("markListingUnderContract", json!({})),
        ("markListingPending", json!({})),
        ("closeListing", json!({ "closePrice": "1" })),
        ("withdrawListing", json!({})),
        ("cancelListing", json!({})),
        ("expireListing", json!({})),
        ("relistListing", json!({})),
        ("deleteListing", json!({})),
    ]
}

#[tokio::test]
async fn a_hidden_listing_is_absent_and_a_visible_one_not_everyones() {
    let database = TestDatabase::new().await;
    let writer = Writer::new(&database).await;
    let public = server_for(&database, Asking::Anonymous).await;
    let (hidden, shown) = (writer.listed("INCOMPLETE").await, writer.listed("ACTIVE").await);
    let gone = writer.listed("ACTIVE").await;
    writer
        .factory
        .execute(&format!("UPDATE listings SET deleted_at = now() WHERE id = '{gone}'"))
        .await;
    let rows = "SELECT string_agg(to_jsonb(l)::text, '' ORDER BY id) FROM listings l";
    let before = writer.text(rows).await;
    // deleteListing takes a permission, whatever it is about.
    for (mutation, more) in mutations().into_iter().filter(|(name, _)| *name != "deleteListing") {
        let refused = async |listing| {
            let input = with("Listing", listing, more.clone());
            send(&public, mutation, "listing { id }", input).await
        };
        // A draft and what never was are told in the same words.
        let absent = refused(uuid::Uuid::now_v7()).await;
        assert_eq!(absent.data()["it"]["errors"][0]["code"], "NOT_FOUND", "{mutation}");
        assert_eq!(refused(hidden).await.data(), absent.data(), "{mutation}");
        let seen = refused(shown).await;
        assert_eq!(seen.error_codes(), ["FORBIDDEN"], "{mutation}");
        assert_eq!(seen.partial_data()["it"], Value::Null);
        let written = writer.listing(mutation, with("Listing", gone, more.clone())).await;
        assert_eq!(written.mistakes(), ["NOT_FOUND at id"], "{mutation}");
    }
    let input =
        json!({ "propertyId": id("Property", writer.factory.make("Property", json!({})).await) });
    let made = send(&public, "createListing", "listing { id }", input).await;
    assert_eq!(made.error_codes(), ["FORBIDDEN"]);
    assert_eq!(writer.text(rows).await, before);
}

#[tokio::test]
async fn what_was_not_seen_is_not_overwritten() {
    let database = TestDatabase::new().await;
    let writer = Writer::new(&database).await;
    for (mutation, more) in mutations() {
        let listing = writer.listed("ACTIVE").await;
        let mut input = with("Listing", listing, more);
        input["expectedVersion"] = json!(7);
        let refused = writer.listing(mutation, input).await;
        assert_eq!(refused.mistakes(), ["STALE_VERSION at expectedVersion"], "{mutation}");
    }
    let listing = writer.listed("ACTIVE").await;
    let input = with("Listing", listing, json!({ "listPrice": "1", "expectedVersion": 1 }));
    assert_eq!(writer.listing("changeListingPrice", input).await.listing()["version"], 2);
}

#[tokio::test]
async fn an_id_of_something_else_is_refused() {
    let database = TestDatabase::new().await;
    let writer = Writer::new(&database).await;
    let property = writer.factory.make("Property", json!({})).await;
    let refused = writer.listing("holdListing", of("Property", property)).await;
    assert_eq!(refused.mistakes(), ["INVALID at id"]);
}

/// Eight people end one listing at once: it ends once.
#[tokio::test]
async fn one_of_several_steps_at_once_is_taken() {
    let database = TestDatabase::new().await;
    let writer = Writer::new(&database).await;
    let listing = writer.listed("PENDING").await;
    let ends = ["closeListing", "withdrawListing", "cancelListing", "expireListing"].repeat(2);
    let all = ends.iter().map(|mutation| {
        let more =
            if *mutation == "closeListing" { json!({ "closePrice": "1" }) } else { json!({}) };
        writer.listing(mutation, with("Listing", listing, more))
    });
    let ended: Vec<_> = join_all(all).await;
    let (done, refused): (Vec<_>, Vec<_>) =
        ended.iter().partition(|written| written.0["errors"] == json!([]));
    assert_eq!(done.len(), 1);
    assert!(refused.iter().all(|written| written.mistakes() == ["ILLEGAL_TRANSITION at id"]));
    let steps =
        format!("SELECT count(*)::text FROM listing_status_history WHERE listing_id = '{listing}'");
    assert_eq!(writer.text(&steps).await.as_deref(), Some("2"));
}

/// Two drafts of one property are published at once: it is on offer once.
#[tokio::test]
async fn one_of_two_listings_of_a_property_is_published() {
    let database = TestDatabase::new().await;
    let writer = Writer::new(&database).await;
    let property = writer.factory.make("Property", json!({ "published_at": null })).await;
    let publish = async || {
        let listing = writer.offered(property, "INCOMPLETE").await;
        let runs =
            format!("UPDATE listings SET expiration_date = '2124-01-01' WHERE id = '{listing}'");
        writer.factory.execute(&runs).await;
        listing
    };
    let (one, other) = (publish().await, publish().await);
    let (one, other) = tokio::join!(
        writer.listing("publishListing", of("Listing", one)),
        writer.listing("publishListing", of("Listing", other))
    );
    let (done, refused) = if one.0["listing"].is_null() { (other, one) } else { (one, other) };
    assert!(done.listing()["property"]["publishedAt"].is_string());
    let mistakes = refused.mistakes();
    assert!(mistakes[0].starts_with("CONFLICT at "), "{mistakes:?}");
}

/// Prices changed at once are in history one after the other, each from the one before.
#[tokio::test]
async fn history_is_in_the_order_of_what_happened() {
    let database = TestDatabase::new().await;
    let writer = Writer::new(&database).await;
    let listing = writer.listed("ACTIVE").await;
    let prices: Vec<String> = (1..=12).map(|price| format!("{price}000")).collect();
    join_all(prices.iter().map(async |price| {
        let input = with("Listing", listing, json!({ "listPrice": price }));
        writer.listing("changeListingPrice", input).await.listing();
    }))
    .await;
    let steps = format!(
        "SELECT coalesce(previous_price::text, '-') || ' ' || new_price FROM listing_price_history
         WHERE listing_id = '{listing}' ORDER BY changed_at, id"
    );
    let steps = writer.texts(&steps).await;
    assert_eq!(steps.len(), 13);
    let mut now = "250000.00".to_owned();
    for step in &steps[1..] {
        let (from, to) = step.split_once(' ').unwrap();
        assert_eq!(from, now, "{steps:#?}");
        now = to.to_owned();
    }
    assert_eq!(steps.iter().collect::<HashSet<_>>().len(), 13);
}

/// Who wrote, and when, is in history as soon as it is written.
#[tokio::test]
async fn history_says_who_and_when() {
    let database = TestDatabase::new().await;
    let writer = Writer::new(&database).await;
    let listing = writer.listed("ACTIVE").await;
    let user = writer.factory.make("User", json!({})).await;
    let engine = agent_free::server::engine(&default_config(&database)).await.unwrap();
    let viewer = Viewer::user(user, fuzz::viewer().permissions);
    let query = "mutation ($hold: HoldListingInput!, $price: ChangeListingPriceInput!) {
        holdListing(input: $hold) { listing { statusHistory(first: 2) {
            nodes { changeType changedAt changedBy { id } }
        } } }
        changeListingPrice(input: $price) { listing { priceHistory(first: 2) {
            nodes { changeType changedAt changedBy { id } }
        } } }
    }";
    let price = with("Listing", listing, json!({ "listPrice": "1" }));
    let variables = json!({ "hold": of("Listing", listing), "price": price });
    let variables = async_graphql::Variables::from_json(variables);
    let before = Utc::now();
    let answer = engine.execute(Request::new(query, &variables), &viewer).await;
    let after = Utc::now();
    let body: Value = serde_json::from_slice(&answer.body).unwrap();
    let changes = [
        (&body["data"]["holdListing"]["listing"]["statusHistory"]["nodes"], "HOLD"),
        (&body["data"]["changeListingPrice"]["listing"]["priceHistory"]["nodes"], "PRICE_CHANGE"),
    ];
    for (nodes, change_type) in changes {
        assert_eq!(nodes[0]["changeType"], change_type, "{body}");
        assert_eq!(nodes[0]["changedBy"]["id"], json!(id("User", user)));
        let at: DateTime<Utc> = nodes[0]["changedAt"].as_str().unwrap().parse().unwrap();
        assert!(before <= at && at <= after, "{before} {at} {after}");
        // What was there before, nobody is known to have done.
        assert_eq!(nodes[1]["changedBy"], Value::Null);
    }
}
