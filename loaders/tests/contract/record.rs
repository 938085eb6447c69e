//! The mutations that follow from `@writable`.

use loaders::UserErrorCode;
use loaders::contract::record::{Operation, RecordMutation};
use loaders::contract::{Contract, TypeKind, derive};

use crate::derive::printed;
use crate::{library, mistakes};

#[test]
fn a_record_gets_its_mutations_inputs_and_payloads() {
    let contract = library();
    let expected = [
        (
            "CreateBookInput",
            "input CreateBookInput {\n  title: String!\n  price: Decimal\n  weight: Float\n  publishedOn: Date\n  sold: Boolean\n  mood: Mood\n  feeling: Mood @deprecated(reason: \"use \\\"mood\\\"\")\n  tags: [String!]!\n  extra: JSON\n  authorId: ID!\n  shopId: ID\n}\n",
        ),
        ("CreateBooksInput", "input CreateBooksInput {\n  items: [CreateBookInput!]!\n}\n"),
        (
            "UpdateBookInput",
            "input UpdateBookInput {\n  id: ID!\n  expectedVersion: Int\n  price: Decimal\n  weight: Float\n  publishedOn: Date\n  sold: Boolean\n  mood: Mood\n  feeling: Mood @deprecated(reason: \"use \\\"mood\\\"\")\n  tags: [String!]\n  extra: JSON\n  authorId: ID\n  shopId: ID\n}\n",
        ),
        ("DeleteBookInput", "input DeleteBookInput {\n  id: ID!\n  expectedVersion: Int\n}\n"),
        (
            "CreateBookPayload",
            "type CreateBookPayload {\n  book: Book\n  errors: [UserError!]!\n  position: String\n}\n",
        ),
        (
            "CreateBooksPayload",
            "type CreateBooksPayload {\n  books: [Book!]\n  errors: [UserError!]!\n  position: String\n}\n",
        ),
        (
            "UpdateBookPayload",
            "type UpdateBookPayload {\n  book: Book\n  errors: [UserError!]!\n  position: String\n}\n",
        ),
        (
            "DeleteBookPayload",
            "type DeleteBookPayload {\n  deletedId: ID\n  errors: [UserError!]!\n  position: String\n}\n",
        ),
        ("CreateShopInput", "input CreateShopInput {\n  name: String!\n  location: GeoJSON\n}\n"),
        (
            "Mutation",
            "type Mutation {\n  rateBook(input: RateBookInput!): Book\n  createBook(\n    input: CreateBookInput!\n  ): CreateBookPayload\n  createBooks(\n    input: CreateBooksInput!\n  ): CreateBooksPayload\n  updateBook(\n    input: UpdateBookInput!\n  ): UpdateBookPayload\n  deleteBook(\n    input: DeleteBookInput!\n  ): DeleteBookPayload\n  createShop(\n    input: CreateShopInput!\n  ): CreateShopPayload\n}\n",
        ),
    ];
    for (name, text) in expected {
        let further = "  The price in euros. Without tax.\n\n  More about it.\n";
        assert_eq!(printed(&contract, name).replace(further, ""), text);
    }
    let mutations: Vec<_> =
        contract.record_mutations().map(|mutation| (mutation.name(), mutation.result())).collect();
    let expected = [
        ("createBook", "book"),
        ("createBooks", "books"),
        ("updateBook", "book"),
        ("deleteBook", "deletedId"),
        ("createShop", "shop"),
    ];
    assert_eq!(mutations, expected.map(|(name, result)| (name.to_string(), result.to_string())));
}

#[test]
fn documentation_is_the_fields_own() {
    let contract = library();
    let sdl = loaders::contract::print::contract(&contract);
    let input = sdl.split("input CreateBookInput").nth(1).expect("the input");
    let input = &input[..input.find("\n}").expect("its end")];
    for text in [
        "The price in euros. Without tax.\n\n  More about it.",
        "Who wrote it.",
        "Whether it is sold. The server has a value for it if you give none.",
    ] {
        assert!(input.contains(text), "{input}");
    }
}

#[test]
fn a_contract_without_a_mutation_root_gets_one() {
    let sdl = "type Query { a: A }\ntype A implements Node @writable(operations: [DELETE]) {\n id: ID!\n}";
    let complete = derive::complete(sdl).expect("complete");
    let contract = Contract::parse(&complete).expect("parses");
    assert_eq!(contract.mutation.as_deref(), Some("Mutation"));
    assert!(contract.field("Mutation", "deleteA").is_some());
    assert_eq!(derive::complete(&complete).expect("complete again"), complete);
    let named = format!("schema {{ query: Query mutation: Changes }}\n{sdl}");
    let contract = Contract::parse(&derive::complete(&named).expect("complete")).expect("parses");
    assert!(contract.field("Changes", "deleteA").is_some());
}

#[test]
fn what_authors_write_wins() {
    let sdl = "type Query { a: A }
        type A implements Node @writable(operations: [UPDATE]) { id: ID! b: Int }
        input UpdateAInput { id: ID! expectedVersion: Int c: Int }";
    let contract = Contract::parse(&derive::complete(sdl).expect("complete")).expect("parses");
    assert_eq!(
        printed(&contract, "UpdateAInput"),
        "input UpdateAInput {\n  id: ID!\n  expectedVersion: Int\n  c: Int\n}\n"
    );
}

#[test]
fn the_codes_of_mistakes_are_those_that_the_server_has() {
    let contract = library();
    let TypeKind::Enum { values } = &contract.get("UserErrorCode").expect("the codes").kind else {
        panic!("UserErrorCode is an enum");
    };
    let written: Vec<&str> = values.iter().map(|value| value.name.as_str()).collect();
    let codes: Vec<&str> = UserErrorCode::ALL.iter().map(|code| code.as_str()).collect();
    assert_eq!(written, codes);
}

#[test]
fn plurals_are_english() {
    let cases = [
        ("PropertyAmenity", "createPropertyAmenities"),
        ("Survey", "createSurveys"),
        ("Address", "createAddresses"),
        ("Box", "createBoxes"),
        ("Branch", "createBranches"),
        ("Dish", "createDishes"),
        ("MaintenanceRecord", "createMaintenanceRecords"),
    ];
    for (entity, name) in cases {
        assert_eq!(RecordMutation { entity, operation: Operation::CreateMany }.name(), name);
    }
}

#[test]
fn what_clashes_is_told() {
    let entity = |directive: &str, fields: &str| {
        format!(
            "type Query {{ a: A }}\ntype A implements Node {directive} {{\n id: ID!\n {fields} }}"
        )
    };
    let cases = [
        (
            format!(
                "{}\ntype Mutation {{ createA: Int }}",
                entity("@writable(operations: [CREATE])", "b: Int")
            ),
            "line 5: `Mutation.createA` follows from `@writable` on `A` (line 2) already: leave out one of the two",
        ),
        (
            "type Query { a: A }\ntype A @writable(operations: [CREATE]) { a: Int }".to_string(),
            "line 2: `A` is `@writable`, but only a type that implements `Node` can be",
        ),
        (
            entity("@writable(operations: [CREATE])", "bId: Int b: A"),
            "field `bId` of `CreateAInput` is written twice",
        ),
        (
            entity("@writable(operations: [UPDATE])", "expectedVersion: Int"),
            "field `expectedVersion` of `UpdateAInput` is written twice",
        ),
        (
            entity("@writable(operations: [CREATE])", "b: Int @readOnly"),
            "`CreateAInput` needs at least one field",
        ),
        (
            entity("@writable(operations: [PAINT])", "b: Int"),
            "line 2: `@writable(operations:)` on `A`[0]: expected a value of the enum WritableOperation, got PAINT",
        ),
        (entity("@writable", "b: Int"), "line 2: `@writable` on `A` needs `operations`"),
        (
            entity("@fixed", "b: Int"),
            "line 2: directive `@fixed` on `A` may stand `on FIELD_DEFINITION` only",
        ),
    ];
    for (sdl, expected) in cases {
        let found = mistakes(derive::complete(&sdl)).join("\n");
        assert!(found.contains(expected), "{sdl}\n{found}");
    }
}
