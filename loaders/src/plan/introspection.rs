//! How many fields an introspection would answer, counted before async-graphql answers it: that
//! cannot be interrupted, and a few aliases ask for as much as the whole contract many times.

use async_graphql::parser::types::{BaseType, SelectionSet, Type};

use super::Context;
use crate::contract::{Contract, FieldDef, InputDef, TypeKind};

/// A selected field of the schema, and what is selected below it.
struct Wanted<'a> {
    name: &'a str,
    below: Vec<Wanted<'a>>,
}

impl<'a> Context<'a> {
    /// The fields that `__schema` or `__type` would answer, or one more than the maximum.
    pub(crate) fn introspected(&self, sets: &[&'a SelectionSet], root: &str, maximum: u64) -> u64 {
        let of = if root == "__schema" { "__Schema" } else { "__Type" };
        let wanted = self.wanted(sets, of);
        let mut count = Count { contract: self.contract, fields: 0, maximum };
        if root == "__schema" {
            count.schema(&wanted);
        } else {
            // Which one may be in a variable: as many as the largest.
            count.fields = self.contract.types.keys().fold(0, |most, name| {
                let mut one = Count { contract: self.contract, fields: 0, maximum };
                one.named(&wanted, name);
                most.max(one.fields)
            });
        }
        count.fields
    }

    fn wanted(&self, sets: &[&'a SelectionSet], of: &str) -> Vec<Wanted<'a>> {
        let field = |selected: super::select::Selected<'a>| {
            let name = selected.field.node.name.node.as_str();
            let below = match name {
                "fields" => "__Field",
                "args" | "inputFields" => "__InputValue",
                "enumValues" => "__EnumValue",
                "directives" => "__Directive",
                _ => "__Type",
            };
            Wanted { name, below: self.wanted(&selected.sets, below) }
        };
        self.selected(sets, of).into_iter().map(field).collect()
    }
}

struct Count<'a> {
    contract: &'a Contract,
    fields: u64,
    maximum: u64,
}

impl<'a> Count<'a> {
    fn is_full(&self) -> bool {
        self.fields > self.maximum
    }

    /// Counts the fields of one object; `below` follows each.
    fn each(&mut self, wanted: &[Wanted<'_>], mut below: impl FnMut(&mut Self, &Wanted<'_>)) {
        for field in wanted {
            if self.is_full() {
                return;
            }
            self.fields += 1;
            below(self, field);
        }
    }

    fn schema(&mut self, wanted: &[Wanted<'_>]) {
        let contract = self.contract;
        self.each(wanted, |count, field| match field.name {
            "types" => contract.types.keys().for_each(|name| count.named(&field.below, name)),
            "queryType" => count.named(&field.below, &contract.query),
            "mutationType" => {
                contract.mutation.iter().for_each(|name| count.named(&field.below, name));
            }
            "subscriptionType" => {
                contract.subscription.iter().for_each(|name| count.named(&field.below, name));
            }
            "directives" => contract.directives.values().for_each(|directive| {
                count.each(&field.below, |count, field| {
                    count.inputs(&field.below, &directive.arguments);
                });
            }),
            _ => {}
        });
    }

    fn named(&mut self, wanted: &[Wanted<'_>], name: &str) {
        let contract = self.contract;
        let kind = contract.get(name).map(|ty| &ty.kind);
        self.each(wanted, |count, field| match (field.name, kind) {
            ("fields", _) => count.fields(&field.below, contract.fields(name)),
            ("inputFields", Some(TypeKind::Input { fields, .. })) => {
                count.inputs(&field.below, fields);
            }
            ("enumValues", Some(TypeKind::Enum { values })) => {
                values.iter().for_each(|_| count.each(&field.below, |_, _| {}));
            }
            (
                "interfaces",
                Some(TypeKind::Object { implements, .. } | TypeKind::Interface { implements, .. }),
            ) => implements.iter().for_each(|name| count.named(&field.below, name)),
            ("possibleTypes", Some(TypeKind::Interface { .. } | TypeKind::Union { .. })) => {
                let possible = contract.possible_types(name);
                possible.iter().for_each(|name| count.named(&field.below, name));
            }
            _ => {}
        });
    }

    fn fields(&mut self, wanted: &[Wanted<'_>], fields: &'a [FieldDef]) {
        for def in fields {
            self.each(wanted, |count, field| match field.name {
                "type" => count.wrapped(&field.below, &def.ty, false),
                "args" => count.inputs(&field.below, &def.arguments),
                _ => {}
            });
        }
    }

    fn inputs(&mut self, wanted: &[Wanted<'_>], inputs: &'a [InputDef]) {
        for def in inputs {
            self.each(wanted, |count, field| {
                if field.name == "type" {
                    count.wrapped(&field.below, &def.ty, false);
                }
            });
        }
    }

    /// A type as it is written; `opened`: without the `!` at its end.
    fn wrapped(&mut self, wanted: &[Wanted<'_>], ty: &'a Type, opened: bool) {
        let (inner, inner_opened) = match &ty.base {
            _ if !ty.nullable && !opened => (ty, true),
            BaseType::List(inner) => (&**inner, false),
            BaseType::Named(name) => return self.named(wanted, name),
        };
        self.each(wanted, |count, field| {
            if field.name == "ofType" {
                count.wrapped(&field.below, inner, inner_opened);
            }
        });
    }
}
