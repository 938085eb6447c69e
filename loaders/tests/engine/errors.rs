//! What is wrong with a request is told to the person who sent it: never as a defect of ours, and
//! as the database's only where it is.

use loaders::{Engine, EngineOptions, Outcome};
use serde_json::{Value as Json, json};

use crate::database::{body, data, errors, execute, with_database};
use crate::domain::{contract, public, registry, staff};

async fn told(engine: &Engine, query: &str, variables: Json, code: &str, message: &str) {
    let found = errors(engine, query, &variables, &staff()).await;
    assert!(
        found.iter().all(|(found, _)| found == code) && found[0].1.contains(message),
        "{query}\n{variables}\n{found:?}"
    );
}

#[tokio::test]
async fn cursors_and_pages() {
    with_database(async |database| {
        database.run("INSERT INTO genres SELECT gen_random_uuid(), now(), 'genre ' || n FROM generate_series(1, 3) n").await;
        let engine = database.engine().await;
        let cursors = data(&engine, "{ genres { pageInfo { endCursor } } }", &Json::Null, &staff()).await;
        let good = cursors["genres"]["pageInfo"]["endCursor"].as_str().expect("a cursor").to_string();
        let query = "query($c: String) { genres(after: $c) { nodes { id } } }";
        data(&engine, query, &json!({"c": good}), &staff()).await;
        let mut turned = good.clone().into_bytes();
        turned.reverse();
        for bad in ["", "x", "not a cursor", "💥", "AAAA", &good[1..], &good[..good.len() - 2], &format!("{good}AA"), &String::from_utf8_lossy(&turned)] {
            let found = errors(&engine, query, &json!({"c": bad}), &staff()).await;
            assert_eq!(found[0].0, "INVALID_CURSOR", "{bad:?} {found:?}");
        }
        told(&engine, "query($c: String) { genres(before: $c, orderBy: [{name: DESC}]) { nodes { id } } }", json!({"c": good}), "INVALID_CURSOR", "another order").await;
        told(&engine, "query($c: String) { authors(before: $c, orderBy: [{born: ASC}]) { totalCount nodes { id } } }", json!({"c": good}), "INVALID_CURSOR", "another order").await;
        // Below point reads that share one error.
        let authors = "00000000000000000000000001";
        database.run("INSERT INTO authors SELECT ('00000000-0000-0000-0000-00000000000' || n)::uuid, 1, now(), 'a', NULL, TRUE FROM generate_series(1, 2) n").await;
        let points = format!("{{ a: node(id: \"author_{authors}\") {{ ... on Author {{ books(after: \"x\") {{ nodes {{ id }} }} }} }} b: node(id: \"author_00000000000000000000000002\") {{ ... on Author {{ books(after: \"x\") {{ nodes {{ id }} }} }} }} }}");
        told(&engine, &points, Json::Null, "INVALID_CURSOR", "not a cursor").await;

        told(&engine, "{ genres(first: 1, last: 1) { totalCount } }", Json::Null, "BAD_USER_INPUT", "both `first` and `last`").await;
        told(&engine, "{ genres(first: 1001) { nodes { id } } }", Json::Null, "PAGE_SIZE_LIMIT", "`first` is 1001; a page has 0 to 1000 rows").await;
        told(&engine, "{ genres(last: -1) { nodes { id } } }", Json::Null, "PAGE_SIZE_LIMIT", "`last` is -1").await;
        told(&engine, "query($n: Int) { genres(first: $n) { nodes { id } } }", json!({"n": 2147483647}), "PAGE_SIZE_LIMIT", "2147483647").await;
        told(&engine, "query($n: Int!) { shelf(first: $n) { id } }", json!({"n": 8}), "PAGE_SIZE_LIMIT", "0 to 7").await;
        told(&engine, "{ genres { groups(by: [{name: VALUE}], first: 1001) { aggregate { count } } } }", Json::Null, "PAGE_SIZE_LIMIT", "1001").await;
        let ids = vec!["author_00000000000000000000000001"; 1001];
        told(&engine, "query($ids: [ID!]!) { nodes(ids: $ids) { id } }", json!({"ids": ids}), "LIST_ITEM_LIMIT", "1001 items").await;
    })
    .await;
}

#[tokio::test]
async fn ids_and_values() {
    let id = "author_00000000000000000000000001";
    let cases = [
        (
            "query($v: ID!) { book(id: $v) { id } }",
            json!(id),
            "BAD_USER_INPUT",
            "the id of a `author`, where the id of a `book` is needed",
        ),
        (
            "query($v: ID!) { books(filter: {id: {eq: $v}}) { totalCount } }",
            json!(id),
            "BAD_USER_INPUT",
            "the id of a `book` is needed",
        ),
        (
            "query($v: [ID!]) { books(filter: {author: {id: {in: $v}}}) { totalCount } }",
            json!([id, "book_00000000000000000000000001"]),
            "BAD_USER_INPUT",
            "the id of a `author` is needed",
        ),
        (
            "query($v: ID!) { shops(within: {district: $v}) { totalCount } }",
            json!(id),
            "BAD_USER_INPUT",
            "the id of a `district` is needed",
        ),
        (
            "query($v: ID!) { node(id: $v) { id } }",
            json!("ghost_00000000000000000000000001"),
            "BAD_USER_INPUT",
            "`ghost`",
        ),
        ("query($v: ID!) { node(id: $v) { id } }", json!("1"), "BAD_USER_INPUT", "not an id"),
        // Null is no operand, wherever it comes from.
        (
            "query($v: String) { books(filter: {title: {eq: $v}}) { totalCount } }",
            Json::Null,
            "BAD_USER_INPUT",
            "filter.title.eq: null is no operand",
        ),
        (
            "query($v: [Int!]) { books(filter: {pages: {in: $v}}) { totalCount } }",
            Json::Null,
            "BAD_USER_INPUT",
            "filter.pages.in: null is no operand",
        ),
        (
            "query($v: BookFilter) { books(filter: {and: [{not: $v}]}) { totalCount } }",
            Json::Null,
            "BAD_USER_INPUT",
            "filter.and[0].not: null is no operand",
        ),
        (
            "query($v: Boolean) { books(filter: {signed: {isNull: $v}}) { totalCount } }",
            Json::Null,
            "BAD_USER_INPUT",
            "null is no operand",
        ),
        (
            "query($v: ReviewListFilter) { books(filter: {reviews: $v}) { totalCount } }",
            json!({"some": null}),
            "BAD_USER_INPUT",
            "null is no operand",
        ),
        (
            "query($v: [BookOrder!]) { books(orderBy: $v) { totalCount } }",
            Json::Null,
            "BAD_USER_INPUT",
            "orderBy",
        ),
        (
            "query($v: [BookOrder!]) { books(orderBy: $v) { totalCount } }",
            json!([{"title": "ASC"}, {"title": "DESC"}]),
            "BAD_USER_INPUT",
            "`title` is named twice",
        ),
        (
            "query($v: [ShopOrder!]) { shops(orderBy: $v) { totalCount nodes { id } } }",
            json!([{"distance": "ASC"}]),
            "BAD_USER_INPUT",
            "needs the argument `near`",
        ),
        (
            "query($v: [BookGroupBy!]!) { books { groups(by: $v) { aggregate { count } } } }",
            json!([]),
            "BAD_USER_INPUT",
            "at least one field",
        ),
        (
            "query($v: [BookGroupBy!]!) { books { groups(by: $v) { aggregate { count } } } }",
            json!([{"mood": "VALUE"}, {"mood": "VALUE"}]),
            "BAD_USER_INPUT",
            "named twice",
        ),
        // Text that PostgreSQL cannot store, and numbers beyond every column.
        (
            "query($v: String) { books(filter: {title: {contains: $v}}) { totalCount } }",
            json!("a\u{0}b"),
            "BAD_USER_INPUT",
            "U+0000",
        ),
        (
            "query($v: String!) { search(text: $v) { __typename } }",
            json!("\u{0}"),
            "BAD_USER_INPUT",
            "U+0000",
        ),
        (
            "query($v: Int) { books(filter: {pages: {gt: $v}}) { totalCount } }",
            json!(2147483648u32),
            "BAD_USER_INPUT",
            "Int",
        ),
        (
            "query($v: Decimal) { books(filter: {price: {gt: $v}}) { totalCount } }",
            json!("1e400"),
            "BAD_USER_INPUT",
            "Decimal",
        ),
        (
            "query($v: Int) { reviews(filter: {stars: {in: [$v]}}) { totalCount } }",
            json!(40000),
            "INVALID_DOCUMENT",
            "Int!",
        ),
        (
            "query($v: Float!) { shops(near: {longitude: $v, latitude: 0, withinMeters: 1}) { totalCount } }",
            json!(180.5),
            "BAD_USER_INPUT",
            "near.longitude",
        ),
        (
            "query($v: Float!) { shops(near: {longitude: 0, latitude: 0, withinMeters: $v}) { totalCount } }",
            json!(-1),
            "BAD_USER_INPUT",
            "near.withinMeters",
        ),
        (
            "query($v: Float!) { shops(near: {longitude: 0, latitude: 0, withinMeters: $v}) { totalCount } }",
            json!(1e300),
            "BAD_USER_INPUT",
            "near.withinMeters",
        ),
    ];
    with_database(async move |database| {
        let engine = database.engine().await;
        for (query, value, code, message) in cases {
            told(&engine, query, json!({"v": value}), code, message).await;
        }
        // A column of two bytes is compared with every number of four.
        let stars = "query($v: Int, $l: [Int!]) { a: reviews(filter: {stars: {lt: $v}}) { totalCount } b: reviews(filter: {stars: {notIn: $l}}) { totalCount } }";
        data(&engine, stars, &json!({"v": 2_000_000_000, "l": [-2_000_000_000, 3]}), &public()).await;
        // Long and large, and yet all right.
        let price = format!("{}.{}", "9".repeat(500), "1".repeat(400));
        data(&engine, "query($v: Decimal) { books(filter: {price: {gt: $v}}) { totalCount } }", &json!({"v": price}), &public()).await;
        data(&engine, "query($v: String) { books(filter: {title: {contains: $v}}) { totalCount } }", &json!({"v": "\\%_".repeat(10_000)}), &public()).await;
        data(&engine, "query($v: Float) { books(filter: {weight: {gt: $v}}) { totalCount } }", &json!({"v": 1.7e308}), &public()).await;
    })
    .await;
}

#[tokio::test]
async fn polygons_of_every_kind_are_taken_or_explained() {
    let ring = |points: &[[f64; 2]]| json!({"type": "Polygon", "coordinates": [points]});
    let square = [[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0], [0.0, 0.0]];
    let polygons = vec![
        ("a square", ring(&square)),
        (
            "one that crosses itself",
            ring(&[[0.0, 0.0], [1.0, 1.0], [1.0, 0.0], [0.0, 1.0], [0.0, 0.0]]),
        ),
        ("a line there and back", ring(&[[0.0, 0.0], [1.0, 1.0], [0.0, 0.0], [0.0, 0.0]])),
        ("a point four times", ring(&[[5.0, 5.0]; 4])),
        (
            "an edge half round the Earth",
            ring(&[[-90.0, 0.0], [90.0, 0.0], [0.0, 80.0], [-90.0, 0.0]]),
        ),
        ("edges over the pole", ring(&[[0.0, 90.0], [180.0, 90.0], [90.0, 80.0], [0.0, 90.0]])),
        (
            "the whole Earth",
            ring(&[
                [-180.0, -90.0],
                [180.0, -90.0],
                [180.0, 90.0],
                [-180.0, 90.0],
                [-180.0, -90.0],
            ]),
        ),
        (
            "a quarter of it",
            ring(&[[0.0, 0.0], [180.0, 0.0], [180.0, 90.0], [0.0, 90.0], [0.0, 0.0]]),
        ),
        ("two pieces", json!({"type": "MultiPolygon", "coordinates": [[square], [square]]})),
        ("no piece", json!({"type": "MultiPolygon", "coordinates": []})),
        (
            "a hole outside",
            json!({"type": "Polygon", "coordinates": [square, [[50.0, 50.0], [51.0, 50.0], [51.0, 51.0], [50.0, 50.0]]]}),
        ),
        (
            "with heights",
            json!({"type": "Polygon", "coordinates": [[[0, 0, 1], [1, 0, 2], [1, 1, 1e300], [0, 0, 1]]]}),
        ),
        (
            "with some heights",
            json!({"type": "Polygon", "coordinates": [[[0, 0], [1, 0, 2], [1, 1], [0, 0]]]}),
        ),
        ("a point", json!({"type": "Point", "coordinates": [0, 0]})),
        ("an open ring", ring(&square[..4])),
        ("too few corners", ring(&square[..2])),
        ("no ring", json!({"type": "Polygon", "coordinates": []})),
        ("an empty ring", json!({"type": "Polygon", "coordinates": [[]]})),
        ("text", json!({"type": "Polygon", "coordinates": "x"})),
        ("a feature", json!({"type": "Feature", "geometry": ring(&square)})),
    ];
    with_database(async move |database| {
        database.run("INSERT INTO shops (id, created_at, name, published, location) SELECT gen_random_uuid(), now(), 'shop', TRUE, format('POINT(%s %s)', x, y)::geography FROM generate_series(-180, 180, 30) x, generate_series(-90, 90, 15) y").await;
        let engine = database.engine().await;
        let query = "query($p: GeoJSON!) { shops(within: {polygon: $p}, first: 1000) { totalCount nodes { id } } }";
        let mut taken = 0;
        for (what, polygon) in polygons {
            let answer = execute(&engine, query, &json!({"p": polygon}), &public()).await;
            let body = body(&answer);
            match body.get("errors") {
                None => taken += 1,
                Some(errors) => assert_eq!(errors[0]["extensions"]["code"], "BAD_USER_INPUT", "{what}: {body} {:?}", answer.failure),
            }
        }
        assert!(taken >= 3, "{taken}");
    })
    .await;
}

#[tokio::test]
async fn requests_beyond_all_measure() {
    with_database(async |database| {
        // What PostgreSQL itself makes of more than the limits would let through.
        let options = EngineOptions { list_items_maximum: 1_000_000, ..EngineOptions::default() };
        let engine = database.start(&contract(), registry(), options).await.expect("an engine");
        let query = "query($f: BookFilter) { books(filter: $f) { totalCount } }";
        let conditions = |count: usize| json!({"f": {"or": (0..count).map(|pages| json!({"pages": {"eq": pages}})).collect::<Vec<_>>()}});
        data(&engine, query, &conditions(2_000), &public()).await;
        told(&engine, query, conditions(66_000), "COMPLEXITY_LIMIT", "too large for one statement").await;
        let nested = |count: usize| (0..count).fold(json!({"pages": {"eq": 1}}), |filter, _| json!({"not": filter}));
        data(&engine, query, &json!({"f": nested(100)}), &public()).await;
        let among: Vec<u32> = (0..100_000).collect();
        data(&engine, query, &json!({"f": {"pages": {"in": among}}}), &public()).await;
        let deep = format!("{{ books {{ nodes {}{{ id }}{} }} }}", "{ previous ".repeat(20), " }".repeat(20));
        told(&engine, &deep, Json::Null, "DEPTH_LIMIT", "deeper than 20 levels").await;
    })
    .await;
}

#[tokio::test]
async fn a_database_that_goes_away_is_told_as_such() {
    with_database(async |database| {
        let engine = database.engine().await;
        data(&engine, "{ genres { totalCount } }", &Json::Null, &public()).await;
        // The connection ends while a statement waits for a lock.
        let mut blocker = database.connect().await;
        let transaction = blocker.transaction().await.expect("a transaction");
        transaction.batch_execute("LOCK TABLE books").await.expect("the lock");
        let query = "{ genres { totalCount } books { nodes { id author { name } } } node(id: \"book_00000000000000000000000001\") { id } }";
        let (nothing, viewer) = (Json::Null, public());
        let (answer, ()) = tokio::join!(execute(&engine, query, &nothing, &viewer), database.cut_the_waiting());
        assert_eq!(answer.outcome, Outcome::Failed);
        assert!(answer.failure.is_some(), "the cause is for the log");
        let expected = json!({"data": null, "errors": [{"message": "the database is not available", "extensions": {"code": "STORE_UNAVAILABLE"}}]});
        assert_eq!(body(&answer), expected);
        transaction.rollback().await.expect("the lock is gone");
        // And it is back.
        data(&engine, query, &Json::Null, &public()).await;
        drop(blocker);
        database.close().await;
        let answer = execute(&engine, query, &Json::Null, &public()).await;
        assert_eq!((answer.outcome, body(&answer)), (Outcome::Failed, expected));
    })
    .await;
}

#[tokio::test]
async fn a_statement_that_waits_too_long_is_told_as_such() {
    with_database(async |database| {
        database.run("DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET statement_timeout = 200', current_database()); END $$").await;
        let engine = database.engine().await;
        let mut blocker = database.connect().await;
        let transaction = blocker.transaction().await.expect("a transaction");
        transaction.batch_execute("LOCK TABLE books").await.expect("the lock");
        told(&engine, "{ books { nodes { id } } }", Json::Null, "TIME_LIMIT", "took too long").await;
    })
    .await;
}

#[tokio::test]
async fn an_area_that_is_null_is_no_area() {
    with_database(async |database| {
        let engine = database.engine().await;
        let query = "query($d: ID = \"district_00000000000000000000000001\") { shops(within: {district: $d}) { totalCount } }";
        data(&engine, query, &json!({}), &staff()).await;
        told(&engine, query, json!({"d": null}), "BAD_USER_INPUT", "names no area").await;
    })
    .await;
}
