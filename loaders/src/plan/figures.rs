//! Figures about a list's rows: counts and aggregates, over all of them or in groups.

use tokio_postgres::types::Type;

use super::Context;
use super::input::{Input, invalid, located};
use super::list::{Base, ListArguments, Parent};
use super::select::Selected;
use super::sql::{Columns, where_clause};
use super::types::{
    FieldPlan, FieldValue, GroupsPlan, Key, PageSize, Parameter, Statement, typename,
};
use crate::bind::{Column, base_name};
use crate::error::RequestError;
use crate::scalar::Kind;

/// The select list of a statement that aggregates.
pub(crate) struct Figures {
    columns: Columns,
    used: bool,
}

impl Figures {
    /// `grouped`: of each parent, whose place comes first.
    pub(crate) fn new(grouped: bool) -> Self {
        Self {
            columns: if grouped { Columns::starting(&["p.ord"]) } else { Columns::default() },
            used: false,
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        !self.used
    }

    pub(crate) fn count(&mut self) -> FieldValue {
        self.need("count(*)".to_string(), Kind::Int8)
    }

    fn need(&mut self, expression: String, kind: Kind) -> FieldValue {
        self.used = true;
        FieldValue::Column { index: self.columns.need(expression), kind }
    }

    pub(crate) fn statement(&self, context: &Context<'_>, entity: usize, base: Base) -> Statement {
        let sql = format!(
            "SELECT {} FROM {} {}{}",
            self.columns.list(),
            context.model.entities[entity].table,
            base.alias,
            where_clause(&base.conditions)
        );
        base.finish(sql)
    }
}

/// Groups that the contract gives when the operation asks for no number.
const GROUPS_DEFAULT: i64 = 100;

/// The alias that a list's own statement gives its table: the first one of its parts.
const ALIAS: &str = "t1";

impl<'a> Context<'a> {
    /// The fields of an aggregate: `count`, and for each column the figures asked for.
    pub(crate) fn aggregate(
        &self,
        entity: usize,
        aggregate: &Selected<'a>,
        type_name: &str,
        figures: &mut Figures,
    ) -> Result<Vec<FieldPlan>, RequestError> {
        let target = &self.model.entities[entity];
        let mut fields = Vec::new();
        for inner in self.selected(&aggregate.sets, type_name) {
            let name = inner.field.node.name.node.as_str();
            let value = match (name, target.column(name)) {
                ("__typename", _) => FieldValue::Fixed(typename(type_name)),
                ("count", None) => figures.count(),
                (_, Some(column)) => {
                    let inner_type = self
                        .contract
                        .field(type_name, name)
                        .map(|def| base_name(&def.ty))
                        .unwrap_or_default();
                    let of = self.selected(&inner.sets, inner_type);
                    FieldValue::Object(
                        of.iter()
                            .map(|figure| one_figure(figure, inner_type, column, figures))
                            .collect(),
                    )
                }
                _ => return Err(located(invalid(name, "has no figures"), inner.field)),
            };
            fields.push(FieldPlan {
                guard: None,
                key: Key::new(inner.key),
                nullable: name != "count" && name != "__typename",
                value,
            });
        }
        Ok(fields)
    }

    /// `groups(by:, first:)`: one row a group, in the order of the keys.
    pub(crate) fn groups(
        &self,
        entity: usize,
        connection_type: &str,
        groups: &Selected<'a>,
        arguments: &ListArguments,
        parent: Option<Parent<'_>>,
    ) -> Result<(GroupsPlan, Vec<FieldPlan>), RequestError> {
        let at = |error| located(error, groups.field);
        let Some(def) = self.contract.field(connection_type, "groups") else {
            return Err(at(invalid("groups", "is not part of the contract")));
        };
        let argument =
            |name: &str| match def.arguments.iter().find(|argument| argument.name == name) {
                Some(argument) => {
                    self.inputs().argument(argument, &groups.field.node.arguments).map_err(at)
                }
                None => Ok(None),
            };
        let by = self.group_keys(entity, argument("by")?.as_ref()).map_err(at)?;
        let group_type = base_name(&def.ty);
        let mut figures = Figures::new(parent.is_some());
        let mut fields = Vec::new();
        for inner in self.selected(&groups.sets, group_type) {
            let name = inner.field.node.name.node.as_str();
            let inner_type = self
                .contract
                .field(group_type, name)
                .map(|def| base_name(&def.ty))
                .unwrap_or_default();
            let value = match name {
                "key" => FieldValue::Object(self.key_fields(&inner, inner_type, &by, &mut figures)),
                "aggregate" => {
                    FieldValue::Object(self.aggregate(entity, &inner, inner_type, &mut figures)?)
                }
                _ => FieldValue::Fixed(typename(group_type)),
            };
            fields.push(FieldPlan {
                guard: None,
                key: Key::new(inner.key),
                nullable: false,
                value,
            });
        }
        let mut base = self.base(entity, arguments, parent)?;
        let page = PageSize {
            // The contract's default gives way to a server that allows less.
            leaf: match argument("first")? {
                Some(Input::Leaf(leaf)) if groups.field.node.get_argument("first").is_some() => {
                    Some(leaf)
                }
                _ => None,
            },
            default: GROUPS_DEFAULT.min(self.options.page_size_maximum),
            maximum: self.options.page_size_maximum,
            argument: "first",
        };
        let limit = match page.constant().map_err(at)? {
            Some(size) => size.to_string(),
            None => base.parts.parameter(Parameter::Limit(page.clone(), 0), Type::INT8),
        };
        let keys: Vec<&str> = by.iter().map(|(_, expression, _)| expression.as_str()).collect();
        let keys = keys.join(", ");
        let sql = format!(
            "SELECT {} FROM {} {}{} GROUP BY {keys} ORDER BY {keys} LIMIT {limit}",
            figures.columns.list(),
            self.model.entities[entity].table,
            base.alias,
            where_clause(&base.conditions)
        );
        Ok((GroupsPlan { statement: base.finish(sql), page }, fields))
    }

    /// What to group by: field, expression and kind.
    fn group_keys(
        &self,
        entity: usize,
        by: Option<&Input>,
    ) -> Result<Vec<(String, String, Kind)>, RequestError> {
        let items = match by {
            Some(Input::List(items)) if !items.is_empty() => items,
            _ => return Err(invalid("groups.by", "names at least one field")),
        };
        let mut keys: Vec<(String, String, Kind)> = Vec::new();
        for item in items {
            let Input::Object(pairs) = item else {
                return Err(invalid("groups.by", "null is no field"));
            };
            let [(field, unit)] = pairs.as_slice() else {
                return Err(invalid("groups.by", "each item names exactly one field"));
            };
            let Some(column) = self.model.entities[entity].column(field) else {
                return Err(invalid("groups.by", &format!("`{field}` is not a column")));
            };
            if keys.iter().any(|(have, ..)| have == field) {
                return Err(invalid("groups.by", &format!("`{field}` is named twice")));
            }
            let plain = format!("{ALIAS}.{}", column.name);
            let unit = match unit.constant() {
                Some(async_graphql::Value::Enum(unit)) => unit.as_str(),
                _ => return Err(invalid("groups.by", "each item says how to group")),
            };
            let (expression, kind) = match (unit, column.kind) {
                ("VALUE", kind) => (plain, kind),
                (unit, Kind::Date) => (
                    format!("date_trunc('{}', {plain}::timestamp)::date", unit.to_lowercase()),
                    Kind::Date,
                ),
                (unit, _) => (
                    format!(
                        "date_trunc('{}', {plain} AT TIME ZONE 'UTC')::date",
                        unit.to_lowercase()
                    ),
                    Kind::Date,
                ),
            };
            keys.push((field.clone(), expression, kind));
        }
        Ok(keys)
    }

    fn key_fields(
        &self,
        key: &Selected<'a>,
        type_name: &str,
        by: &[(String, String, Kind)],
        figures: &mut Figures,
    ) -> Vec<FieldPlan> {
        self.selected(&key.sets, type_name)
            .iter()
            .map(|inner| {
                let name = inner.field.node.name.node.as_str();
                let value = match by.iter().find(|(field, ..)| field == name) {
                    Some((_, expression, kind)) => figures.need(expression.clone(), *kind),
                    None if name == "__typename" => FieldValue::Fixed(typename(type_name)),
                    None => FieldValue::Fixed(b"null".to_vec().into()),
                };
                FieldPlan { guard: None, key: Key::new(inner.key), nullable: true, value }
            })
            .collect()
    }
}

/// One figure of one column. Averages and medians of exact numbers are exact: nothing passes
/// through a float.
fn one_figure(
    figure: &Selected<'_>,
    type_name: &str,
    column: &Column,
    figures: &mut Figures,
) -> FieldPlan {
    let plain = format!("{ALIAS}.{}", column.name);
    let float = column.kind == Kind::Float8;
    let value = match figure.field.node.name.node.as_str() {
        "min" => figures.need(format!("min({plain})"), column.kind),
        "max" => figures.need(format!("max({plain})"), column.kind),
        "sum" if float => figures.need(format!("sum({plain})"), Kind::Float8),
        "sum" => figures.need(format!("sum({plain}::numeric)"), Kind::Numeric),
        "avg" if float => figures.need(format!("avg({plain})"), Kind::Float8),
        "avg" => figures.need(format!("trim_scale(round(avg({plain}::numeric), 6))"), Kind::Numeric),
        "median" if float => figures.need(format!("percentile_cont(0.5) WITHIN GROUP (ORDER BY {plain})"), Kind::Float8),
        // The lower and the upper middle, halved: percentile_cont would turn them into floats, and
        // a division would drop the last digits of long numbers.
        "median" => figures.need(
            format!(
                "trim_scale((percentile_disc(0.5) WITHIN GROUP (ORDER BY {plain}::numeric) + percentile_disc(0.5) WITHIN GROUP (ORDER BY {plain}::numeric DESC)) * 0.5)"
            ),
            Kind::Numeric,
        ),
        _ => FieldValue::Fixed(typename(type_name)),
    };
    FieldPlan { guard: None, key: Key::new(figure.key), nullable: true, value }
}
