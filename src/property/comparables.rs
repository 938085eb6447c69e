//! `Property.comparables`: what sold near a property shortly before it, nearest first.
//!
//! One statement for a whole list of properties: PostGIS walks the index of locations outwards
//! from each. The day that counts is that of the property's own newest sale, or today if it has
//! none, so that a sale of 1997 is compared with sales of 1997.

use async_trait::async_trait;
use loaders::{Arguments, BatchResolver, FieldError, Output, Parents, ResolveContext, Value};
use uuid::Uuid;

use super::outputs::{failed, limited, per_parent};

/// Rows for one property at most, metres, and months: beyond them a search is no comparison.
const FIRST_MAXIMUM: i64 = 100;
const METERS_MAXIMUM: i64 = 50_000;
const MONTHS_MAXIMUM: i64 = 1_200;

/// What it costs to walk the index from one property, in rows that are read.
const SEARCH: u64 = 100;

/// The resolver of `Property.comparables`.
pub(super) struct Comparables;

#[async_trait]
impl BatchResolver for Comparables {
    fn needs(&self) -> &'static [&'static str] {
        &["id"]
    }

    fn cost(&self, arguments: &Arguments) -> u64 {
        let first = arguments.int("first").and_then(|first| u64::try_from(first).ok());
        first.unwrap_or(0).saturating_add(SEARCH)
    }

    async fn resolve(
        &self,
        context: &ResolveContext<'_>,
        parents: &Parents,
        arguments: &Arguments,
    ) -> Result<Vec<Output>, FieldError> {
        let first = limited(arguments, "first", FIRST_MAXIMUM)?;
        let meters = limited(arguments, "withinMeters", METERS_MAXIMUM)?;
        let months = limited(arguments, "months", MONTHS_MAXIMUM)?;
        let mut statement = context.statement();
        let keys = statement.keys();
        let (first, meters, months) =
            (statement.integer(first), statement.integer(meters), statement.integer(months));
        let own_visible = statement.visible("Listing", "own");
        let sale_visible = statement.visible("Listing", "l");
        let candidate_visible = statement.visible("Property", "c");
        let sql = format!(
            "SELECT p.ord, found.*
             FROM unnest({keys}) WITH ORDINALITY AS p(key, ord)
             JOIN properties s ON s.id = p.key
             CROSS JOIN LATERAL (
                 SELECT coalesce((
                     SELECT max(own.close_date) FROM listings own
                     WHERE own.property_id = s.id AND own.standard_status = 'CLOSED' AND {own_visible}
                 ), current_date) AS day
             ) d
             CROSS JOIN LATERAL (
                 SELECT c.id, sale.id, c.location <-> s.location, sale.close_date::text, sale.close_price::text,
                     round(sale.close_price / nullif(c.living_area, 0), 2)::text
                 FROM properties c
                 CROSS JOIN LATERAL (
                     SELECT l.id, l.close_date, l.close_price FROM listings l
                     WHERE l.property_id = c.id AND l.standard_status = 'CLOSED' AND l.close_price IS NOT NULL
                         AND l.close_date <= d.day AND l.close_date > d.day - make_interval(months => {months}::int)
                         AND {sale_visible}
                     ORDER BY l.close_date DESC, l.id DESC LIMIT 1
                 ) sale
                 WHERE c.id <> s.id AND c.property_type_id = s.property_type_id
                     AND ST_DWithin(c.location, s.location, {meters}::float8, false)
                     AND {candidate_visible}
                 ORDER BY c.location <-> s.location, c.id
                 LIMIT {first}
             ) found"
        );
        let rows = statement.rows(sql, parents.ids()).await?;
        per_parent(parents.len(), &rows, |row| {
            let text = |index: usize| row.try_get::<_, Option<String>>(index).map_err(failed);
            let leaf = |value: Option<String>| {
                value.map_or(Output::Null, |text| Output::Leaf(Value::String(text)))
            };
            let entity = |type_name, index: usize| -> Result<Output, FieldError> {
                let id: Uuid = row.try_get(index).map_err(failed)?;
                Ok(Output::Entity { type_name, id })
            };
            let distance: f64 = row.try_get(3).map_err(failed)?;
            Ok(Output::Object {
                type_name: "Comparable",
                fields: vec![
                    ("property", entity("Property", 1)?),
                    ("listing", entity("Listing", 2)?),
                    ("distanceMeters", Output::Leaf(Value::from(distance))),
                    ("closeDate", leaf(text(4)?)),
                    ("closePrice", leaf(text(5)?)),
                    ("pricePerSquareFoot", leaf(text(6)?)),
                ],
            })
        })
    }
}
