//! The queries that people meet first: GraphiQL's tabs and the README's, with the answers that the
//! README claims.

use std::path::Path;

use serde_json::{Value, json};

use super::{Factory, id, server_for};
use crate::support::{Asking, TestDatabase};

/// A query that is shown to people.
pub struct Example {
    pub name: String,
    pub query: String,
    pub variables: Value,
    /// The answer that stands beside it.
    pub claim: Option<Value>,
}

impl Example {
    fn writes(&self) -> bool {
        self.query.lines().any(|line| line.starts_with("mutation"))
    }
}

fn read(path: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

/// GraphiQL's tabs that read. `node` is what those that ask for an id are given.
pub fn tabs(node: &str) -> Vec<Example> {
    let tabs: Vec<_> = all_tabs(node).into_iter().filter(|tab| !tab.writes()).collect();
    assert!(tabs.len() >= 7);
    tabs
}

/// Every tab of GraphiQL.
fn all_tabs(node: &str) -> Vec<Example> {
    let folder = "web/graphiql/examples";
    let files = std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)).unwrap();
    let mut names: Vec<String> =
        files.map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    let has_variables = |name: &str| names.contains(&format!("{name}.json"));
    let stems = names.iter().filter_map(|name| name.strip_suffix(".graphql"));
    let example = |name: &str| {
        let mut variables = match has_variables(name) {
            true => serde_json::from_str(&read(&format!("{folder}/{name}.json"))).unwrap(),
            false => Value::Null,
        };
        if let Some(id) = variables.get_mut("id") {
            *id = node.into();
        }
        let query = read(&format!("{folder}/{name}.graphql"));
        Example { name: name.to_owned(), query, variables, claim: None }
    };
    stems.map(example).collect()
}

/// The README's queries, each with the answer that follows it.
pub fn readme() -> Vec<Example> {
    let text = read("README.md");
    let mut examples: Vec<Example> = Vec::new();
    for block in text.split("\n```").skip(1).step_by(2) {
        match block.split_once('\n') {
            Some(("graphql", query)) => examples.push(Example {
                name: format!("README {}", examples.len() + 1),
                query: query.to_owned(),
                variables: Value::Null,
                claim: None,
            }),
            Some(("json", answer)) => {
                examples.last_mut().unwrap().claim = Some(serde_json::from_str(answer).unwrap());
            }
            _ => {}
        }
    }
    assert!(examples.len() >= 2 && examples.iter().all(|example| example.claim.is_some()));
    examples
}

/// Given a house's id, the tabs that write do so; as they are shipped, they say what is missing.
#[tokio::test]
async fn each_tab_that_writes_does() {
    let database = TestDatabase::new().await;
    let factory = Factory::new(&database).await;
    let (server, property) = tokio::join!(
        server_for(&database, Asking::Administrator),
        factory.make("Property", json!({}))
    );
    let (given, shipped) =
        (all_tabs(&id("Property", property)), all_tabs("property_01h2xcejqtf2nbrexx3vqjhp41"));
    let writing = given.into_iter().zip(shipped).filter(|(tab, _)| tab.writes());
    // Signing in has tests of its own.
    let writing: Vec<_> = writing.filter(|(tab, _)| tab.name != "sign-in").collect();
    assert!(writing.len() >= 2);
    for (given, shipped) in writing {
        let answer = server.query(&given.query, given.variables).await;
        for payload in answer.data().as_object().unwrap().values() {
            assert_eq!(payload["errors"], json!([]), "{}", given.name);
        }
        let answer = server.query(&shipped.query, shipped.variables).await;
        for payload in answer.data().as_object().unwrap().values() {
            assert_eq!(payload["errors"][0]["code"], "NOT_FOUND", "{}", shipped.name);
        }
    }
}
