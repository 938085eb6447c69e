//! What one viewer may not see, no question brings to light: rows written for one viewer alone
//! are asked for by all others in every way there is.

use loaders::scalar::type_id;
use loaders::{Engine, Viewer};
use serde_json::{Value as Json, json};
use uuid::Uuid;

use crate::database::{Database, data, errors, with_database};
use crate::domain::{public, reader, staff};

const GENRE: Uuid = Uuid::from_u128(1);
const HIDDEN: Uuid = Uuid::from_u128(2);
const ANN: Uuid = Uuid::from_u128(3);
const BEN: Uuid = Uuid::from_u128(4);
const LOAN: Uuid = Uuid::from_u128(5);
const SHOWN: Uuid = Uuid::from_u128(6);

/// One book that is shown and one that is hidden, with a review and an author each; Ann has lent
/// the shown one at the branch in the north.
async fn library(database: &Database) {
    let ids = format!(
        "genre uuid := '{GENRE}'; hidden uuid := '{HIDDEN}'; shown uuid := '{SHOWN}'; ann uuid := '{ANN}'; ben uuid := '{BEN}'; loan uuid := '{LOAN}';"
    );
    database
        .run(&format!(
            "DO $$ DECLARE {ids} BEGIN
             INSERT INTO genres VALUES (genre, now(), 'all');
             INSERT INTO authors VALUES (hidden, 1, now(), 'secret', NULL, FALSE), (shown, 1, now(), 'known', NULL, TRUE);
             INSERT INTO books (id, version, created_at, title, pages, published, cover, tags, author_id, genre_id)
             VALUES (hidden, 1, now(), 'secret', 7777, FALSE, 'HARD', '{{}}', shown, genre), (shown, 1, now(), 'known', 10, TRUE, 'HARD', '{{}}', hidden, genre);
             INSERT INTO reviews VALUES (hidden, now(), 5, 'secret', hidden), (shown, now(), 1, 'known', shown);
             INSERT INTO districts VALUES (hidden, now(), 'secret', FALSE, 'POLYGON((0 0, 2 0, 2 2, 0 2, 0 0))');
             INSERT INTO shops VALUES (shown, now(), 'known', NULL, TRUE, 'POINT(1 1)', hidden);
             INSERT INTO readers VALUES (ann, now(), 'Ann'), (ben, now(), 'Ben');
             INSERT INTO loans VALUES (loan, now(), 'north', '2021-01-01', 7.77, shown, ann);
             END $$"
        ))
        .await;
}

fn id(prefix: &str, uuid: Uuid) -> String {
    let mut out = Vec::new();
    type_id::encode(prefix, uuid.as_bytes(), &mut out);
    String::from_utf8(out).expect("text")
}

async fn asked(engine: &Engine, viewer: &Viewer, query: &str) -> Json {
    data(engine, query, &Json::Null, viewer).await
}

#[tokio::test]
async fn hidden_rows_show_nowhere() {
    with_database(async |database| {
        library(&database).await;
        let engine = database.engine().await;
        let [book, review, district] = ["book", "review", "district"].map(|kind| id(kind, HIDDEN));
        let cases = [
            ("{ books { totalCount nodes { title } aggregate { count pages { max sum median } } groups(by: [{title: VALUE}]) { key { title } } } }".to_string(),
             json!({"books": {"totalCount": 1, "nodes": [{"title": "known"}], "aggregate": {"count": 1, "pages": {"max": 10, "sum": "10", "median": "10"}}, "groups": [{"key": {"title": "known"}}]}})),
            (format!("{{ node(id: \"{book}\") {{ id }} book(id: \"{book}\") {{ id }} nodes(ids: [\"{book}\", \"{review}\"]) {{ id }} }}"),
             json!({"node": null, "book": null, "nodes": [null, null]})),
            // A review is seen with its book, through whatever door.
            ("{ reviews { totalCount nodes { text } } genres { nodes { books { totalCount } } } }".to_string(),
             json!({"reviews": {"totalCount": 1, "nodes": [{"text": "known"}]}, "genres": {"nodes": [{"books": {"totalCount": 1}}]}})),
            // Filters must not tell what reads would hide.
            ("{ genres(filter: {books: {some: {title: {eq: \"secret\"}}}}) { totalCount } authors(filter: {books: {some: {}}}) { totalCount } a: books(filter: {author: {name: {eq: \"secret\"}}}) { totalCount } b: books(filter: {author: {}}) { totalCount } c: genres(filter: {books: {every: {title: {eq: \"known\"}}}}) { totalCount } }".to_string(),
             json!({"genres": {"totalCount": 0}, "authors": {"totalCount": 0}, "a": {"totalCount": 0}, "b": {"totalCount": 0}, "c": {"totalCount": 1}})),
            ("{ books { nodes { author { name } similar { id } } } authors { nodes { name books { totalCount } firstBook { id } } } search(text: \"secret\") { __typename } }".to_string(),
             json!({"books": {"nodes": [{"author": null, "similar": []}]}, "authors": {"nodes": [{"name": "known", "books": {"totalCount": 0}, "firstBook": null}]}, "search": []})),
            // Nor does an area tell where it lies.
            (
                format!("{{ shops(within: {{district: \"{district}\"}}) {{ totalCount nodes {{ district {{ name }} }} }} a: shops(filter: {{district: {{}}}}) {{ totalCount }} }}"),
                json!({"shops": {"totalCount": 0, "nodes": []}, "a": {"totalCount": 0}}),
            ),
        ];
        for (query, expected) in cases {
            assert_eq!(asked(&engine, &public(), &query).await, expected, "{query}");
            assert_ne!(asked(&engine, &staff(), &query).await, expected, "the staff sees more: {query}");
        }
    })
    .await;
}

#[tokio::test]
async fn viewers_of_one_class_are_told_apart_by_their_values() {
    with_database(async |database| {
        library(&database).await;
        let engine = database.engine().await;
        let query = "{ readers { nodes { name } } loans { totalCount aggregate { fee { sum } } nodes { reader { name } } } books(filter: {loans: {some: {}}}) { totalCount } }";
        let nothing = json!({"readers": {"nodes": []}, "loans": {"totalCount": 0, "aggregate": {"fee": {"sum": null}}, "nodes": []}, "books": {"totalCount": 0}});
        let seen = |readers: Json, reader: Json| json!({"readers": {"nodes": readers}, "loans": {"totalCount": 1, "aggregate": {"fee": {"sum": "7.77"}}, "nodes": [{"reader": reader}]}, "books": {"totalCount": 1}});
        let ben = {
            let mut nothing = nothing.clone();
            nothing["readers"]["nodes"] = json!([{"name": "Ben"}]);
            nothing
        };
        let (name, ann) = (json!({"name": "Ann"}), json!([{"name": "Ann"}]));
        // One plan and one prepared statement serve them all, whoever comes first.
        for _ in 0..2 {
            assert_eq!(asked(&engine, &Viewer::of_class("reader"), query).await, nothing, "without a value nothing is equal to it");
            assert_eq!(asked(&engine, &reader(BEN, &[]), query).await, ben);
            assert_eq!(asked(&engine, &reader(ANN, &[]), query).await, seen(ann.clone(), name.clone()));
            // Who works at the branch sees the loan and not the reader.
            assert_eq!(asked(&engine, &reader(HIDDEN, &["south", "north"]), query).await, seen(json!([]), Json::Null));
            assert_eq!(asked(&engine, &public(), query).await, nothing);
        }
        let loan = format!("{{ node(id: \"{}\") {{ id }} }}", id("loan", LOAN));
        assert_eq!(asked(&engine, &reader(BEN, &[]), &loan).await, json!({"node": null}));
        assert_eq!(asked(&engine, &reader(ANN, &[]), &loan).await, json!({"node": {"id": id("loan", LOAN)}}));
    })
    .await;
}

#[tokio::test]
async fn a_cursor_gives_nothing_but_a_place() {
    with_database(async |database| {
        library(&database).await;
        let engine = database.engine().await;
        // The staff's cursor of the hidden book, used by the public.
        let all = asked(&engine, &staff(), "{ books(orderBy: [{title: DESC}]) { edges { cursor node { title } } } }").await;
        assert_eq!(all["books"]["edges"][0]["node"]["title"], "secret");
        let cursor = &all["books"]["edges"][0]["cursor"];
        let query = format!("{{ books(orderBy: [{{title: DESC}}], after: {cursor}) {{ nodes {{ title }} totalCount pageInfo {{ hasPreviousPage hasNextPage }} }} }}");
        let expected = json!({"books": {"nodes": [{"title": "known"}], "totalCount": 1, "pageInfo": {"hasPreviousPage": false, "hasNextPage": false}}});
        assert_eq!(asked(&engine, &public(), &query).await, expected);
    })
    .await;
}

#[tokio::test]
async fn the_absent_and_the_hidden_are_told_alike() {
    with_database(async |database| {
        library(&database).await;
        let engine = database.engine().await;
        let answer = async |query: &str| data(&engine, query, &json!({}), &public()).await;
        let (hidden, absent) = (id("book", HIDDEN), id("book", Uuid::from_u128(99)));
        for query in [
            "{ node(id: \"ID\") { id } }",
            "{ book(id: \"ID\") { id } }",
            "{ books(filter: {id: {eq: \"ID\"}}) { totalCount } }",
        ] {
            assert_eq!(
                answer(&query.replace("ID", &hidden)).await,
                answer(&query.replace("ID", &absent)).await
            );
        }
        // An id of another kind is an error that names both, whether there is such a row or not.
        for author in [id("author", SHOWN), id("author", Uuid::from_u128(99))] {
            let found = errors(
                &engine,
                &format!("{{ book(id: \"{author}\") {{ id }} }}"),
                &Json::Null,
                &public(),
            )
            .await;
            assert!(
                found.len() == 1
                    && found[0].1.contains("`author`")
                    && found[0].1.contains("`book`"),
                "{found:?}"
            );
        }
    })
    .await;
}
