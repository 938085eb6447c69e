//! Listings from draft to sale, and what their steps leave behind: dates, prices, history.

use chrono::{Days, Utc};
use loaders::scalar::type_id;
use serde_json::{Value, json};

use super::id;
use super::writing::{Writer, of, send, with};
use crate::support::TestDatabase;

/// A day, counted from today.
fn day(offset: i64) -> String {
    let today = Utc::now().date_naive();
    let days = Days::new(offset.unsigned_abs());
    (if offset < 0 { today - days } else { today + days }).to_string()
}

/// Each change of a listing as `CHANGE_TYPE from -> to`, in the order in which it happened.
async fn history(writer: &Writer, listing: &Value) -> Vec<String> {
    let listing = type_id::expect("listing", listing.as_str().unwrap()).unwrap();
    let statement = format!(
        "SELECT change_type || ' ' || coalesce(was, '-') || ' -> ' || became FROM (
             SELECT changed_at, id, change_type::text, previous_status::text AS was, new_status::text AS became
             FROM listing_status_history WHERE listing_id = '{listing}'
             UNION ALL
             SELECT changed_at, id, change_type::text, previous_price::text, new_price::text
             FROM listing_price_history WHERE listing_id = '{listing}'
         ) change ORDER BY changed_at, id"
    );
    writer.texts(&statement).await
}

#[tokio::test]
async fn a_listing_lives_from_draft_to_sale() {
    let database = TestDatabase::new().await;
    let writer = Writer::new(&database).await;
    let property = writer.factory.make("Property", json!({ "published_at": null })).await;
    let seller = writer.factory.make("User", json!({})).await;
    let draft = writer
        .listing(
            "createListing",
            json!({ "propertyId": id("Property", property), "listPrice": "250000" }),
        )
        .await;
    let draft = draft.listing();
    assert_eq!(draft["standardStatus"], "INCOMPLETE");
    assert_eq!(draft["property"]["publishedAt"], Value::Null);
    let listing = draft["id"].clone();
    let step = async |mutation: &str, more: Value| {
        let mut input = json!({ "id": listing });
        input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let written = writer.listing(mutation, input).await;
        assert!(written.0["position"].is_string(), "{}", written.0);
        written.listing().clone()
    };

    let terms = json!({
        "sellerId": id("User", seller), "listingContractDate": day(-40), "expirationDate": day(90),
        "listingTerms": ["Cash", "FHA"], "publicRemarks": "A porch.",
    });
    let edited = step("updateListing", terms).await;
    assert_eq!(edited["version"], 2);
    assert_eq!(edited["seller"]["id"], json!(id("User", seller)));
    assert_eq!(edited["listingTerms"], json!(["Cash", "FHA"]));
    // While it is a draft, nobody was asked the price that it replaces.
    let priced = step("changeListingPrice", json!({ "listPrice": "260000.50" })).await;
    assert_eq!(priced["originalListPrice"], "260000.50");
    assert_eq!(priced["previousListPrice"], Value::Null);

    let announced = step("publishListing", json!({ "comingSoon": true })).await;
    assert_eq!(announced["standardStatus"], "COMING_SOON");
    assert!(announced["property"]["publishedAt"].is_string());
    let published = step("publishListing", json!({ "onMarketDate": day(-30) })).await;
    assert_eq!(published["standardStatus"], "ACTIVE");
    assert_eq!(published["onMarketDate"], json!(day(-30)));
    let cheaper = step("changeListingPrice", json!({ "listPrice": "245000" })).await;
    assert_eq!(cheaper["originalListPrice"], "260000.50");
    assert_eq!(cheaper["previousListPrice"], "260000.50");

    let held = step("holdListing", json!({ "offMarketDate": day(-20) })).await;
    assert_eq!(
        (&held["offMarketDate"], &held["standardStatus"]),
        (&json!(day(-20)), &json!("HOLD"))
    );
    let back = step("returnListingToMarket", json!({})).await;
    assert_eq!(back["offMarketDate"], Value::Null);
    let contract =
        step("markListingUnderContract", json!({ "purchaseContractDate": day(-10) })).await;
    assert_eq!(contract["standardStatus"], "ACTIVE_UNDER_CONTRACT");
    assert_eq!(contract["purchaseContractDate"], json!(day(-10)));
    assert_eq!(contract["contingentDate"], json!(day(-10)));
    let failed = step("returnListingToMarket", json!({})).await;
    assert_eq!(failed["purchaseContractDate"], Value::Null);
    assert_eq!(failed["contingentDate"], Value::Null);
    let pending = step(
        "markListingPending",
        json!({ "purchaseContractDate": day(-5), "offMarketDate": day(-4) }),
    )
    .await;
    assert_eq!(pending["pendingTimestamp"], pending["statusChangeTimestamp"]);
    assert_eq!(pending["offMarketDate"], json!(day(-4)));
    let sale = json!({
        "closePrice": "243000", "closeDate": day(-1), "concessionsAmount": "1500.25",
        "buyerFinancing": ["Conventional"],
    });
    let closed = step("closeListing", sale).await;
    assert_eq!(closed["standardStatus"], "CLOSED");
    assert_eq!(closed["closePrice"], "243000.00");
    assert_eq!(closed["closeDate"], json!(day(-1)));
    assert_eq!(closed["concessionsAmount"], "1500.25");
    assert_eq!(closed["buyerFinancing"], json!(["Conventional"]));
    assert_eq!(closed["offMarketDate"], json!(day(-4)));

    let story = [
        "INCOMPLETE - -> INCOMPLETE",
        "NEW_LISTING - -> 250000.00",
        "PRICE_CHANGE 250000.00 -> 260000.50",
        "COMING_SOON INCOMPLETE -> COMING_SOON",
        "ACTIVE COMING_SOON -> ACTIVE",
        "PRICE_CHANGE 260000.50 -> 245000.00",
        "HOLD ACTIVE -> HOLD",
        "BACK_ON_MARKET HOLD -> ACTIVE",
        "ACTIVE_UNDER_CONTRACT ACTIVE -> ACTIVE_UNDER_CONTRACT",
        "BACK_ON_MARKET ACTIVE_UNDER_CONTRACT -> ACTIVE",
        "PENDING ACTIVE -> PENDING",
        "CLOSED PENDING -> CLOSED",
        "CLOSED - -> 243000.00",
    ];
    assert_eq!(history(&writer, &listing).await, story);
}

#[tokio::test]
async fn a_step_without_a_day_happens_today() {
    let database = TestDatabase::new().await;
    let writer = Writer::new(&database).await;
    let table = [
        ("holdListing", "ACTIVE", "offMarketDate"),
        ("markListingUnderContract", "ACTIVE", "purchaseContractDate"),
        ("markListingUnderContract", "ACTIVE", "contingentDate"),
        ("markListingPending", "ACTIVE", "purchaseContractDate"),
        ("markListingPending", "ACTIVE", "offMarketDate"),
        ("withdrawListing", "ACTIVE", "withdrawnDate"),
        ("withdrawListing", "ACTIVE", "offMarketDate"),
        ("cancelListing", "HOLD", "cancellationDate"),
        ("publishListing", "COMING_SOON", "onMarketDate"),
    ];
    for (mutation, from, field) in table {
        let listing = writer.listed(from).await;
        let runs = format!("UPDATE listings SET expiration_date = NULL WHERE id = '{listing}'");
        let runs = runs.replace("NULL", &format!("'{}'", day(100)));
        writer.factory.execute(&runs).await;
        let written = writer.listing(mutation, of("Listing", listing)).await;
        // Around midnight the server's day may be the next one.
        let found = &written.listing()[field];
        assert!([json!(day(0)), json!(day(-1))].contains(found), "{mutation} {field}: {found}");
    }
    // A day that is known already stays.
    let listing = writer.listed("ACTIVE_UNDER_CONTRACT").await;
    let known =
        format!("UPDATE listings SET purchase_contract_date = '2024-02-03' WHERE id = '{listing}'");
    writer.factory.execute(&known).await;
    let written = writer.listing("markListingPending", of("Listing", listing)).await;
    assert_eq!(written.listing()["purchaseContractDate"], "2024-02-03");
    // What was never on the market never went off it.
    let listing = writer.listed("COMING_SOON").await;
    let never = format!("UPDATE listings SET on_market_date = NULL WHERE id = '{listing}'");
    writer.factory.execute(&never).await;
    let written = writer.listing("withdrawListing", of("Listing", listing)).await;
    assert_eq!(written.listing()["offMarketDate"], Value::Null);
    // What has run out went off the market on its last day.
    let listing = writer.listed("ACTIVE").await;
    let written = writer.listing("expireListing", of("Listing", listing)).await;
    assert_eq!(written.listing()["offMarketDate"], "2024-12-31");
}

#[tokio::test]
async fn what_ended_is_listed_again_with_its_terms_and_days() {
    let database = TestDatabase::new().await;
    let writer = Writer::new(&database).await;
    let old = writer.listed("ACTIVE").await;
    // Ten days on the market here, and seven elsewhere.
    writer
        .factory
        .execute(&format!(
            "UPDATE listings SET prior_days_on_market = 7 WHERE id = '{old}';
             ALTER TABLE listing_status_history DISABLE TRIGGER listing_status_history_immutable;
             UPDATE listing_status_history SET changed_at = now() - interval '10 days 1 hour' WHERE listing_id = '{old}'"
        ))
        .await;
    writer.listing("cancelListing", of("Listing", old)).await.listing();
    let more = json!({ "listPrice": "230000", "listingId": "N-2", "expirationDate": day(60) });
    let draft = writer.listing("relistListing", with("Listing", old, more)).await;
    let draft = draft.listing();
    assert_ne!(draft["id"], json!(id("Listing", old)));
    assert_eq!(draft["standardStatus"], "INCOMPLETE");
    assert_eq!(draft["priorDaysOnMarket"], 17);
    assert_eq!(draft["listPrice"], "230000.00");
    assert_eq!(draft["originalListPrice"], "230000.00");
    assert_eq!(draft["listingTerms"], json!(["Cash", "FHA"]));
    assert_eq!(draft["publicRemarks"], "A porch.");
    assert_eq!(draft["expirationDate"], json!(day(60)));
    assert_eq!(
        (&draft["listingContractDate"], &draft["onMarketDate"]),
        (&Value::Null, &Value::Null)
    );
    assert!(draft["seller"]["id"].is_string());
    let again = writer.listing("relistListing", of("Listing", old)).await;
    assert_eq!(again.listing()["listPrice"], "250000.00");
}

#[tokio::test]
async fn what_lacks_something_is_not_published() {
    let database = TestDatabase::new().await;
    let writer = Writer::new(&database).await;
    let property = writer.factory.make("Property", json!({})).await;
    let bare =
        json!({ "property_id": property, "standard_status": "INCOMPLETE", "close_date": null });
    let bare = writer.factory.make("Listing", bare).await;
    let refused = writer.listing("publishListing", of("Listing", bare)).await;
    assert_eq!(refused.mistakes(), ["REQUIRED at id"; 4]);
    for lacks in ["sellerId", "listPrice", "listingContractDate", "expirationDate"] {
        assert!(refused.messages().contains(lacks), "{}", refused.messages());
    }
    let stale = writer.listed("INCOMPLETE").await;
    let refused = writer.listing("publishListing", of("Listing", stale)).await;
    assert_eq!(refused.mistakes(), ["CONFLICT at id"]);
    assert!(refused.messages().contains("2024-12-31"), "{}", refused.messages());
    // While it is open, it keeps what it was published with.
    let open = writer.listed("ACTIVE").await;
    for field in ["sellerId", "listingContractDate", "expirationDate"] {
        let refused =
            writer.listing("updateListing", with("Listing", open, json!({ field: null }))).await;
        assert_eq!(refused.mistakes(), [format!("REQUIRED at {field}")]);
    }
    // A draft may lose it.
    let draft = writer.listed("INCOMPLETE").await;
    let input = with("Listing", draft, json!({ "sellerId": null, "expirationDate": null }));
    let written = writer.listing("updateListing", input).await;
    assert_eq!(written.listing()["seller"], Value::Null);
    assert_eq!(written.listing()["listingTerms"], json!(["Cash", "FHA"]));
}

#[tokio::test]
async fn wrong_values_are_refused_at_their_place() {
    let database = TestDatabase::new().await;
    let writer = Writer::new(&database).await;
    let table = [
        (
            "holdListing",
            "ACTIVE",
            json!({ "offMarketDate": day(3) }),
            "OUT_OF_RANGE at offMarketDate",
        ),
        (
            "holdListing",
            "ACTIVE",
            json!({ "offMarketDate": "2024-01-01" }),
            "OUT_OF_RANGE at offMarketDate",
        ),
        (
            "withdrawListing",
            "PENDING",
            json!({ "withdrawnDate": "2023-12-31" }),
            "OUT_OF_RANGE at withdrawnDate",
        ),
        (
            "cancelListing",
            "HOLD",
            json!({ "cancellationDate": day(3) }),
            "OUT_OF_RANGE at cancellationDate",
        ),
        (
            "publishListing",
            "COMING_SOON",
            json!({ "comingSoon": true, "onMarketDate": day(0) }),
            "INVALID at onMarketDate",
        ),
        ("changeListingPrice", "ACTIVE", json!({ "listPrice": "0" }), "OUT_OF_RANGE at listPrice"),
        ("changeListingPrice", "ACTIVE", json!({ "listPrice": "-1" }), "OUT_OF_RANGE at listPrice"),
        (
            "changeListingPrice",
            "ACTIVE",
            json!({ "listPrice": "1000000000000" }),
            "OUT_OF_RANGE at listPrice",
        ),
        ("changeListingPrice", "ACTIVE", json!({ "listPrice": "NaN" }), "INVALID at listPrice"),
        ("closeListing", "PENDING", json!({ "closePrice": "-1" }), "OUT_OF_RANGE at closePrice"),
        (
            "closeListing",
            "PENDING",
            json!({ "closePrice": "1", "concessionsAmount": "-0.01" }),
            "OUT_OF_RANGE at concessionsAmount",
        ),
        (
            "closeListing",
            "PENDING",
            json!({ "closePrice": "1", "closeDate": "2024-01-02" }),
            "OUT_OF_RANGE at closeDate",
        ),
        (
            "closeListing",
            "PENDING",
            json!({ "closePrice": "1", "closeDate": day(2) }),
            "OUT_OF_RANGE at closeDate",
        ),
        (
            "closeListing",
            "PENDING",
            json!({ "closePrice": "99.999" }),
            "OUT_OF_RANGE at closePrice",
        ),
        (
            "relistListing",
            "EXPIRED",
            json!({ "listingContractDate": day(5), "expirationDate": day(4) }),
            "OUT_OF_RANGE at expirationDate",
        ),
        ("relistListing", "EXPIRED", json!({ "listingId": "" }), "TOO_LONG at listingId"),
        ("updateListing", "ACTIVE", json!({ "publicRemarks": "" }), "TOO_LONG at publicRemarks"),
        (
            "updateListing",
            "ACTIVE",
            json!({ "sellerId": "user_01h2xcejqtf2nbrexx3vqjhp41" }),
            "NOT_FOUND at sellerId",
        ),
    ];
    for (mutation, from, more, expected) in table {
        let listing = writer.listed(from).await;
        let contract = format!(
            "UPDATE listings SET purchase_contract_date = '2024-01-20' WHERE id = '{listing}'"
        );
        if from == "PENDING" {
            writer.factory.execute(&contract).await;
        }
        let input = with("Listing", listing, more.clone());
        let answer = send(&writer.server, mutation, "listing { id }", input).await;
        match answer.error_codes()[..] {
            [] => {
                let written = super::writing::Written(answer.data()["it"].clone());
                assert_eq!(written.mistakes(), [expected], "{mutation} {more}");
                assert!(!written.messages().is_empty());
            }
            // What the contract's own types refuse never comes to a rule.
            [code] => {
                assert_eq!((code, expected), ("BAD_USER_INPUT", "INVALID at listPrice"), "{more}")
            }
            _ => panic!("{}", answer.pretty()),
        }
    }
    let early = writer.listed("ACTIVE").await;
    let runs = format!("UPDATE listings SET expiration_date = '{}' WHERE id = '{early}'", day(9));
    writer.factory.execute(&runs).await;
    let refused = writer.listing("expireListing", of("Listing", early)).await;
    assert_eq!(refused.mistakes(), ["CONFLICT at id"]);
    assert!(refused.messages().contains("cancelListing"), "{}", refused.messages());
    let closed = "SELECT id::text FROM listings WHERE close_price IS NOT NULL";
    assert_eq!(writer.texts(closed).await, [""; 0]);
}
