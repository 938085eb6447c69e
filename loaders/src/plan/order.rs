//! Orders and keysets: the `ORDER BY` of a page, and the condition that a row lies beyond a cursor.

use super::input::Leaf;
use super::input::{Input, invalid};
use super::sql::{Columns, Parts, point};
use super::types::{CursorPlan, Parameter};
use crate::bind::Entity;
use crate::error::RequestError;
use crate::scalar::Kind;
use tokio_postgres::types::Type;

/// An order that is total: its last term is the id.
#[derive(Clone)]
pub(crate) struct Order {
    pub(crate) terms: Vec<Term>,
    /// Tells cursors of one order from those of another.
    pub(crate) fingerprint: u32,
}

#[derive(Clone)]
pub(crate) struct Term {
    pub(crate) expression: Expression,
    pub(crate) kind: Kind,
    pub(crate) nullable: bool,
    pub(crate) descending: bool,
    pub(crate) nulls_first: bool,
}

#[derive(Clone)]
pub(crate) enum Expression {
    Column(String),
    /// The distance from a point: longitude and latitude.
    Distance(Near),
}

/// Nothing on Earth is farther than this, in metres.
const HALF_THE_EARTH: f64 = 20_100_000.0;

/// The `near` argument.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Near {
    pub(crate) longitude: Leaf,
    pub(crate) latitude: Leaf,
    pub(crate) within_meters: Leaf,
}

impl Near {
    pub(crate) fn read(input: Option<&Input>) -> Result<Option<Self>, RequestError> {
        let Some(Input::Object(fields)) = input else { return Ok(None) };
        let leaf = |name: &str| match fields.iter().find(|(field, _)| field == name) {
            Some((_, Input::Leaf(leaf))) => Ok(leaf.clone()),
            _ => Err(invalid(&format!("near.{name}"), "is required")),
        };
        Ok(Some(Self {
            longitude: leaf("longitude")?,
            latitude: leaf("latitude")?,
            within_meters: leaf("withinMeters")?,
        }))
    }

    /// The point, as an expression of this statement.
    pub(crate) fn point(&self, parts: &mut Parts) -> String {
        let longitude = parts.parameter(
            Parameter::Bounded(self.longitude.clone(), -180.0, 180.0, "near.longitude"),
            Type::FLOAT8,
        );
        let latitude = parts.parameter(
            Parameter::Bounded(self.latitude.clone(), -90.0, 90.0, "near.latitude"),
            Type::FLOAT8,
        );
        point(&longitude, &latitude)
    }

    /// The condition that a location lies within the distance, by the same measure as the order.
    pub(crate) fn condition(&self, alias: &str, location: &str, parts: &mut Parts) -> String {
        let point = self.point(parts);
        let meters = parts.parameter(
            Parameter::Bounded(
                self.within_meters.clone(),
                0.0,
                HALF_THE_EARTH,
                "near.withinMeters",
            ),
            Type::FLOAT8,
        );
        format!("ST_DWithin({alias}.{location}, {point}, {meters}, false)")
    }

    /// The distance in metres on a sphere, the same that the index orders by.
    pub(crate) fn distance(&self, alias: &str, location: &str, parts: &mut Parts) -> String {
        format!("({alias}.{location} <-> {})", self.point(parts))
    }
}

impl Order {
    /// Reads `orderBy`; with `near` and no order given, the nearest come first.
    pub(crate) fn read(
        entity: &Entity,
        given: Option<&Input>,
        is_default: bool,
        near: Option<&Near>,
    ) -> Result<Self, RequestError> {
        let mut terms: Vec<Term> = Vec::new();
        let mut fingerprint = Fnv::default();
        if is_default && let Some(near) = near {
            terms.push(Term::distance(near, false, false));
            fingerprint.write("distance ASC,");
        } else {
            for (field, direction) in pairs(given)? {
                let (descending, nulls_first) = match direction.as_str() {
                    "ASC" => (false, false),
                    "DESC" => (true, true),
                    "ASC_NULLS_FIRST" => (false, true),
                    _ => (true, false),
                };
                fingerprint.write(&format!("{field} {direction},"));
                let term = match (entity.column(&field), near) {
                    (Some(column), _) => Term {
                        expression: Expression::Column(column.name.clone()),
                        kind: column.kind,
                        nullable: column.nullable,
                        descending,
                        nulls_first,
                    },
                    (None, Some(near)) if field == "distance" => {
                        Term::distance(near, descending, nulls_first)
                    }
                    (None, _) => {
                        return Err(invalid(
                            "orderBy",
                            "an order by `distance` needs the argument `near`",
                        ));
                    }
                };
                let repeated =
                    terms.iter().any(|have| match (&have.expression, &term.expression) {
                        (Expression::Column(have), Expression::Column(want)) => have == want,
                        (Expression::Distance(_), Expression::Distance(_)) => true,
                        _ => false,
                    });
                if repeated {
                    return Err(invalid("orderBy", &format!("`{field}` is named twice")));
                }
                let last = field == "id";
                terms.push(term);
                if last {
                    break;
                }
            }
        }
        let id = entity.column("id");
        if let Some(id) = id
            && !terms.iter().any(
                |term| matches!(&term.expression, Expression::Column(name) if *name == id.name),
            )
        {
            // The tie-break follows the last direction, so that one index can serve both ways.
            let descending = terms.last().is_some_and(|term| term.descending);
            terms.push(Term {
                expression: Expression::Column(id.name.clone()),
                kind: id.kind,
                nullable: false,
                descending,
                nulls_first: descending,
            });
        }
        Ok(Self { terms, fingerprint: fingerprint.0 })
    }

    /// `ORDER BY …`, turned round for a page that is read from its end.
    pub(crate) fn clause(
        &self,
        alias: &str,
        location: Option<&str>,
        turned: bool,
        parts: &mut Parts,
    ) -> String {
        let terms = self.terms.iter().map(|term| {
            let expression = term.sql(alias, location, parts);
            let (descending, nulls_first) = (term.descending ^ turned, term.nulls_first ^ turned);
            let direction = if descending { " DESC" } else { "" };
            // Only what departs from PostgreSQL's own rule is said, so that plain indexes serve.
            let nulls = match (term.nullable, descending, nulls_first) {
                (true, true, false) => " NULLS LAST",
                (true, false, true) => " NULLS FIRST",
                _ => "",
            };
            format!("{expression}{direction}{nulls}")
        });
        format!(" ORDER BY {}", terms.collect::<Vec<_>>().join(", "))
    }

    /// Places of the cursor's values in the select list.
    pub(crate) fn cursor_columns(
        &self,
        alias: &str,
        location: Option<&str>,
        columns: &mut Columns,
        parts: &mut Parts,
    ) -> Vec<usize> {
        self.terms.iter().map(|term| columns.need(term.sql(alias, location, parts))).collect()
    }

    /// The condition that a row lies strictly after the cursor (`before`: strictly before it). It
    /// is never NULL for a row whose values are.
    pub(crate) fn beyond(
        &self,
        leaf: &Leaf,
        before: bool,
        alias: &str,
        location: Option<&str>,
        parts: &mut Parts,
    ) -> String {
        let kinds = self.terms.iter().map(|term| term.kind).collect();
        let argument = if before { "before" } else { "after" };
        let cursor = parts.cursor(CursorPlan {
            leaf: leaf.clone(),
            argument,
            fingerprint: self.fingerprint,
            kinds,
        });
        let down = |term: &Term| term.descending ^ before;
        let mut sides = Vec::with_capacity(self.terms.len());
        for (index, term) in self.terms.iter().enumerate() {
            let expression = term.sql(alias, location, parts);
            let value =
                parts.parameter(Parameter::Cursor(cursor, index), term.kind.postgres_type());
            sides.push((expression, value));
        }
        let direction = down(&self.terms[0]);
        if self.terms.iter().all(|term| !term.nullable && down(term) == direction) {
            let (expressions, values): (Vec<_>, Vec<_>) = sides.into_iter().unzip();
            return format!(
                "({}) {} ({})",
                expressions.join(", "),
                if direction { "<" } else { ">" },
                values.join(", ")
            );
        }
        let mut alternatives = Vec::new();
        let mut equal: Vec<String> = Vec::new();
        for (term, (expression, value)) in self.terms.iter().zip(&sides) {
            let comparison = if down(term) { "<" } else { ">" };
            let beyond = match (term.nullable, term.nulls_first ^ before) {
                (false, _) => format!("{expression} {comparison} {value}"),
                // NULLs come last: they lie beyond every value, and nothing lies beyond them.
                (true, false) => format!(
                    "({value} IS NOT NULL AND ({expression} {comparison} {value} OR {expression} IS NULL))"
                ),
                // NULLs come first: every value lies beyond them.
                (true, true) => format!(
                    "(CASE WHEN {value} IS NULL THEN {expression} IS NOT NULL ELSE {expression} {comparison} {value} END)"
                ),
            };
            alternatives
                .push(equal.iter().cloned().chain([beyond]).collect::<Vec<_>>().join(" AND "));
            equal.push(if term.nullable {
                format!("{expression} IS NOT DISTINCT FROM {value}")
            } else {
                format!("{expression} = {value}")
            });
        }
        let any = format!(
            "({})",
            alternatives
                .iter()
                .map(|alternative| format!("({alternative})"))
                .collect::<Vec<_>>()
                .join(" OR ")
        );
        // A bound on the first term alone lets an index start at the cursor.
        match (&self.terms[0], &sides[0]) {
            (term, (expression, value)) if !term.nullable => {
                format!("{expression} {}= {value} AND {any}", if down(term) { "<" } else { ">" })
            }
            _ => any,
        }
    }
}

impl Term {
    fn distance(near: &Near, descending: bool, nulls_first: bool) -> Self {
        // Rows without a location are not near anything, so a distance is never NULL.
        Self {
            expression: Expression::Distance(near.clone()),
            kind: Kind::Float8,
            nullable: false,
            descending,
            nulls_first,
        }
    }

    fn sql(&self, alias: &str, location: Option<&str>, parts: &mut Parts) -> String {
        match (&self.expression, location) {
            (Expression::Column(name), _) => format!("{alias}.{name}"),
            (Expression::Distance(near), Some(location)) => near.distance(alias, location, parts),
            (Expression::Distance(_), None) => "0::float8".to_string(),
        }
    }
}

/// `[{field: DIRECTION}, …]`, each item with exactly one field.
fn pairs(input: Option<&Input>) -> Result<Vec<(String, String)>, RequestError> {
    let Some(Input::List(items)) = input else { return Ok(Vec::new()) };
    items
        .iter()
        .map(|item| match item {
            Input::Object(fields) if fields.len() == 1 => match fields[0].1.constant() {
                Some(async_graphql::Value::Enum(direction)) => {
                    Ok((fields[0].0.clone(), direction.to_string()))
                }
                _ => Err(invalid("orderBy", "each item names a direction")),
            },
            _ => Err(invalid("orderBy", "each item names exactly one field")),
        })
        .collect()
}

/// FNV-1a: short, stable between versions and machines, and no secret hangs on it.
struct Fnv(u32);

impl Default for Fnv {
    fn default() -> Self {
        Self(0x811c_9dc5)
    }
}

impl Fnv {
    fn write(&mut self, text: &str) {
        for byte in text.bytes() {
            self.0 = (self.0 ^ u32::from(byte)).wrapping_mul(0x0100_0193);
        }
    }
}
