//! The naive evaluator: walks the operation depth first, one row and one field after the other,
//! over rows in memory. It shares with the engine the parsed document and the coercion of
//! arguments, and nothing else.

use std::collections::HashMap;

use async_graphql::parser::types::{
    DocumentOperations, ExecutableDocument, Field, FragmentDefinition, Selection, SelectionSet,
};
use async_graphql::{Name, Positioned, Value, Variables};
use async_graphql_value::Value as Literal;
use loaders::Viewer;
use loaders::contract::{Contract, InputDef, Shape, base_name, coerce};
use loaders::scalar::type_id;
use serde_json::{Map, Value as Json, json};
use uuid::Uuid;

use super::filter::{id_text, items};
use super::values::text;
use super::world::{Row, TABLES, World, uuid};

/// Answers operations from rows in memory.
pub(crate) struct Oracle<'a> {
    pub(crate) contract: &'a Contract,
    pub(crate) world: &'a World,
    pub(crate) viewer: &'a Viewer,
    /// Which row each cursor that was given out belongs to.
    pub(crate) cursors: &'a HashMap<String, Uuid>,
    pub(crate) page_size_default: usize,
    fragments: HashMap<Name, Positioned<FragmentDefinition>>,
    variables: Vec<(Name, Value)>,
}

/// A selected field with all selection sets under its response key.
pub(crate) struct Chosen<'q> {
    pub(crate) key: &'q str,
    pub(crate) field: &'q Field,
    pub(crate) sets: Vec<&'q SelectionSet>,
}

/// The data of the answer to a document with one operation.
pub(crate) fn answer(
    contract: &Contract,
    world: &World,
    viewer: &Viewer,
    cursors: &HashMap<String, Uuid>,
    page_size_default: usize,
    (query, variables): (&str, &Json),
) -> Json {
    let ExecutableDocument { operations, fragments } = async_graphql::parser::parse_query(query)
        .unwrap_or_else(|error| panic!("{error}: {query}"));
    let operation = match operations {
        DocumentOperations::Single(operation) => operation.node,
        DocumentOperations::Multiple(operations) => {
            operations.into_values().next().expect("an operation").node
        }
    };
    let variables = coerce::coerce_variables(
        contract,
        &operation.variable_definitions,
        &Variables::from_json(variables.clone()),
    )
    .unwrap_or_else(|error| panic!("{error}: {query}"));
    let oracle =
        Oracle { contract, world, viewer, cursors, page_size_default, fragments, variables };
    let roots = oracle.chosen(&[&operation.selection_set.node], &contract.query);
    roots.iter().map(|root| (root.key.to_string(), oracle.root(root))).collect::<Map<_, _>>().into()
}

impl Oracle<'_> {
    fn root(&self, root: &Chosen<'_>) -> Json {
        let name = root.field.name.node.as_str();
        let Some(def) = self.contract.field("Query", name) else { return "Query".into() };
        let arguments = self.arguments("Query", root.field);
        match name {
            "node" | "book" | "shop" => self.by_id(&arguments["id"], root),
            "nodes" => items(&arguments["ids"]).map(|id| self.by_id(id, root)).collect(),
            "search" => {
                let Value::String(searched) = &arguments["text"] else { panic!("a text") };
                let hits = |type_name: &'static str, column: &str| {
                    let found = |row: &&Row| {
                        text(&row[column]).contains(searched.as_str()) && self.sees(type_name, row)
                    };
                    let rows =
                        sorted_by_id(self.world.of(type_name).iter().filter(found).collect());
                    rows.into_iter()
                        .map(|row| self.object(type_name, row, &root.sets))
                        .collect::<Vec<_>>()
                };
                [hits("Author", "name"), hits("Book", "title")].concat().into()
            }
            _ => {
                let element = base_name(&def.ty).trim_end_matches("Connection");
                let (type_name, _) = TABLES
                    .iter()
                    .find(|(type_name, _)| *type_name == element)
                    .expect("a list of an entity");
                let rows = self
                    .world
                    .of(type_name)
                    .iter()
                    .filter(|row| self.sees(type_name, row))
                    .collect();
                self.list(type_name, rows, def, &arguments, root)
            }
        }
    }

    fn by_id(&self, id: &Value, chosen: &Chosen<'_>) -> Json {
        let Value::String(id) = id else { panic!("{id} is no id") };
        let (prefix, id) = type_id::decode(id).expect("an id");
        let (type_name, _) = TABLES
            .iter()
            .find(|(type_name, _)| type_name.eq_ignore_ascii_case(prefix))
            .expect("a type");
        let row = self.world.find(type_name, id).filter(|row| self.sees(type_name, row));
        row.map_or(Json::Null, |row| self.object(type_name, row, &chosen.sets))
    }

    /// The selected fields of a row.
    pub(crate) fn object(&self, type_name: &str, row: &Row, sets: &[&SelectionSet]) -> Json {
        let field =
            |chosen: &Chosen<'_>| (chosen.key.to_string(), self.field(type_name, row, chosen));
        self.chosen(sets, type_name).iter().map(field).collect::<Map<_, _>>().into()
    }

    fn field(&self, type_name: &str, row: &Row, chosen: &Chosen<'_>) -> Json {
        let name = chosen.field.name.node.as_str();
        let Some(def) = self.contract.field(type_name, name) else { return type_name.into() };
        let arguments = self.arguments(type_name, chosen.field);
        let object_of = |target: &str, found: Option<&Row>| {
            found
                .filter(|row| self.sees(target, row))
                .map_or(Json::Null, |row| self.object(target, row, &chosen.sets))
        };
        let author = || uuid(row, "author_id").and_then(|id| self.world.find("Author", id));
        match (type_name, name) {
            ("Author", "firstBook") => {
                let theirs = self
                    .world
                    .of("Book")
                    .iter()
                    .filter(|book| book["author_id"] == row["id"])
                    .collect();
                object_of("Book", sorted_by_id(theirs).first().copied())
            }
            ("Book", "cents") => match &row["price"] {
                Json::String(price) => price.replace('.', "").parse::<i64>().expect("cents").into(),
                _ => Json::Null,
            },
            ("Book", "similar") => {
                let similar = |book: &&Row| {
                    book["genre_id"] == row["genre_id"]
                        && book["id"] != row["id"]
                        && self.sees("Book", book)
                };
                let rows = sorted_by_id(self.world.of("Book").iter().filter(similar).collect());
                rows.into_iter()
                    .take(whole(&arguments["first"]))
                    .map(|book| self.object("Book", book, &chosen.sets))
                    .collect()
            }
            ("Book", "blurb") => {
                let (Json::String(title), Json::String(subtitle)) =
                    (&row["title"], &row["subtitle"])
                else {
                    return Json::Null;
                };
                let title = if arguments["shout"] == Value::Boolean(true) {
                    title.to_ascii_uppercase()
                } else {
                    title.clone()
                };
                let field = |inner: &Chosen<'_>| {
                    let value = match inner.field.name.node.as_str() {
                        "text" => json!(title),
                        "lines" => json!([title, subtitle]),
                        "author" => author()
                            .filter(|row| self.sees("Author", row))
                            .map_or(Json::Null, |row| self.object("Author", row, &inner.sets)),
                        _ => "Blurb".into(),
                    };
                    (inner.key.to_string(), value)
                };
                self.chosen(&chosen.sets, "Blurb").iter().map(field).collect::<Map<_, _>>().into()
            }
            _ => match self.contract.shape(def) {
                Shape::ToOne(_) => {
                    let (target, rows) = self.related(type_name, row, name);
                    object_of(target, rows.first().copied())
                }
                Shape::Connection(_) | Shape::List(_) => {
                    let (target, rows) = self.related(type_name, row, name);
                    self.list(target, rows, def, &arguments, chosen)
                }
                _ => self.column(type_name, row, name),
            },
        }
    }

    /// A field's arguments, each that was given or has a default.
    pub(crate) fn arguments(&self, type_name: &str, field: &Field) -> HashMap<String, Value> {
        let def = self.contract.field(type_name, &field.name.node).expect("a field");
        let argument = |argument: &InputDef| {
            let given =
                field.get_argument(&argument.name).and_then(|value| self.substituted(&value.node));
            let value = given.or_else(|| argument.default.clone())?;
            let value = coerce::coerce(self.contract, &argument.ty, &value, &argument.name)
                .unwrap_or_else(|error| panic!("{error}"));
            Some((argument.name.clone(), value))
        };
        def.arguments.iter().filter_map(argument).collect()
    }

    /// A literal with the variables' values in it; what was left out is not there.
    fn substituted(&self, literal: &Literal) -> Option<Value> {
        Some(match literal {
            Literal::Variable(name) => {
                self.variables.iter().find(|(variable, _)| variable == name)?.1.clone()
            }
            Literal::List(items) => Value::List(
                items.iter().map(|item| self.substituted(item).unwrap_or_default()).collect(),
            ),
            Literal::Object(fields) => Value::Object(
                fields
                    .iter()
                    .filter_map(|(name, value)| Some((name.clone(), self.substituted(value)?)))
                    .collect(),
            ),
            constant => constant.clone().into_const()?,
        })
    }

    /// Whether an argument is a variable that was not given.
    pub(crate) fn is_left_out(&self, chosen: &Chosen<'_>, argument: &str) -> bool {
        match chosen.field.get_argument(argument).map(|value| &value.node) {
            Some(Literal::Variable(name)) => {
                !self.variables.iter().any(|(variable, _)| variable == name)
            }
            _ => false,
        }
    }

    /// The fields selected of a type, in the order in which their keys first come up.
    pub(crate) fn chosen<'q>(
        &'q self,
        sets: &[&'q SelectionSet],
        type_name: &str,
    ) -> Vec<Chosen<'q>> {
        let mut chosen: Vec<Chosen<'q>> = Vec::new();
        let mut waiting: Vec<&'q Selection> =
            sets.iter().flat_map(|set| &set.items).map(|item| &item.node).rev().collect();
        while let Some(selection) = waiting.pop() {
            if !self.wanted(selection) {
                continue;
            }
            let (condition, set) = match selection {
                Selection::Field(field) => {
                    let key = field.node.response_key().node.as_str();
                    let set = &field.node.selection_set.node;
                    match chosen.iter_mut().find(|have| have.key == key) {
                        Some(have) => have.sets.push(set),
                        None => chosen.push(Chosen { key, field: &field.node, sets: vec![set] }),
                    }
                    continue;
                }
                Selection::FragmentSpread(spread) => {
                    let fragment = &self.fragments[&spread.node.fragment_name.node].node;
                    (
                        Some(fragment.type_condition.node.on.node.as_str()),
                        &fragment.selection_set.node,
                    )
                }
                Selection::InlineFragment(inline) => (
                    inline.node.type_condition.as_ref().map(|on| on.node.on.node.as_str()),
                    &inline.node.selection_set.node,
                ),
            };
            if condition.is_none_or(|on| {
                on == type_name || self.contract.possible_types(on).contains(&type_name)
            }) {
                waiting.extend(set.items.iter().map(|item| &item.node).rev());
            }
        }
        chosen
    }

    fn wanted(&self, selection: &Selection) -> bool {
        let directives = match selection {
            Selection::Field(field) => &field.node.directives,
            Selection::FragmentSpread(spread) => &spread.node.directives,
            Selection::InlineFragment(inline) => &inline.node.directives,
        };
        directives.iter().all(|directive| {
            let condition = match directive.node.get_argument("if").map(|value| &value.node) {
                Some(Literal::Variable(name)) => self
                    .variables
                    .iter()
                    .find(|(variable, _)| variable == name)
                    .map(|(_, value)| value.clone()),
                Some(literal) => literal.clone().into_const(),
                None => None,
            };
            condition == Some(Value::Boolean(directive.node.name.node == "include"))
        })
    }
}

/// A number that counts something.
pub(crate) fn whole(value: &Value) -> usize {
    let Value::Number(number) = value else { panic!("{value} is no number") };
    number
        .as_u64()
        .and_then(|number| usize::try_from(number).ok())
        .unwrap_or_else(|| panic!("{number} counts nothing"))
}

fn sorted_by_id(mut rows: Vec<&Row>) -> Vec<&Row> {
    rows.sort_by_key(|row| uuid(row, "id"));
    rows
}

/// The mark of a cursor in the oracle's answers: which row, in which order. What its text is, is
/// for the engine to choose.
pub(crate) fn cursor_mark(order: &str, type_name: &str, row: &Row) -> Json {
    format!("\u{e000}{order}\u{e000}{}", id_text(type_name, row)).into()
}
