//! A statement under construction: its text, its parameters, its select list, and the policy that
//! every row of it passes.

use std::hash::{DefaultHasher, Hash, Hasher};

use sea_orm::sea_query::{Alias, Condition, Expr, PostgresQueryBuilder, Query};
use tokio_postgres::types::Type;

use super::input::Input;
use super::types::{CursorPlan, Parameter, Statement};
use crate::bind::{Column, EntityField, Model};
use crate::policy::{MARK, RowScope};
use crate::viewer::{Viewer, ViewerValue};

/// Parameters, cursors and aliases of one statement.
#[derive(Default)]
pub(crate) struct Parts {
    types: Vec<Type>,
    parameters: Vec<Parameter>,
    cursors: Vec<CursorPlan>,
    aliases: usize,
    searches: u32,
}

impl Parts {
    /// Says that the statement looks for a relation or a place beside each row that it tries.
    pub(crate) fn search(&mut self) {
        self.searches += 1;
    }

    /// The placeholder of a parameter.
    pub(crate) fn parameter(&mut self, parameter: Parameter, ty: Type) -> String {
        self.types.push(ty);
        self.parameters.push(parameter);
        format!("${}", self.parameters.len())
    }

    /// Adds a cursor argument; its index is what its parameters name.
    pub(crate) fn cursor(&mut self, cursor: CursorPlan) -> usize {
        self.cursors.push(cursor);
        self.cursors.len() - 1
    }

    /// A table alias that the statement does not use yet.
    pub(crate) fn alias(&mut self) -> String {
        self.aliases += 1;
        format!("t{}", self.aliases)
    }

    pub(crate) fn statement(self, sql: String) -> Statement {
        let mut hasher = DefaultHasher::new();
        sql.hash(&mut hasher);
        Statement {
            hash: hasher.finish(),
            sql: sql.into(),
            types: self.types,
            parameters: self.parameters,
            cursors: self.cursors,
            searches: self.searches,
        }
    }
}

/// A select list without repetitions.
#[derive(Default)]
pub(crate) struct Columns {
    expressions: Vec<String>,
}

impl Columns {
    /// A list that begins with these.
    pub(crate) fn starting(expressions: &[&str]) -> Self {
        Self { expressions: expressions.iter().map(ToString::to_string).collect() }
    }

    /// The place of an expression, added if it is not there yet.
    pub(crate) fn need(&mut self, expression: String) -> usize {
        match self.expressions.iter().position(|have| *have == expression) {
            Some(index) => index,
            None => {
                self.expressions.push(expression);
                self.expressions.len() - 1
            }
        }
    }

    /// The place of a column of the table aliased so.
    pub(crate) fn column(&mut self, alias: &str, column: &Column) -> usize {
        let plain = format!("{alias}.{}", column.name);
        self.need(if column.geography { format!("ST_AsGeoJSON({plain})") } else { plain })
    }

    /// The list, each expression named by its place so that a query around it can pass it on.
    pub(crate) fn list(&self) -> String {
        if self.expressions.is_empty() {
            return "1".to_string();
        }
        self.expressions
            .iter()
            .enumerate()
            .map(|(index, expression)| format!("{expression} AS c{index}"))
            .collect::<Vec<_>>()
            .join(", ")
    }
}

/// What a statement knows already of the rows that a policy would ask for.
#[derive(Clone, Copy, Default)]
pub(crate) struct Seen<'a> {
    /// The entity and the column over which the statement comes from a row that the viewer sees.
    pub(crate) arrival: Option<(usize, &'a str)>,
    /// The filter that every row has to meet: one over a relation finds visible rows only.
    pub(crate) filter: Option<&'a Input>,
}

impl Seen<'_> {
    fn filters_by(&self, relation: &str) -> bool {
        let Some(Input::Object(fields)) = self.filter else { return false };
        fields
            .iter()
            .any(|(field, condition)| field == relation && matches!(condition, Input::Object(_)))
    }
}

/// On which rows a viewer has a permission.
pub(crate) enum Permitted {
    Always,
    Never,
    /// Where this condition holds.
    Where(String),
}

impl Permitted {
    /// As a condition of its own.
    pub(crate) fn sql(self) -> String {
        match self {
            Self::Always => "TRUE".to_string(),
            Self::Never => "FALSE".to_string(),
            Self::Where(condition) => format!("({condition})"),
        }
    }
}

/// Who asks, of what.
#[derive(Clone, Copy)]
pub(crate) struct Policies<'a> {
    pub(crate) model: &'a Model,
    pub(crate) viewer: &'a Viewer,
}

impl Policies<'_> {
    /// The conditions under which the viewer sees the row aliased so; none means every row.
    ///
    /// A policy that goes through a relation whose row is [`Seen`] anyway does not ask again.
    pub(crate) fn conditions(
        &self,
        entity: usize,
        alias: &str,
        seen: Seen<'_>,
        parts: &mut Parts,
    ) -> Vec<String> {
        let target = &self.model.entities[entity];
        let mut conditions = Vec::new();
        let scope = RowScope { alias, viewer: self.viewer };
        let own = (target.policy.condition)(&scope);
        if !own.is_empty() {
            conditions.push(self.rendered(own, parts));
        }
        for through in target.policy.through {
            let Some(EntityField::ToOne(relation)) = target.fields.get(*through) else {
                // Start-up refuses this; were it not to, nothing may be seen.
                conditions.push("FALSE".to_string());
                continue;
            };
            if seen.arrival == Some((relation.target, relation.from_column.as_str()))
                || seen.filters_by(through)
            {
                continue;
            }
            let parent = parts.alias();
            let inner = self.conditions(relation.target, &parent, Seen::default(), parts);
            if inner.is_empty() {
                continue;
            }
            conditions.push(format!(
                "EXISTS (SELECT 1 FROM {} {parent} WHERE {parent}.{} = {alias}.{} AND {})",
                self.model.entities[relation.target].table,
                relation.to_column,
                relation.from_column,
                inner.join(" AND ")
            ));
        }
        conditions
    }

    /// The condition under which the viewer may write the row aliased so, which he sees.
    pub(crate) fn writable(&self, entity: usize, alias: &str, parts: &mut Parts) -> String {
        let target = &self.model.entities[entity];
        if let Some(writers) = target.policy.writers {
            let own = writers(&RowScope { alias, viewer: self.viewer });
            return if own.is_empty() { "TRUE".to_string() } else { self.rendered(own, parts) };
        }
        let mut conditions = Vec::new();
        for through in target.policy.through {
            let Some(EntityField::ToOne(relation)) = target.fields.get(*through) else {
                return "FALSE".to_string();
            };
            let parent = parts.alias();
            let inner = self.writable(relation.target, &parent, parts);
            conditions.push(format!(
                "EXISTS (SELECT 1 FROM {} {parent} WHERE {parent}.{} = {alias}.{} AND {inner})",
                self.model.entities[relation.target].table,
                relation.to_column,
                relation.from_column,
            ));
        }
        if conditions.is_empty() { "FALSE".to_string() } else { conditions.join(" AND ") }
    }

    /// On which rows the viewer has this permission: by his roles, by what the entity's policy says
    /// of it, or as on the rows that this one hangs on.
    pub(crate) fn permitted(
        &self,
        entity: usize,
        alias: &str,
        permission: &str,
        parts: &mut Parts,
    ) -> Permitted {
        let policy = &self.model.entities[entity].policy;
        let own = policy.permits.iter().find(|(name, _)| *name == permission);
        let permissions = &self.viewer.permissions;
        if permissions.everywhere(permission)
            && (own.is_none() || permissions.except(permission).is_empty())
        {
            return Permitted::Always;
        }
        if let Some((_, condition)) = own {
            let condition = condition(&RowScope { alias, viewer: self.viewer });
            return match condition.is_empty() {
                true => Permitted::Always,
                false => Permitted::Where(self.rendered(condition, parts)),
            };
        }
        if policy.through.is_empty() {
            return Permitted::Never;
        }
        let mut conditions = Vec::new();
        for through in policy.through {
            let Some(EntityField::ToOne(relation)) =
                self.model.entities[entity].fields.get(*through)
            else {
                return Permitted::Never;
            };
            let parent = parts.alias();
            match self.permitted(relation.target, &parent, permission, parts) {
                Permitted::Always => {}
                Permitted::Never => return Permitted::Never,
                Permitted::Where(inner) => conditions.push(format!(
                    "EXISTS (SELECT 1 FROM {} {parent} WHERE {parent}.{} = {alias}.{} AND {inner})",
                    self.model.entities[relation.target].table,
                    relation.to_column,
                    relation.from_column,
                )),
            }
        }
        if conditions.is_empty() {
            return Permitted::Always;
        }
        Permitted::Where(conditions.join(" AND "))
    }

    /// A condition as text, the viewer's values as parameters. Constants in it come from policies
    /// alone, never from a request.
    fn rendered(&self, condition: Condition, parts: &mut Parts) -> String {
        let text = Query::select()
            .expr(Expr::val(1))
            .from(Alias::new("x"))
            .cond_where(condition)
            .to_string(PostgresQueryBuilder);
        let text = text.split_once(" WHERE ").map_or("TRUE", |(_, text)| text);
        let mut pieces = text.split('\u{1}');
        let mut rendered = format!("({}", pieces.next().unwrap_or_default());
        for piece in pieces {
            match piece.strip_prefix(&MARK[1..]) {
                Some(name) => rendered.push_str(&self.viewer_value(name, parts)),
                None => rendered.push_str(piece),
            }
        }
        rendered.push(')');
        rendered
    }

    fn viewer_value(&self, name: &str, parts: &mut Parts) -> String {
        match self.viewer.value(name) {
            Some(value) => {
                let ty = match &*value {
                    ViewerValue::Uuid(_) => Type::UUID,
                    ViewerValue::Uuids(_) => Type::UUID_ARRAY,
                    ViewerValue::Text(_) => Type::TEXT,
                    ViewerValue::Texts(_) => Type::TEXT_ARRAY,
                };
                parts.parameter(Parameter::Viewer(name.into()), ty)
            }
            None => "NULL".to_string(),
        }
    }
}

/// A point from two placeholders, in WGS 84.
pub(crate) fn point(longitude: &str, latitude: &str) -> String {
    format!("ST_SetSRID(ST_MakePoint({longitude}, {latitude}), 4326)::geography")
}

/// `WHERE a AND b`, or nothing.
pub(crate) fn where_clause(conditions: &[String]) -> String {
    if conditions.is_empty() {
        String::new()
    } else {
        format!(" WHERE {}", conditions.join(" AND "))
    }
}
