//! What SDL is taken, and what is said of the rest.

use loaders::contract::{Contract, Shape, TypeKind};

use crate::{library, mistakes};

#[test]
fn everything_written_is_kept() {
    let contract = library();
    assert_eq!(
        (contract.query.as_str(), contract.mutation.as_deref(), contract.subscription.as_deref()),
        ("Query", Some("Mutation"), Some("Subscription"))
    );
    let books = contract.field("Query", "books").expect("Query.books");
    assert_eq!((books.line, books.ty.to_string().as_str()), (8, "BookConnection!"));
    let order = books.arguments.last().expect("orderBy");
    assert_eq!(
        (order.name.as_str(), order.default.as_ref().map(ToString::to_string).as_deref()),
        ("orderBy", Some("[{createdAt: DESC}]"))
    );
    let feeling = contract.field("Book", "feeling").expect("Book.feeling");
    assert_eq!(
        (feeling.deprecation.as_deref(), feeling.description.as_deref()),
        (Some("use \"mood\""), Some("Old name of `mood`."))
    );
    assert!(
        contract
            .field("Book", "pricePerPage")
            .expect("Book.pricePerPage")
            .has_directive("computed")
    );
    assert!(matches!(
        contract.get("Within").expect("Within").kind,
        TypeKind::Input { one_of: true, .. }
    ));
    let TypeKind::Enum { values } = &contract.get("Mood").expect("Mood").kind else {
        panic!("Mood is an enum")
    };
    assert_eq!(values[2].deprecation.as_deref(), Some("No longer supported"));
    assert_eq!(contract.possible_types("Hit"), ["Book", "Author"]);
    assert_eq!(contract.possible_types("Titled"), ["Book"]);
}

#[test]
fn fields_have_shapes() {
    let contract = library();
    let shape =
        |ty: &str, field: &str| contract.shape(contract.field(ty, field).expect("the field"));
    assert_eq!(shape("Book", "price"), Shape::Scalar("Decimal"));
    assert_eq!(shape("Book", "mood"), Shape::Enum("Mood"));
    assert_eq!(shape("Book", "author"), Shape::ToOne("Author"));
    assert_eq!(shape("Author", "books"), Shape::Connection("Book"));
    assert_eq!(shape("Shop", "books"), Shape::List("Book"));
    for field in ["tags", "pricePerPage", "similar", "cover"] {
        assert_eq!(shape("Book", field), Shape::Other, "{field}");
    }
}

#[test]
fn roots_may_have_other_names() {
    let contract =
        Contract::parse("schema { query: Q } type Q { a: Int } type Mutation { b: Int }")
            .expect("a contract");
    assert_eq!((contract.query.as_str(), contract.mutation), ("Q", None));
}

#[test]
fn each_mistake_is_named_with_its_line() {
    let cases: &[(&str, &[&str])] = &[
        ("type Query { a: }", &["expected type_"]),
        ("type Q { a: Int }", &["the query root `Query` is not defined"]),
        ("scalar Query", &["line 1: the query root `Query` must be an object type"]),
        ("type Query { a: Nowhere }", &["line 1: type `Nowhere` in `Query.a` is not defined"]),
        (
            "type Query { a(b: Nowhere): Int }",
            &["line 1: type `Nowhere` in `Query.a` b is not defined"],
        ),
        (
            "type Query { a: Int }\ntype A { a: Int }\ntype A { b: Int }",
            &["line 3: type `A` is defined twice, first on line 2"],
        ),
        (
            "type Query { a: Int }\nextend type Query @b { b: Int }",
            &["line 2: `extend` of `Query` is not supported: only fields can be added"],
        ),
        (
            "type Query { a: Int }\nextend input Query { b: Int }",
            &["line 2: `extend` of `Query` is not supported: only fields can be added"],
        ),
        (
            "type Query { a: Int }\nextend type Qwery { b: Int }",
            &["line 2: `extend` of `Qwery`, which is not an object type of the contract"],
        ),
        (
            "type Query { a: Int }\nextend type Query { a: Int }",
            &["line 1: field `a` of `Query` is written twice"],
        ),
        (
            "schema { query: Query }\nschema { query: Query }\ntype Query { a: Int }",
            &["line 2: `schema` is defined twice"],
        ),
        ("type Query { a: Int a: Int }", &["line 1: field `a` of `Query` is written twice"]),
        (
            "type Query { a(b: Int b: Int): Int }",
            &["line 1: argument `b` of `Query.a` is written twice"],
        ),
        (
            "type Query { __a: Int }",
            &["line 1: field `__a` of `Query` must not begin with two underscores"],
        ),
        ("type Query { a: Int }\nscalar Int", &["line 2: `Int` is a scalar of GraphQL itself"]),
        (
            "type Query { a: Int }\ninput I { a: Query }",
            &["line 2: `I` a cannot take `Query`, which is not an input type"],
        ),
        (
            "type Query { a: I }\ninput I { a: Int }",
            &["line 1: `Query.a` cannot answer the input type `I`"],
        ),
        ("type Query { a: Int }\nenum E { A A }", &["line 2: value `A` of `E` is written twice"]),
        (
            "type Query { a: Int }\nunion U = Int",
            &["line 2: type `Int` in union `U` is not defined"],
        ),
        (
            "type Query { a: Int }\nenum E { A }\nunion U = E",
            &["line 3: `E` in union `U` must be an object type"],
        ),
        ("type Query { a: Int }\nenum E", &["line 2: `E` needs at least one value"]),
        (
            "type Query { a(b: Int! = \"x\"): Int }",
            &["line 1: default of `Query.a` b: expected an Int", "got \"x\""],
        ),
        (
            "type Query { a(b: E = B): Int }\nenum E { A }",
            &["line 1: default of `Query.a` b: expected a value of the enum E, got B"],
        ),
        (
            "type Query { a: Int }\ninput I @oneOf { a: Int!\n b: Int = 1 }",
            &["line 2: `I.a` must be nullable", "line 3: `I.b` must be nullable"],
        ),
        (
            "type Query { a: Int @nowhere }",
            &["line 1: directive `@nowhere` on `Query.a` is not defined"],
        ),
        (
            "type Query @nowhere { a: Int }",
            &["line 1: directive `@nowhere` on `Query` is not defined"],
        ),
        (
            "type Query { a: Int @deprecated(reason: 1) }",
            &["line 1: `@deprecated` on `Query.a` needs `reason`, a string"],
        ),
        (
            "directive @d on OBJECT | FIELD_DEFINITION\ntype Query { a: Int }",
            &["line 1: directive `@d` must be either `on FIELD_DEFINITION` or `on OBJECT`"],
        ),
        (
            "directive @d on OBJECT\ntype Query { a: Int @d }",
            &["line 2: directive `@d` on `Query.a` may stand `on OBJECT` only"],
        ),
        (
            "directive @d on FIELD_DEFINITION\ntype Query @d { a: Int }",
            &["line 2: directive `@d` on `Query` may stand `on FIELD_DEFINITION` only"],
        ),
        (
            "directive @d(a: Int!) on FIELD_DEFINITION\ntype Query { a: Int @d }",
            &["line 2: `@d` on `Query.a` needs `a`"],
        ),
        (
            "directive @d(a: Int) on FIELD_DEFINITION\ntype Query { a: Int @d(b: 1) }",
            &["line 2: `@d(b:)` on `Query.a` is not an argument"],
        ),
        (
            "directive @d(a: Int) on FIELD_DEFINITION\ntype Query { a: Int @d(a: \"\") }",
            &["line 2: `@d(a:)` on `Query.a`: expected an Int"],
        ),
        (
            "type Query implements N { a: Int }",
            &["line 1: type `N` in the interfaces of `Query` is not defined"],
        ),
        (
            "type Query implements N { a: Int }\nscalar N",
            &["line 1: `Query` implements `N`, which is not an interface"],
        ),
        (
            "type Query implements N { a: Int }\ninterface N { b: Int! }",
            &["line 1: `Query` implements `N` and lacks its field `b: Int!`"],
        ),
        (
            "type Query implements N { a: Int }\ninterface N { a: Int! }",
            &["line 1: `Query.a: Int` does not keep `N.a: Int!`"],
        ),
        (
            "type Query implements N { a: Int }\ninterface N { a(b: Int): Int }",
            &["line 1: `Query.a` must take `b: Int` as `N` does"],
        ),
        (
            "type Query implements N { a(c: Int!): Int }\ninterface N { a: Int }",
            &["line 1: `Query.a` must not require `c`, which `N` does not have"],
        ),
        (
            "type Query implements N { a: Int }\ninterface N implements M { a: Int }\ninterface M { a: Int }",
            &["line 1: `Query` implements `N` and so must implement `M` too"],
        ),
    ];
    for (sdl, expected) in cases {
        let found = mistakes(Contract::parse(sdl)).join("\n");
        for part in *expected {
            assert!(found.contains(part), "{sdl}\nsays\n{found}\nand not\n{part}");
        }
    }
}

#[test]
fn all_mistakes_are_told_at_once_in_the_order_of_lines() {
    let found = mistakes(Contract::parse(
        "type Query {\n a: Nowhere\n b(c: Nothing): Int\n d: Int @what\n}",
    ));
    let lines: Vec<&str> = found.iter().map(|mistake| &mistake[..7]).collect();
    assert_eq!(lines, ["line 2:", "line 3:", "line 4:"]);
}
