//! The real sales, imported once for all tests of this program that only read them.

use std::path::Path;

use agent_free::import::{self, ImportArguments};
use serde_json::json;
use tokio::sync::OnceCell;

use super::examples::{readme, tabs};
use super::{Factory, id, server_for, uuids};
use crate::support::{Asking, TestDatabase, TestServer};

static IMPORTED: OnceCell<TestDatabase> = OnceCell::const_new();

/// A database with the 23,637 sales, which nobody may change.
pub async fn database() -> &'static TestDatabase {
    IMPORTED.get_or_init(import).await
}

async fn import() -> TestDatabase {
    let database = TestDatabase::new().await;
    let mapping = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/lucas_county_sales.toml");
    let (keep_going, dry_run, update) = (false, false, false);
    let arguments = ImportArguments { mapping, keep_going, dry_run, update, max_rejections: 1 };
    let report = import::run(arguments, database.url()).await.unwrap();
    assert!(report.committed);
    database.execute("ANALYZE").await;
    database
}

/// A server on it, for everyone.
pub async fn server() -> TestServer {
    server_for(database().await, Asking::Anonymous).await
}

#[tokio::test]
async fn each_tab_of_graphiql_finds_something() {
    let server = server().await;
    let factory = Factory::new(database().await).await;
    let statement = "(SELECT id FROM properties LIMIT 1)";
    let property = id("Property", uuids(&factory, statement).await[0]);
    for example in tabs(&property) {
        let answer = server.query(&example.query, example.variables).await;
        for (field, found) in answer.data().as_object().unwrap() {
            let found = found.to_string();
            assert!(found.len() > 60, "{}: {field} is {found}", example.name);
        }
    }
    // As it is shipped, before an id was pasted.
    let tabs = tabs("property_01h2xcejqtf2nbrexx3vqjhp41");
    let by_id = tabs.into_iter().find(|example| example.name == "by-id").unwrap();
    let answer = server.query(&by_id.query, by_id.variables).await;
    assert_eq!(answer.data(), &json!({ "node": null }));
}

#[tokio::test]
async fn the_answers_in_the_readme_are_true() {
    let server = server().await;
    for example in readme() {
        let answer = server.query(&example.query, example.variables).await;
        let claim = &example.claim.unwrap()["data"];
        assert_eq!(answer.data(), claim, "{}", example.name);
    }
}
