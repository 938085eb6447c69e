//! Mutations: one transaction each, read back through the policies, kept under their idempotency
//! key, and gone without a trace when anything goes wrong.
#![allow(clippy::unwrap_used, reason = "a test ends where something is not as it should be")]

use async_graphql::Variables;
use async_trait::async_trait;
use loaders::mutation::Input;
use loaders::{
    Answer, Engine, EngineOptions, Mutation, Outcome, Payload, Position, Request, UserError,
    UserErrorCode, Viewer, WriteContext, WriteError,
};
use serde_json::{Value as Json, json};
use uuid::Uuid;

use crate::database::{Database, body, with_database};
use crate::domain::{self, public, staff};

const MUTATIONS: &str = r#"
type Mutation {
  renameBook(input: RenameBookInput!): BookPayload
  swapTitles(input: SwapTitlesInput!): BookPayload
  panicNow(input: RenameBookInput!): BookPayload
}
input RenameBookInput { id: ID! expectedVersion: Int title: String }
input SwapTitlesInput { first: ID! second: ID! }
type BookPayload { book: Book errors: [UserError!]! position: String }
"#;

const KEYS: &str = "
CREATE TABLE idempotency_keys (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(), viewer text NOT NULL, key text NOT NULL,
    field text NOT NULL, request_hash bytea NOT NULL, answer text NOT NULL, errors text NOT NULL,
    position_mark text NOT NULL, expires_at timestamptz NOT NULL,
    CONSTRAINT idempotency_keys_key_key UNIQUE (viewer, key, field));
CREATE TABLE renames (book_id uuid NOT NULL, title text NOT NULL)";

const FIRST: &str = "00000000-0000-7000-8000-000000000001";
const SECOND: &str = "00000000-0000-7000-8000-000000000002";
const HIDDEN: &str = "00000000-0000-7000-8000-000000000003";

struct RenameBook;

#[async_trait]
impl Mutation for RenameBook {
    async fn run(&self, write: &WriteContext<'_>, input: &Input) -> Result<Payload, WriteError> {
        let id = input.id("id", "Book")?;
        write.lock("Book", id, input.expected_version(), "title").await?;
        let title = input.text("title").unwrap_or_default();
        // Before its rule, so that a refusal has something to take back.
        let renamed = "UPDATE books SET title = $2, version = version + 1 WHERE id = $1";
        write.execute(renamed, &[&id, &title]).await?;
        write.execute("INSERT INTO renames VALUES ($1, $2)", &[&id, &title]).await?;
        if title.is_empty() {
            let mistake = UserError::new(UserErrorCode::Required, &["title"], "a book has a title");
            return Err(mistake.into());
        }
        Ok(Payload::new().entity("book", "Book", id))
    }
}

/// Locks two rows in the order in which they are named: two such writes can block each other.
struct SwapTitles;

#[async_trait]
impl Mutation for SwapTitles {
    async fn run(&self, write: &WriteContext<'_>, input: &Input) -> Result<Payload, WriteError> {
        let (first, second) = (input.id("first", "Book")?, input.id("second", "Book")?);
        let one = write.lock_at(&["first"], "Book", first, None, "title").await?;
        write.query("SELECT pg_sleep(0.2)", &[]).await?;
        let other = write.lock_at(&["second"], "Book", second, None, "title").await?;
        for (id, title) in [(first, other.get::<_, &str>(0)), (second, one.get(0))] {
            write.execute("UPDATE books SET title = $2 WHERE id = $1", &[&id, &title]).await?;
        }
        Ok(Payload::new().entity("book", "Book", first))
    }
}

struct PanicNow;

#[async_trait]
impl Mutation for PanicNow {
    async fn run(&self, write: &WriteContext<'_>, input: &Input) -> Result<Payload, WriteError> {
        let id = input.id("id", "Book")?;
        write.execute("UPDATE books SET title = 'half' WHERE id = $1", &[&id]).await?;
        panic!("a defect");
    }
}

async fn engine(database: &Database) -> Engine {
    database.run(KEYS).await;
    let book = |id: &str, title: &str, published: bool| {
        format!(
            "INSERT INTO books (id, version, created_at, title, published, cover, tags, genre_id)
             VALUES ('{id}', 1, now(), '{title}', {published}, 'HARD', '{{}}', '{FIRST}');"
        )
    };
    database
        .run(&format!(
            "INSERT INTO genres (id, created_at, name) VALUES ('{FIRST}', now(), 'novel'); {}{}{}",
            book(FIRST, "one", true),
            book(SECOND, "two", true),
            book(HIDDEN, "three", false)
        ))
        .await;
    let sdl = loaders::contract::derive::complete(&format!(
        "{}{MUTATIONS}",
        include_str!("library.graphql")
    ))
    .unwrap();
    let mut registry = domain::registry();
    registry
        .mutation("renameBook", RenameBook)
        .mutation("swapTitles", SwapTitles)
        .mutation("panicNow", PanicNow);
    database
        .start_with_pool(&sdl, registry, EngineOptions::default(), 4)
        .await
        .unwrap_or_else(|error| panic!("{error}"))
}

fn id(uuid: &str) -> String {
    typed("book", uuid)
}

fn typed(prefix: &str, uuid: &str) -> String {
    let mut id = Vec::new();
    loaders::scalar::type_id::encode(prefix, Uuid::try_parse(uuid).unwrap().as_bytes(), &mut id);
    String::from_utf8(id).unwrap()
}

const RENAME: &str = "mutation ($input: RenameBookInput!) { renameBook(input: $input) {
    book { id title version } position errors { code path message } } }";

async fn send(
    engine: &Engine,
    query: &str,
    variables: Json,
    key: Option<&str>,
    viewer: &Viewer,
) -> Answer {
    let variables = Variables::from_json(variables);
    let request =
        Request { idempotency_key: key, id: "request-1", ..Request::new(query, &variables) };
    engine.execute(request, viewer).await
}

async fn rename(engine: &Engine, title: &str, key: Option<&str>, viewer: &Viewer) -> Answer {
    let variables = json!({ "input": { "id": id(FIRST), "title": title } });
    send(engine, RENAME, variables, key, viewer).await
}

async fn titles(database: &Database) -> Vec<String> {
    let client = database.connect().await;
    let rows = client.query("SELECT title FROM books ORDER BY id", &[]).await.unwrap();
    rows.iter().map(|row| row.get(0)).collect()
}

async fn renames(database: &Database) -> i64 {
    let client = database.connect().await;
    client.query_one("SELECT count(*) FROM renames", &[]).await.unwrap().get(0)
}

#[tokio::test]
async fn a_write_is_read_back_and_has_a_position() {
    with_database(|database| async move {
        let engine = engine(&database).await;
        let answer = rename(&engine, "first", None, &staff()).await;
        let body = body(&answer);
        let payload = &body["data"]["renameBook"];
        assert_eq!(payload["book"], json!({ "id": id(FIRST), "title": "first", "version": 2 }));
        assert_eq!(payload["errors"], json!([]));
        let position: Position = payload["position"].as_str().unwrap().parse().unwrap();
        assert_eq!(Some(position), answer.position);
        assert!(position.wal > 0 && position.transaction > 0);
        let later = rename(&engine, "again", None, &staff()).await.position.unwrap();
        assert!(later.wal > position.wal && later.transaction > position.transaction);
        assert_eq!(titles(&database).await, ["again", "two", "three"]);
    })
    .await;
}

#[tokio::test]
async fn refusals_leave_nothing_behind() {
    with_database(|database| async move {
        let engine = engine(&database).await;
        let input = |id: &str, title: &str, version: i32| {
            json!({ "input": { "id": id, "title": title, "expectedVersion": version } })
        };
        let absent = id("00000000-0000-7000-8000-00000000000f");
        let genre = typed("genre", FIRST);
        let cases = [
            (input(&id(FIRST), "", 1), "REQUIRED", json!(["title"])),
            (input(&id(FIRST), "x", 7), "STALE_VERSION", json!(["expectedVersion"])),
            (input(&absent, "x", 1), "NOT_FOUND", json!(["id"])),
            (input(&genre, "x", 1), "INVALID", json!(["id"])),
        ];
        for (variables, code, path) in cases {
            let answer = send(&engine, RENAME, variables, None, &staff()).await;
            let body = body(&answer);
            let payload = &body["data"]["renameBook"];
            assert_eq!(payload["errors"][0]["code"], code, "{body}");
            assert_eq!(payload["errors"][0]["path"], path, "{body}");
            assert_eq!((&payload["book"], &payload["position"]), (&Json::Null, &Json::Null));
            assert_eq!(answer.position, None);
        }
        // Hidden answers as absent; seen but not to be written is refused.
        let hidden =
            body(&send(&engine, RENAME, input(&id(HIDDEN), "x", 1), None, &public()).await);
        let absent = body(&send(&engine, RENAME, input(&absent, "x", 1), None, &public()).await);
        assert_eq!(hidden, absent);
        let refused = body(&rename(&engine, "x", None, &public()).await);
        assert_eq!(refused["data"], json!({ "renameBook": null }));
        assert_eq!(refused["errors"][0]["extensions"]["code"], "FORBIDDEN");
        assert_eq!(refused["errors"][0]["extensions"]["requestId"], "request-1");
        assert_eq!(refused["errors"][0]["path"], json!(["renameBook"]));

        let variables = json!({ "input": { "id": id(FIRST) } });
        let query = "mutation ($input: RenameBookInput!) { panicNow(input: $input) { position } }";
        let answer = send(&engine, query, variables, None, &staff()).await;
        assert_eq!(answer.outcome, Outcome::Failed);
        assert_eq!(body(&answer)["errors"][0]["extensions"]["code"], "INTERNAL");
        assert!(!String::from_utf8_lossy(&answer.body).contains("defect"));
        assert!(format!("{:?}", answer.failure).contains("a defect"));

        assert_eq!(titles(&database).await, ["one", "two", "three"]);
        assert_eq!(renames(&database).await, 0);
    })
    .await;
}

#[tokio::test]
async fn equal_response_keys_run_once_and_others_one_after_the_other() {
    with_database(|database| async move {
        let engine = engine(&database).await;
        let query = "mutation ($input: RenameBookInput!) {
            renameBook(input: $input) { book { title } }
            renameBook(input: $input) { book { version } }
            again: renameBook(input: $input) { book { version } }
            __typename }";
        let variables = json!({ "input": { "id": id(FIRST), "title": "x" } });
        let answer = send(&engine, query, variables, None, &staff()).await;
        let data = json!({
            "renameBook": { "book": { "title": "x", "version": 2 } },
            "again": { "book": { "version": 3 } },
            "__typename": "Mutation",
        });
        assert_eq!(body(&answer)["data"], data);
        assert_eq!(renames(&database).await, 2);
    })
    .await;
}

#[tokio::test]
async fn a_repeated_key_gives_back_the_first_answer() {
    with_database(|database| async move {
        let engine = engine(&database).await;
        let first = body(&rename(&engine, "x", Some("key-1"), &staff()).await);
        assert_eq!(first["data"]["renameBook"]["book"]["version"], 2);
        // Another write between changes nothing of the answer but the position to wait for.
        rename(&engine, "y", None, &staff()).await;
        let repeated = rename(&engine, "x", Some("key-1"), &staff()).await;
        let mut second = body(&repeated);
        let position = |body: &Json| -> Position {
            body["data"]["renameBook"]["position"].as_str().unwrap().parse().unwrap()
        };
        assert!(position(&second).wal >= position(&first).wal);
        second["data"]["renameBook"]["position"] = first["data"]["renameBook"]["position"].clone();
        assert_eq!(first, second);
        assert_eq!((renames(&database).await, titles(&database).await[0].as_str()), (2, "y"));

        // The same key with another request is a mistake, and another viewer has keys of his own.
        let reused = body(&rename(&engine, "z", Some("key-1"), &staff()).await);
        assert_eq!(reused["errors"][0]["extensions"]["code"], "IDEMPOTENCY_KEY_REUSED");
        let other = body(&rename(&engine, "x", Some("key-1"), &public()).await);
        assert_eq!(other["errors"][0]["extensions"]["code"], "FORBIDDEN");
        let bad = body(&rename(&engine, "x", Some("not a key"), &staff()).await);
        assert_eq!(bad["errors"][0]["extensions"]["code"], "IDEMPOTENCY_KEY_INVALID");

        // What was refused is not kept: the mistake can be mended under the same key.
        let refused = body(&rename(&engine, "", Some("key-2"), &staff()).await);
        assert_eq!(refused["data"]["renameBook"]["errors"][0]["code"], "REQUIRED");
        let mended = body(&rename(&engine, "m", Some("key-2"), &staff()).await);
        assert_eq!(mended["data"]["renameBook"]["book"]["title"], "m");

        // A key whose time is over is as good as new, and is swept.
        database.run("UPDATE idempotency_keys SET expires_at = now() WHERE key = 'key-1'").await;
        let anew = body(&rename(&engine, "z", Some("key-1"), &staff()).await);
        assert_eq!(anew["data"]["renameBook"]["book"]["title"], "z");
        assert_eq!(engine.sweep_idempotency_keys().await.unwrap(), 0);
        database.run("UPDATE idempotency_keys SET expires_at = now()").await;
        assert_eq!(engine.sweep_idempotency_keys().await.unwrap(), 2);
    })
    .await;
}

#[tokio::test]
async fn a_hundred_repetitions_at_once_write_once() {
    with_database(|database| async move {
        let engine = engine(&database).await;
        let staff = staff();
        let requests = (0..100).map(|_| rename(&engine, "x", Some("key"), &staff));
        for answer in futures_util::future::join_all(requests).await {
            let body = body(&answer);
            assert_eq!(body["data"]["renameBook"]["book"]["version"], 2, "{body}");
        }
        assert_eq!(renames(&database).await, 1);
    })
    .await;
}

#[tokio::test]
async fn writes_that_block_each_other_are_run_again() {
    with_database(|database| async move {
        let engine = engine(&database).await;
        let staff = staff();
        let query = "mutation ($input: SwapTitlesInput!) { swapTitles(input: $input) {
            book { title } errors { code } } }";
        let swap = |first: &str, second: &str| {
            let variables = json!({ "input": { "first": id(first), "second": id(second) } });
            send(&engine, query, variables, None, &staff)
        };
        let (one, other) = futures_util::join!(swap(FIRST, SECOND), swap(SECOND, FIRST));
        for answer in [one, other] {
            let body = body(&answer);
            assert!(body["data"]["swapTitles"]["book"].is_object(), "{body}");
        }
        // Swapped twice.
        assert_eq!(titles(&database).await, ["one", "two", "three"]);
    })
    .await;
}

#[tokio::test]
async fn a_write_that_was_given_up_is_taken_back() {
    with_database(|database| async move {
        let engine = engine(&database).await;
        let staff = staff();
        for _ in 0..6 {
            let blocker = database.connect().await;
            blocker.batch_execute("BEGIN; LOCK TABLE renames").await.unwrap();
            let write = rename(&engine, "x", Some("key"), &staff);
            let given_up = tokio::time::timeout(std::time::Duration::from_millis(200), write).await;
            assert!(given_up.is_err());
            blocker.batch_execute("ROLLBACK").await.unwrap();
        }
        // Whoever comes next finds neither locks nor an open transaction.
        let answer = body(&rename(&engine, "y", Some("key-2"), &staff).await);
        assert_eq!(answer["data"]["renameBook"]["book"]["version"], 2, "{answer}");
        assert_eq!(renames(&database).await, 1);
    })
    .await;
}

#[tokio::test]
async fn mutations_keep_to_their_conventions() {
    with_database(|database| async move {
        let wrong = "
            type Mutation { a(input: In!): Bad! b(id: ID!): Good c(input: In!): Good }
            input In { id: ID! }
            type Bad { book: Book! }
            type Good { book: Book errors: [UserError!]! position: String }";
        let sdl = loaders::contract::derive::complete(&format!(
            "{}{wrong}",
            include_str!("library.graphql")
        ))
        .unwrap();
        let mut registry = domain::registry();
        registry
            .mutation("a", RenameBook)
            .mutation("b", RenameBook)
            .mutation("d", RenameBook)
            .mutation("d", RenameBook);
        let error = database
            .start(&sdl, registry, EngineOptions::default())
            .await
            .err()
            .map(|error| error.to_string())
            .unwrap_or_default();
        for said in [
            "`Mutation.a`: its payload must be nullable",
            "`Mutation.a`: `book` of its payload must be nullable",
            "`Mutation.a`: its payload needs `errors: [UserError!]!`",
            "`Mutation.a`: its payload needs `position: String`",
            "`Mutation.b`: a mutation has one argument",
            "`Mutation.c`: no mutation is registered",
            "mutation `d` is registered twice",
            "`Mutation.d`, which the contract does not have",
        ] {
            assert!(error.contains(said), "{said}\n{error}");
        }
    })
    .await;
}
