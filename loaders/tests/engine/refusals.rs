//! The engine does not start over a contract that it cannot keep: it names the line, the field and
//! what is wrong there, and all of it at once.

use loaders::contract::derive;
use loaders::{BindError, EngineOptions, Policy, Registry, StartError};

use crate::database::{Database, with_database};
use crate::domain::{Cents, registry};
use crate::entities::{book, genre};

const LIBRARY: &str = include_str!("library.graphql");

/// A contract with one type, to be bound in odd ways.
const SMALL: &str = "\
type Query {
  genres(first: Int, after: String, last: Int, before: String, filter: GenreFilter, orderBy: [GenreOrder!]! = [{name: ASC}]): GenreConnection!
}
type Genre implements Node {
  id: ID!
  name: String!
}
";

/// What keeps an engine from starting over a contract; nothing if it starts.
pub(crate) async fn refused(
    database: &Database,
    authored: &str,
    registry: Registry,
) -> Vec<String> {
    let sdl = derive::complete(authored).expect("the contract in itself is right");
    match database.start(&sdl, registry, EngineOptions::default()).await {
        Err(StartError::Bind(BindError(mistakes))) => mistakes,
        Err(error) => panic!("{error}"),
        Ok(_) => Vec::new(),
    }
}

/// The library's contract with one piece of text changed, and the line where it is.
fn changed(from: &str, to: &str) -> (String, usize) {
    let place = LIBRARY.find(from).unwrap_or_else(|| panic!("the contract has no `{from}`"));
    (
        LIBRARY.replacen(from, to, 1),
        LIBRARY[..place].lines().count() + usize::from(LIBRARY[..place].ends_with('\n')),
    )
}

#[tokio::test]
async fn each_field_is_bound_or_named() {
    let cases = [
        // What cannot be bound.
        (
            "  mood: Mood",
            "  colour: String",
            "field `Book.colour`: no column `colour` and no relation `colour` in the entity of table `books`, and no resolver is registered",
        ),
        ("  genres(first: Int, after", "  types(first: Int, after", ""),
        (
            "  shop(id: ID!): Shop",
            "  shop(name: String): Shop",
            "field `Query.shop`: neither `node`, a point read by `id`, a list of an entity nor a registered resolver",
        ),
        // What the column does not hold.
        (
            "  pages: Int",
            "  pages: String",
            "field `Book.pages`: column `pages` is integer, which does not serve as String",
        ),
        (
            "  tags: [String!]!",
            "  tags: [Int!]!",
            "field `Book.tags`: column `tags` is text[], which does not serve as a list of Int",
        ),
        (
            "  publishedOn: Date",
            "  publishedOn: DateTime",
            "field `Book.publishedOn`: column `published_on` is date, which does not serve as DateTime",
        ),
        (
            "  subtitle: String",
            "  subtitle: String!",
            "field `Book.subtitle`: the field is non-null, but column `subtitle` may be NULL",
        ),
        (
            "  createdAt: DateTime!\n  agrees",
            "  createdAt: DateTime!\n  reviewId: ID!\n  agrees",
            "field `Reply.reviewId`: only `id` is an ID; show another row through a relation",
        ),
        // What relations do not keep.
        (
            "  author: Author\n  genre",
            "  author: Author!\n  genre",
            "field `Book.author`: non-null is a promise that policy can break",
        ),
        (
            "  previous: Book",
            "  previous: Book!",
            "field `Book.previous`: non-null is a promise that policy can break",
        ),
        (
            "  previous: Book",
            "  previous: Author",
            "field `Book.previous`: relation leads to table `books`, but type `Author` is table `authors`",
        ),
        (
            "  previous: Book",
            "  previous(first: Int! = 3, orderBy: [BookOrder!]! = [{createdAt: ASC}]): [Book!]!",
            "field `Book.previous`: the relation has one row at most: the field cannot be a list",
        ),
        (
            "  replies(first: Int! = 4, filter: ReplyFilter, orderBy: [ReplyOrder!]! = [{createdAt: ASC}]): [Reply!]!",
            "  replies: Reply",
            "field `Review.replies`: the relation has many rows: make the field a connection or a list",
        ),
        // Lists without what they need.
        (
            "[{name: ASC}]): GenreConnection!",
            "[{createdAt: ASC}]): GenreConnection!",
            "field `Query.genres`: no index serves its default order: create one on \"genres\" (\"created_at\")",
        ),
        (
            "orderBy: [BookOrder!]! = [{title: DESC}]): [Book!]!",
            "orderBy: [BookOrder!]! = [{pages: ASC}]): [Book!]!",
            "field `Book.sequels`: no index serves its default order: create one on \"books\" (\"previous_id\", \"pages\")",
        ),
        (
            "[{due: DESC_NULLS_LAST}]",
            "[{due: DESC}]",
            "field `Query.loans`: no index serves its default order",
        ),
        (
            "[{name: ASC}, {opened: ASC}]",
            "[{name: ASC}, {opened: DESC}]",
            "field `Query.shops`: no index serves its default order",
        ),
        (
            "[{name: ASC}, {opened: ASC}]",
            "[{name: ASC}, {opened: ASC_NULLS_FIRST}]",
            "field `Query.shops`: no index serves its default order",
        ),
        (
            "[{name: ASC}, {opened: ASC}]",
            "[{opened: ASC}]",
            "field `Query.shops`: no index serves its default order",
        ),
        (
            "shelf(first: Int! = 7, filter: BookFilter, orderBy: [BookOrder!]! = [{createdAt: ASC}])",
            "shelf(first: Int! = 7, filter: BookFilter, orderBy: [BookOrder!])",
            "field `Query.shelf`: has no default order",
        ),
        (
            "shelf(first: Int! = 7, filter: BookFilter, orderBy: [BookOrder!]! = [{createdAt: ASC}])",
            "shelf(first: Int! = 7)",
            "field `Query.shelf`: has no default order",
        ),
        (
            "shelf(first: Int! = 7",
            "shelf(first: Int",
            "field `Query.shelf`: a plain list states its bound",
        ),
        (
            "books(first: Int, after: String, last: Int, before: String, filter: BookFilter,",
            "books(first: Int, after: String, last: Int, before: String, filter: BookFilter, near: Near,",
            "field `Query.books`: has `near`, but \"books\" has no geography column `location`",
        ),
        (
            "\"\"\"What a book is about. Seen by everyone.\"\"\"",
            "type Ghost implements Node { id: ID! }",
            "type `Ghost` has no policy: bind its entity together with one",
        ),
        // What resolvers are not for.
        ("  cents: Int @computed", "  pence: Int @computed", ""),
        (
            "  boundary: GeoJSON",
            "  boundary: GeoJSON\n  cents: Int @computed",
            "field `District.cents`",
        ),
    ];
    with_database(async move |database| {
        for (from, to, expected) in cases {
            let (authored, line) = changed(from, to);
            let found = refused(&database, &authored, registry()).await;
            let added = to.lines().zip(from.lines()).take_while(|(to, from)| to == from).count();
            let expected = format!("line {}: {expected}", line + added);
            match to {
                // Names that the contract no longer has, or that come out another way.
                "  types(first: Int, after" => {
                    assert_eq!(found, Vec::<String>::new(), "a root list may have any name")
                }
                "  pence: Int @computed" => assert!(
                    found.iter().any(|mistake| mistake
                        .contains("`Book.cents`, which the contract does not have")),
                    "{found:?}"
                ),
                _ => assert!(
                    found.iter().any(|mistake| mistake.starts_with(&expected)),
                    "expected {expected}\nfound {}",
                    found.join("\n")
                ),
            }
            assert!(found.len() <= 2, "one cause, one mistake: {found:?}");
        }
        assert_eq!(
            refused(&database, LIBRARY, registry()).await,
            Vec::<String>::new(),
            "the library itself starts"
        );
    })
    .await;
}

#[tokio::test]
async fn an_index_lets_an_order_be_the_default() {
    let cases = [
        (
            "[{name: ASC}]): GenreConnection!",
            "[{createdAt: DESC}, {name: DESC}]): GenreConnection!",
            "genres (created_at, name)",
        ),
        ("[{due: DESC_NULLS_LAST}]", "[{due: ASC_NULLS_FIRST}]", "loans (due DESC NULLS LAST)"),
        ("[{due: DESC_NULLS_LAST}]", "[{due: DESC}, {fee: ASC}]", "loans (due DESC, fee)"),
        ("[{title: DESC}]): [Book!]!", "[{price: DESC}]): [Book!]!", "books (previous_id, price)"),
    ];
    with_database(async move |database| {
        for (from, to, index) in cases {
            let authored = changed(from, to).0;
            database.run(&format!("CREATE INDEX wanted ON {index}")).await;
            assert_eq!(
                refused(&database, &authored, registry()).await,
                Vec::<String>::new(),
                "{to} with an index on {index}"
            );
            database.run("DROP INDEX wanted").await;
        }
    })
    .await;
}

#[tokio::test]
async fn what_is_registered_fits_the_contract() {
    with_database(async |database| {
        let bound = |type_name: &'static str, policy: Policy| {
            let mut registry = Registry::new();
            registry.entity::<genre::Entity>(type_name, policy);
            registry
        };
        assert_eq!(refused(&database, SMALL, bound("Genre", Policy::everyone())).await, Vec::<String>::new());

        let through = refused(&database, SMALL, bound("Genre", Policy::with(&["name"]))).await;
        assert_eq!(through, ["the policy of `Genre` goes through `name`, which is not a to-one field of it"]);

        let digit = refused(&database, &SMALL.replace("Genre", "Genre2"), bound("Genre2", Policy::everyone())).await;
        assert_eq!(digit, ["line 4: type `Genre2`: its ids would begin with `genre2`, but only letters and underscores can: give it another name"]);

        let mut registry = bound("Genre", Policy::everyone());
        registry.entity::<genre::Entity>("Genre", Policy::everyone()).entity::<book::Entity>("Book", Policy::everyone());
        registry.resolver("Genre", "cents", Cents).resolver("Genre", "cents", Cents);
        assert_eq!(
            refused(&database, SMALL, registry).await,
            [
                "type `Genre` is bound to two entities",
                "field `Genre.cents` has two resolvers",
                "entity `books` is bound to type `Book`, which the contract does not have",
                "a resolver is registered for `Genre.cents`, which the contract does not have",
            ]
        );

        let needs = SMALL.replace("  name: String!", "  name: String!\n  cents: Int @computed");
        let mut registry = bound("Genre", Policy::everyone());
        registry.resolver("Genre", "cents", Cents);
        assert_eq!(refused(&database, &needs, registry).await, ["line 7: field `Genre.cents`: its resolver needs `price`, which is not a column of `Genre`"]);
    })
    .await;
}

#[tokio::test]
async fn the_database_has_what_the_entities_say() {
    let cases = [
        (
            "ALTER TABLE books RENAME COLUMN pages TO leaves",
            "field `Book.pages`: the entity has column `pages`, the table does not",
        ),
        (
            "ALTER TABLE readers RENAME TO visitors",
            "type `Reader`: the database has no table `readers`",
        ),
        (
            "ALTER TABLE replies DROP CONSTRAINT replies_review_id_fkey, ALTER review_id TYPE text",
            "field `Reply.review`: its relation joins on column `replies.review_id`, which is text and not uuid",
        ),
        (
            "ALTER TABLE loans RENAME COLUMN reader_id TO visitor_id",
            "field `Loan.reader`: its relation joins on column `loans.reader_id`, which the database does not have",
        ),
        ("DROP INDEX genres_name", "field `Query.genres`: no index serves its default order"),
    ];
    with_database(async move |database| {
        for (sql, _) in cases {
            database.run(sql).await;
        }
        // All of it is told at once.
        let (authored, _) = changed("  subtitle: String", "  subtitle: String!\n  colour: String");
        let found = refused(&database, &authored, registry()).await;
        for expected in cases.iter().map(|(_, expected)| *expected).chain([
            "field `Book.subtitle`: the field is non-null",
            "field `Book.colour`: no column",
        ]) {
            assert!(
                found.iter().any(|mistake| mistake.contains(expected)),
                "expected {expected}\nfound {}",
                found.join("\n")
            );
        }
    })
    .await;
}

/// A table whose rows stand in a tree.
#[expect(unreachable_pub, reason = "what the derive makes is as public as the model")]
mod branch {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "branches")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub parent_id: Option<Uuid>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {
        #[sea_orm(belongs_to = "Entity", from = "Column::ParentId", to = "Column::Id")]
        Parent,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

#[tokio::test]
async fn a_policy_that_leads_back_to_itself() {
    with_database(async |database| {
        database.run("CREATE TABLE branches (id uuid PRIMARY KEY, parent_id uuid)").await;
        let authored = "type Query { branch(id: ID!): Branch } type Branch implements Node { id: ID! parent: Branch }";
        let mut registry = Registry::new();
        registry.entity::<branch::Entity>("Branch", Policy::with(&["parent"]));
        let mistakes = refused(&database, authored, registry).await;
        assert_eq!(mistakes, ["the policy of `Branch` goes through relations that lead back to it: state it by a condition"]);
    })
    .await;
}
