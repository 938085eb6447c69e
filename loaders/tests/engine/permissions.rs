//! Permissions: fields and roots that need one, everywhere or on some rows; what a mutation does
//! before its transaction and keeps in spite of a mistake; resolvers of objects without a table.
#![allow(clippy::unwrap_used, reason = "a test ends where something is not as it should be")]

use std::sync::Arc;

use async_graphql::{Value, Variables};
use async_trait::async_trait;
use loaders::mutation::Input;
use loaders::{
    Admit, Arguments, BatchResolver, Before, Engine, EngineOptions, ErrorCode, FieldError, Grant,
    Mutation, OperationReport, Output, Parents, Payload, Permissions, Prepared, Request,
    RequestError, ResolveContext, UserError, UserErrorCode, Viewer, WriteContext, WriteError,
};
use serde_json::{Value as Json, json};
use uuid::Uuid;

use crate::database::{Database, body, with_database};
use crate::domain;

const CONTRACT: &str = r#"
type Mutation {
  openVault(input: OpenVaultInput!): OpenVaultPayload @requires(permission: "vault.open")
  knock(input: KnockInput!): OpenVaultPayload
  sellBook(input: SellBookInput!): OpenVaultPayload
}
input OpenVaultInput { genre: ID! }
input KnockInput { word: String! }
input SellBookInput { id: ID! }
type OpenVaultPayload { said: String errors: [UserError!]! position: String }
type Desk { who: String greeting(word: String!): String book(id: ID!): Book next: Desk may(on: ID!): Boolean }
extend type Query { desk: Desk vault: String @requires(permission: "vault.open") }
"#;

const NOVELS: Uuid = Uuid::from_u128(1);
const POEMS: Uuid = Uuid::from_u128(2);

/// Permission, scope, whether it is allowed.
type Rules<'a> = &'a [(&'a str, Option<Uuid>, bool)];

struct OpenVault;

#[async_trait]
impl Mutation for OpenVault {
    async fn run(&self, write: &WriteContext<'_>, input: &Input) -> Result<Payload, WriteError> {
        write.require_in("vault.open", input.id("genre", "Genre")?)?;
        Ok(Payload::new().with("said", Output::Leaf("open".into())))
    }
}

/// Counts every knock, with what it heard before.
struct Knock;

#[async_trait]
impl Mutation for Knock {
    async fn before(&self, before: &Before<'_>, input: &Input) -> Result<Prepared, WriteError> {
        if input.text("word") == Some("nobody") {
            return Err(UserError::new(UserErrorCode::Invalid, &["word"], "said too early").into());
        }
        let rows = before.query("SELECT count(*) FROM knocks", &[]).await?;
        Ok(Prepared::new(rows[0].get::<_, i64>(0)))
    }

    async fn run(&self, write: &WriteContext<'_>, input: &Input) -> Result<Payload, WriteError> {
        let word = input.text("word").unwrap_or_default();
        let (heard, from) = (write.prepared::<i64>(), write.context::<String>());
        write.execute("INSERT INTO knocks VALUES ($1)", &[&word]).await?;
        if word != "sesame" {
            let mistake = UserError::new(UserErrorCode::InvalidCredentials, &["word"], "wrong");
            return Ok(Payload::new().refuse(mistake));
        }
        let said = format!("{} heard {}", from.unwrap(), heard.unwrap());
        Ok(Payload::new().with("said", Output::Leaf(said.into())))
    }

    fn is_remembered(&self) -> bool {
        false
    }
}

struct SellBook;

#[async_trait]
impl Mutation for SellBook {
    async fn run(&self, write: &WriteContext<'_>, input: &Input) -> Result<Payload, WriteError> {
        let id = input.id("id", "Book")?;
        write.lock_permitted("Book", id, None, "title", "book.read_price").await?;
        Ok(Payload::new().with("said", Output::Leaf("sold".into())))
    }
}

struct Desk;

#[async_trait]
impl BatchResolver for Desk {
    fn needs(&self) -> &'static [&'static str] {
        &[]
    }

    async fn resolve(
        &self,
        context: &ResolveContext<'_>,
        _: &Parents,
        _: &Arguments,
    ) -> Result<Vec<Output>, FieldError> {
        let next = Output::Object { type_name: "Desk", fields: Vec::new() };
        let who = context.context::<String>().cloned().unwrap_or_default();
        let fields = vec![("who", Output::Leaf(who.into())), ("next", next)];
        Ok(vec![Output::Object { type_name: "Desk", fields }])
    }
}

/// A field of a desk, by its argument.
struct OfDesk(fn(&str) -> Output);

#[async_trait]
impl BatchResolver for OfDesk {
    fn needs(&self) -> &'static [&'static str] {
        &[]
    }

    async fn resolve(
        &self,
        _: &ResolveContext<'_>,
        parents: &Parents,
        arguments: &Arguments,
    ) -> Result<Vec<Output>, FieldError> {
        let given = [arguments.get("word"), arguments.get("id")];
        let text = given.iter().find_map(|value| match value {
            Value::String(text) => Some(text.as_str()),
            _ => None,
        });
        Ok(vec![(self.0)(text.unwrap_or_default()); parents.len()])
    }
}

/// Whether the price of a book may be read.
struct May;

#[async_trait]
impl BatchResolver for May {
    fn needs(&self) -> &'static [&'static str] {
        &[]
    }

    async fn resolve(
        &self,
        context: &ResolveContext<'_>,
        parents: &Parents,
        arguments: &Arguments,
    ) -> Result<Vec<Output>, FieldError> {
        let Value::String(on) = arguments.get("on") else { return Ok(Vec::new()) };
        let (type_name, id) = context.identified(on)?;
        let may = context.permitted(type_name, id, "book.read_price").await?;
        Ok(vec![may.map_or(Output::Null, |may| Output::Leaf(may.into())); parents.len()])
    }
}

fn id(prefix: &str, id: Uuid) -> String {
    let mut out = Vec::new();
    loaders::scalar::type_id::encode(prefix, id.as_bytes(), &mut out);
    String::from_utf8(out).unwrap()
}

async fn engine(database: &Database) -> Engine {
    let book = |id: Uuid, published: bool| {
        format!(
            "INSERT INTO books (id, version, created_at, title, price, published, cover, tags, genre_id) VALUES ('{id}', 1, now(), 'book', 9.5, {published}, 'HARD', '{{}}', '{id}');"
        )
    };
    database
        .run(&format!(
            "CREATE TABLE knocks (word text); INSERT INTO genres VALUES ('{NOVELS}', now(), 'novels'), ('{POEMS}', now(), 'poems'); {}{}",
            book(NOVELS, true),
            book(POEMS, true),
        ))
        .await;
    let library = include_str!("library.graphql")
        .replace("price: Decimal\n", "price: Decimal @requires(permission: \"book.read_price\")\n");
    let sdl = loaders::contract::derive::complete(&format!("{library}{CONTRACT}")).unwrap();
    assert!(!sdl[sdl.find("input BookFilter").unwrap()..].contains("  price:"), "no filter by it");
    let mut registry = domain::registry();
    registry
        .mutation("openVault", OpenVault)
        .mutation("knock", Knock)
        .mutation("sellBook", SellBook)
        .resolver("Query", "desk", Desk)
        .resolver("Query", "vault", OfDesk(|_| Output::Leaf("gold".into())))
        .resolver("Desk", "greeting", OfDesk(|word| Output::Leaf(format!("hello {word}").into())))
        .resolver("Desk", "may", May)
        .resolver(
            "Desk",
            "book",
            OfDesk(|id| Output::Entity {
                type_name: "Book",
                id: loaders::scalar::type_id::decode(id).map(|(_, id)| id).unwrap(),
            }),
        );
    database
        .start(&sdl, registry, EngineOptions::default())
        .await
        .unwrap_or_else(|error| panic!("{error}"))
}

fn viewer(rules: Rules<'_>) -> Viewer {
    let grants = rules.iter().map(|&(permission, scope, allowed)| Grant {
        permission: permission.to_string(),
        scope,
        allowed,
    });
    Viewer { permissions: Arc::new(Permissions::new(grants)), ..domain::public() }
}

async fn asked(engine: &Engine, viewer: &Viewer, query: &str) -> Json {
    let (variables, context) = (Variables::default(), "the door".to_string());
    let request = Request { context: Some(&context), ..Request::new(query, &variables) };
    body(&engine.execute(request, viewer).await)
}

/// The path and the code of each error.
fn refusals(answer: &Json) -> Vec<String> {
    let errors = answer["errors"].as_array().cloned().unwrap_or_default();
    let line = |error: &Json| format!("{} {}", error["path"], error["extensions"]["code"]);
    errors.iter().map(line).collect()
}

#[tokio::test]
async fn a_field_is_given_where_its_permission_is_held() {
    with_database(async |database| {
        let engine = engine(&database).await;
        let query = "{ books(orderBy: [{createdAt: ASC}]) { nodes { price title } } }";
        let cases: [(Rules<'_>, [Option<&str>; 2]); 5] = [
            (&[], [None, None]),
            (&[("book.read_price", None, true)], [Some("9.50"), Some("9.50")]),
            (&[("book.read_price", Some(NOVELS), true)], [Some("9.50"), None]),
            (
                &[("book.read_price", None, true), ("book.read_price", Some(NOVELS), false)],
                [None, Some("9.50")],
            ),
            (
                &[("book.read_price", Some(NOVELS), true), ("book.read_price", None, false)],
                [None, None],
            ),
        ];
        for (rules, prices) in cases {
            let viewer = viewer(rules);
            let answer = asked(&engine, &viewer, query).await;
            let nodes = &answer["data"]["books"]["nodes"];
            assert_eq!(json!([nodes[0]["price"], nodes[1]["price"]]), json!(prices), "{rules:?}");
            let expected: Vec<String> = prices
                .iter()
                .enumerate()
                .filter(|(_, price)| price.is_none())
                .map(|(index, _)| format!("[\"books\",\"nodes\",{index},\"price\"] \"FORBIDDEN\""))
                .collect();
            assert_eq!(refusals(&answer), expected, "{rules:?}");
            // The same decides of writes, and of what a resolver tells.
            for (book, price) in [NOVELS, POEMS].into_iter().zip(prices) {
                let id = id("book", book);
                let sale = format!("mutation {{ sellBook(input: {{id: \"{id}\"}}) {{ said }} }}");
                let sold = asked(&engine, &viewer, &sale).await;
                assert_eq!(sold["data"]["sellBook"]["said"].is_string(), price.is_some(), "{sold}");
                let may =
                    asked(&engine, &viewer, &format!("{{ desk {{ may(on: \"{id}\") }} }}")).await;
                assert_eq!(may["data"]["desk"]["may"], json!(price.is_some()), "{may}");
            }
        }
    })
    .await;
}

#[tokio::test]
async fn a_root_is_open_to_whoever_has_its_permission_for_something() {
    with_database(async |database| {
        let engine = engine(&database).await;
        let genre = id("genre", NOVELS);
        let mutation =
            format!("mutation {{ openVault(input: {{genre: \"{genre}\"}}) {{ said }} }}");
        let cases: [(Rules<'_>, bool, bool); 4] = [
            (&[], false, false),
            (&[("vault.open", None, true)], true, true),
            (&[("vault.open", Some(NOVELS), true)], true, true),
            (&[("vault.open", Some(POEMS), true)], true, false),
        ];
        for (rules, read, written) in cases {
            let viewer = viewer(rules);
            let answer = asked(&engine, &viewer, "{ vault __typename }").await;
            assert_eq!(answer["data"]["vault"].is_string(), read, "{answer}");
            assert_eq!(refusals(&answer).is_empty(), read, "{answer}");
            let answer = asked(&engine, &viewer, &mutation).await;
            assert_eq!(answer["data"]["openVault"]["said"].is_string(), written, "{answer}");
            let expected =
                if written { vec![] } else { vec!["[\"openVault\"] \"FORBIDDEN\"".to_string()] };
            assert_eq!(refusals(&answer), expected);
        }
        let documentation = asked(
            &engine,
            &viewer(&[]),
            r#"{ __type(name: "Mutation") { fields { name description } } }"#,
        )
        .await;
        assert!(documentation.to_string().contains("Needs the permission `vault.open`."));
    })
    .await;
}

#[tokio::test]
async fn a_mistake_can_be_told_while_what_was_written_stays() {
    with_database(async |database| {
        let engine = engine(&database).await;
        let knock = async |word: &str| {
            let text = format!(
                "mutation {{ knock(input: {{word: \"{word}\"}}) {{ said errors {{ code }} }} }}"
            );
            asked(&engine, &viewer(&[]), &text).await["data"]["knock"].clone()
        };
        let wrong = json!({"said": null, "errors": [{"code": "INVALID_CREDENTIALS"}]});
        assert_eq!(knock("please").await, wrong);
        assert_eq!(knock("now").await, wrong);
        assert_eq!(knock("nobody").await, json!({"said": null, "errors": [{"code": "INVALID"}]}));
        assert_eq!(knock("sesame").await, json!({"said": "the door heard 2", "errors": []}));
    })
    .await;
}

#[tokio::test]
async fn objects_without_a_table_have_resolvers_too() {
    with_database(async |database| {
        let engine = engine(&database).await;
        let book = id("book", NOVELS);
        let query = format!("{{ desk {{ who a: greeting(word: \"Ann\") b: greeting(word: \"Ben\") book(id: \"{book}\") {{ title }} next {{ who greeting(word: \"Cid\") next {{ who }} }} }} }}");
        let answer = asked(&engine, &viewer(&[]), &query).await;
        let expected = json!({"data": {"desk": {"who": "the door", "a": "hello Ann", "b": "hello Ben", "book": {"title": "book"}, "next": {"who": null, "greeting": "hello Cid", "next": null}}}});
        assert_eq!(answer, expected);
    })
    .await;
}

/// Lets nothing run that costs or that writes.
#[derive(Debug)]
struct Miser;

#[async_trait]
impl Admit for Miser {
    async fn admit(
        &self,
        operation: &OperationReport,
        mutations: &[&str],
    ) -> Result<(), RequestError> {
        if operation.cost == 0 && mutations.is_empty() {
            return Ok(());
        }
        let message = format!("{} {mutations:?}", operation.cost > 0);
        Err(RequestError::invalid(ErrorCode::RateLimit, message))
    }
}

#[tokio::test]
async fn whoever_admits_operations_knows_their_cost_and_their_mutations() {
    with_database(async |database| {
        let engine = engine(&database).await;
        let cases = [
            ("{ __typename }", Json::Null),
            ("{ books { nodes { id } } }", json!("true []")),
            ("mutation { a: knock(input: {word: \"x\"}) { said } b: knock(input: {word: \"y\"}) { said } }", json!("true [\"knock\", \"knock\"]")),
        ];
        for (query, refused) in cases {
            let variables = Variables::default();
            let request = Request { admit: Some(&Miser), ..Request::new(query, &variables) };
            let answer = body(&engine.execute(request, &viewer(&[])).await);
            assert_eq!(answer["errors"][0]["message"], refused, "{answer}");
        }
    })
    .await;
}
