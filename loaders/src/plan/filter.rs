//! Filters: a contract's filter input as an SQL condition, across relations.
//!
//! Comparisons are two-valued: with an absent value they are false, and `ne`, `notIn` and `not`
//! are the exact opposite of what they negate. A related row counts only if the viewer sees it,
//! so that no filter tells more than a read would.

use tokio_postgres::types::Type;

use super::input::{Input, Leaf, invalid};
use super::sql::{Parts, Policies, Seen};
use super::types::{Parameter, Pattern};
use crate::bind::{Column, EntityField, Relation};
use crate::error::RequestError;
use crate::scalar::Kind;

/// Which rows, of which entity, under which alias.
pub(crate) struct Filter<'a, 'p> {
    pub(crate) policies: Policies<'a>,
    pub(crate) parts: &'p mut Parts,
}

impl Filter<'_, '_> {
    /// The condition that a filter input states for the row aliased so.
    pub(crate) fn condition(
        &mut self,
        entity: usize,
        alias: &str,
        input: &Input,
        path: &str,
    ) -> Result<String, RequestError> {
        let Input::Object(fields) = input else { return Err(null(path)) };
        let mut conditions = Vec::with_capacity(fields.len());
        for (name, value) in fields {
            let path = format!("{path}.{name}");
            conditions.push(match name.as_str() {
                "and" => self.several(entity, alias, value, &path, " AND ", "TRUE")?,
                "or" => self.several(entity, alias, value, &path, " OR ", "FALSE")?,
                "not" => format!("({}) IS NOT TRUE", self.condition(entity, alias, value, &path)?),
                _ => self.field(entity, alias, name, value, &path)?,
            });
        }
        Ok(joined(&conditions, " AND ", "TRUE"))
    }

    fn several(
        &mut self,
        entity: usize,
        alias: &str,
        input: &Input,
        path: &str,
        with: &str,
        none: &str,
    ) -> Result<String, RequestError> {
        let Input::List(items) = input else { return Err(null(path)) };
        let mut conditions = Vec::with_capacity(items.len());
        for (index, item) in items.iter().enumerate() {
            conditions.push(self.condition(entity, alias, item, &format!("{path}[{index}]"))?);
        }
        Ok(joined(&conditions, with, none))
    }

    fn field(
        &mut self,
        entity: usize,
        alias: &str,
        name: &str,
        value: &Input,
        path: &str,
    ) -> Result<String, RequestError> {
        let model = self.policies.model;
        match model.entities[entity].fields.get(name) {
            Some(EntityField::Column(column)) => self.column(alias, column, value, path),
            Some(EntityField::ToOne(relation)) => {
                self.related((entity, relation), alias, value, false, path)
            }
            Some(EntityField::ToMany(relation, _)) => {
                let Input::Object(quantifiers) = value else { return Err(null(path)) };
                let mut conditions = Vec::with_capacity(quantifiers.len());
                for (quantifier, inner) in quantifiers {
                    let path = format!("{path}.{quantifier}");
                    conditions.push(match quantifier.as_str() {
                        "some" => self.related((entity, relation), alias, inner, false, &path)?,
                        "none" => format!(
                            "NOT {}",
                            self.related((entity, relation), alias, inner, false, &path)?
                        ),
                        _ => format!(
                            "NOT {}",
                            self.related((entity, relation), alias, inner, true, &path)?
                        ),
                    });
                }
                Ok(joined(&conditions, " AND ", "TRUE"))
            }
            _ => Err(invalid(path, "cannot be filtered by")),
        }
    }

    /// There is a related row that the viewer sees and that meets the filter, or, `failing`, one
    /// that does not meet it.
    fn related(
        &mut self,
        (source, relation): (usize, &Relation),
        alias: &str,
        inner: &Input,
        failing: bool,
        path: &str,
    ) -> Result<String, RequestError> {
        self.parts.search();
        let target = self.parts.alias();
        let mut conditions =
            vec![format!("{target}.{} = {alias}.{}", relation.to_column, relation.from_column)];
        // The row that the relation starts from is one the viewer sees, or its own policy drops
        // it: a policy that leads back over this relation need not ask again.
        let seen = Seen {
            arrival: Some((source, relation.to_column.as_str())),
            filter: if failing { None } else { Some(inner) },
        };
        conditions.extend(self.policies.conditions(relation.target, &target, seen, self.parts));
        let condition = self.condition(relation.target, &target, inner, path)?;
        conditions.push(if failing { format!("({condition}) IS NOT TRUE") } else { condition });
        let table = &self.policies.model.entities[relation.target].table;
        Ok(format!("EXISTS (SELECT 1 FROM {table} {target} WHERE {})", conditions.join(" AND ")))
    }

    fn column(
        &mut self,
        alias: &str,
        column: &Column,
        input: &Input,
        path: &str,
    ) -> Result<String, RequestError> {
        let Input::Object(operators) = input else { return Err(null(path)) };
        let side = format!("{alias}.{}", column.name);
        let mut conditions = Vec::with_capacity(operators.len());
        for (operator, value) in operators {
            let path = format!("{path}.{operator}");
            conditions.push(match (operator.as_str(), value) {
                ("isNull", Input::Leaf(Leaf::Constant(async_graphql::Value::Boolean(wanted)))) => {
                    format!("{side} IS {}NULL", if *wanted { "" } else { "NOT " })
                }
                ("in" | "notIn", Input::Leaf(leaf)) => {
                    self.among(&side, column, leaf.clone(), operator == "notIn", path)
                }
                ("in" | "notIn", Input::List(items)) if items.is_empty() => {
                    if operator == "in" { "FALSE" } else { "TRUE" }.to_string()
                }
                (_, Input::Leaf(leaf)) => {
                    self.comparison(&side, column, operator, leaf.clone(), path)
                }
                _ => return Err(null(&path)),
            });
        }
        Ok(joined(&conditions, " AND ", "TRUE"))
    }

    fn among(
        &mut self,
        side: &str,
        column: &Column,
        leaf: Leaf,
        negated: bool,
        path: String,
    ) -> String {
        let kind = operand(column.kind);
        let values = self.parts.parameter(Parameter::Values(leaf, kind, path), kind.array_type());
        match (negated, column.nullable) {
            (false, _) => format!("{side} = ANY ({values})"),
            (true, false) => format!("{side} <> ALL ({values})"),
            (true, true) => format!("({side} = ANY ({values})) IS NOT TRUE"),
        }
    }

    fn comparison(
        &mut self,
        side: &str,
        column: &Column,
        operator: &str,
        leaf: Leaf,
        path: String,
    ) -> String {
        let pattern = match operator {
            "contains" => Some(Pattern::Contains),
            "startsWith" => Some(Pattern::StartsWith),
            "endsWith" => Some(Pattern::EndsWith),
            _ => None,
        };
        if let Some(pattern) = pattern {
            let value = self.parts.parameter(Parameter::Pattern(leaf, pattern), Type::TEXT);
            return format!("{side} ILIKE {value}");
        }
        let kind = operand(column.kind);
        let value = self.parts.parameter(Parameter::Value(leaf, kind, path), kind.postgres_type());
        let sql = match operator {
            "eq" => "=",
            "ne" if column.nullable => "IS DISTINCT FROM",
            "ne" => "<>",
            "gt" => ">",
            "gte" => ">=",
            "lt" => "<",
            _ => "<=",
        };
        format!("{side} {sql} {value}")
    }
}

/// What a column of this kind is compared with: every `Int`, also where the column holds less.
fn operand(kind: Kind) -> Kind {
    if kind == Kind::Int2 { Kind::Int4 } else { kind }
}

fn joined(conditions: &[String], with: &str, none: &str) -> String {
    match conditions {
        [] => none.to_string(),
        [one] => one.clone(),
        several => format!("({})", several.join(with)),
    }
}

fn null(path: &str) -> RequestError {
    invalid(path, "null is no operand; leave it out, or use `isNull`")
}
