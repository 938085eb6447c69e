//! What a question costs: as many statements as its shape says, whatever the data, and of each
//! row no column that was not asked for.

use async_trait::async_trait;
use loaders::contract::derive;
use loaders::{
    Arguments, BatchResolver, Engine, EngineOptions, FieldError, Output, Parents, ResolveContext,
};
use serde_json::{Value as Json, json};
use tokio_postgres::Row;

use crate::database::{Database, body, data, execute, with_database};
use crate::domain::{public, registry, staff};

/// Sixty books, each with an author of its own, reviews with replies, and copies in a shop.
async fn many(database: &Database) {
    database
        .run(
            "INSERT INTO genres SELECT gen_random_uuid(), now(), 'genre ' || n FROM generate_series(1, 3) n;
             INSERT INTO authors SELECT gen_random_uuid(), 1, now(), 'author ' || n, NULL, TRUE FROM generate_series(1, 60) n;
             INSERT INTO books (id, version, created_at, title, subtitle, price, published, cover, tags, author_id, genre_id)
             SELECT gen_random_uuid(), 1, now(), name, 'more', 1.50, TRUE, 'SOFT', '{}', id, (SELECT id FROM genres ORDER BY md5(genres.id::text || authors.id) LIMIT 1) FROM authors;
             UPDATE books SET previous_id = coalesce((SELECT id FROM books b WHERE b.id > books.id ORDER BY id LIMIT 1), (SELECT id FROM books b ORDER BY id LIMIT 1));
             INSERT INTO reviews SELECT gen_random_uuid(), now(), n, 'text', id FROM books, generate_series(1, 3) n;
             INSERT INTO replies SELECT gen_random_uuid(), now(), TRUE, id FROM reviews;
             INSERT INTO shops (id, created_at, name, published) VALUES (gen_random_uuid(), now(), 'shop', TRUE);
             INSERT INTO stocks SELECT gen_random_uuid(), now(), 1, books.id, shops.id FROM books, shops;",
        )
        .await;
}

async fn cost(engine: &Engine, query: &str) -> (usize, usize) {
    let answer = execute(engine, query, &Json::Null, &public()).await;
    assert_eq!(body(&answer).get("errors"), None, "{query}");
    (answer.statements, answer.rows)
}

#[tokio::test]
async fn the_number_of_statements_is_the_shapes_alone() {
    let cases = [
        // A list, and each kind of thing that hangs from it.
        ("{ books(first: N) { nodes { title } } }", 1),
        (
            "{ books(first: N) { edges { cursor node { title } } nodes { id } pageInfo { hasNextPage hasPreviousPage endCursor } } }",
            1,
        ),
        ("{ books(first: N) { nodes { author { name } } } }", 2),
        (
            "{ books(first: N) { nodes { author { name } genre { name } previous { title previous { title } } } } }",
            5,
        ),
        ("{ books(first: N) { nodes { reviews { nodes { stars } } } } }", 2),
        (
            "{ books(first: N) { nodes { reviews { nodes { stars } totalCount aggregate { count stars { avg max } } } } } }",
            3,
        ),
        (
            "{ books(first: N) { nodes { reviews { groups(by: [{stars: VALUE}]) { key { stars } aggregate { count } } } } } }",
            2,
        ),
        (
            "{ books(first: N) { nodes { sequels { title } stocks { quantity shop { name } } } } }",
            4,
        ),
        (
            "{ books(first: N) { nodes { reviews { nodes { replies { agrees review { book { title } } } } } } } }",
            5,
        ),
        ("{ books(first: N) { nodes { cents } } }", 1),
        ("{ books(first: N) { nodes { similar { title author { name } } } } }", 4),
        ("{ books(first: N) { nodes { blurb { text author { name } } } } }", 3),
        ("{ authors(first: N) { nodes { firstBook { title } books { totalCount } } } }", 4),
        // Aliases of one relation are as many relations.
        ("{ books(first: N) { nodes { a: author { name } b: author { name } } } }", 3),
        // Counting beside a list, and filters across relations.
        ("{ books(first: N) { totalCount nodes { id } aggregate { price { sum median } } } }", 2),
        (
            "{ books(first: N, filter: {reviews: {some: {replies: {some: {agrees: {eq: true}}}}}, author: {books: {every: {}}}}) { nodes { id } } }",
            1,
        ),
        ("{ shelf(first: N) { title } }", 1),
    ];
    with_database(async move |database| {
        many(&database).await;
        let engine = database.engine().await;
        for (query, expected) in cases {
            let most = if query.contains("shelf") { ": 7" } else { ": 50" };
            let (one, few) = cost(&engine, &query.replace(": N", ": 1")).await;
            let (all, rows) = cost(&engine, &query.replace(": N", most)).await;
            assert_eq!((one, all), (expected, expected), "{query}");
            assert!(
                rows > few || query.contains("totalCount"),
                "{query}: {few} rows and then {rows}"
            );
        }
    })
    .await;
}

#[tokio::test]
async fn what_is_not_asked_for_costs_nothing() {
    with_database(async |database| {
        many(&database).await;
        let engine = database.engine().await;
        for (query, expected) in [
            ("{ __typename }", 0),
            ("{ books { __typename } }", 0),
            ("{ __schema { queryType { name } } }", 0),
            ("{ books { totalCount } }", 1),
            ("{ books { pageInfo { hasNextPage } } }", 1),
            ("{ nodes(ids: []) { id } }", 0),
            ("{ books(filter: {or: []}) { nodes { author { name books { nodes { id } } } reviews { nodes { id } } } } }", 1),
            ("{ books { nodes { id author @skip(if: true) { name } } } }", 1),
        ] {
            assert_eq!(cost(&engine, query).await.0, expected, "{query}");
        }
        // Rows are those that are shown, and one more where the page looks ahead.
        assert_eq!(cost(&engine, "{ books(first: 5) { nodes { id } } }").await.1, 5);
        assert_eq!(cost(&engine, "{ books(first: 5) { nodes { id } pageInfo { hasNextPage } } }").await.1, 6);
    })
    .await;
}

#[tokio::test]
async fn point_reads_of_one_selection_are_one_statement() {
    with_database(async |database| {
        many(&database).await;
        let engine = database.engine().await;
        let found = body(&execute(&engine, "{ books(first: 40) { nodes { id author { id } } } }", &Json::Null, &staff()).await);
        let nodes = found["data"]["books"]["nodes"].as_array().expect("nodes");
        assert_eq!(nodes.len(), 40);
        let query = |part: &dyn Fn(usize, &Json) -> String| {
            format!("{{ {} }}", nodes.iter().enumerate().map(|(index, node)| part(index, node)).collect::<Vec<_>>().join(" "))
        };
        let same = query(&|index, node| format!("a{index}: book(id: {}) {{ title author {{ name }} }}", node["id"]));
        assert_eq!(cost(&engine, &same).await, (2, 80));
        let roots = query(&|index, node| format!("a{index}: book(id: {id}) {{ title }} b{index}: node(id: {id}) {{ ... on Book {{ title }} }}", id = node["id"]));
        assert_eq!(cost(&engine, &roots).await.0, 1, "the same selection through another field");
        let two = query(&|index, node| format!("a{index}: book(id: {}) {{ {} }}", node["id"], if index % 2 == 0 { "title" } else { "cover" }));
        assert_eq!(cost(&engine, &two).await, (2, 40));
        let kinds = query(&|index, node| format!("a{index}: node(id: {}) {{ id ... on Author {{ name }} }}", if index % 2 == 0 { &node["id"] } else { &node["author"]["id"] }));
        assert_eq!(cost(&engine, &kinds).await.0, 2, "one for each type");
        let ids: Vec<&Json> = nodes.iter().flat_map(|node| [&node["id"], &node["author"]["id"], &node["id"]]).collect();
        let nodes = format!("{{ nodes(ids: {}) {{ id }} }}", json!(ids));
        assert_eq!(cost(&engine, &nodes).await, (2, 80), "what is named twice is read once");
    })
    .await;
}

/// The statements that the request's own connection has prepared.
struct Prepared;

#[async_trait]
impl BatchResolver for Prepared {
    fn needs(&self) -> &'static [&'static str] {
        &[]
    }

    async fn resolve(
        &self,
        context: &ResolveContext<'_>,
        _: &Parents,
        _: &Arguments,
    ) -> Result<Vec<Output>, FieldError> {
        let rows = context
            .statement()
            .rows("SELECT statement FROM pg_prepared_statements".to_string(), &[])
            .await?;
        let text = |row: &Row| Output::Leaf(row.get::<_, String>(0).into());
        Ok(vec![Output::List(rows.iter().map(text).collect())])
    }
}

#[tokio::test]
async fn statements_fetch_the_selected_columns() {
    with_database(async |database| {
        many(&database).await;
        let authored = include_str!("library.graphql").replacen(
            "type Query {",
            "type Query {\n  prepared: [String!]!",
            1,
        );
        let sdl = derive::complete(&authored).expect("the contract is complete");
        for (query, table, wanted) in [
            ("{ books { nodes { title } } }", "\"books\"", "title"),
            ("{ books { nodes { id price author { id } } } }", "\"books\"", "author_id id price"),
            ("{ books { nodes { author { born } } } }", "\"authors\"", "born id"),
            ("{ shops { nodes { stocks { nodes { quantity } } } } }", "\"stocks\"", "quantity"),
            ("{ shops { nodes { location } } }", "\"shops\"", "location"),
            ("{ books { nodes { cents } } }", "\"books\"", "price"),
        ] {
            let mut registry = registry();
            registry.resolver("Query", "prepared", Prepared);
            let engine = database
                .start(&sdl, registry, EngineOptions::default())
                .await
                .unwrap_or_else(|error| panic!("{error}"));
            cost(&engine, query).await;
            let prepared =
                data(&engine, "{ prepared }", &Json::Null, &public()).await["prepared"].take();
            let statements = prepared.as_array().expect("a list").iter().filter_map(Json::as_str);
            let from = format!(" FROM {table} ");
            let statement = statements
                .clone()
                .find(|sql| sql.contains(&from))
                .unwrap_or_else(|| panic!("{prepared}"));
            let (inner, _) = statement.split_once(&from).expect("a table");
            let (_, list) = inner.rsplit_once("SELECT ").expect("a select list");
            let mut columns: Vec<&str> = list.split('"').skip(1).step_by(2).collect();
            columns.sort_unstable();
            assert_eq!(columns.join(" "), wanted, "{query}: {statement}");
        }
    })
    .await;
}
