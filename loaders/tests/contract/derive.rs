//! What follows from what is written.

use loaders::contract::{Contract, TypeKind, derive, print};

use crate::{LIBRARY, library, mistakes};

/// The text of one type, without documentation.
pub(crate) fn printed(contract: &Contract, name: &str) -> String {
    let mut ty = contract.get(name).unwrap_or_else(|| panic!("{name} is there")).clone();
    ty.description = None;
    let text = print::definitions(std::iter::empty(), std::iter::once(&ty));
    let documentation = |line: &&str| !line.trim_start().starts_with("\"\"\"");
    text.lines().filter(documentation).map(|line| format!("{line}\n")).collect()
}

#[test]
fn an_entity_gets_all_its_types() {
    let contract = library();
    let expected = [
        ("BookEdge", "type BookEdge {\n  cursor: String!\n  node: Book!\n}\n"),
        (
            "ShopEdge",
            "type ShopEdge {\n  cursor: String!\n  node: Shop!\n  distanceMeters: Float\n}\n",
        ),
        (
            "BookFilter",
            "input BookFilter {\n  and: [BookFilter!]\n  or: [BookFilter!]\n  not: BookFilter\n  id: IDFilter\n  version: IntFilter\n  createdAt: DateTimeFilter\n  title: StringFilter\n  price: DecimalFilter\n  pages: IntFilter\n  weight: FloatFilter\n  publishedOn: DateFilter\n  sold: BooleanFilter\n  mood: MoodFilter\n  feeling: MoodFilter @deprecated(reason: \"use \\\"mood\\\"\")\n  author: AuthorFilter\n  shop: ShopFilter\n}\n",
        ),
        (
            "ShopFilter",
            "input ShopFilter {\n  and: [ShopFilter!]\n  or: [ShopFilter!]\n  not: ShopFilter\n  id: IDFilter\n  createdAt: DateTimeFilter\n  name: StringFilter\n  books: BookListFilter\n}\n",
        ),
        (
            "BookListFilter",
            "input BookListFilter {\n  some: BookFilter\n  none: BookFilter\n  every: BookFilter\n}\n",
        ),
        (
            "MoodFilter",
            "input MoodFilter {\n  eq: Mood\n  ne: Mood\n  in: [Mood!]\n  notIn: [Mood!]\n  isNull: Boolean\n}\n",
        ),
        (
            "ShopOrder",
            "input ShopOrder @oneOf {\n  id: OrderDirection\n  createdAt: OrderDirection\n  name: OrderDirection\n  distance: OrderDirection\n}\n",
        ),
        (
            "BookOrder",
            "input BookOrder @oneOf {\n  id: OrderDirection\n  createdAt: OrderDirection\n  title: OrderDirection\n  price: OrderDirection\n  pages: OrderDirection\n  weight: OrderDirection\n  publishedOn: OrderDirection\n  sold: OrderDirection\n  mood: OrderDirection\n  feeling: OrderDirection @deprecated(reason: \"use \\\"mood\\\"\")\n}\n",
        ),
        (
            "BookAggregate",
            "type BookAggregate {\n  count: Int!\n  createdAt: DateTimeAggregate\n  price: DecimalAggregate\n  pages: IntAggregate\n  weight: FloatAggregate\n  publishedOn: DateAggregate\n}\n",
        ),
        (
            "BookGroupBy",
            "input BookGroupBy @oneOf {\n  createdAt: GroupDate\n  title: GroupValue\n  pages: GroupValue\n  publishedOn: GroupDate\n  sold: GroupValue\n  mood: GroupValue\n  feeling: GroupValue @deprecated(reason: \"use \\\"mood\\\"\")\n}\n",
        ),
        (
            "BookGroupKey",
            "type BookGroupKey {\n  createdAt: Date\n  title: String\n  pages: Int\n  publishedOn: Date\n  sold: Boolean\n  mood: Mood\n  feeling: Mood @deprecated(reason: \"use \\\"mood\\\"\")\n}\n",
        ),
        ("BookGroup", "type BookGroup {\n  key: BookGroupKey!\n  aggregate: BookAggregate!\n}\n"),
    ];
    for (name, text) in expected {
        assert_eq!(printed(&contract, name), text);
    }
    let connection = printed(&contract, "BookConnection");
    for field in [
        "edges: [BookEdge!]!",
        "nodes: [Book!]!",
        "pageInfo: PageInfo!",
        "totalCount: Int!",
        "aggregate: BookAggregate!",
        "): [BookGroup!]!",
    ] {
        assert!(connection.contains(field), "{connection}");
    }
}

#[test]
fn only_what_is_needed_is_derived() {
    let sdl = derive::complete("type Query { a: Date }").expect("complete");
    let contract = Contract::parse(&sdl).expect("parses");
    assert_eq!(contract.types.keys().collect::<Vec<_>>(), ["Date", "Query"]);
    assert!(contract.directives.is_empty());
}

#[test]
fn completing_twice_changes_nothing() {
    let once = derive::complete(LIBRARY).expect("complete");
    assert_eq!(derive::complete(&once).expect("complete again"), once);
    assert_eq!(derive::authored(&once).trim_end(), LIBRARY.trim_end());
    let stale = format!("{LIBRARY}\n{}\ntype Leftover {{ a: Int }}\n", derive::MARKER);
    assert_eq!(derive::complete(&stale).expect("complete the stale"), once);
}

#[test]
fn a_hand_written_type_wins() {
    let sdl = format!("{LIBRARY}\ninput MoodFilter {{ is: Mood }}\n");
    let contract = Contract::parse(&derive::complete(&sdl).expect("complete")).expect("parses");
    assert_eq!(printed(&contract, "MoodFilter"), "input MoodFilter {\n  is: Mood\n}\n");
}

#[test]
fn everything_derived_is_documented() {
    let sdl = derive::complete(LIBRARY).expect("complete");
    let first_line = derive::authored(&sdl).lines().count();
    let contract = Contract::parse(&sdl).expect("parses");
    let mut undocumented = Vec::new();
    let mut check = |place: String, description: &Option<String>| {
        if description.as_ref().is_none_or(String::is_empty) {
            undocumented.push(place);
        }
    };
    for ty in contract.types.values().filter(|ty| ty.line > first_line) {
        check(ty.name.clone(), &ty.description);
        match &ty.kind {
            TypeKind::Object { fields, .. } | TypeKind::Interface { fields, .. } => {
                for field in fields {
                    check(format!("{}.{}", ty.name, field.name), &field.description);
                    field.arguments.iter().for_each(|argument| {
                        check(
                            format!("{}.{}({})", ty.name, field.name, argument.name),
                            &argument.description,
                        )
                    });
                }
            }
            TypeKind::Input { fields, .. } => fields
                .iter()
                .for_each(|field| check(format!("{}.{}", ty.name, field.name), &field.description)),
            TypeKind::Enum { values } => values
                .iter()
                .for_each(|value| check(format!("{}.{}", ty.name, value.name), &value.description)),
            TypeKind::Scalar { .. } | TypeKind::Union { .. } => {}
        }
    }
    assert_eq!(undocumented, Vec::<String>::new());
}

#[test]
fn what_cannot_be_derived_is_told() {
    let cases = [
        (
            "type Query { a: CoverConnection }\ntype Cover { a: Int }",
            "line 1: type `CoverConnection` in `Query.a` is not defined",
        ),
        (
            "type Query { a(filter: NobodyFilter): Int }",
            "line 1: type `NobodyFilter` in `Query.a` filter is not defined",
        ),
        (
            "type Query { a: AAggregate }\ntype A implements Node {\n id: ID!\n count: Int }",
            "line 4: `A.count` has the name of a field that `AAggregate` has of its own",
        ),
        (
            "type Query { a(f: AFilter): Int }\ntype A implements Node {\n id: ID!\n or: Int }",
            "line 4: `A.or` has the name of a field that `AFilter` has of its own",
        ),
        (
            "type Query { a: A }\ntype A implements Node { a: Int }",
            "line 2: `A` implements `Node` and lacks its field `id: ID!`",
        ),
    ];
    for (sdl, expected) in cases {
        let found = mistakes(derive::complete(sdl)).join("\n");
        assert!(found.contains(expected), "{found}");
    }
}
