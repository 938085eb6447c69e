//! Requests that end before their time: given up by whoever waits, or by a panic. What they began
//! ends with them, and the connection serves the next one.

use std::time::Duration;

use async_trait::async_trait;
use loaders::{
    Arguments, BatchResolver, EngineOptions, ErrorCode, FieldError, Outcome, Output, Parents,
    Registry, ResolveContext, Viewer,
};
use serde_json::{Value as Json, json};
use tokio_postgres::Client;

use crate::database::{Database, body, data, execute, with_database};
use crate::domain::{contract, registry, staff};

/// The process behind each connection of the engine, and whether it waits for a lock.
async fn sessions(client: &Client) -> Vec<(i32, bool)> {
    let sql = "SELECT pid, wait_event_type IS NOT DISTINCT FROM 'Lock' FROM pg_stat_activity \
               WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend' ORDER BY pid";
    let rows = client.query(sql, &[]).await.expect("the activity");
    rows.iter().map(|row| (row.get(0), row.get(1))).collect()
}

/// Waits until one of the sessions waits for a lock, or none does.
async fn until_waiting(client: &Client, wanted: bool) -> Vec<(i32, bool)> {
    let waiting = async {
        loop {
            let sessions = sessions(client).await;
            if sessions.iter().any(|(_, waits)| *waits) == wanted {
                return sessions;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), waiting).await.expect("the sessions change")
}

#[tokio::test]
async fn a_request_that_is_given_up_ends_in_the_database() {
    with_database(async |database| {
        let engine = database.engine().await;
        let client = database.connect().await;
        data(&engine, "{ genres { nodes { id } } }", &Json::Null, &staff()).await;
        let first = sessions(&client).await;
        assert_eq!(first.len(), 1, "{first:?}");
        let begin = "BEGIN; LOCK TABLE genres, shops, authors IN ACCESS EXCLUSIVE MODE";
        // Siblings are sent together: when one is cancelled, the next is there already.
        let query = "{ genres { nodes { id } } shops { nodes { id } } authors { nodes { id } } }";
        for _ in 0..3 {
            client.batch_execute(begin).await.expect("the lock");
            let (staff, variables) = (staff(), Json::Null);
            let given_up = execute(&engine, query, &variables, &staff);
            tokio::select! {
                answer = given_up => panic!("answered under a lock: {}", body(&answer)),
                _ = until_waiting(&client, true) => {}
            }
            // The lock is still held: only a cancel ends what waits for it.
            until_waiting(&client, false).await;
            client.batch_execute("ROLLBACK").await.expect("the lock is given back");
            data(&engine, query, &Json::Null, &staff).await;
            assert_eq!(sessions(&client).await, first);
        }
    })
    .await;
}

/// Panics, before its first statement or while one is under way.
struct Panics;

#[async_trait]
impl BatchResolver for Panics {
    fn needs(&self) -> &'static [&'static str] {
        &["price"]
    }

    async fn resolve(
        &self,
        context: &ResolveContext<'_>,
        parents: &Parents,
        _: &Arguments,
    ) -> Result<Vec<Output>, FieldError> {
        if parents.len() > 1 {
            panic!("no book has {} prices", parents.len());
        }
        let begun = context.statement().rows("SELECT pg_sleep(1)".to_string(), &[]);
        let panic = async {
            tokio::time::sleep(Duration::from_millis(50)).await;
            panic!("in the middle")
        };
        futures_util::join!(begun, panic).0.map(|_| Vec::new())
    }
}

fn panicking() -> (String, Registry) {
    let sdl = contract()
        .replace("  cents: Int @computed\n", "  cents: Int @computed\n  broken: Int @computed\n");
    let mut registry = registry();
    registry.resolver("Book", "broken", Panics);
    (sdl, registry)
}

async fn with_books(database: &Database) {
    let book = "INSERT INTO books (id, version, created_at, title, published, cover, tags, genre_id) \
                SELECT gen_random_uuid(), 1, now(), 'b' || n, TRUE, 'HARD', '{}', g.id FROM generate_series(1, 2) n, genres g";
    database.run("INSERT INTO genres SELECT gen_random_uuid(), now(), 'g'").await;
    database.run(book).await;
}

#[tokio::test]
async fn a_panic_in_a_resolver_is_one_failed_field() {
    with_database(async |database| {
        with_books(&database).await;
        let (sdl, registry) = panicking();
        let engine =
            database.start(&sdl, registry, EngineOptions::default()).await.expect("an engine");
        let client = database.connect().await;
        for (first, message) in [(2, "no book has 2 prices"), (1, "in the middle")] {
            let query = format!("query Q {{ books(first: {first}) {{ nodes {{ title broken }} }} genres {{ nodes {{ name }} }} }}");
            let answer = execute(&engine, &query, &Json::Null, &staff()).await;
            let found = body(&answer);
            assert_eq!(answer.outcome, Outcome::Executed);
            assert_eq!(found["data"]["genres"]["nodes"], json!([{ "name": "g" }]), "{found}");
            assert_eq!(found["data"]["books"]["nodes"][0]["broken"], Json::Null);
            let error = &found["errors"][0];
            assert_eq!(error["path"], json!(["books", "nodes", 0, "broken"]), "{found}");
            assert_eq!(error["extensions"]["code"], "INTERNAL");
            assert!(!found.to_string().contains(message), "{found}");
            let failure = answer.failure.expect("a failure for the log");
            assert_eq!(failure.code(), ErrorCode::Internal);
            let cause = std::error::Error::source(&failure).expect("a cause").to_string();
            assert_eq!(cause, format!("the resolver of `broken` panicked: {message}"));
            // Neither the engine nor its connection has taken harm.
            data(&engine, "{ books { nodes { title } } }", &Json::Null, &staff()).await;
            assert_eq!(sessions(&client).await.len(), 1);
        }
    })
    .await;
}

#[tokio::test]
async fn a_panic_anywhere_else_is_one_failed_request() {
    with_database(async |database| {
        let engine = database.engine().await;
        let forgotten = Viewer::of_class("forgotten");
        let query = "query Books { books { nodes { title } } }";
        let answer = execute(&engine, query, &Json::Null, &forgotten).await;
        let expected = json!({ "data": null, "errors": [{ "message": "the server failed", "extensions": { "code": "INTERNAL" } }] });
        assert_eq!((answer.outcome, body(&answer)), (Outcome::Failed, expected));
        let operation = answer.operation.and_then(|operation| operation.name);
        assert_eq!(operation.as_deref(), Some("Books"));
        let failure = answer.failure.expect("a failure for the log");
        let cause = std::error::Error::source(&failure).expect("a cause").to_string();
        assert_eq!(cause, "the engine panicked: a class without a policy");
        data(&engine, query, &Json::Null, &staff()).await;
    })
    .await;
}
