//! Small requests that would come to much: refused by a limit that says its name, its number and
//! what was measured, and without anything run.

use loaders::{Engine, EngineOptions};
use serde_json::{Value as Json, json};

use crate::database::{body, data, errors, execute, with_database};
use crate::domain::{contract, registry, staff};

/// Refused by this limit, with this number and this measure.
async fn refused(
    engine: &Engine,
    query: &str,
    variables: &Json,
    code: &str,
    (limit, measured): (u64, u64),
) {
    let answer = execute(engine, query, variables, &staff()).await;
    let found = body(&answer);
    let extensions = json!({ "code": code, "limit": limit, "measured": measured });
    let shown = &query[..query.len().min(200)];
    assert!(found.get("data").is_none(), "{shown}\n{found}");
    assert_eq!(found["errors"][0]["extensions"], extensions, "{shown}\n{found}");
    assert_eq!(
        (answer.statements, found["errors"].as_array().map(Vec::len)),
        (0, Some(1)),
        "{shown}"
    );
}

/// Fragments that each spread the next one three times.
fn bomb(fragments: usize) -> String {
    let chain = (0..fragments).map(|n| {
        let next = format!("...F{}", n + 1);
        format!("fragment F{n} on Query {{ {next} {next} {next} }} ")
    });
    format!(
        "{{ ...F0 }} {} fragment F{fragments} on Query {{ __typename }}",
        chain.collect::<String>()
    )
}

/// A chain of to-one fields, each selected three times under other names.
fn doubled(levels: usize) -> String {
    let chain = (0..levels).map(|n| {
        let (of, field) =
            if usize::is_multiple_of(n, 2) { ("Book", "author") } else { ("Author", "books") };
        let spread = |alias: &str| match field {
            "author" => format!("{alias}: author {{ ...F{} }}", n + 1),
            _ => format!("{alias}: books {{ nodes {{ ...F{} }} }}", n + 1),
        };
        format!("fragment F{n} on {of} {{ {} {} {} }} ", spread("a"), spread("b"), spread("c"))
    });
    let last = if levels.is_multiple_of(2) { "Book" } else { "Author" };
    let chain: String = chain.collect();
    format!("{{ books {{ nodes {{ ...F0 }} }} }} {chain} fragment F{levels} on {last} {{ id }}")
}

fn repeated(times: usize, part: impl Fn(usize) -> String) -> String {
    (0..times).map(part).collect()
}

#[tokio::test]
async fn documents_that_open_to_much() {
    with_database(async |database| {
        let engine = database.engine().await;
        let count = |n| format!("a{n}: genres {{ totalCount }} ");
        let cases = [
            (format!("{{ {} }}", "genres ".repeat(10_000)), "TOKEN_LIMIT", (10_000, 10_002)),
            (format!("{{ a(b: {}", "[".repeat(100_000)), "NESTING_LIMIT", (128, 100_002)),
            (format!("{{ {} }}", "__typename ".repeat(5_001)), "COMPLEXITY_LIMIT", (5_000, 5_001)),
            (format!("{{ {} }}", repeated(101, count)), "ROOT_FIELD_LIMIT", (100, 101)),
            (format!("{{ genres {{ {} }} }}", repeated(201, |n| format!("a{n}: totalCount "))), "ALIAS_LIMIT", (200, 201)),
            (format!("{{ genres {{ {} }} }}", "totalCount @skip(if: true) ".repeat(201)), "DIRECTIVE_LIMIT", (200, 201)),
            (format!("{{ __typename {} }}", "@skip(if: true) ".repeat(9)), "DIRECTIVE_LIMIT", (8, 9)),
            (repeated(51, |n| format!("query Q{n} {{ __typename }} ")), "OPERATION_LIMIT", (50, 51)),
            (format!("query({}) {{ __typename }}", repeated(251, |n| format!("$v{n}: Int "))), "VARIABLE_LIMIT", (250, 251)),
            (format!("{{ books(filter: {{title: {{in: [{}]}}}}) {{ totalCount }} }}", "\"a\" ".repeat(1001)), "LIST_ITEM_LIMIT", (1000, 1001)),
            (format!("query($f: BookFilter = {{or: [{{title: {{in: [{}]}}}}]}}) {{ books(filter: $f) {{ totalCount }} }}", "\"a\" ".repeat(1000)), "LIST_ITEM_LIMIT", (1000, 1001)),
            ("{ __type(name: \"Node\") { possibleTypes { interfaces { possibleTypes { interfaces { name } } } } } }".to_string(), "INTROSPECTION_LIMIT", (3, 4)),
        ];
        for (query, code, numbers) in cases {
            refused(&engine, &query, &Json::Null, code, numbers).await;
        }
        for query in [bomb(30), doubled(16), bomb(30).replace("...F0", "__typename")] {
            let found = errors(&engine, &query, &Json::Null, &staff()).await;
            assert_eq!(found[0].0, "COMPLEXITY_LIMIT", "{found:?}");
        }
        // Nobody spreads the circle, yet validation would run round in it.
        for operation in ["{ ...A }", "{ __typename }"] {
            let circle = format!("{operation} fragment A on Query {{ __typename ...B }} fragment B on Query {{ ...A }}");
            let found = errors(&engine, &circle, &Json::Null, &staff()).await;
            assert!(found[0].0 == "INVALID_DOCUMENT" && found[0].1.contains("spreads itself"), "{found:?}");
        }
        // What tools ask for is within all of them.
        data(&engine, loaders::contract::drift::INTROSPECTION, &Json::Null, &staff()).await;
        data(&engine, &doubled(3), &Json::Null, &staff()).await;
        assert_eq!(engine.cached().0, 2);
    })
    .await;
}

#[tokio::test]
async fn lists_in_variables() {
    with_database(async |database| {
        let engine = database.engine().await;
        let query = "query($f: BookFilter) { books(filter: $f) { totalCount } }";
        let titles = |count: usize| json!({ "title": { "in": vec!["a"; count] } });
        data(&engine, query, &json!({ "f": titles(1000) }), &staff()).await;
        // Lists beside each other are several, lists within a list are one.
        let beside = json!({ "f": { "title": { "in": vec!["a"; 600] }, "subtitle": { "in": vec!["a"; 600] } } });
        data(&engine, query, &beside, &staff()).await;
        refused(&engine, query, &json!({ "f": titles(1001) }), "LIST_ITEM_LIMIT", (1000, 1001)).await;
        let within = json!({ "f": { "or": [titles(600), titles(600)] } });
        refused(&engine, query, &within, "LIST_ITEM_LIMIT", (1000, 1202)).await;
    })
    .await;
}

#[tokio::test]
async fn the_cost_of_an_operation_is_known_before_it_runs() {
    let table = [
        ("{ __typename }", json!({}), 0),
        ("{ books { nodes { id title } } }", json!({}), 4),
        ("{ books(first: 10) { pageInfo { hasNextPage } } }", json!({}), 10),
        ("{ books(last: 10) { nodes { author { name } } } }", json!({}), 10 * (1 + 1)),
        (
            "{ books(first: 10) { nodes { genre { id } } edges { node { author { id } } } } }",
            json!({}),
            10 * (1 + 1 + 1),
        ),
        (
            "{ books(first: 10) { nodes { reviews(first: 5) { nodes { stars } } } } }",
            json!({}),
            10 * (1 + 5),
        ),
        (
            "{ books(first: 10) { nodes { reviews { nodes { replies { id } } } } } }",
            json!({}),
            10 * (1 + 4 * (1 + 4)),
        ),
        (
            "{ a: books(first: 10) { nodes { id } } b: books(first: 10) { nodes { id } } }",
            json!({}),
            20,
        ),
        // Of a whole table, and of the rows of one row.
        ("{ books { totalCount aggregate { count } } }", json!({}), 5000),
        ("{ books(first: 10) { nodes { reviews { totalCount } } } }", json!({}), 10 * (1 + 20)),
        (
            "{ books { groups(by: [{mood: VALUE}], first: 7) { key { mood } } } }",
            json!({}),
            5000 + 7,
        ),
        (
            "{ books(first: 10, filter: {author: {name: {eq: \"x\"}}, pages: {gt: 1}}) { nodes { id } } }",
            json!({}),
            1000 + 10,
        ),
        (
            "{ books(first: 10, filter: {reviews: {some: {replies: {none: {}}}}}) { totalCount nodes { id } } }",
            json!({}),
            (5000 + 2000) + (10 + 2000),
        ),
        (
            "{ authors(first: 2) { nodes { books(first: 3, filter: {reviews: {some: {}}}) { nodes { id } } } } }",
            json!({}),
            2 * (1 + 3 + 5),
        ),
        (
            "{ shops(first: 2, near: {longitude: 1, latitude: 1, withinMeters: 9}) { nodes { id } } }",
            json!({}),
            1000 + 2,
        ),
        // Plain lists, resolvers.
        ("{ shelf(first: 2) { sequels { id } } }", json!({}), 2 * (1 + 3)),
        ("{ shelf(first: 2) { cents } }", json!({}), 2 * (1 + 1)),
        ("{ shelf(first: 2) { similar(first: 5) { id } } }", json!({}), 2 * (1 + 5 * 2)),
        // Points: as many as there are ids, whichever type costs most.
        ("{ book(id: \"book_00000000000000000000000001\") { author { id } } }", json!({}), 2),
        (
            "query($ids: [ID!]!) { nodes(ids: $ids) { id ... on Book { reviews(first: 5) { nodes { id } } } } }",
            json!({ "ids": ["book_00000000000000000000000001", "author_00000000000000000000000001"] }),
            2 * (1 + 5),
        ),
        // The shape of the variables decides.
        ("query($n: Int) { books(first: $n) { nodes { id } } }", json!({ "n": 30 }), 30),
        ("query($n: Int) { books(first: $n) { nodes { id } } }", json!({}), 4),
        (
            "query($if: Boolean!) { books(first: 9) @include(if: $if) { nodes { id } } }",
            json!({ "if": false }),
            0,
        ),
        (
            "query($if: Boolean!) { books(first: 9) @include(if: $if) { nodes { id } } }",
            json!({ "if": true }),
            9,
        ),
    ];
    with_database(async |database| {
        let engine = database.engine().await;
        for (query, variables, cost) in table {
            let answer = execute(&engine, query, &variables, &staff()).await;
            let operation = answer.operation.as_ref().expect("an operation");
            assert_eq!(operation.cost, cost, "{query} {variables} {}", body(&answer));
        }
        let nested = "{ authors(first: 1000) { nodes { books(first: 999) { nodes { id } } } } }";
        refused(&engine, nested, &Json::Null, "COST_LIMIT", (500_000, 1_000_000)).await;
        let options =
            EngineOptions { expose_cost: true, cost_maximum: 8, ..EngineOptions::default() };
        let engine = database.start(&contract(), registry(), options).await.expect("an engine");
        let small =
            execute(&engine, "{ books(first: 8) { nodes { id } } }", &Json::Null, &staff()).await;
        assert_eq!(body(&small)["extensions"]["cost"]["computed"], 8);
        refused(&engine, "{ books(first: 9) { nodes { id } } }", &Json::Null, "COST_LIMIT", (8, 9))
            .await;
    })
    .await;
}

/// The fields of an answer, those of objects within objects counted.
fn fields(answer: &Json) -> u64 {
    match answer {
        Json::Object(object) => object.values().map(|value| 1 + fields(value)).sum(),
        Json::Array(items) => items.iter().map(fields).sum(),
        _ => 0,
    }
}

#[tokio::test]
async fn introspection_costs_what_it_answers() {
    with_database(async |database| {
        let engine = database.engine().await;
        let deep = "type { name ofType { name ofType { name ofType { fields { name type { name } } inputFields { name } } } } }";
        for query in [
            loaders::contract::drift::INTROSPECTION.to_string(),
            "{ __schema { queryType { name fields { name args { name type { kind } } } } directives { name } } }".to_string(),
            format!("{{ __schema {{ types {{ enumValues {{ name }} possibleTypes {{ name }} interfaces {{ name }} fields {{ {deep} }} inputFields {{ {deep} }} }} }} }}"),
        ] {
            let answer = execute(&engine, &query, &Json::Null, &staff()).await;
            let cost = answer.operation.as_ref().expect("an operation").cost;
            let answered = fields(&body(&answer)["data"]) - 1;
            // What async-graphql adds of its own, its scalars and the types of introspection, is
            // the same for every contract and not counted.
            assert!(cost <= answered && cost > answered * 4 / 5, "{cost} of {answered}: {query}");
        }
        let one = data(&engine, "{ __type(name: \"Query\") { fields { name } } }", &Json::Null, &staff()).await;
        let answer = execute(&engine, "{ __type(name: \"Mood\") { fields { name } } }", &Json::Null, &staff()).await;
        assert!(answer.operation.is_some_and(|operation| operation.cost + 1 >= fields(&one)));
        let options = EngineOptions { cost_maximum: 50_000, ..EngineOptions::default() };
        let engine = database.start(&contract(), registry(), options).await.expect("an engine");
        let again = (0..150).map(|n| format!("a{n}: fields {{ {deep} }} ")).collect::<String>();
        let found = errors(&engine, &format!("{{ __schema {{ types {{ {again} }} }} }}"), &Json::Null, &staff()).await;
        assert_eq!(found[0].0, "COST_LIMIT", "{found:?}");
    })
    .await;
}

#[tokio::test]
async fn an_answer_that_would_be_too_long() {
    with_database(async |database| {
        database
            .run("INSERT INTO genres SELECT gen_random_uuid(), now(), repeat('g', 90) || n FROM generate_series(1, 1000) n")
            .await;
        let options = EngineOptions { answer_bytes_maximum: 50_000, ..EngineOptions::default() };
        let engine = database.start(&contract(), registry(), options).await.expect("an engine");
        let names = |first: usize| format!("{{ genres(first: {first}) {{ nodes {{ name }} }} }}");
        data(&engine, &names(100), &json!({}), &staff()).await;
        let found = errors(&engine, &names(1000), &json!({}), &staff()).await;
        assert!(found[0].0 == "ANSWER_SIZE_LIMIT" && found[0].1.contains("more than 50000 bytes"), "{found:?}");
    })
    .await;
}
