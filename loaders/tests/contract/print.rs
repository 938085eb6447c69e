//! Printed SDL, read again, is the same contract, and printed again the same text.

use loaders::contract::{Contract, TypeKind, print};

use crate::library;

/// A contract without its lines, which printing changes.
fn without_lines(mut contract: Contract) -> Contract {
    for directive in contract.directives.values_mut() {
        directive.line = 0;
        directive.arguments.iter_mut().for_each(|argument| argument.line = 0);
    }
    for ty in contract.types.values_mut() {
        ty.line = 0;
        match &mut ty.kind {
            TypeKind::Object { fields, .. } | TypeKind::Interface { fields, .. } => {
                for field in fields {
                    field.line = 0;
                    field.arguments.iter_mut().for_each(|argument| argument.line = 0);
                }
            }
            TypeKind::Input { fields, .. } => fields.iter_mut().for_each(|field| field.line = 0),
            _ => {}
        }
    }
    contract
}

#[test]
fn printing_loses_nothing() {
    let contract = library();
    let sdl = print::contract(&contract);
    let again = Contract::parse(&sdl).expect("printed SDL parses");
    assert_eq!(print::contract(&again), sdl);
    assert_eq!(without_lines(again), without_lines(contract));
}

#[test]
fn any_description_survives() {
    let texts = [
        "short",
        "ends with \"",
        "ends with \\",
        "has \"\"\" in it",
        "two\nlines",
        "  indented",
        "two\n  lines, the second indented",
        "\nblank line before",
        "blank line after\n",
        "a blank\n\nline between",
        "a line\n  \nof spaces",
        "tab\there",
        "a carriage\rreturn and \u{7} bell",
        "# not a comment",
        "ünïcödé → ☃",
        &"long ".repeat(60),
    ];
    for text in texts {
        let mut contract = Contract::parse("type Query { a(b: Int): Int }").expect("a contract");
        let query = contract.types.get_mut("Query").expect("Query");
        query.description = Some(text.to_string());
        let TypeKind::Object { fields, .. } = &mut query.kind else { panic!("Query is an object") };
        fields[0].description = Some(text.to_string());
        fields[0].arguments[0].description = Some(text.to_string());
        fields[0].deprecation = Some(text.to_string());
        let sdl = print::contract(&contract);
        let again = Contract::parse(&sdl).unwrap_or_else(|error| panic!("{error}\n{sdl}"));
        assert_eq!(without_lines(again), without_lines(contract), "{sdl}");
    }
}

#[test]
fn text_is_as_a_person_would_write_it() {
    let sdl = r#"directive @limit(to: Int! = 3) on FIELD_DEFINITION

"""A few."""
enum E {
  A
  """The other one."""
  B @deprecated(reason: "no")
}

input I @oneOf {
  a: Int
}

type Query implements T {
  a(b: [I!]! = [{a: 1}], c: String = "x\ny"): E @limit(to: 4)
  """
  Two
  lines.
  """
  t(
    """Documented."""
    d: Int
  ): S
}

scalar S @specifiedBy(url: "https://example.org")

interface T {
  t(d: Int): S
}

union U = Query | V

type V {
  a: Int
}
"#;
    let contract = Contract::parse(sdl).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(print::contract(&contract), sdl);
}
