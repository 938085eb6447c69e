//! Lists of real sales, walked page by page to their end in both directions.

use serde_json::{Value, json};

use super::{Factory, id, kinds, real, uuids};
use crate::support::TestServer;

/// A list to walk: its type, the field with filter and order, and the same in SQL.
struct Walk {
    type_name: &'static str,
    field: &'static str,
    arguments: &'static str,
    sql: &'static str,
}

const WALKS: [Walk; 4] = [
    Walk {
        type_name: "Listing",
        field: "listings",
        arguments: r#"filter: { closeDate: { gte: "1998-04-01" } }, orderBy: [{ closeDate: DESC }, { closePrice: ASC }]"#,
        sql: "close_date >= '1998-04-01' ORDER BY close_date DESC, close_price, id",
    },
    Walk {
        // Split levels have no number of stories.
        type_name: "Property",
        field: "properties",
        arguments: "filter: { yearBuilt: { gte: 1994 } }, orderBy: [{ storiesTotal: ASC_NULLS_FIRST }, { livingArea: DESC }]",
        sql: "year_built >= 1994 ORDER BY stories_total NULLS FIRST, living_area DESC, id DESC",
    },
    Walk {
        type_name: "Property",
        field: "properties",
        arguments: "filter: { yearBuilt: { gte: 1994 } }, orderBy: [{ storiesTotal: DESC_NULLS_LAST }]",
        sql: "year_built >= 1994 ORDER BY stories_total DESC NULLS LAST, id DESC",
    },
    Walk {
        type_name: "Property",
        field: "properties",
        arguments: "near: { longitude: -83.6, latitude: 41.66, withinMeters: 1500 }",
        sql: "ST_DWithin(location, 'POINT(-83.6 41.66)'::geography, 1500, false)
            ORDER BY location <-> 'POINT(-83.6 41.66)'::geography, id",
    },
];

const SIZE: usize = 97;

/// The ids of all pages, in the order of the list.
async fn walked(server: &TestServer, walk: &Walk, backwards: bool) -> Vec<Value> {
    let (count, from) = if backwards { ("last", "before") } else { ("first", "after") };
    let query = format!(
        "query ($cursor: String) {{ list: {}({count}: {SIZE}, {from}: $cursor, {}) {{
            nodes {{ id }}
            edges {{ cursor }}
            pageInfo {{ hasNextPage hasPreviousPage startCursor endCursor }}
        }} }}",
        walk.field, walk.arguments
    );
    let (mut found, mut cursor) = (Vec::new(), Value::Null);
    loop {
        let answer = server.query(&query, json!({ "cursor": cursor })).await;
        let list = &answer.data()["list"];
        let mut page = list["nodes"].as_array().unwrap().clone();
        let (info, edges) = (&list["pageInfo"], list["edges"].as_array().unwrap());
        assert_eq!(info["startCursor"], edges[0]["cursor"]);
        assert_eq!(info["endCursor"], edges[page.len() - 1]["cursor"]);
        let (more, behind, next) = match backwards {
            true => ("hasPreviousPage", "hasNextPage", "startCursor"),
            false => ("hasNextPage", "hasPreviousPage", "endCursor"),
        };
        assert_eq!(info[behind], json!(!cursor.is_null()));
        if backwards {
            page.append(&mut found);
            found = page;
        } else {
            found.append(&mut page);
        }
        cursor = info[next].clone();
        if info[more] == json!(false) {
            return found;
        }
        assert_eq!(edges.len(), SIZE);
    }
}

#[tokio::test]
async fn every_row_is_on_exactly_one_page_in_both_directions() {
    let server = real::server().await;
    let factory = Factory::new(real::database().await).await;
    for walk in &WALKS {
        let table = kinds::table(walk.type_name);
        let rows = uuids(&factory, &format!("SELECT id FROM {table} WHERE {}", walk.sql)).await;
        let expected: Vec<_> =
            rows.iter().map(|uuid| json!({ "id": id(walk.type_name, *uuid) })).collect();
        assert!(expected.len() > 3 * SIZE, "{} has {} rows", walk.arguments, expected.len());
        assert_eq!(walked(&server, walk, false).await, expected, "{}", walk.arguments);
        assert_eq!(walked(&server, walk, true).await, expected, "{} backwards", walk.arguments);
    }
}

#[tokio::test]
async fn a_cursor_of_another_order_or_of_nothing_is_refused() {
    let server = real::server().await;
    let query = "query ($after: String, $by: [ListingOrder!]) {
        listings(first: 1, after: $after, orderBy: $by) { pageInfo { endCursor } } }";
    let by_date = json!([{ "closeDate": "ASC" }]);
    let answer = server.query(query, json!({ "by": by_date })).await;
    let cursor = answer.data()["listings"]["pageInfo"]["endCursor"].clone();
    for (after, by, says) in [
        (cursor.clone(), json!([{ "closePrice": "ASC" }]), "another order"),
        (cursor.clone(), json!([{ "closeDate": "DESC" }]), "another order"),
        (json!("bm90IGEgY3Vyc29y"), by_date.clone(), "cursor"),
        (json!("%"), by_date.clone(), "cursor"),
    ] {
        let answer = server.query(query, json!({ "after": after, "by": by })).await;
        assert_eq!(answer.error_codes(), ["INVALID_CURSOR"], "{after}");
        let message = answer.errors()[0]["message"].as_str().unwrap();
        assert!(message.starts_with("after: ") && message.contains(says), "{message}");
    }
    let answer = server.query(query, json!({ "after": cursor, "by": by_date })).await;
    assert!(answer.errors().is_empty());
}
