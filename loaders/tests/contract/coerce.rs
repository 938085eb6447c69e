//! Values against types, by the rules of the specification.

use async_graphql::parser::parse_query;
use async_graphql::parser::types::Type;
use async_graphql::{Name, Value, Variables, value};
use loaders::contract::{Contract, coerce::*};
use serde_json::json;

use crate::library;

/// An enum value as a document has it.
fn word(name: &str) -> Value {
    Value::Enum(Name::new(name))
}

fn ty(text: &str) -> Type {
    Type::new(text).expect("a type")
}

/// Shown with the kind of each value, because an enum value equals a string of the same text.
fn shown(value: &Value) -> String {
    format!("{value}")
}

#[test]
fn values_take_the_form_of_their_type() {
    let contract = library();
    let cases = [
        ("Int", value!(1), "1"),
        ("Float", value!(1), "1.0"),
        ("ID", value!(7), "\"7\""),
        ("Decimal", value!(12), "\"12\""),
        ("Mood", value!("CALM"), "CALM"),
        ("Mood", word("CALM"), "CALM"),
        ("Int", value!(null), "null"),
        ("[Int!]", value!(1), "[1]"),
        ("[Int!]!", value!([1, 2]), "[1, 2]"),
        ("[[Int]]", value!(1), "[[1]]"),
        ("[Int]", value!([null, 1]), "[null, 1]"),
        ("[Int]", value!(null), "null"),
        ("ShelfInput", value!({"name": "a"}), "{name: \"a\", size: 10}"),
        ("ShelfInput", value!({"size": null, "name": "a"}), "{name: \"a\", size: null}"),
        (
            "ShelfInput",
            value!({"name": "a", "above": {"name": "b"}}),
            "{name: \"a\", size: 10, above: {name: \"b\", size: 10}}",
        ),
        ("[BookOrder!]!", value!({"price": "ASC_NULLS_FIRST"}), "[{price: ASC_NULLS_FIRST}]"),
        (
            "BookFilter",
            value!({"price": {"gt": 5, "in": "1.50"}}),
            "{price: {in: [\"1.50\"], gt: \"5\"}}",
        ),
        ("JSON", value!({"a": [1, {"b": null}]}), "{a: [1, {b: null}]}"),
    ];
    for (name, given, expected) in cases {
        let coerced =
            coerce(&contract, &ty(name), &given, "$v").unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(shown(&coerced), expected);
        assert_eq!(
            shown(&coerce(&contract, &ty(name), &coerced, "$v").expect("coerces again")),
            expected,
            "twice is as once"
        );
    }
}

#[test]
fn what_is_wrong_is_told_with_its_place() {
    let contract = library();
    let cases = [
        ("Int!", value!(null), "$v: expected a value of type Int!, got null"),
        (
            "Int",
            value!(3000000000u32),
            "$v: expected an Int from -2147483648 to 2147483647, got 3000000000",
        ),
        ("[Int!]", value!([1, null]), "$v[1]: expected a value of type Int!, got null"),
        ("Mood", value!("SAD"), "$v: expected a value of the enum Mood, got \"SAD\""),
        ("Mood", value!(1), "$v: expected a value of the enum Mood, got 1"),
        ("ShelfInput", value!("x"), "$v: expected an object of type ShelfInput, got \"x\""),
        ("ShelfInput", value!({}), "$v.name: a value is required, of type String!"),
        ("ShelfInput", value!({"name": "a", "colour": 1}), "$v.colour: is not known here"),
        (
            "ShelfInput",
            value!({"name": "a", "above": {"name": 1}}),
            "$v.above.name: expected a String without U+0000, got 1",
        ),
        (
            "BookFilter",
            value!({"price": {"gt": true}}),
            "$v.price.gt: expected a Decimal like \"12.50\", got true",
        ),
        (
            "BookFilter",
            value!({"and": [{}, {"price": {"in": ["1", "x"]}}]}),
            "$v.and[1].price.in[1]: expected a Decimal like \"12.50\", got \"x\"",
        ),
        ("BookOrder", value!({}), "$v: expected exactly one field of BookOrder, not null, got {}"),
        (
            "BookOrder",
            value!({"price": null}),
            "$v: expected exactly one field of BookOrder, not null, got {price: null}",
        ),
        (
            "BookOrder",
            value!({"price": "ASC", "id": "ASC"}),
            "$v: expected exactly one field of BookOrder, not null, got {price: \"ASC\", id: \"ASC\"}",
        ),
    ];
    for (name, given, expected) in cases {
        assert_eq!(
            coerce(&contract, &ty(name), &given, "$v").map_err(|error| error.to_string()),
            Err(expected.to_string())
        );
    }
    let long = Value::from("x".repeat(10_000));
    let error = coerce(&contract, &ty("Int"), &long, "$v").expect_err("text is no Int");
    assert!(error.problem.len() < 140 && error.problem.ends_with('…'), "{error}");
}

fn variables(contract: &Contract, query: &str, given: serde_json::Value) -> Result<String, String> {
    let document = parse_query(query).expect("the document parses");
    let (_, operation) = document.operations.iter().next().expect("an operation");
    coerce_variables(contract, &operation.node.variable_definitions, &Variables::from_json(given))
        .map(|variables| {
            variables
                .iter()
                .map(|(name, value)| format!("{name}={value}"))
                .collect::<Vec<_>>()
                .join(" ")
        })
        .map_err(|error| error.to_string())
}

#[test]
fn variables_are_coerced_defaulted_or_absent() {
    let contract = library();
    let cases = [
        ("query($a: Int) { x }", json!({}), Ok("")),
        ("query($a: Int) { x }", json!({"a": null}), Ok("a=null")),
        ("query($a: Int = 3) { x }", json!({}), Ok("a=3")),
        ("query($a: Int = 3) { x }", json!({"a": null}), Ok("a=null")),
        ("query($a: Int! = 3) { x }", json!({"a": 4, "other": 1}), Ok("a=4")),
        ("query($a: Mood = WILD, $b: [Mood!]) { x }", json!({"b": "CALM"}), Ok("a=WILD b=[CALM]")),
        ("query($a: Int!) { x }", json!({}), Err("$a: a value is required, of type Int!")),
        (
            "query($a: Int! = 3) { x }",
            json!({"a": null}),
            Err("$a: expected a value of type Int!, got null"),
        ),
        (
            "query($a: BookFilter) { x }",
            json!({"a": {"title": {"eq": 1}}}),
            Err("$a.title.eq: expected a String without U+0000, got 1"),
        ),
    ];
    for (query, given, expected) in cases {
        assert_eq!(
            variables(&contract, query, given),
            expected.map(str::to_string).map_err(str::to_string),
            "{query}"
        );
    }
}
