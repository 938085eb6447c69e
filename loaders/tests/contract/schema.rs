//! Documents against the contract.

use async_graphql::{Value, Variables, value};
use loaders::contract::{Contract, schema};

use crate::{library, mistakes};

async fn verdict(schema: &schema::Schema, query: &str) -> Result<(), String> {
    let errors = schema::validate(schema, query).await.map(|_| ());
    errors.map_err(|errors| {
        errors.iter().map(|error| error.message.as_str()).collect::<Vec<_>>().join("\n")
    })
}

#[tokio::test]
async fn valid_documents_are_valid_without_variables() {
    let schema = schema::build(&library()).expect("the schema builds");
    let documents = [
        "{ books { nodes { id title author { name } } } }",
        "query($id: ID!) { book(id: $id) { id } }",
        "query A { __typename } query B($f: BookFilter!) { books(filter: $f) { totalCount } }",
        "query($d: OrderDirection!) { books(orderBy: [{price: $d}]) { totalCount } }",
        "query($min: Decimal) { books(filter: {price: {gt: $min}}) { totalCount } }",
        // A nullable variable may stand where there is a default (specification, 5.8.5).
        "query($o: [BookOrder!]) { books(orderBy: $o) { totalCount } }",
        "query($n: Int) { book(id: 1) { similar(first: $n) { id } } }",
        "query($n: Int = 3) { book(id: 1) { similar(first: $n) { id } } }",
        "query($id: ID = 3) { book(id: $id) { id } }",
        "query($a: Int!, $if: Boolean!) { ...F @skip(if: $if) } fragment F on Query { books(first: $a) { totalCount } }",
        "query($n: String) { search(text: \"x\", shelf: {name: \"a\", size: 3}) { ... on Book { id } ... on Author { id } } book(id: $n) { id } }",
        "{ node(id: 1) { id ... on Titled { title } ...B } } fragment B on Book { mood @include(if: true) }",
        "mutation { rateBook(input: {book: 1, stars: 5}) { id } }",
        "subscription { bookAdded(mood: WILD) { id } }",
        "{ __schema { types { name } } __type(name: \"Book\") { name } }",
        "{ shops(near: {longitude: 1, latitude: 2.5, withinMeters: 3}, within: {polygon: {type: \"Point\", coordinates: [0, 0]}}) { totalCount } }",
    ];
    for query in documents {
        let query = query.replace("query($n: String) { search", "query($n: ID!) { search");
        assert_eq!(verdict(&schema, &query).await, Ok(()), "{query}");
    }
}

#[tokio::test]
async fn wrong_documents_are_refused_without_variables() {
    let schema = schema::build(&library()).expect("the schema builds");
    let cases = [
        ("{ books { ", "expected"),
        ("{ nothing }", "Unknown field \"nothing\" on type \"Query\""),
        ("{ books { nodes { id { x } } } }", "must not have a selection"),
        ("{ books { nodes } }", "must have a selection of subfields"),
        ("{ book { id } }", "is required but not provided"),
        (
            "query($id: ID) { book(id: $id) { id } }",
            "book(id:): the variable $id of type ID cannot stand where ID! is expected",
        ),
        (
            "query($id: ID = null) { book(id: $id) { id } }",
            "$id of type ID cannot stand where ID! is expected",
        ),
        (
            "query($id: String!) { book(id: $id) { id } }",
            "$id of type String! cannot stand where ID! is expected",
        ),
        (
            "query($a: Int!) { books(first: 1, orderBy: $a) { totalCount } }",
            "$a of type Int! cannot stand where [BookOrder!]! is expected",
        ),
        (
            "query($o: [BookOrder]) { books(orderBy: $o) { totalCount } }",
            "$o of type [BookOrder] cannot stand where [BookOrder!]! is expected",
        ),
        (
            "query($o: BookOrder!) { books(orderBy: $o) { totalCount } }",
            "$o of type BookOrder! cannot stand where [BookOrder!]! is expected",
        ),
        (
            "query($d: OrderDirection) { books(orderBy: {price: $d}) { totalCount } }",
            "books(orderBy:).price: the variable $d of type OrderDirection cannot",
        ),
        (
            "query($i: Int) { books @include(if: $i) { totalCount } }",
            "@include(if:): the variable $i of type Int cannot stand where Boolean! is expected",
        ),
        (
            "query($x: Int) { ...F } fragment F on Query { books(after: $x) { totalCount } }",
            "books(after:): the variable $x of type Int cannot stand where String is expected",
        ),
        ("{ book(id: $id) { id } }", "Variable \"$id\" is not defined"),
        ("query($a: Int) { __typename }", "is not used"),
        ("query($a: Nothing) { books(first: $a) { totalCount } }", "Unknown type \"Nothing\""),
        ("{ books @what { totalCount } }", "Unknown directive \"what\""),
        ("{ ...A } fragment A on Query { ...A }", "recursion depth"),
        ("{ a: books { totalCount } a: shops { totalCount } }", "are different fields"),
        ("{ books(first: 3000000000) { totalCount } }", "books(first:): expected an Int"),
        ("{ books(first: \"1\") { totalCount } }", "expected type \"Int\""),
        ("{ books(orderBy: null) { totalCount } }", "Invalid value for argument \"orderBy\""),
        (
            "{ books(filter: \"x\") { totalCount } }",
            "books(filter:): expected an object of type BookFilter, got \"x\"",
        ),
        ("{ books(filter: {price: {gt: 1.5}}) { totalCount } }", "expected type \"Decimal\""),
        (
            "{ search(text: \"x\", mood: \"CALM\") { __typename } }",
            "search(mood:): expected a value of the enum Mood without quotes, got \"CALM\"",
        ),
        ("{ search(text: \"x\", mood: SAD) { __typename } }", "does not contain the value \"SAD\""),
        ("{ shops(within: {}) { totalCount } }", "exactly one field"),
        // async-graphql looks away as soon as there is a variable among the fields.
        (
            "query($d: Decimal) { books(filter: {price: {gt: $d, above: 1}}) { totalCount } }",
            "books(filter:).price.above: is not a field of DecimalFilter",
        ),
        (
            "query($d: Decimal) { books(filter: {price: {gt: $d, lt: true}}) { totalCount } }",
            "books(filter:).price.lt: expected a Decimal like \"12.50\", got true",
        ),
        (
            "query($s: Int!) { rate: __typename ...R } fragment R on Query { search(text: \"x\", shelf: {size: $s}) { __typename } }",
            "the field name is required, of type String!",
        ),
        (
            "query($d: OrderDirection!) { books(orderBy: [{price: $d, id: ASC}]) { totalCount } }",
            "expected exactly one field of BookOrder, got 2",
        ),
        (
            "query($f: ShelfInput = {name: 1}) { search(text: \"x\", shelf: $f) { __typename } }",
            "Invalid default value",
        ),
    ];
    for (query, expected) in cases {
        let found = verdict(&schema, query).await.expect_err(query);
        assert!(found.contains(expected), "{query}\nsays\n{found}");
    }
}

#[tokio::test]
async fn fields_of_one_key_must_be_one_field() {
    let schema = schema::build(&library()).expect("the schema builds");
    let valid = [
        "{ book(id: 1) { id author { id } author { name } } }",
        "{ book(id: 1) { author { a: name } } ...B } fragment B on Query { book(id: 1) { author { a: name } } }",
        "{ search(text: \"x\") { ... on Book { x: title id } ... on Author { x: name id } } }",
        "{ search(text: \"x\") { ... on Book { author { x: id } } ... on Author { author: books { y: totalCount } } } }",
        "query($n: Int) { book(id: 1) { ...A ...B } } fragment A on Book { similar(first: $n) { id } } fragment B on Book { similar(first: $n) { title } }",
        "{ __schema { types { name } } __schema { types { kind } } }",
    ];
    for query in valid {
        assert_eq!(verdict(&schema, query).await, Ok(()), "{query}");
    }
    let conflicting = [
        "{ book(id: 1) { similar(first: 1) { id } } ...B } fragment B on Query { book(id: 1) { similar(first: 2) { id } } }",
        "{ book(id: 1) { author { a: id } } ...B } fragment B on Query { book(id: 1) { author { a: name } } }",
        "{ book(id: 1) { author { id } } ... { book(id: 2) { author { id } } } }",
        "{ node(id: 1) { ... on Book { x: title } ... on Titled { x: __typename } } }",
        "{ search(text: \"x\") { ... on Book { x: title } ... on Author { x: books { totalCount } } } }",
        "{ search(text: \"x\") { ... on Book { x: title } ... on Author { x: id } } }",
        "{ search(text: \"x\") { ... on Book { x: author { y: name } } ... on Author { x: books { y: totalCount } } } }",
        "{ search(text: \"x\") { ... on Book { x: pages } ... on Author { x: createdAt } } }",
        "{ __type(name: \"Book\") { name } ...T } fragment T on Query { __type(name: \"Author\") { name } }",
    ];
    for query in conflicting {
        let found = verdict(&schema, query).await.expect_err(query);
        // async-graphql tells what it sees itself in its own words.
        assert!(
            found.contains("cannot be merged") || found.contains("conflict because"),
            "{query}\nsays\n{found}"
        );
    }
}

#[tokio::test]
async fn errors_tell_where() {
    let schema = schema::build(&library()).expect("the schema builds");
    let errors = schema::validate(&schema, "{\n  books(first: 3000000000) { totalCount }\n}")
        .await
        .expect_err("out of range");
    assert_eq!((errors[0].locations[0].line, errors[0].locations[0].column), (2, 16));
    let errors = schema::validate(&schema, "{\n  books(").await.expect_err("unfinished");
    assert_eq!(errors[0].locations[0].line, 2);
}

#[tokio::test]
async fn depth_is_bounded_before_validation() {
    let schema = schema::build(&library()).expect("the schema builds");
    let deep = format!(
        "{{ book(id: 1) {}{{ id }}{} }}",
        "{ author { books { nodes ".repeat(50),
        "} } }".repeat(50)
    );
    let error = verdict(&schema, &deep).await.expect_err("too deep");
    assert!(error.contains("nested deeper than 128"), "{error}");
    for bracket in ["[", "{a", "{a:", "("] {
        let error = verdict(&schema, &format!("{{ books(first: {}", bracket.repeat(100_000)))
            .await
            .expect_err("far too deep");
        assert!(error.contains("nested deeper than 128"), "{error}");
    }
}

#[tokio::test]
async fn introspection_is_answered_and_nothing_else() {
    let schema = schema::build(&library()).expect("the schema builds");
    let query = "query One($name: String!) { __typename books { totalCount } it: __type(name: $name) { kind fields { name } } ...Rest } \
                 query Two { books { totalCount } } fragment Rest on Query { shops { ...Unused } } fragment Unused on ShopConnection { totalCount }";
    let document = schema::validate(&schema, query).await.expect("valid");
    let variables = Variables::from_value(value!({"name": "Cover"}));
    let response = schema::introspect(&schema, document, Some("One"), variables).await;
    assert_eq!(response.errors, []);
    let expected = value!({"__typename": "Query", "books": null, "it": {"kind": "OBJECT", "fields": [{"name": "url"}]}, "shops": null});
    assert_eq!(response.data, expected);
}

#[tokio::test]
async fn introspection_tells_types_as_written() {
    let schema = schema::build(&library()).expect("the schema builds");
    let query =
        "{ __type(name: \"Query\") { fields { name args { name defaultValue type { kind } } } } }";
    let document = schema::validate(&schema, query).await.expect("valid");
    let response = schema::introspect(&schema, document, None, Variables::default()).await;
    let Value::Object(data) = response.data else { panic!("an object") };
    let text = data["__type"].to_string();
    assert!(
        text.contains(
            "{name: \"orderBy\", defaultValue: \"[{createdAt: DESC}]\", type: {kind: NON_NULL}}"
        ),
        "{text}"
    );
}

#[test]
fn what_async_graphql_refuses_is_told() {
    let contract =
        Contract::parse("type Query { a(i: I): Int } input I { i: I! }").expect("a contract");
    let found = mistakes(schema::build(&contract).map(|_| ()));
    assert!(found[0].contains("references itself"), "{found:?}");
}
