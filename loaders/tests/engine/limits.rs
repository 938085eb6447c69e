//! Small requests that would come to much: refused by a limit that says its name, its number and
//! what was measured, and without anything run.

use loaders::{Engine, EngineOptions};
use serde_json::{Value as Json, json};

use crate::database::{data, errors, with_database};
use crate::domain::{contract, registry, staff};

async fn refused(engine: &Engine, query: &str, code: &str, message: &str) {
    let found = errors(engine, query, &Json::Null, &staff()).await;
    let shown = &query[..query.len().min(200)];
    assert!(
        found.len() == 1 && found[0].0 == code && found[0].1.contains(message),
        "{shown}\n{found:?}"
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

#[tokio::test]
async fn documents_that_open_to_much() {
    with_database(async |database| {
        let engine = database.engine().await;
        for query in [bomb(30), doubled(16), format!("{{ {} }}", "genres { totalCount } ".repeat(2501))] {
            refused(&engine, &query, "COMPLEXITY_LIMIT", "fields, fragments opened; at most 5000").await;
        }
        let aliases: String = (0..101).map(|n| format!("a{n}: genres {{ totalCount }} ")).collect();
        refused(&engine, &format!("{{ {aliases} }}"), "COMPLEXITY_LIMIT", "101 fields at its root; at most 100").await;
        let deep = "{ __type(name: \"Node\") { possibleTypes { interfaces { possibleTypes { interfaces { name } } } } } }";
        refused(&engine, deep, "COMPLEXITY_LIMIT", "4 levels of members of types; at most 3").await;
        // What tools ask for is within all of them.
        data(&engine, loaders::contract::drift::INTROSPECTION, &Json::Null, &staff()).await;
        data(&engine, &doubled(3), &Json::Null, &staff()).await;
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
        refused(&engine, &names(1000), "ANSWER_SIZE_LIMIT", "more than 50000 bytes").await;
    })
    .await;
}
