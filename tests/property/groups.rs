//! Figures and groups of the real sales, held against loops over all of them.

use std::collections::BTreeMap;

use chrono::{Datelike, NaiveDate};
use rust_decimal::{Decimal, RoundingStrategy};
use serde_json::{Value, json};

use super::{Factory, real};

async fn sales(factory: &Factory) -> Vec<(NaiveDate, Decimal)> {
    let statement = "SELECT close_date::text, close_price::text FROM listings";
    let rows = factory.client.query(statement, &[]).await.unwrap();
    let sale = |row: &tokio_postgres::Row| {
        (row.get::<_, &str>(0).parse().unwrap(), row.get::<_, &str>(1).parse().unwrap())
    };
    rows.iter().map(sale).collect()
}

fn decimal(value: &Value) -> Decimal {
    value.as_str().unwrap_or_else(|| panic!("{value} is no Decimal")).parse().unwrap()
}

fn median(sorted: &[Decimal]) -> Decimal {
    (sorted[(sorted.len() - 1) / 2] + sorted[sorted.len() / 2]) / Decimal::TWO
}

/// Holds an aggregate's figures against those of the prices.
fn assert_figures(aggregate: &Value, prices: &mut [Decimal], what: impl std::fmt::Debug) {
    prices.sort_unstable();
    let sum: Decimal = prices.iter().sum();
    let figures = &aggregate["closePrice"];
    let to_a_cent =
        |value: Decimal| value.round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero);
    assert_eq!(aggregate["count"], json!(prices.len()), "{what:?}");
    assert_eq!(decimal(&figures["min"]), prices[0], "{what:?}");
    assert_eq!(decimal(&figures["max"]), prices[prices.len() - 1], "{what:?}");
    assert_eq!(decimal(&figures["sum"]), sum, "{what:?}");
    assert_eq!(decimal(&figures["median"]), median(prices), "{what:?}");
    let mean = sum / Decimal::from(prices.len());
    assert_eq!(to_a_cent(decimal(&figures["avg"])), to_a_cent(mean), "{what:?}");
}

#[tokio::test]
async fn groups_are_those_of_loops_over_all_sales() {
    let server = real::server().await;
    let sales = sales(&Factory::new(real::database().await).await).await;
    let figures = "count closePrice { min max avg sum median }";
    let first_day = |date: &NaiveDate, by: &str| match by {
        "YEAR" => NaiveDate::from_ymd_opt(date.year(), 1, 1).unwrap(),
        "MONTH" => date.with_day(1).unwrap(),
        _ => *date,
    };
    for (by, groups) in [("YEAR", 6), ("MONTH", 66), ("DAY", 1000)] {
        let mut expected: BTreeMap<NaiveDate, Vec<Decimal>> = BTreeMap::new();
        for (date, price) in &sales {
            expected.entry(first_day(date, by)).or_default().push(*price);
        }
        let query = format!(
            "{{ listings {{ aggregate {{ {figures} }} groups(by: [{{ closeDate: {by} }}], first: 1000) {{
                key {{ closeDate standardStatus }} aggregate {{ {figures} }} }} }} }}"
        );
        let answer = server.query(&query, json!({})).await;
        let listings = &answer.data()["listings"];
        let found = listings["groups"].as_array().unwrap();
        assert_eq!(found.len(), groups, "{by}");
        for (group, (day, prices)) in found.iter().zip(&mut expected) {
            // A key that `by` does not name is null.
            assert_eq!(group["key"], json!({ "closeDate": day, "standardStatus": null }));
            assert_figures(&group["aggregate"], prices, day);
        }
        let mut all: Vec<_> = sales.iter().map(|(_, price)| *price).collect();
        assert_figures(&listings["aggregate"], &mut all, "all");
    }
}

#[tokio::test]
async fn groups_of_several_keys_and_of_absent_values() {
    let server = real::server().await;
    let query = r#"{ properties(filter: { yearBuilt: { gte: 1996 } }) {
        totalCount
        groups(by: [{ city: VALUE }, { bedroomsTotal: VALUE }, { yearBuilt: VALUE }]) {
            key { city bedroomsTotal yearBuilt countyOrParish } aggregate { count livingArea { max } }
        }
        few: groups(by: [{ bedroomsTotal: VALUE }], first: 2) { key { bedroomsTotal } }
    } }"#;
    let answer = server.query(query, json!({})).await;
    let list = &answer.data()["properties"];
    let groups = list["groups"].as_array().unwrap();
    let counts = groups.iter().map(|group| group["aggregate"]["count"].as_u64().unwrap());
    assert_eq!(Some(counts.sum::<u64>()), list["totalCount"].as_u64());
    let keys: Vec<_> = groups.iter().map(|group| &group["key"]).collect();
    assert!(keys.iter().all(|key| key["city"].is_null() && key["countyOrParish"].is_null()));
    let numbers = |key: &Value| (key["bedroomsTotal"].as_i64(), key["yearBuilt"].as_i64());
    assert!(keys.windows(2).all(|pair| numbers(pair[0]) < numbers(pair[1])), "{keys:?}");
    assert_eq!(list["few"].as_array().map(Vec::len), Some(2));
    assert_eq!(list["few"][0]["key"]["bedroomsTotal"], keys[0]["bedroomsTotal"]);
}

/// Of nothing there is a count, and no figure.
#[tokio::test]
async fn figures_of_nothing_are_null() {
    let server = real::server().await;
    let query = r#"{ listings(filter: { closeDate: { gt: "2100-01-01" } }) {
        aggregate { count closePrice { min avg sum median } closeDate { max } }
        groups(by: [{ closeDate: MONTH }]) { aggregate { count } }
    } }"#;
    let answer = server.query(query, json!({})).await;
    let nothing = json!({ "min": null, "avg": null, "sum": null, "median": null });
    let aggregate = json!({ "count": 0, "closePrice": nothing, "closeDate": { "max": null } });
    assert_eq!(answer.data(), &json!({ "listings": { "aggregate": aggregate, "groups": [] } }));
}
