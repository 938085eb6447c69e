//! Binds each field by its name: a column, else a relation, else a registered resolver.

use std::collections::HashMap;

use async_graphql::parser::types::{BaseType, Type};

use super::check;
use super::model::{Column, Entity, EntityField, ListForm, Model, Relation, RootField};
use super::record;
use crate::catalog::{Catalog, Table, TableColumn};
use crate::contract::{Contract, FieldDef, TypeKind, base_name};
use crate::error::BindError;
use crate::mutation::Constraints;
use crate::registry::{EntityBinding, Registry, snake_case};
use crate::scalar::type_id::is_prefix;
use crate::scalar::{Kind, Prefix};

/// Binds the whole contract.
///
/// # Errors
/// Every field that cannot be bound and every promise that cannot be kept, each with its place.
pub(crate) fn bind(
    contract: &Contract,
    mut registry: Registry,
    catalog: &Catalog,
) -> Result<Model, BindError> {
    let mut mistakes = registry.mistakes.clone();
    let by_type: HashMap<String, usize> = registry
        .entities
        .iter()
        .enumerate()
        .map(|(index, bound)| (bound.type_name.to_string(), index))
        .collect();
    let mut binder = Binder {
        contract,
        registry: &registry,
        catalog,
        by_type: &by_type,
        mistakes: &mut mistakes,
    };
    binder.types();
    let mut entities: Vec<Entity> =
        registry.entities.iter().map(|bound| binder.entity(bound)).collect();
    let query = binder.query();
    binder.resolvers();
    let by_prefix =
        entities.iter().enumerate().map(|(index, entity)| (entity.prefix, index)).collect();
    record::settable(&registry, catalog, &mut entities);
    for (name, mutation) in
        record::mutations(contract, &registry, catalog, &entities, &mut mistakes)
    {
        // As in the contract, what is written by hand stands for what would follow from it.
        registry.mutations.entry(name).or_insert(mutation);
    }
    let mutations = super::mutations::bind(contract, &registry, &mut mistakes);
    let constraints = Constraints::new(catalog, &registry.constraints, &mut mistakes);
    let resolvers = registry
        .resolvers
        .iter()
        .filter(|((ty, _), _)| !by_type.contains_key(ty) && *ty != contract.query)
        .map(|(name, resolver)| (name.clone(), resolver.clone()))
        .collect();
    let model = Model { entities, by_type, by_prefix, query, resolvers, mutations, constraints };
    check::promises(contract, &model, catalog, &mut mistakes);
    if mistakes.is_empty() { Ok(model) } else { Err(BindError(mistakes)) }
}

struct Binder<'a> {
    contract: &'a Contract,
    registry: &'a Registry,
    catalog: &'a Catalog,
    by_type: &'a HashMap<String, usize>,
    mistakes: &'a mut Vec<String>,
}

impl Binder<'_> {
    /// Types and entities answer each other one to one.
    fn types(&mut self) {
        for ty in self.contract.types.values() {
            if let TypeKind::Object { implements, .. } = &ty.kind
                && implements.iter().any(|interface| interface == "Node")
                && !self.by_type.contains_key(&ty.name)
            {
                self.mistakes.push(format!(
                    "line {}: type `{}` has no policy: bind its entity together with one",
                    ty.line, ty.name
                ));
            }
        }
        for bound in &self.registry.entities {
            if self.contract.fields(bound.type_name).is_empty() {
                self.mistakes.push(format!(
                    "entity `{}` is bound to type `{}`, which the contract does not have",
                    bound.table, bound.type_name
                ));
            }
        }
    }

    fn entity(&mut self, bound: &EntityBinding) -> Entity {
        let prefix: &'static str = Box::leak(snake_case(bound.type_name).into_boxed_str());
        if !is_prefix(prefix) {
            let line = self.contract.get(bound.type_name).map_or(0, |ty| ty.line);
            self.mistakes.push(format!(
                "line {line}: type `{}`: its ids would begin with `{prefix}`, but only letters and underscores can: give it another name",
                bound.type_name
            ));
        }
        let empty = Table::default();
        let table = self.catalog.tables.get(&bound.table).unwrap_or_else(|| {
            self.mistakes.push(format!(
                "type `{}`: the database has no table `{}`",
                bound.type_name, bound.table
            ));
            &empty
        });
        let mut fields = HashMap::new();
        for field in self.contract.fields(bound.type_name) {
            match self.entity_field(bound, table, prefix, field) {
                Ok(binding) => {
                    fields.insert(field.name.clone(), binding);
                }
                Err(reason) => self.mistakes.push(place(bound.type_name, field, &reason)),
            }
        }
        let geography = |names: &[&str]| {
            names
                .iter()
                .find(|name| {
                    table.columns.get(**name).is_some_and(|column| column.base_type == "geography")
                })
                .map(|name| quoted(name))
        };
        Entity {
            type_name: bound.type_name.to_string(),
            prefix,
            table: quoted(&bound.table),
            policy: bound.policy.clone(),
            fields,
            location: geography(&["location"]),
            boundary: geography(&["boundary"]),
            settable: HashMap::new(),
            soft_deletion: false,
        }
    }

    fn entity_field(
        &self,
        bound: &EntityBinding,
        table: &Table,
        prefix: &'static str,
        field: &FieldDef,
    ) -> Result<EntityField, String> {
        if let Some(resolver) =
            self.registry.resolvers.get(&(bound.type_name.to_string(), field.name.clone()))
        {
            return Ok(EntityField::Resolver(resolver.clone()));
        }
        let column_name = snake_case(&field.name);
        if bound.columns.contains(&column_name) {
            let live = table.columns.get(&column_name).ok_or_else(|| {
                format!("the entity has column `{column_name}`, the table does not")
            })?;
            return column_field(self.contract, &column_name, live, field, prefix)
                .map(EntityField::Column);
        }
        if let Some(relation) = bound.relations.iter().find(|relation| relation.field == field.name)
        {
            let target_name = element_type(self.contract, &field.ty);
            let target = *self
                .by_type
                .get(target_name)
                .ok_or_else(|| format!("its type `{target_name}` is not bound to an entity"))?;
            let target_table = &self.registry.entities[target].table;
            if *target_table != relation.to_table {
                return Err(format!(
                    "relation leads to table `{}`, but type `{target_name}` is table `{target_table}`",
                    relation.to_table
                ));
            }
            joins_on_uuid(table, &bound.table, &relation.from_column)?;
            if let Some(target) = self.catalog.tables.get(target_table) {
                joins_on_uuid(target, target_table, &relation.to_column)?;
            }
            let from_nullable =
                table.columns.get(&relation.from_column).is_none_or(|column| !column.not_null);
            let bound_relation = Relation {
                target,
                from_column: quoted(&relation.from_column),
                from_nullable,
                to_column: quoted(&relation.to_column),
            };
            return match (list_form(self.contract, &field.ty), relation.many) {
                (None, false) => Ok(EntityField::ToOne(bound_relation)),
                (Some(form), true) => Ok(EntityField::ToMany(bound_relation, form)),
                (None, true) => {
                    Err("the relation has many rows: make the field a connection or a list"
                        .to_string())
                }
                (Some(_), false) => {
                    Err("the relation has one row at most: the field cannot be a list".to_string())
                }
            };
        }
        Err(format!(
            "no column `{column_name}` and no relation `{}` in the entity of table `{}`, and no resolver is registered",
            field.name, bound.table
        ))
    }

    fn query(&mut self) -> HashMap<String, RootField> {
        let mut fields = HashMap::new();
        for field in self.contract.fields(&self.contract.query) {
            match self.root_field(field) {
                Some(binding) => {
                    fields.insert(field.name.clone(), binding);
                }
                None => self.mistakes.push(place(&self.contract.query, field, "neither `node`, a point read by `id`, a list of an entity nor a registered resolver")),
            }
        }
        fields
    }

    fn root_field(&self, field: &FieldDef) -> Option<RootField> {
        if let Some(resolver) =
            self.registry.resolvers.get(&(self.contract.query.clone(), field.name.clone()))
        {
            return Some(RootField::Resolver(resolver.clone()));
        }
        let target = element_type(self.contract, &field.ty);
        let argument = |name: &str| field.arguments.iter().any(|argument| argument.name == name);
        match (target, list_form(self.contract, &field.ty), self.by_type.get(target)) {
            ("Node", None, _) if argument("id") => Some(RootField::Node),
            ("Node", Some(ListForm::Plain), _) if argument("ids") => Some(RootField::Nodes),
            (_, None, Some(&entity)) if argument("id") => Some(RootField::Point(entity)),
            (_, Some(form), Some(&entity)) => Some(RootField::List(entity, form)),
            _ => None,
        }
    }

    /// A resolver for a field that the contract does not have is a mistake too.
    fn resolvers(&mut self) {
        for (type_name, field) in self.registry.resolvers.keys() {
            if self.contract.field(type_name, field).is_none() {
                self.mistakes.push(format!("a resolver is registered for `{type_name}.{field}`, which the contract does not have"));
            }
        }
    }
}

fn column_field(
    contract: &Contract,
    name: &str,
    live: &TableColumn,
    field: &FieldDef,
    prefix: &'static str,
) -> Result<Column, String> {
    let (scalar, list) = match &field.ty.base {
        BaseType::Named(name) => (name.as_str(), false),
        BaseType::List(inner) => (base_name(inner), true),
    };
    let is_enum = matches!(contract.get(scalar).map(|ty| &ty.kind), Some(TypeKind::Enum { .. }));
    let kind = match (scalar, live.base_type.as_str(), list) {
        ("ID", "uuid", false) if field.name == "id" => Kind::Id(Prefix(prefix)),
        ("ID", "uuid", false) => {
            return Err("only `id` is an ID; show another row through a relation".to_string());
        }
        ("Int", "smallint", false) => Kind::Int2,
        ("Int", "integer", false) => Kind::Int4,
        ("Float", "double precision", false) => Kind::Float8,
        ("Boolean", "boolean", false) => Kind::Boolean,
        ("Decimal", "numeric", false) => Kind::Numeric,
        ("Date", "date", false) => Kind::Date,
        ("DateTime", "timestamp with time zone", false) => Kind::Timestamp,
        ("JSON", "jsonb", false) => Kind::Json,
        ("GeoJSON", "geography", false) => Kind::Raw,
        ("String", "text" | "character varying", false) => Kind::Text,
        (_, "text", false) if is_enum => Kind::Text,
        ("String", "text[]", true) => Kind::TextArray,
        (_, "text[]", true) if is_enum => Kind::TextArray,
        (scalar, sql, _) => {
            return Err(format!(
                "column `{name}` is {sql}, which does not serve as {}{scalar}",
                if list { "a list of " } else { "" }
            ));
        }
    };
    if !field.ty.nullable && !live.not_null {
        return Err(format!("the field is non-null, but column `{name}` may be NULL"));
    }
    Ok(Column {
        name: quoted(name),
        kind,
        nullable: !live.not_null,
        geography: live.base_type == "geography",
    })
}

/// Rows are joined by their ids.
fn joins_on_uuid(table: &Table, name: &str, column: &str) -> Result<(), String> {
    match table.columns.get(column) {
        Some(live) if live.base_type == "uuid" => Ok(()),
        Some(live) => Err(format!(
            "its relation joins on column `{name}.{column}`, which is {} and not uuid",
            live.base_type
        )),
        None => Err(format!(
            "its relation joins on column `{name}.{column}`, which the database does not have"
        )),
    }
}

/// The entity's type name that a field leads to: of a list its items, of a connection its nodes.
fn element_type<'a>(contract: &'a Contract, ty: &'a Type) -> &'a str {
    let base = base_name(ty);
    match contract.field(base, "nodes") {
        Some(nodes) if base.ends_with("Connection") => base_name(&nodes.ty),
        _ => base,
    }
}

fn list_form(contract: &Contract, ty: &Type) -> Option<ListForm> {
    match &ty.base {
        BaseType::List(_) => Some(ListForm::Plain),
        BaseType::Named(name)
            if name.ends_with("Connection") && contract.field(name, "nodes").is_some() =>
        {
            Some(ListForm::Connection)
        }
        BaseType::Named(_) => None,
    }
}

pub(super) fn place(type_name: &str, field: &FieldDef, reason: &str) -> String {
    format!("line {}: field `{type_name}.{}`: {reason}", field.line, field.name)
}

/// A name as an SQL identifier.
pub(crate) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
