//! Lists as the contract tells them: filter, order, cut, and say what lies around the cut.

use std::cmp::Ordering;
use std::collections::HashMap;

use async_graphql::Value;
use loaders::contract::{FieldDef, base_name};
use serde_json::{Map, Value as Json};

use super::evaluate::{Chosen, Oracle, cursor_mark, whole};
use super::filter::{entries, items};
use super::values::{compare, covers, distance};
use super::world::Row;

/// One term of an order: the field and its scalar, descending, absent values first.
struct Term {
    field: String,
    scalar: String,
    descending: bool,
    nulls_first: bool,
}

/// What a list is ordered by.
struct Order {
    terms: Vec<Term>,
    /// The centre of `near`.
    centre: Option<Json>,
    /// Tells orders apart, as cursors do.
    name: String,
}

impl Oracle<'_> {
    /// A connection or a plain list over rows that the viewer sees.
    pub(crate) fn list(
        &self,
        type_name: &'static str,
        mut rows: Vec<&Row>,
        def: &FieldDef,
        arguments: &HashMap<String, Value>,
        chosen: &Chosen<'_>,
    ) -> Json {
        let given = |name: &str| arguments.get(name).filter(|value| **value != Value::Null);
        if let Some(filter) = given("filter") {
            rows.retain(|row| self.holds(type_name, row, filter));
        }
        let json = |value: &Value| value.clone().into_json().expect("JSON");
        let centre = given("near").map(|near| {
            let near = json(near);
            let centre = Json::from(vec![near["longitude"].clone(), near["latitude"].clone()]);
            rows.retain(|row| {
                !row["location"].is_null()
                    && distance(&row["location"]["coordinates"], &centre)
                        <= near["withinMeters"].as_f64().expect("metres")
            });
            centre
        });
        if let Some(within) = given("within") {
            let (name, area) = entries(within).next().expect("one field");
            let polygon = match name {
                "polygon" => json(area),
                _ => {
                    let district = self.world.of("District").iter().find(|row| {
                        self.sees("District", row)
                            && self.column("District", row, "id") == json(area)
                    });
                    district.map_or(Json::Null, |row| row["boundary"].clone())
                }
            };
            rows.retain(|row| {
                !polygon.is_null()
                    && !row["location"].is_null()
                    && covers(&polygon, &row["location"]["coordinates"])
            });
        }
        let order_given =
            chosen.field.get_argument("orderBy").is_some() && !self.is_left_out(chosen, "orderBy");
        let order = self.order(type_name, given("orderBy"), order_given, centre);
        rows.sort_by(|one, other| self.in_order(type_name, &order, one, other));

        let cursor_row = |name: &str| match given(name) {
            Some(Value::String(cursor)) => {
                let id = self
                    .cursors
                    .get(cursor)
                    .unwrap_or_else(|| panic!("{cursor} was never given out"));
                Some(self.world.find(type_name, *id).expect("the cursor's row"))
            }
            _ => None,
        };
        let (after, before) = (cursor_row("after"), cursor_row("before"));
        let is_after = |row: &Row| {
            after.is_none_or(|after| self.in_order(type_name, &order, row, after).is_gt())
        };
        let is_before = |row: &Row| {
            before.is_none_or(|before| self.in_order(type_name, &order, row, before).is_lt())
        };
        let mut page: Vec<&Row> =
            rows.iter().copied().filter(|row| is_after(row) && is_before(row)).collect();
        let backward = given("last").is_some();
        let size = given("last").or(given("first")).map_or(self.page_size_default, whole);
        let more = page.len() > size;
        if backward {
            page.drain(..page.len().saturating_sub(size));
        } else {
            page.truncate(size);
        }
        let has_next = (!backward && more) || rows.iter().any(|row| !is_before(row));
        let has_previous = (backward && more) || rows.iter().any(|row| !is_after(row));

        let nodes = |chosen: &Chosen<'_>| {
            page.iter().map(|row| self.object(type_name, row, &chosen.sets)).collect::<Json>()
        };
        let connection_type = base_name(&def.ty);
        if !connection_type.ends_with("Connection") {
            return nodes(chosen);
        }
        let cursor = |row: &&Row| cursor_mark(&order.name, type_name, row);
        let part = |inner: &Chosen<'_>| {
            let name = inner.field.name.node.as_str();
            let inner_type = self
                .contract
                .field(connection_type, name)
                .map(|def| base_name(&def.ty))
                .unwrap_or_default();
            let fields = |value: &dyn Fn(&Chosen<'_>) -> Json| -> Json {
                self.chosen(&inner.sets, inner_type)
                    .iter()
                    .map(|chosen| (chosen.key.to_string(), value(chosen)))
                    .collect::<Map<_, _>>()
                    .into()
            };
            let value = match name {
                "nodes" => nodes(inner),
                "totalCount" => rows.len().into(),
                "aggregate" => self.aggregate(type_name, inner_type, &rows, inner),
                "groups" => self.groups(type_name, connection_type, inner_type, &rows, inner),
                "pageInfo" => fields(&|chosen| match chosen.field.name.node.as_str() {
                    "hasNextPage" => has_next.into(),
                    "hasPreviousPage" => has_previous.into(),
                    "startCursor" => page.first().map_or(Json::Null, cursor),
                    "endCursor" => page.last().map_or(Json::Null, cursor),
                    _ => inner_type.into(),
                }),
                "edges" => page
                    .iter()
                    .map(|row| {
                        fields(&|chosen| match chosen.field.name.node.as_str() {
                            "node" => self.object(type_name, row, &chosen.sets),
                            "cursor" => cursor(row),
                            "distanceMeters" => {
                                order.centre.as_ref().map_or(Json::Null, |centre| {
                                    distance(&row["location"]["coordinates"], centre).into()
                                })
                            }
                            _ => inner_type.into(),
                        })
                    })
                    .collect(),
                _ => connection_type.into(),
            };
            (inner.key.to_string(), value)
        };
        self.chosen(&chosen.sets, connection_type).iter().map(part).collect::<Map<_, _>>().into()
    }

    fn order(
        &self,
        type_name: &str,
        given: Option<&Value>,
        is_own: bool,
        centre: Option<Json>,
    ) -> Order {
        let mut pairs: Vec<(String, String)> = match given {
            Some(given) if is_own || centre.is_none() => items(given)
                .flat_map(entries)
                .map(|(field, direction)| (field.to_string(), direction.to_string()))
                .collect(),
            _ => vec![("distance".to_string(), "ASC".to_string())],
        };
        // Nothing is left to order once the id has.
        if let Some(id) = pairs.iter().position(|(field, _)| field == "id") {
            pairs.truncate(id + 1);
        }
        let named = pairs.clone();
        let descending = pairs.last().is_some_and(|(_, direction)| direction.starts_with("DESC"));
        pairs.push(("id".to_string(), if descending { "DESC" } else { "ASC" }.to_string()));
        let term = |(field, direction): (String, String)| Term {
            scalar: self
                .contract
                .field(type_name, &field)
                .map_or("Float", |def| base_name(&def.ty))
                .to_string(),
            field,
            descending: direction.starts_with("DESC"),
            nulls_first: direction == "DESC" || direction == "ASC_NULLS_FIRST",
        };
        let near = if named.iter().any(|(field, _)| field == "distance") {
            format!("{centre:?}")
        } else {
            String::new()
        };
        Order {
            name: format!("{type_name} {named:?} {near}"),
            terms: pairs.into_iter().map(term).collect(),
            centre,
        }
    }

    fn in_order(&self, type_name: &str, order: &Order, one: &Row, other: &Row) -> Ordering {
        let compared = order.terms.iter().map(|term| {
            let value = |row: &Row| match (term.field.as_str(), &order.centre) {
                ("distance", Some(centre)) => {
                    distance(&row["location"]["coordinates"], centre).into()
                }
                _ => self.column(type_name, row, &term.field),
            };
            let (one, other) = (value(one), value(other));
            match (one.is_null(), other.is_null()) {
                (false, false) if term.descending => compare(&term.scalar, &one, &other).reverse(),
                (false, false) => compare(&term.scalar, &one, &other),
                (one, other) if term.nulls_first => other.cmp(&one),
                (one, other) => one.cmp(&other),
            }
        });
        compared.fold(Ordering::Equal, Ordering::then)
    }
}
