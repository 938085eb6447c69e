//! What several rows come to: counts and aggregates, of all of them or in groups.

use std::cmp::Ordering;

use loaders::contract::base_name;
use serde_json::{Map, Value as Json};

use super::evaluate::{Chosen, Oracle, whole};
use super::filter::{entries, items};
use super::values::{compare, figure, truncated};
use super::world::Row;

impl Oracle<'_> {
    pub(super) fn aggregate(
        &self,
        type_name: &str,
        aggregate_type: &str,
        rows: &[&Row],
        chosen: &Chosen<'_>,
    ) -> Json {
        let field = |inner: &Chosen<'_>| {
            let name = inner.field.name.node.as_str();
            let value = match self.contract.field(type_name, name) {
                Some(def) => {
                    let columns: Vec<Json> = rows
                        .iter()
                        .map(|row| self.column(type_name, row, name))
                        .filter(|value| !value.is_null())
                        .collect();
                    let figures_type =
                        base_name(&self.contract.field(aggregate_type, name).expect("figures").ty);
                    let figure = |inner: &Chosen<'_>| {
                        let name = inner.field.name.node.as_str();
                        let value = if name == "__typename" {
                            figures_type.into()
                        } else {
                            figure(name, base_name(&def.ty), columns.iter().collect())
                        };
                        (inner.key.to_string(), value)
                    };
                    self.chosen(&inner.sets, figures_type)
                        .iter()
                        .map(figure)
                        .collect::<Map<_, _>>()
                        .into()
                }
                None if name == "count" => rows.len().into(),
                None => aggregate_type.into(),
            };
            (inner.key.to_string(), value)
        };
        self.chosen(&chosen.sets, aggregate_type).iter().map(field).collect::<Map<_, _>>().into()
    }

    pub(super) fn groups(
        &self,
        type_name: &str,
        connection_type: &str,
        group_type: &str,
        rows: &[&Row],
        chosen: &Chosen<'_>,
    ) -> Json {
        let arguments = self.arguments(connection_type, chosen.field);
        let by: Vec<(&str, String)> = items(&arguments["by"])
            .flat_map(entries)
            .map(|(field, unit)| (field, unit.to_string()))
            .collect();
        let scalar = |field: &str| {
            self.contract.field(type_name, field).map_or("", |def| base_name(&def.ty))
        };
        let key = |row: &Row| -> Vec<Json> {
            let part = |(field, unit): &(&str, String)| match self.column(type_name, row, field) {
                Json::Null => Json::Null,
                value if unit == "VALUE" => value,
                value => truncated(scalar(field), unit, &value),
            };
            by.iter().map(part).collect()
        };
        let in_order = |one: &[Json], other: &[Json]| {
            let parts =
                by.iter().zip(one.iter().zip(other)).map(|((field, unit), (one, other))| {
                    match (one.is_null(), other.is_null()) {
                        (false, false) => compare(
                            if unit == "VALUE" { scalar(field) } else { "Date" },
                            one,
                            other,
                        ),
                        (one, other) => one.cmp(&other),
                    }
                });
            parts.fold(Ordering::Equal, Ordering::then)
        };
        let mut groups: Vec<(Vec<Json>, Vec<&Row>)> = Vec::new();
        for row in rows {
            let key = key(row);
            match groups.iter_mut().find(|(have, _)| *have == key) {
                Some((_, members)) => members.push(row),
                None => groups.push((key, vec![row])),
            }
        }
        groups.sort_by(|(one, _), (other, _)| in_order(one, other));
        groups.truncate(whole(&arguments["first"]));
        let group = |(key, members): &(Vec<Json>, Vec<&Row>)| -> Json {
            let field = |inner: &Chosen<'_>| {
                let name = inner.field.name.node.as_str();
                let inner_type = self
                    .contract
                    .field(group_type, name)
                    .map(|def| base_name(&def.ty))
                    .unwrap_or_default();
                let part = |inner: &Chosen<'_>| {
                    let name = inner.field.name.node.as_str();
                    let named = by
                        .iter()
                        .position(|(field, _)| *field == name)
                        .map(|place| key[place].clone());
                    (
                        inner.key.to_string(),
                        named.unwrap_or_else(|| {
                            if name == "__typename" { inner_type.into() } else { Json::Null }
                        }),
                    )
                };
                let value = match name {
                    "key" => self
                        .chosen(&inner.sets, inner_type)
                        .iter()
                        .map(part)
                        .collect::<Map<_, _>>()
                        .into(),
                    "aggregate" => self.aggregate(type_name, inner_type, members, inner),
                    _ => group_type.into(),
                };
                (inner.key.to_string(), value)
            };
            self.chosen(&chosen.sets, group_type).iter().map(field).collect::<Map<_, _>>().into()
        };
        groups.iter().map(group).collect()
    }
}
