//! Operations made from the contract: fields, arguments and values that it has, so that most are
//! valid. Where the bytes end, the smallest choice is made, so every operation ends.

use arbitrary::Unstructured;
use async_graphql::parser::types::{BaseType, OperationType, Type};
use loaders::contract::Contract;
use loaders::contract::model::{FieldDef, InputDef, TypeKind, base_name};

/// Fields within fields, and input objects within input objects.
const LEVELS: usize = 5;

const INTS: &[&str] =
    &["1", "0", "2", "3", "10", "-1", "1000", "1001", "2147483647", "-2147483648"];
const FLOATS: &[&str] =
    &["0.0", "-83.603", "41.664", "1000", "1e-300", "-1e308", "180.0", "90.000001"];
const STRINGS: &[&str] = &[
    r#""BRICK""#,
    r#""""#,
    r#""a""#,
    r#""%_\\""#,
    r#""O'Brien; --""#,
    r#""\u0000""#,
    r#""\u00e9🏠""#,
    r#""\u202e\ufeff""#,
    r#""""block " text""""#,
    r#""$1""#,
];
const IDS: &[&str] = &[
    r#""property_01h2xcejqtf2nbrexx3vqjhp41""#,
    r#""user_01h2xcejqtf2nbrexx3vqjhp41""#,
    r#""listing_00000000000000000000000000""#,
    r#""property_7zzzzzzzzzzzzzzzzzzzzzzzzz""#,
    r#""""#,
    r#""nothing""#,
    "7",
];
const DECIMALS: &[&str] = &[
    r#""0""#,
    r#""250000""#,
    r#""-0.0001""#,
    r#""99999999999999999999.99""#,
    r#""1e5""#,
    r#""NaN""#,
    "12",
    "0.1",
    r#""0000000000000000000000000000000000000000000000000000000000000001""#,
];
const DATES: &[&str] = &[
    r#""1997-01-01""#,
    r#""2000-02-29""#,
    r#""9999-12-31""#,
    r#""0001-01-01""#,
    r#""2001-02-30""#,
];
const TIMES: &[&str] = &[
    r#""1997-01-01T00:00:00Z""#,
    r#""2026-11-23T10:00:00.123456+14:00""#,
    r#""9999-12-31T23:59:59.999999Z""#,
    r#""0001-01-01T00:00:00-12:00""#,
    r#""1997-01-01""#,
];
const PLACES: &[&str] = &[
    r#"{type: "Polygon", coordinates: [[[-84.0, 41.0], [-83.0, 41.0], [-83.0, 42.0], [-84.0, 41.0]]]}"#,
    r#"{type: "Point", coordinates: [-83.6, 41.7]}"#,
    r#"{type: "Polygon", coordinates: [[[0, 0], [1, 1], [0, 1], [1, 0], [0, 0]]]}"#,
    r#"{type: "Polygon", coordinates: []}"#,
];
const JSONS: &[&str] = &[r#"{a: [1, "two", null]}"#, "[]", "null", r#""text""#, "1e400"];

/// Writes one operation.
pub(crate) struct Generator<'a, 'b> {
    pub(crate) contract: &'a Contract,
    /// Ids of rows that there are.
    pub(crate) ids: &'a [String],
    pub(crate) choices: &'a mut Unstructured<'b>,
    pub(crate) out: String,
    /// How many aliases were given: each has a number, so that no two fields have one key.
    pub(crate) aliases: usize,
}

impl Generator<'_, '_> {
    /// A query, or sometimes a mutation.
    pub(crate) fn operation(&mut self) {
        let kind = if self.one_in(4) { OperationType::Mutation } else { OperationType::Query };
        let contract = self.contract;
        let Some(root) = contract.root(kind) else { return self.operation_on(&contract.query) };
        if kind == OperationType::Mutation {
            self.out.push_str("mutation ");
        }
        self.operation_on(root);
    }

    fn operation_on(&mut self, root: &str) {
        self.out.push_str("{ ");
        for _ in 0..=self.up_to(2) {
            if let Some(field) = self.pick(self.contract.fields(root)) {
                self.field(field, 0);
            }
        }
        self.out.push('}');
    }

    fn field(&mut self, field: &FieldDef, level: usize) {
        self.aliases += 1;
        self.out.push_str(&format!("a{}: {}", self.aliases, field.name));
        let given: Vec<&InputDef> = field
            .arguments
            .iter()
            .filter(|argument| argument.is_required() || self.one_in(4))
            .collect();
        if !given.is_empty() {
            self.out.push('(');
            given.into_iter().for_each(|argument| self.input(argument, 0));
            self.out.push(')');
        }
        self.selection(base_name(&field.ty), level + 1);
        self.out.push(' ');
    }

    fn selection(&mut self, type_name: &str, level: usize) {
        let contract = self.contract;
        let is_object =
            matches!(contract.get(type_name).map(|ty| &ty.kind), Some(TypeKind::Object { .. }));
        let possible = contract.possible_types(type_name);
        if possible.is_empty() {
            return;
        }
        self.out.push_str(" { __typename ");
        if !is_object
            && level < LEVELS
            && let Some(possible) = self.pick(&possible)
        {
            self.out.push_str(&format!("... on {possible}"));
            self.selection(possible, level);
        }
        for _ in 0..=self.up_to(3) {
            let Some(field) = self.pick(contract.fields(type_name)) else { break };
            let is_leaf = contract.possible_types(base_name(&field.ty)).is_empty();
            if is_leaf || level < LEVELS {
                self.field(field, level);
            }
        }
        self.out.push_str("} ");
    }

    fn input(&mut self, input: &InputDef, level: usize) {
        self.out.push_str(&format!("{}: ", input.name));
        self.value(&input.ty, level);
        self.out.push(' ');
    }

    fn value(&mut self, ty: &Type, level: usize) {
        if ty.nullable && self.one_in(30) {
            return self.out.push_str("null");
        }
        match &ty.base {
            BaseType::List(inner) => {
                self.out.push('[');
                for _ in 0..self.up_to(3) {
                    self.value(inner, level);
                    self.out.push(' ');
                }
                self.out.push(']');
            }
            BaseType::Named(name) => self.named(name, level),
        }
    }

    fn named(&mut self, name: &str, level: usize) {
        let contract = self.contract;
        match contract.get(name).map(|ty| &ty.kind) {
            Some(TypeKind::Enum { values }) => {
                let value = self.pick(values).map_or("", |value| &value.name);
                self.out.push_str(value);
            }
            Some(TypeKind::Input { fields, one_of }) => {
                self.out.push('{');
                if level < LEVELS {
                    let wanted = if *one_of { 0 } else { self.up_to(2) };
                    fields
                        .iter()
                        .filter(|field| field.is_required())
                        .for_each(|field| self.input(field, level + 1));
                    let optional: Vec<_> =
                        fields.iter().filter(|field| !field.is_required()).collect();
                    for _ in 0..=wanted {
                        if let Some(field) = self.pick(&optional) {
                            self.input(field, level + 1);
                        }
                    }
                }
                self.out.push('}');
            }
            _ => self.scalar(name),
        }
    }

    fn scalar(&mut self, name: &str) {
        if name == "ID" && !self.ids.is_empty() && !self.one_in(3) {
            let id = self.pick(self.ids).map(String::as_str).unwrap_or_default();
            return self.out.push_str(&format!("\"{id}\""));
        }
        let values = match name {
            "Int" => INTS,
            "Float" => FLOATS,
            "Boolean" => &["true", "false"],
            "ID" => IDS,
            "Decimal" => DECIMALS,
            "Date" => DATES,
            "DateTime" => TIMES,
            "GeoJSON" => PLACES,
            "JSON" => JSONS,
            _ => STRINGS,
        };
        let value = self.pick(values).copied().unwrap_or("null");
        self.out.push_str(value);
    }

    fn pick<'c, T>(&mut self, among: &'c [T]) -> Option<&'c T> {
        self.choices.choose(among).ok()
    }

    fn up_to(&mut self, most: usize) -> usize {
        self.choices.int_in_range(0..=most).unwrap_or_default()
    }

    fn one_in(&mut self, denominator: u8) -> bool {
        self.choices.ratio(1, denominator).unwrap_or_default()
    }
}
