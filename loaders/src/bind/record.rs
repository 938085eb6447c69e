//! Binds what can be written of each entity, and the mutations that follow from `@writable`.

use std::collections::HashMap;
use std::sync::Arc;

use async_graphql::parser::types::BaseType;

use super::fields::{place, quoted};
use super::model::{Column, Entity, EntityField, Limits, Settable};
use crate::catalog::{Catalog, Table, TableColumn};
use crate::contract::record::{Operation, RecordMutation};
use crate::contract::{Contract, FieldDef, TypeKind};
use crate::mutation::{RecordWrite, SharedMutation};
use crate::registry::{EntityBinding, Registry};
use crate::scalar::{Kind, Prefix};

/// What the server alone fills: no input sets it.
const OWN: [&str; 4] = ["id", "version", "createdAt", "updatedAt"];

/// Finds what inputs can set of each entity, and whether its rows are hidden rather than removed.
pub(super) fn settable(registry: &Registry, catalog: &Catalog, entities: &mut [Entity]) {
    for (index, bound) in registry.entities.iter().enumerate() {
        let Some(table) = catalog.tables.get(&bound.table) else { continue };
        let fields = entities[index].fields.iter();
        let settable: HashMap<String, Settable> =
            fields.filter_map(|(name, field)| set_by(entities, table, name, field)).collect();
        entities[index].settable = settable;
        entities[index].soft_deletion = table.columns.contains_key("deleted_at");
    }
}

fn set_by(
    entities: &[Entity],
    table: &Table,
    name: &str,
    field: &EntityField,
) -> Option<(String, Settable)> {
    let (name, column, target) = match field {
        EntityField::Column(column) if !OWN.contains(&name) => {
            (name.to_string(), column.clone(), None)
        }
        EntityField::ToOne(relation) => {
            let column = Column {
                name: relation.from_column.clone(),
                kind: Kind::Id(Prefix(entities[relation.target].prefix)),
                nullable: relation.from_nullable,
                geography: false,
            };
            (format!("{name}Id"), column, Some(relation.target))
        }
        _ => return None,
    };
    let live = table.columns.iter().find(|(name, _)| quoted(name) == column.name)?.1;
    let has_default = live.has_default;
    let settable = Settable { column, target, has_default, limits: limits(live) };
    (!live.is_generated).then_some((name, settable))
}

/// What the declared type allows: `numeric(14,2)`, `geography(Point,4326)`.
fn limits(live: &TableColumn) -> Limits {
    let inside = live.declared.split_once('(').and_then(|(_, rest)| rest.strip_suffix(')'));
    let (first, second) = inside.and_then(|inside| inside.split_once(',')).unwrap_or_default();
    match (live.base_type.as_str(), first.parse::<usize>(), second.parse::<usize>()) {
        ("numeric", Ok(digits), Ok(places)) if digits >= places => {
            Limits::Digits { whole: digits - places, places }
        }
        ("geography", Err(_), _) if !first.is_empty() && first != "Geometry" => {
            Limits::Shape(first.to_string())
        }
        _ => Limits::None,
    }
}

/// The mutations of plain records, by name; what keeps one from being run is a mistake.
pub(super) fn mutations(
    contract: &Contract,
    registry: &Registry,
    catalog: &Catalog,
    entities: &[Entity],
    mistakes: &mut Vec<String>,
) -> Vec<(String, SharedMutation)> {
    let mut bound = Vec::new();
    for mutation in contract.record_mutations() {
        let entity = registry.entities.iter().position(|bound| bound.type_name == mutation.entity);
        let Some(index) = entity else { continue };
        let binding = &registry.entities[index];
        let Some(table) = catalog.tables.get(&binding.table) else { continue };
        let check =
            Check { contract, binding, table, entity: &entities[index], mutation: &mutation };
        for mistake in check.mistakes() {
            if !mistakes.contains(&mistake) {
                mistakes.push(mistake);
            }
        }
        let write = RecordWrite {
            operation: mutation.operation,
            type_name: binding.type_name,
            result: Box::leak(mutation.result().into_boxed_str()),
        };
        bound.push((mutation.name(), Arc::new(write) as SharedMutation));
    }
    bound
}

struct Check<'a> {
    contract: &'a Contract,
    binding: &'a EntityBinding,
    table: &'a Table,
    entity: &'a Entity,
    mutation: &'a RecordMutation<'a>,
}

impl Check<'_> {
    fn mistakes(&self) -> Vec<String> {
        let mut mistakes = Vec::new();
        let fields = self.contract.fields(self.mutation.entity);
        match self.mutation.operation {
            Operation::Create => {
                mistakes.extend(self.inputs().filter_map(|input| self.unbound(input)));
                mistakes.extend(fields.iter().filter_map(|field| self.without_default(field)));
                mistakes.extend(self.unset());
            }
            Operation::Update => {
                mistakes.extend(self.inputs().filter_map(|input| self.unbound(input)));
            }
            Operation::CreateMany | Operation::Delete => {}
        }
        let policy = &self.entity.policy;
        if policy.writers.is_none() && policy.through.is_empty() {
            mistakes.push(self.told("its policy lets nobody write: say who with `writers`, or let it go through a relation with `with`"));
        }
        if !self.table.columns.contains_key("version") {
            mistakes.push(
                self.told(&format!("its table `{}` has no column `version`", self.binding.table)),
            );
        }
        mistakes
    }

    /// The fields of the mutation's input that set something.
    fn inputs(&self) -> impl Iterator<Item = &str> {
        let fields = match self.contract.get(&self.mutation.input()).map(|ty| &ty.kind) {
            Some(TypeKind::Input { fields, .. }) => fields.as_slice(),
            _ => &[],
        };
        let names = fields.iter().map(|field| field.name.as_str());
        names.filter(|name| !matches!(*name, "id" | "expectedVersion"))
    }

    /// A field of the input that no column can take. One that could not be bound is told already.
    fn unbound(&self, input: &str) -> Option<String> {
        if self.entity.settable.contains_key(input) {
            return None;
        }
        match self.contract.field(self.mutation.entity, input) {
            Some(field) if self.entity.column(input).is_some() => Some(place(
                self.mutation.entity,
                field,
                "inputs would set it, but the database computes its column: mark it `@readOnly`",
            )),
            Some(_) => None,
            None => Some(self.told(&format!(
                "`{}.{input}` is neither a column nor, without `Id`, a relation to one row",
                self.mutation.input()
            ))),
        }
    }

    fn without_default(&self, field: &FieldDef) -> Option<String> {
        let name = match field.ty.base {
            BaseType::Named(_) if self.entity.settable.contains_key(&field.name) => {
                field.name.clone()
            }
            _ => format!("{}Id", field.name),
        };
        let settable = self.entity.settable.get(&name)?;
        (field.has_directive("defaulted") && !settable.has_default).then(|| {
            let column = &settable.column.name;
            place(
                self.mutation.entity,
                field,
                &format!("is `@defaulted`, but column {column} has no default"),
            )
        })
    }

    /// Columns that must be filled and that nothing fills.
    fn unset(&self) -> Vec<String> {
        let set: Vec<&str> = self
            .inputs()
            .filter_map(|input| self.entity.settable.get(input))
            .map(|settable| settable.column.name.as_str())
            .collect();
        let mut columns: Vec<_> = self.table.columns.iter().collect();
        columns.sort_by_key(|(name, _)| *name);
        let unset = columns.into_iter().filter(|(name, live)| {
            let filled = live.has_default || live.is_generated || *name == "id";
            live.not_null && !filled && !set.contains(&quoted(name).as_str())
        });
        let told = unset.map(|(name, _)| {
            self.told(&format!(
                "`{}` sets nothing for column `{}.{name}`, which is NOT NULL and has no default",
                self.mutation.input(),
                self.binding.table
            ))
        });
        told.collect()
    }

    fn told(&self, message: &str) -> String {
        let line = self.contract.get(self.mutation.entity).map_or(0, |ty| ty.line);
        format!("line {line}: `@writable` on `{}`: {message}", self.mutation.entity)
    }
}
