//! Written, built, introspected, read back: the same contract; and each difference is told.

use loaders::contract::{Contract, drift, schema};
use serde_json::json;

use crate::library;

#[tokio::test]
async fn what_is_served_is_what_was_written() {
    let written = library();
    let schema = schema::build(&written).expect("the schema builds");
    let document = schema::validate(&schema, drift::INTROSPECTION)
        .await
        .expect("the introspection query is valid");
    let response = schema::introspect(&schema, document, None, Default::default()).await;
    assert_eq!(response.errors, []);
    let served = drift::from_introspection(&json!({ "data": response.data }))
        .expect("introspection is read");
    assert_eq!(drift::differences(&written, &served), Vec::<String>::new());
    assert_eq!(drift::differences(&served, &written), Vec::<String>::new());
}

#[test]
fn each_difference_is_told_from_both_sides() {
    let base = r#"
        "Root." type Query { "A." a(b: Int = 1): Int c: E u: U i: T }
        enum E { X Y } union U = A | B type A implements T { t: Int } type B { t: Int }
        interface T { t: Int } input I { n: Int } input J @oneOf { n: Int } scalar S @specifiedBy(url: "u")"#;
    let changes = [
        (
            "\"Root.\" type",
            "type",
            "description of Query is Some(\"Root.\") in the first contract, None in the second",
        ),
        ("\"A.\" a(", "\"B.\" a(", "description of Query.a is"),
        (
            "a(b: Int = 1): Int",
            "a(b: Int = 1): Int!",
            "type of Query.a is \"Int\" in the first contract, \"Int!\" in the second",
        ),
        (
            "b: Int = 1",
            "b: Int",
            "default of Query.a:b is Some(\"1\") in the first contract, None in the second",
        ),
        ("b: Int = 1", "b: Int = 1 @deprecated", "deprecation of Query.a:b is"),
        ("(b: Int = 1)", "", "Query.a:b is only in the first contract"),
        ("c: E ", "c: E d: E ", "Query.d is only in the second contract"),
        ("X Y", "X", "E.Y is only in the first contract"),
        (
            "X Y",
            "X @deprecated(reason: \"r\") Y",
            "deprecation of E.X is None in the first contract, Some(\"r\") in the second",
        ),
        ("A | B", "A", "members of U is"),
        (
            "A implements T",
            "A",
            "interfaces of A is [\"T\"] in the first contract, [] in the second",
        ),
        ("input I {", "type I {", "I is of another kind in the second contract"),
        ("J @oneOf", "J", "@oneOf of J is true in the first contract, false in the second"),
        ("\"u\"", "\"v\"", "specification of S is"),
        ("scalar S @specifiedBy(url: \"u\")", "", "S is only in the first contract"),
    ];
    let first = Contract::parse(base).expect("the base parses");
    for (from, to, expected) in changes {
        let second = Contract::parse(&base.replacen(from, to, 1))
            .unwrap_or_else(|error| panic!("{to}: {error}"));
        let found = drift::differences(&first, &second);
        assert!(found.len() == 1 && found[0].contains(expected), "{to}: {found:?}");
        assert_eq!(drift::differences(&second, &first).len(), 1, "{to}, the other way");
    }
}

#[test]
fn an_answer_without_a_schema_is_refused() {
    assert!(drift::from_introspection(&json!({ "data": null })).is_err());
    assert!(
        drift::from_introspection(
            &json!({ "data": { "__schema": { "types": [{ "name": "A" }] } } })
        )
        .is_err()
    );
}
