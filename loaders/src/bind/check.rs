//! Promises that only the whole bound contract can show: default orders that an index serves,
//! policies whose relations exist, and non-null fields that no policy can break.

use async_graphql::Value;

use super::fields::place;
use super::model::{Entity, EntityField, ListForm, Model, RootField};
use crate::catalog::Catalog;
use crate::contract::{Contract, FieldDef};

/// One term of an order: field, descending, NULLs first.
type OrderTerm = (String, bool, bool);

/// What an index must offer: columns in order, each with its direction.
struct IndexNeed {
    equal: Option<String>,
    order: Vec<(String, bool, bool)>,
}

/// Reads a list of `{field: DIRECTION}` as the contract's order inputs write it.
///
/// NULLs come last ascending and first descending unless the direction says otherwise.
fn order_terms(value: &Value) -> Option<Vec<OrderTerm>> {
    let items = match value {
        Value::List(items) => items.as_slice(),
        single @ Value::Object(_) => std::slice::from_ref(single),
        _ => return None,
    };
    items
        .iter()
        .map(|item| match item {
            Value::Object(fields) if fields.len() == 1 => {
                let (field, direction) = fields.iter().next()?;
                let direction = match direction {
                    Value::Enum(name) => name.as_str(),
                    Value::String(name) => name.as_str(),
                    _ => return None,
                };
                let (descending, nulls_first) = match direction {
                    "ASC" => (false, false),
                    "DESC" => (true, true),
                    "ASC_NULLS_FIRST" => (false, true),
                    "DESC_NULLS_LAST" => (true, false),
                    _ => return None,
                };
                Some((field.to_string(), descending, nulls_first))
            }
            _ => None,
        })
        .collect()
}

/// Whether following policies from an entity comes upon one that was met before.
fn returns<'a>(model: &'a Model, entity: &'a Entity, met: &mut Vec<&'a str>) -> bool {
    entity.policy.through.iter().any(|through| {
        let Some(EntityField::ToOne(relation)) = entity.fields.get(*through) else { return false };
        let next = &model.entities[relation.target];
        if met.contains(&next.type_name.as_str()) {
            return true;
        }
        met.push(&next.type_name);
        let found = returns(model, next, met);
        met.pop();
        found
    })
}

pub(super) fn promises(
    contract: &Contract,
    model: &Model,
    catalog: &Catalog,
    mistakes: &mut Vec<String>,
) {
    for entity in &model.entities {
        for through in entity.policy.through {
            if !matches!(entity.fields.get(*through), Some(EntityField::ToOne(_))) {
                mistakes.push(format!("the policy of `{}` goes through `{through}`, which is not a to-one field of it", entity.type_name));
            }
        }
        if returns(model, entity, &mut vec![entity.type_name.as_str()]) {
            mistakes.push(format!(
                "the policy of `{}` goes through relations that lead back to it: state it by a condition",
                entity.type_name
            ));
        }
        for field in contract.fields(&entity.type_name) {
            if field.permission().is_some() && !field.ty.nullable {
                mistakes.push(place(&entity.type_name, field, WITHHELD));
            }
            match entity.fields.get(&field.name) {
                Some(EntityField::ToOne(relation)) if !field.ty.nullable => {
                    let guarded = entity.policy.through.contains(&field.name.as_str())
                        || model.entities[relation.target].policy.is_everyone();
                    if relation.from_nullable || !guarded {
                        mistakes.push(place(
                            &entity.type_name,
                            field,
                            "non-null is a promise that policy can break: make it nullable, or make the policy go through it over a NOT NULL column",
                        ));
                    }
                }
                Some(EntityField::ToMany(relation, form)) => {
                    let target = &model.entities[relation.target];
                    list(
                        &entity.type_name,
                        field,
                        *form,
                        target,
                        Some(relation.to_column.clone()),
                        catalog,
                        mistakes,
                    );
                }
                Some(EntityField::Resolver(resolver)) => {
                    for need in resolver.needs().iter().filter(|need| entity.column(need).is_none())
                    {
                        mistakes.push(place(
                            &entity.type_name,
                            field,
                            &format!(
                                "its resolver needs `{need}`, which is not a column of `{}`",
                                entity.type_name
                            ),
                        ));
                    }
                }
                _ => {}
            }
        }
    }
    permissions(contract, model, mistakes);
    for field in contract.fields(&contract.query) {
        if let Some(RootField::List(target, form)) = model.query.get(&field.name) {
            list(&contract.query, field, *form, &model.entities[*target], None, catalog, mistakes);
        }
    }
}

/// Why a field that needs a permission must be nullable.
const WITHHELD: &str = "non-null is a promise that `@requires` breaks: make it nullable";

/// A permission is asked of at the roots and on rows; nobody would ask for it elsewhere.
fn permissions(contract: &Contract, model: &Model, mistakes: &mut Vec<String>) {
    for ty in contract.types.values().filter(|ty| !model.by_type.contains_key(&ty.name)) {
        let root = ty.name == contract.query || Some(&ty.name) == contract.mutation.as_ref();
        for field in contract.fields(&ty.name).iter().filter(|field| field.permission().is_some()) {
            if !root {
                let reason = "`@requires` stands on a root or on a type with a table, nowhere else";
                mistakes.push(place(&ty.name, field, reason));
            } else if !field.ty.nullable {
                mistakes.push(place(&ty.name, field, WITHHELD));
            }
        }
    }
}

fn list(
    type_name: &str,
    field: &FieldDef,
    form: ListForm,
    target: &Entity,
    equal: Option<String>,
    catalog: &Catalog,
    mistakes: &mut Vec<String>,
) {
    let argument = |name: &str| field.arguments.iter().find(|argument| argument.name == name);
    for needs_location in ["near", "within"] {
        if argument(needs_location).is_some() && target.location.is_none() {
            mistakes.push(place(
                type_name,
                field,
                &format!(
                    "has `{needs_location}`, but {} has no geography column `location`",
                    target.table
                ),
            ));
        }
    }
    let bound = argument("first").and_then(|first| first.default.as_ref());
    if form == ListForm::Plain && !matches!(bound, Some(Value::Number(_))) {
        mistakes.push(place(
            type_name,
            field,
            "a plain list states its bound: give it the argument `first: Int! = <bound>`",
        ));
    }
    let Some(terms) =
        argument("orderBy").and_then(|order| order.default.as_ref()).and_then(order_terms)
    else {
        mistakes.push(place(
            type_name,
            field,
            "has no default order: give it `orderBy: […] = [{field: ASC}]`",
        ));
        return;
    };
    let mut need = IndexNeed { equal, order: Vec::new() };
    for (name, descending, nulls_first) in terms {
        match target.column(&name) {
            Some(column) => need.order.push((column.name.clone(), descending, nulls_first)),
            None => {
                mistakes.push(place(
                    type_name,
                    field,
                    &format!(
                        "its default order names `{name}`, which is not a column of `{}`",
                        target.type_name
                    ),
                ));
                return;
            }
        }
    }
    if !need.is_served(target, catalog) {
        mistakes.push(place(
            type_name,
            field,
            &format!(
                "no index serves its default order: create one on {} {}",
                target.table,
                need.describe()
            ),
        ));
    }
}

impl IndexNeed {
    /// Some index begins with the equal column, then the order, all directions as asked or all
    /// turned round. A partial index counts: it serves the viewers whose policy implies it.
    fn is_served(&self, target: &Entity, catalog: &Catalog) -> bool {
        let table = target.table.trim_matches('"');
        catalog.tables.get(table).is_some_and(|table| {
            table.indexes.iter().any(|index| {
                let mut columns = index.columns.iter().map(|(name, descending, nulls)| {
                    (super::fields::quoted(name), *descending, *nulls)
                });
                if let Some(equal) = &self.equal
                    && columns.next().is_none_or(|(name, ..)| name != *equal)
                {
                    return false;
                }
                let have: Vec<_> = columns.collect();
                let along = |turn: bool| {
                    have.len() >= self.order.len()
                        && self.order.iter().zip(&have).all(|(want, have)| {
                            want.0 == have.0
                                && (want.1 ^ turn) == have.1
                                && (want.2 ^ turn) == have.2
                        })
                };
                along(false) || along(true)
            })
        })
    }

    fn describe(&self) -> String {
        let order = self.order.iter().map(|(name, descending, _)| {
            format!("{name}{}", if *descending { " DESC" } else { "" })
        });
        format!("({})", self.equal.iter().cloned().chain(order).collect::<Vec<_>>().join(", "))
    }
}
