//! Operations written by hand, held against the oracle as the random ones are: what went wrong
//! once, and what chance would seldom make up.

use std::collections::HashMap;

use loaders::contract::Contract;
use serde_json::{Value as Json, json};

use crate::database::{data, execute, with_database};
use crate::domain;
use crate::oracle::world::World;
use crate::oracle::{Cursors, answer, difference, viewers};
use crate::random::Random;

fn cases() -> Vec<(&'static str, Json)> {
    vec![
        // Quantifiers turn round under `not`, and hold of nothing.
        (
            "{ books(filter: {not: {reviews: {every: {stars: {gt: 2}}}}}) { totalCount } }",
            Json::Null,
        ),
        (
            "{ books(filter: {reviews: {none: {}}}) { totalCount } a: books(filter: {reviews: {some: {}}}) { totalCount } }",
            Json::Null,
        ),
        (
            "{ books(filter: {reviews: {every: {replies: {none: {agrees: {eq: false}}}}}}) { totalCount nodes { title } } }",
            Json::Null,
        ),
        (
            "{ authors(filter: {books: {some: {not: {author: {published: {eq: true}}}}}}) { totalCount } }",
            Json::Null,
        ),
        ("{ genres(filter: {not: {books: {some: {author: {}}}}}) { totalCount } }", Json::Null),
        // Empty conditions.
        (
            "{ books(filter: {}) { totalCount } a: books(filter: {and: []}) { totalCount } b: books(filter: {or: []}) { totalCount } c: books(filter: {not: {}}) { totalCount } }",
            Json::Null,
        ),
        (
            "{ books(filter: {title: {}}) { totalCount } a: books(filter: {pages: {in: []}}) { totalCount } b: books(filter: {pages: {notIn: []}}) { totalCount } }",
            Json::Null,
        ),
        // Absent values: `ne` and `notIn` are the opposites of `eq` and `in`.
        (
            "{ a: books(filter: {mood: {ne: CALM}}) { totalCount } b: books(filter: {not: {mood: {eq: CALM}}}) { totalCount } }",
            Json::Null,
        ),
        (
            "{ a: books(filter: {price: {notIn: [10, \"0.1\"]}}) { totalCount } b: books(filter: {not: {price: {lt: \"10.0\"}}}) { totalCount } }",
            Json::Null,
        ),
        // What a pattern would take for its own.
        (
            "{ a: books(filter: {title: {contains: \"%\"}}) { totalCount } b: books(filter: {title: {contains: \"a_b\"}}) { totalCount } c: books(filter: {title: {endsWith: \"\\\\\"}}) { totalCount } }",
            Json::Null,
        ),
        (
            "{ a: books(filter: {title: {startsWith: \"är\"}}) { totalCount } b: books(filter: {title: {contains: \"\"}}) { totalCount } c: books(filter: {title: {gt: \"a\"}}) { totalCount } }",
            Json::Null,
        ),
        (
            "query($t: String) { books(filter: {title: {contains: $t}}) { totalCount } }",
            json!({"t": "' OR TRUE --"}),
        ),
        // Moments with an offset, single values for lists, numbers for decimals.
        (
            "{ books(filter: {soldAt: {gte: \"2021-01-01T01:00:00+01:00\"}}) { totalCount } a: books(filter: {pages: {in: 50}, price: {gte: 10}}) { totalCount } }",
            Json::Null,
        ),
        (
            "query($o: [BookOrder!]) { books(orderBy: {title: ASC}) { nodes { title id } } a: books(orderBy: $o) { nodes { createdAt id } } }",
            json!({}),
        ),
        (
            "query($o: [BookOrder!]) { a: books(orderBy: $o) { nodes { createdAt id } } }",
            json!({"o": {"soldAt": "DESC_NULLS_LAST"}}),
        ),
        (
            "{ a: books(orderBy: []) { nodes { id } } b: shops(orderBy: [], near: {longitude: -83.5, latitude: 41.65, withinMeters: 20000}) { nodes { id } } }",
            Json::Null,
        ),
        // Keys that meet: the same field selected in several places.
        (
            "{ books(first: 3) { nodes { author { id } ...B author { books(first: 1) { nodes { id } } } } nodes { title } } } fragment B on Book { author { name books(first: 1) { totalCount nodes { title } } } }",
            Json::Null,
        ),
        (
            "{ books { ...C ...C edges { node { id } } edges { node { title } cursor } } } fragment C on BookConnection { totalCount pageInfo { hasNextPage } pageInfo { endCursor } }",
            Json::Null,
        ),
        (
            "query($a: Boolean! = false) { books(first: 2) { nodes { id ... @skip(if: $a) { title } ...D @include(if: $a) author @skip(if: true) { id } } } } fragment D on Book { pages }",
            json!({}),
        ),
        // Pages at their edges.
        (
            "{ books(first: 0) { nodes { id } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } totalCount } a: books(last: 0) { edges { cursor } pageInfo { hasNextPage hasPreviousPage } } }",
            Json::Null,
        ),
        (
            "{ books(first: 1000) { pageInfo { hasNextPage hasPreviousPage } } a: genres(last: 1) { pageInfo { hasNextPage hasPreviousPage } } b: books(first: 1) { pageInfo { __typename } __typename } }",
            Json::Null,
        ),
        (
            "query($n: Int) { books(first: $n) { nodes { id } } a: books(last: $n) { nodes { id } } }",
            json!({"n": null}),
        ),
        (
            "{ authors { nodes { books(last: 2) { nodes { title } pageInfo { hasPreviousPage hasNextPage } totalCount } } } }",
            Json::Null,
        ),
        // Figures of nothing, exact ones of much, and groups of those without a value.
        (
            "{ books(filter: {or: []}) { aggregate { count price { min max avg sum median } pages { avg median } weight { sum avg } publishedOn { min } } groups(by: [{mood: VALUE}]) { key { mood } } } }",
            Json::Null,
        ),
        (
            "{ loans { aggregate { fee { min max avg sum median } due { min max } } groups(by: [{branch: VALUE}]) { key { branch due } aggregate { count fee { sum median avg } } } } }",
            Json::Null,
        ),
        (
            "{ books { groups(by: [{soldAt: MONTH}, {signed: VALUE}], first: 7) { key { soldAt signed __typename } aggregate { count price { avg } } } } }",
            Json::Null,
        ),
        (
            "{ authors { nodes { books { groups(by: [{publishedOn: YEAR}]) { key { publishedOn } aggregate { count pages { max } } } aggregate { count } } } } }",
            Json::Null,
        ),
        // Where policies stand in the way of relations.
        (
            "{ reviews { nodes { book { title author { name published } } replies { review { book { id } } } } } stocks(filter: {shop: {published: {eq: true}}}) { totalCount nodes { shop { name } book { title } } } }",
            Json::Null,
        ),
        (
            "{ readers { nodes { name loans { totalCount nodes { branch fee reader { name } book { title } } } } } loans(filter: {reader: {}}) { totalCount aggregate { fee { sum } } } }",
            Json::Null,
        ),
        (
            "{ books(filter: {loans: {some: {}}}) { totalCount } a: books(filter: {previous: {loans: {none: {}}}}) { totalCount } }",
            Json::Null,
        ),
        // Places.
        (
            "{ shops(near: {longitude: -83.5, latitude: 41.65, withinMeters: 6000}, orderBy: [{distance: DESC}, {name: ASC}]) { totalCount edges { distanceMeters cursor node { location name } } } }",
            Json::Null,
        ),
        (
            "query($p: GeoJSON!) { shops(within: {polygon: $p}) { totalCount } }",
            json!({"p": {"type": "Polygon", "coordinates": [[[-83.6, 41.6], [-83.4, 41.6], [-83.4, 41.7], [-83.6, 41.7], [-83.6, 41.6]]]}}),
        ),
        (
            "{ districts { nodes { shops(near: {longitude: -83.5, latitude: 41.65, withinMeters: 9000}) { totalCount edges { distanceMeters } nodes { name } } boundary } } }",
            Json::Null,
        ),
        // Resolvers, within lists and with entities in their outputs.
        (
            "{ books { nodes { cents price similar(first: 2) { title similar { id } } blurb(shout: true) { lines text author { name books { totalCount } } __typename } } } authors { nodes { firstBook { title } } } }",
            Json::Null,
        ),
        (
            "{ search(text: \"S\") { __typename ... on Named { name } ... on Book { title author { name } } } }",
            Json::Null,
        ),
    ]
}

#[tokio::test]
async fn what_was_once_wrong_stays_right() {
    with_database(async |database| {
        let random = &mut Random(11);
        let world = World::random(random);
        world.insert(&database).await;
        let contract = Contract::parse(&domain::contract()).expect("the library's contract");
        let engine = database.engine().await;
        let mut cursors = Cursors::default();
        for viewer in viewers(&world, random) {
            for (query, variables) in cases() {
                let expected =
                    answer(&contract, &world, &viewer, &HashMap::new(), 4, (query, &variables));
                let given = data(&engine, query, &variables, &viewer).await;
                let difference = difference(&expected, &given, &mut cursors);
                assert_eq!(
                    difference, None,
                    "{viewer:?}\n{query}\n{variables}\nexpected {expected}\ngiven    {given}"
                );
            }
        }
    })
    .await;
}

/// The specification wants fields in the order of the operation, which a parsed answer forgets.
#[tokio::test]
async fn fields_come_in_the_order_in_which_they_are_selected() {
    with_database(async |database| {
        let engine = database.engine().await;
        let query = "{ z: genres { totalCount ...A nodes { id } __typename } a: __typename } fragment A on GenreConnection { pageInfo { hasNextPage } edges { cursor } totalCount }";
        let answer = execute(&engine, query, &Json::Null, &domain::public()).await;
        let expected = r#"{"data":{"z":{"totalCount":0,"pageInfo":{"hasNextPage":false},"edges":[],"nodes":[],"__typename":"GenreConnection"},"a":"Query"}}"#;
        assert_eq!(String::from_utf8_lossy(&answer.body), expected);
    })
    .await;
}
