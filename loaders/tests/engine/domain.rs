//! The library's policies, resolvers and viewers: what a server brings to the engine.

use async_graphql::Value;
use async_trait::async_trait;
use loaders::contract::derive;
use loaders::{
    Arguments, BatchResolver, ErrorCode, FieldError, Output, Parents, Policy, Registry,
    ResolveContext, RowScope, Viewer, ViewerValue,
};
use sea_orm::Iden;
use sea_orm::sea_query::{Condition, Expr, ExprTrait};
use std::collections::HashMap;
use tokio_postgres::Row;
use uuid::Uuid;

use crate::entities::{author, book, district, genre, loan, reader, reply, review, shop, stock};

/// The library's contract, complete.
pub(crate) fn contract() -> String {
    derive::complete(include_str!("library.graphql")).expect("the library's contract is complete")
}

/// All of the library, bound.
pub(crate) fn registry() -> Registry {
    let mut registry = Registry::new();
    registry
        .entity::<genre::Entity>("Genre", Policy::everyone())
        .entity::<author::Entity>(
            "Author",
            Policy::rows(|row| published(row, author::Column::Published)),
        )
        .entity::<book::Entity>(
            "Book",
            Policy::rows(|row| {
                published(row, book::Column::Published)
                    .add(row.column(book::Column::DeletedAt).is_null())
            })
            .writers(staff_only)
            .permits("book.read_price", |row| {
                row.permitted("book.read_price", book::Column::GenreId)
            }),
        )
        .entity::<review::Entity>("Review", Policy::with(&["book"]))
        .entity::<reply::Entity>("Reply", Policy::with(&["review"]))
        .entity::<shop::Entity>("Shop", Policy::rows(|row| published(row, shop::Column::Published)))
        .entity::<district::Entity>(
            "District",
            Policy::rows(|row| published(row, district::Column::Published)),
        )
        .entity::<stock::Entity>("Stock", Policy::with(&["book", "shop"]))
        .entity::<reader::Entity>(
            "Reader",
            Policy::rows(|row| {
                own(row, row.column_is_viewers(reader::Column::Id, "reader").into())
            }),
        )
        .entity::<loan::Entity>(
            "Loan",
            Policy::rows(|row| {
                let borrowed = row.column_is_viewers(loan::Column::ReaderId, "reader");
                own(
                    row,
                    Condition::any()
                        .add(borrowed)
                        .add(row.column_is_among_viewers(loan::Column::Branch, "branches")),
                )
            }),
        )
        .resolver("Author", "firstBook", FirstBook)
        .resolver("Book", "cents", Cents)
        .resolver("Book", "similar", Similar)
        .resolver("Book", "blurb", Blurb)
        .resolver("Query", "search", Search);
    registry
}

/// Everything for the staff, what is published for all others; nobody has thought of the class
/// `forgotten`.
fn published(row: &RowScope<'_>, column: impl Iden) -> Condition {
    match row.class() {
        "staff" => Condition::all(),
        "forgotten" => panic!("a class without a policy"),
        _ => Condition::all().add(row.column(column).eq(true)),
    }
}

fn staff_only(row: &RowScope<'_>) -> Condition {
    let staff = if row.class() == "staff" { "TRUE" } else { "FALSE" };
    Condition::all().add(Expr::cust(staff))
}

/// Everything for the staff, for readers what is theirs, for others nothing.
fn own(row: &RowScope<'_>, theirs: Condition) -> Condition {
    match row.class() {
        "staff" => Condition::all(),
        "reader" => theirs,
        _ => Condition::all().add(Expr::cust("FALSE")),
    }
}

pub(crate) fn public() -> Viewer {
    Viewer::of_class("public")
}

pub(crate) fn staff() -> Viewer {
    Viewer::of_class("staff")
}

/// A reader who works at these branches.
pub(crate) fn reader(id: Uuid, branches: &[&str]) -> Viewer {
    let branches = branches.iter().map(ToString::to_string).collect();
    Viewer {
        permissions: Default::default(),
        class: "reader",
        values: HashMap::from([
            ("reader", ViewerValue::Uuid(id)),
            ("branches", ViewerValue::Texts(branches)),
        ]),
    }
}

/// An entity by id, not asked about policies: the engine does that.
struct FirstBook;

#[async_trait]
impl BatchResolver for FirstBook {
    fn needs(&self) -> &'static [&'static str] {
        &["id"]
    }

    async fn resolve(
        &self,
        context: &ResolveContext<'_>,
        parents: &Parents,
        _: &Arguments,
    ) -> Result<Vec<Output>, FieldError> {
        let mut statement = context.statement();
        let sql = format!(
            "SELECT DISTINCT ON (author_id) author_id, id FROM books WHERE author_id = ANY ({}) ORDER BY author_id, id",
            statement.keys()
        );
        let found = by_key(statement.rows(sql, parents.ids()).await?);
        Ok(parents
            .ids()
            .iter()
            .map(|id| found.get(id).map_or(Output::Null, |books| book_output(books[0])))
            .collect())
    }
}

/// A leaf, computed from another column.
pub(crate) struct Cents;

#[async_trait]
impl BatchResolver for Cents {
    fn needs(&self) -> &'static [&'static str] {
        &["price"]
    }

    async fn resolve(
        &self,
        _: &ResolveContext<'_>,
        parents: &Parents,
        _: &Arguments,
    ) -> Result<Vec<Output>, FieldError> {
        let cents = |price: &Value| match price {
            Value::String(price) => price
                .replace('.', "")
                .parse::<i64>()
                .map_or(Output::Null, |cents| Output::Leaf(Value::from(cents))),
            _ => Output::Null,
        };
        Ok(parents.column(0).iter().map(cents).collect())
    }
}

/// A list of entities, found by a statement that asks the policy itself.
struct Similar;

#[async_trait]
impl BatchResolver for Similar {
    fn needs(&self) -> &'static [&'static str] {
        &["id"]
    }

    async fn resolve(
        &self,
        context: &ResolveContext<'_>,
        parents: &Parents,
        arguments: &Arguments,
    ) -> Result<Vec<Output>, FieldError> {
        let mut statement = context.statement();
        let (keys, first, visible) = (
            statement.keys(),
            statement.integer(arguments.int("first").unwrap_or(0)),
            statement.visible("Book", "o"),
        );
        let sql = format!(
            "SELECT b.id, o.id FROM books b CROSS JOIN LATERAL (SELECT o.id FROM books o \
             WHERE o.genre_id = b.genre_id AND o.id <> b.id AND {visible} ORDER BY o.id LIMIT {first}) o WHERE b.id = ANY ({keys}) ORDER BY 1, 2"
        );
        let found = by_key(statement.rows(sql, parents.ids()).await?);
        let similar =
            |id: &Uuid| found.get(id).into_iter().flatten().copied().map(book_output).collect();
        Ok(parents.ids().iter().map(|id| Output::List(similar(id))).collect())
    }
}

/// An object without a table, with an entity in it.
struct Blurb;

#[async_trait]
impl BatchResolver for Blurb {
    fn needs(&self) -> &'static [&'static str] {
        &["id", "title", "subtitle"]
    }

    async fn resolve(
        &self,
        context: &ResolveContext<'_>,
        parents: &Parents,
        arguments: &Arguments,
    ) -> Result<Vec<Output>, FieldError> {
        let mut statement = context.statement();
        let sql = format!(
            "SELECT id, author_id FROM books WHERE author_id IS NOT NULL AND id = ANY ({})",
            statement.keys()
        );
        let authors = by_key(statement.rows(sql, parents.ids()).await?);
        let shout = *arguments.get("shout") == Value::Boolean(true);
        let blurb = |((id, title), subtitle): ((&Uuid, &Value), &Value)| {
            let (Value::String(title), Value::String(subtitle)) = (title, subtitle) else {
                return Output::Null;
            };
            let text = if shout { title.to_ascii_uppercase() } else { title.clone() };
            let author = authors.get(id).map_or(Output::Null, |authors| Output::Entity {
                type_name: "Author",
                id: authors[0],
            });
            let lines = [text.as_str(), subtitle].map(|line| Output::Leaf(Value::from(line)));
            let fields = vec![
                ("author", author),
                ("text", Output::Leaf(Value::from(text.clone()))),
                ("lines", Output::List(lines.into())),
            ];
            Output::Object { type_name: "Blurb", fields }
        };
        Ok(parents.ids().iter().zip(parents.column(1)).zip(parents.column(2)).map(blurb).collect())
    }
}

/// A field of the root: a list of entities of several types.
struct Search;

#[async_trait]
impl BatchResolver for Search {
    fn needs(&self) -> &'static [&'static str] {
        &[]
    }

    async fn resolve(
        &self,
        context: &ResolveContext<'_>,
        _: &Parents,
        arguments: &Arguments,
    ) -> Result<Vec<Output>, FieldError> {
        let mut statement = context.statement();
        let Value::String(text) = arguments.get("text") else {
            return Err(FieldError::new(ErrorCode::BadUserInput, "a text is needed"));
        };
        let text = statement.text(text);
        let sql = format!(
            "SELECT TRUE, id FROM books WHERE position({text} IN title) > 0 UNION ALL SELECT FALSE, id FROM authors WHERE position({text} IN name) > 0 ORDER BY 1, 2"
        );
        let rows = statement.rows(sql, &[]).await?;
        let hit = |row: &Row| Output::Entity {
            type_name: if row.get(0) { "Book" } else { "Author" },
            id: row.get(1),
        };
        Ok(vec![Output::List(rows.iter().map(hit).collect())])
    }
}

fn by_key(rows: Vec<Row>) -> HashMap<Uuid, Vec<Uuid>> {
    let mut by_key: HashMap<Uuid, Vec<Uuid>> = HashMap::new();
    rows.iter().for_each(|row| by_key.entry(row.get(0)).or_default().push(row.get(1)));
    by_key
}

fn book_output(id: Uuid) -> Output {
    Output::Entity { type_name: "Book", id }
}
