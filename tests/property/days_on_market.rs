//! `Listing.daysOnMarket` is the sum, step by step, of the time in statuses that accrue.

use chrono::{DateTime, Duration, Utc};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Factory, both_servers, id};
use crate::support::{TestDatabase, TestServer};

/// A status and on which day, counted backwards from now, it began.
type Steps = &'static [(&'static str, f64)];

const MANY: Steps = &[
    ("COMING_SOON", 400.5),
    ("ACTIVE", 390.25),
    ("ACTIVE_UNDER_CONTRACT", 380.0),
    ("ACTIVE", 371.75),
    ("HOLD", 360.5),
    ("ACTIVE", 300.0),
    ("PENDING", 290.9),
    ("ACTIVE", 280.1),
    ("WITHDRAWN", 279.9),
    ("ACTIVE", 200.3),
    ("PENDING", 180.6),
    ("CLOSED", 150.2),
];

async fn listing(factory: &Factory, prior: i32, steps: Steps) -> Uuid {
    let begun = |days: f64| Utc::now() - Duration::milliseconds((days * 86_400_000.0) as i64);
    let (first, rest) = steps.split_first().unwrap();
    let values = json!({
        "standard_status": first.0,
        "status_change_timestamp": begun(first.1),
        "prior_days_on_market": prior,
        "close_date": "2024-01-01",
    });
    let uuid = factory.make("Listing", values).await;
    for (status, days) in rest {
        let statement = "UPDATE listings SET standard_status = $2::text,
            status_change_timestamp = $3::text::timestamptz WHERE id = $1";
        let at = begun(*days).to_rfc3339();
        factory.client.execute(statement, &[&uuid, status, &at]).await.unwrap();
    }
    uuid
}

/// Walks the history as it is stored.
async fn computed(factory: &Factory, listing: Uuid, accruing: &[&str], prior: i64) -> Value {
    let statement = "SELECT new_status::text, to_char(changed_at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')
        FROM listing_status_history WHERE listing_id = $1 ORDER BY changed_at, id";
    let rows = factory.client.query(statement, &[&listing]).await.unwrap();
    let steps: Vec<(&str, DateTime<Utc>)> =
        rows.iter().map(|row| (row.get(0), row.get::<_, &str>(1).parse().unwrap())).collect();
    let (mut time, mut accrued) = (Duration::zero(), false);
    for (place, (status, from)) in steps.iter().enumerate() {
        let until = steps.get(place + 1).map_or(Utc::now(), |(_, at)| *at);
        if accruing.contains(status) {
            (time, accrued) = (time + (until - *from), true);
        }
    }
    if accrued || prior > 0 { json!(prior + time.num_days()) } else { Value::Null }
}

async fn days(server: &TestServer, listing: Uuid) -> Value {
    let query = "query ($id: ID!) { listing(id: $id) { daysOnMarket } }";
    let answer = server.query(query, json!({ "id": id("Listing", listing) })).await;
    answer.data()["listing"]["daysOnMarket"].clone()
}

#[tokio::test]
async fn only_statuses_that_accrue_count() {
    let database = TestDatabase::new().await;
    let (_, server) = both_servers(&database).await;
    let factory = Factory::new(&database).await;
    let table: [(i32, Steps, Value); 10] = [
        (0, &[("INCOMPLETE", 10.0)], json!(null)),
        (0, &[("CLOSED", 9000.0)], json!(null)),
        (7, &[("INCOMPLETE", 10.0)], json!(7)),
        (0, &[("ACTIVE", 0.5)], json!(0)),
        (0, &[("ACTIVE", 10.5)], json!(10)),
        (5, &[("ACTIVE", 10.5)], json!(15)),
        (
            0,
            &[("INCOMPLETE", 30.5), ("ACTIVE", 20.5), ("PENDING", 10.0), ("CLOSED", 1.0)],
            json!(10),
        ),
        (0, &[("ACTIVE", 30.0), ("HOLD", 29.25), ("ACTIVE", 20.0), ("HOLD", 19.25)], json!(1)),
        // Tomorrow's change has not accrued yet.
        (0, &[("PENDING", 3.0), ("ACTIVE", -1.0)], json!(0)),
        // 10.25 + 8.25 + 11.25 + 9.1 + 0.2 + 19.7, and the 10.25 of COMING_SOON do not count.
        (100, MANY, json!(158)),
    ];
    let accruing = ["ACTIVE", "ACTIVE_UNDER_CONTRACT"];
    let mut all = Vec::new();
    for (prior, steps, expected) in table {
        let listing = listing(&factory, prior, steps).await;
        assert_eq!(days(&server, listing).await, expected, "{prior} and {steps:?}");
        let future = steps.last().is_some_and(|(_, days)| *days < 0.0);
        if !future {
            let walked = computed(&factory, listing, &accruing, i64::from(prior)).await;
            assert_eq!(walked, expected, "{prior} and {steps:?}");
        }
        all.push((listing, expected));
    }

    // For a whole list at once, each listing has its own.
    let query = "{ listings(first: 100) { nodes { id daysOnMarket } } }";
    let answer = server.query(query, json!({})).await;
    assert_eq!(answer.count_statements(), 2);
    let nodes = answer.data()["listings"]["nodes"].as_array().unwrap();
    assert_eq!(nodes.len(), all.len());
    for (listing, expected) in all {
        let node = json!({ "id": id("Listing", listing), "daysOnMarket": expected });
        assert!(nodes.contains(&node), "{node} is not among {nodes:?}");
    }
}

#[tokio::test]
async fn which_statuses_accrue_is_the_markets_choice() {
    let database = TestDatabase::new().await;
    let (_, server) = both_servers(&database).await;
    let factory = Factory::new(&database).await;
    let listing = listing(&factory, 0, &[("ACTIVE", 20.5), ("PENDING", 10.0), ("HOLD", 2.0)]).await;
    assert_eq!(days(&server, listing).await, json!(10));
    let rule = "UPDATE listing_statuses SET accrues_days_on_market = (standard_status = 'PENDING')";
    factory.execute(rule).await;
    assert_eq!(days(&server, listing).await, json!(8));
    factory.execute("UPDATE listing_statuses SET accrues_days_on_market = false").await;
    assert_eq!(days(&server, listing).await, json!(null));
}
