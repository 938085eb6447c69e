//! The queries that people meet first: GraphiQL's tabs and the README's, with the answers that the
//! README claims.

use std::path::Path;

use serde_json::Value;

/// A query that is shown to people.
pub struct Example {
    pub name: String,
    pub query: String,
    pub variables: Value,
    /// The answer that stands beside it.
    pub claim: Option<Value>,
}

fn read(path: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

/// GraphiQL's tabs. `node` is what the one that asks for an id is given.
pub fn tabs(node: &str) -> Vec<Example> {
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
    let examples: Vec<_> = stems.map(example).collect();
    assert!(examples.len() >= 7);
    examples
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
