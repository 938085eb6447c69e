//! Every constraint of the migrated database, and what its violation tells the person who wrote:
//! in one file, for people to judge.

use std::fmt::Write;
use std::fs;
use std::path::Path;

use crate::support::{TestDatabase, default_config, variable};

/// Set to write the file anew, after which the difference is for a person to judge.
const WRITE: &str = "WRITE_SNAPSHOTS";

#[tokio::test]
async fn every_constraint_has_a_code_a_path_and_a_message() {
    let database = TestDatabase::new().await;
    let engine = agent_free::server::engine(&default_config(&database)).await.unwrap();
    let mut told = String::new();
    let mut without = Vec::new();
    for (name, mistake) in engine.constraints() {
        let Some(mistake) = mistake else {
            without.push(name.to_string());
            continue;
        };
        let (code, path) = (mistake.code.as_str(), mistake.path.join("."));
        writeln!(told, "{name}\n    {code} at `{path}`: {}", mistake.message).unwrap();
    }
    assert_eq!(
        without, [""; 0],
        "say what they mean: by their names, or with an entry in src/property/constraints.rs"
    );
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/property/constraints.txt");
    if variable(WRITE).is_some() {
        fs::write(&file, &told).unwrap();
    }
    let judged = fs::read_to_string(&file).unwrap();
    assert!(
        judged == told,
        "set {WRITE}=1 to write {} anew, then judge what changed",
        file.display()
    );
}
