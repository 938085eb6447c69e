//! Records by their type alone: what keeps `@writable` from starting, and every kind of column
//! written and read back.

use loaders::contract::derive;
use loaders::{EngineOptions, UserErrorCode};
use serde_json::{Value as Json, json};
use uuid::Uuid;

use crate::database::{Database, body, data, execute, with_database};
use crate::domain::{registry, staff};
use crate::refusals::refused;

const LIBRARY: &str = include_str!("library.graphql");

const ALL: &str = "@writable(operations: [CREATE, CREATE_MANY, UPDATE, DELETE])";

/// What the library's table of books lacks for books to be made by the server.
const DEFAULTS: &str = "ALTER TABLE books
    ALTER created_at SET DEFAULT now(), ALTER version SET DEFAULT 1, ALTER published SET DEFAULT true,
    ADD CONSTRAINT books_pages_range CHECK (pages BETWEEN 1 AND 5000),
    ADD CONSTRAINT books_odd CHECK (title <> 'odd')";

const GENRE: &str = "00000000-0000-7000-8000-00000000000a";

/// The library's contract with more behind some of its words.
fn contract(changes: &[(&str, String)]) -> String {
    changes.iter().fold(LIBRARY.to_string(), |sdl, (from, to)| {
        assert!(sdl.contains(from), "the contract has no `{from}`");
        sdl.replacen(from, to, 1)
    })
}

fn writable(type_name: &str, operations: &str) -> (String, String) {
    let line = format!("type {type_name} implements Node {{");
    let to = line.replace('{', &format!("{operations} {{"));
    (line, to)
}

#[tokio::test]
async fn what_cannot_be_written_does_not_start() {
    let (book, books) = writable("Book", ALL);
    let with_book =
        |from: &'static str, to: &str| vec![(&*book, books.clone()), (from, to.to_string())];
    let cases = [
        (
            vec![(&*book, books.clone())],
            "`@writable` on `Book`: `CreateBookInput` sets nothing for column `books.created_at`, which is NOT NULL and has no default",
        ),
        (
            with_book("  subtitle: String\n", "  subtitle: String @defaulted\n"),
            "field `Book.subtitle`: is `@defaulted`, but column \"subtitle\" has no default",
        ),
        (
            with_book("  genre: Genre!\n", "  genre: Genre! @defaulted\n"),
            "field `Book.genre`: is `@defaulted`, but column \"genre_id\" has no default",
        ),
        (
            with_book("  title: String!\n  subtitle", "  title: String! @readOnly\n  subtitle"),
            "`CreateBookInput` sets nothing for column `books.title`, which is NOT NULL and has no default",
        ),
        (
            vec![(&*book, books.clone())],
            "field `Book.pages`: inputs would set it, but the database computes its column: mark it `@readOnly`",
        ),
        (
            with_book(
                "type Query {",
                "input UpdateBookInput { id: ID! colour: String }\ntype Query {",
            ),
            "`@writable` on `Book`: `UpdateBookInput.colour` is neither a column nor, without `Id`, a relation to one row",
        ),
    ];
    with_database(async move |database| {
        database
            .run("ALTER TABLE books DROP pages, ADD pages integer GENERATED ALWAYS AS (length(title)) STORED")
            .await;
        for (changes, expected) in cases {
            let found = refused(&database, &contract(&changes), registry()).await;
            assert!(
                found.iter().any(|mistake| mistake.contains(expected)),
                "expected {expected}\nfound {}",
                found.join("\n")
            );
        }
        let (shop, shops) = writable("Genre", "@writable(operations: [DELETE])");
        let found = refused(&database, &contract(&[(&shop, shops)]), registry()).await;
        assert!(found[0].contains("`@writable` on `Genre`: its policy lets nobody write"), "{found:?}");
        assert!(found[1].contains("`@writable` on `Genre`: its table `genres` has no column `version`"), "{found:?}");

        let mut registry = registry();
        registry.constraint("books_gone", UserErrorCode::Invalid, "title", "is gone");
        let found = refused(&database, LIBRARY, registry).await;
        assert_eq!(found, ["a message is registered for the constraint `books_gone`, which the database does not have"]);
    })
    .await;
}

/// An engine whose books can be written.
async fn engine(database: &Database) -> loaders::Engine {
    database.run(DEFAULTS).await;
    database
        .run(&format!(
            "INSERT INTO genres (id, created_at, name) VALUES ('{GENRE}', now(), 'novel')"
        ))
        .await;
    let (book, books) = writable("Book", ALL);
    let published =
        ("  published: Boolean!\n  mood", "  published: Boolean! @defaulted\n  mood".to_string());
    let sdl = derive::complete(&contract(&[(&book, books), published])).expect("complete");
    let mut registry = registry();
    registry.constraint("books_odd", UserErrorCode::Conflict, "title", "no book is called that");
    database
        .start(&sdl, registry, EngineOptions::default())
        .await
        .unwrap_or_else(|error| panic!("{error}"))
}

fn typed(prefix: &str, uuid: &str) -> String {
    let mut id = Vec::new();
    let uuid = Uuid::try_parse(uuid).expect("a uuid");
    loaders::scalar::type_id::encode(prefix, uuid.as_bytes(), &mut id);
    String::from_utf8(id).expect("an id")
}

const SELECTION: &str = "id version title subtitle price pages weight publishedOn soldAt signed published mood cover tags moods extra genre { id } previous { id }";

#[tokio::test]
async fn every_kind_of_column_is_written_and_read_back() {
    with_database(async move |database| {
        let engine = engine(&database).await;
        let create = format!("mutation($input: CreateBookInput!) {{ createBook(input: $input) {{ book {{ {SELECTION} }} errors {{ code path message }} }} }}");
        let least = json!({ "title": "Least", "cover": "SOFT", "tags": [], "genreId": typed("genre", GENRE) });
        let made = data(&engine, &create, &json!({ "input": least }), &staff()).await;
        let made = &made["createBook"]["book"];
        assert_eq!(made["tags"], json!([]), "{made}");
        assert_eq!((&made["moods"], &made["published"]), (&Json::Null, &json!(true)));

        let most = json!({
            "title": "é \"x\" \\ {a,b} $1", "subtitle": "", "price": "-12345678.90", "pages": 7,
            "weight": 0.1, "publishedOn": "0001-01-01", "soldAt": "9999-12-31T23:59:59.999999Z",
            "signed": false, "published": false, "mood": "WILD", "cover": "HARD",
            "tags": ["", "a,b", "{\"x\"}", "NULL", "\u{2028}"], "moods": ["CALM", "DARK"],
            "extra": { "a": [1, null, "b", { "c": 1.5 }] },
            "genreId": typed("genre", GENRE), "previousId": made["id"],
        });
        let given = data(&engine, &create, &json!({ "input": most }), &staff()).await;
        let full = &given["createBook"]["book"];
        for (name, value) in most.as_object().expect("an object") {
            match name.strip_suffix("Id") {
                Some(relation) => assert_eq!(full[relation]["id"], *value),
                None => assert_eq!(full[name], *value, "{name}"),
            }
        }

        // The same values by an update, and then none of them.
        let update = create.replace("CreateBook", "UpdateBook").replace("createBook", "updateBook");
        let mut change = most.clone();
        change["id"] = made["id"].clone();
        change.as_object_mut().expect("an object").remove("previousId");
        let changed = data(&engine, &update, &json!({ "input": change }), &staff()).await;
        let changed = &changed["updateBook"]["book"];
        for name in most.as_object().expect("an object").keys().filter(|name| !name.ends_with("Id")) {
            assert_eq!(changed[name], full[name], "{name}");
        }
        let nothing: Json = ["subtitle", "price", "pages", "weight", "publishedOn", "soldAt", "signed", "mood", "moods", "extra", "previousId"]
            .into_iter()
            .map(|name| (name.to_string(), Json::Null))
            .chain([("id".to_string(), full["id"].clone())])
            .collect::<serde_json::Map<_, _>>()
            .into();
        let cleared = data(&engine, &update, &json!({ "input": nothing }), &staff()).await;
        let cleared = &cleared["updateBook"]["book"];
        for name in nothing.as_object().expect("an object").keys().filter(|name| *name != "id") {
            assert_eq!(cleared[name.trim_end_matches("Id")], Json::Null, "{name}");
        }
        assert_eq!((&cleared["title"], &cleared["tags"]), (&most["title"], &most["tags"]));
    })
    .await;
}

#[tokio::test]
async fn rows_with_and_without_defaults_are_made_together() {
    with_database(async move |database| {
        let engine = engine(&database).await;
        let create = "mutation($input: CreateBooksInput!) { createBooks(input: $input) { books { title published } errors { code path message } } }";
        let item = |title: &str, more: Json| {
            let mut item = json!({ "title": title, "cover": "SOFT", "tags": ["x"], "genreId": typed("genre", GENRE) });
            item.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
            item
        };
        let mut items = vec![
            item("a", json!({ "published": false })),
            item("b", json!({})),
            item("c", json!({ "published": true })),
            item("d", json!({ "pages": 5000 })),
            item("e", json!({ "published": false })),
        ];
        let made = data(&engine, create, &json!({ "input": { "items": items } }), &staff()).await;
        let expected = [("a", false), ("b", true), ("c", true), ("d", true), ("e", false)];
        let expected: Vec<Json> = expected.iter().map(|(title, published)| json!({ "title": title, "published": published })).collect();
        assert_eq!(made["createBooks"]["books"], json!(expected));

        let cases = [
            (json!({ "title": "odd" }), "CONFLICT", "title", "no book is called that"),
            (json!({ "pages": 5001 }), "OUT_OF_RANGE", "pages", "must be at least 1 and at most 5000"),
            (json!({ "price": "100000000" }), "OUT_OF_RANGE", "price", "must have at most 8 digits before the point and 2 after it"),
            (json!({ "genreId": typed("genre", &Uuid::nil().to_string()) }), "NOT_FOUND", "genreId", "there is no genre with this id"),
        ];
        for (change, code, field, message) in cases {
            let usual = items[3].clone();
            items[3].as_object_mut().expect("an object").extend(change.as_object().expect("an object").clone());
            let answer = data(&engine, create, &json!({ "input": { "items": items } }), &staff()).await;
            let mistake = json!({ "code": code, "path": ["items", "3", field], "message": message });
            assert_eq!(answer["createBooks"], json!({ "books": null, "errors": [mistake] }));
            items[3] = usual;
        }
        let client = database.connect().await;
        let count: i64 = client.query_one("SELECT count(*) FROM books", &[]).await.expect("a count").get(0);
        assert_eq!(count, 5);
    })
    .await;
}

#[tokio::test]
async fn what_is_deleted_is_hidden_where_the_table_keeps_it() {
    with_database(async move |database| {
        let engine = engine(&database).await;
        let input = json!({ "title": "Brief", "cover": "SOFT", "tags": [], "genreId": typed("genre", GENRE) });
        let create = "mutation($input: CreateBookInput!) { createBook(input: $input) { book { id } } }";
        let made = data(&engine, create, &json!({ "input": input }), &staff()).await;
        let id = &made["createBook"]["book"]["id"];
        let delete = "mutation($id: ID!) { deleteBook(input: { id: $id }) { deletedId errors { code path } } }";
        let deleted = data(&engine, delete, &json!({ "id": id }), &staff()).await;
        assert_eq!(deleted["deleteBook"], json!({ "deletedId": id, "errors": [] }));
        let again = data(&engine, delete, &json!({ "id": id }), &staff()).await;
        assert_eq!(again["deleteBook"]["errors"], json!([{ "code": "NOT_FOUND", "path": ["id"] }]));
        let client = database.connect().await;
        let kept = client.query("SELECT FROM books WHERE deleted_at IS NOT NULL", &[]).await;
        assert_eq!(kept.expect("rows").len(), 1);
    })
    .await;
}

#[tokio::test]
async fn what_is_no_mistake_of_the_input_is_a_failure() {
    with_database(async move |database| {
        let engine = engine(&database).await;
        database
            .run("CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM 1 / 0; RETURN NEW; END';
                  CREATE TRIGGER fail BEFORE INSERT ON books FOR EACH ROW EXECUTE FUNCTION fail()")
            .await;
        let item = json!({ "title": "x", "cover": "SOFT", "tags": [], "genreId": typed("genre", GENRE) });
        let create = "mutation($input: CreateBooksInput!) { createBooks(input: $input) { books { id } } }";
        let variables = json!({ "input": { "items": [item, item] } });
        let answer = execute(&engine, create, &variables, &staff()).await;
        let answer = body(&answer);
        assert_eq!(answer["errors"][0]["extensions"]["code"], "INTERNAL", "{answer}");
        assert!(!answer.to_string().contains("zero"), "{answer}");
    })
    .await;
}
