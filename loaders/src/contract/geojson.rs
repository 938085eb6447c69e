//! GeoJSON geometries (RFC 7946): checked so that PostGIS never sees one it would refuse.
//!
//! Of the object only its type and its coordinates are kept. Members such as `crs` would change
//! what the numbers mean, which RFC 7946 forbids.

use async_graphql::{Name, Value};

/// What an error says was expected.
pub(super) const EXPECTED: &str = "a GeoJSON geometry: an object with `type` and `coordinates`, longitude before latitude in degrees, rings closed";

/// A geometry in its one form, if it is one.
pub(super) fn geometry(value: &Value) -> Option<Value> {
    let Value::Object(object) = value else { return None };
    let Some(Value::String(kind)) = object.get("type") else { return None };
    let (member, content) = if kind == "GeometryCollection" {
        let Some(Value::List(members)) = object.get("geometries") else { return None };
        let members: Option<Vec<Value>> = members
            .iter()
            .map(|member| simple(member).then(|| geometry(member)).flatten())
            .collect();
        ("geometries", Value::List(members?))
    } else {
        let coordinates = object.get("coordinates")?;
        let valid = match kind.as_str() {
            "Point" => position(coordinates),
            "MultiPoint" => all(coordinates, 0, position),
            "LineString" => line(coordinates),
            "MultiLineString" => all(coordinates, 0, line),
            "Polygon" => polygon(coordinates),
            "MultiPolygon" => all(coordinates, 0, polygon),
            _ => false,
        };
        ("coordinates", valid.then(|| coordinates.clone())?)
    };
    Some(Value::Object(
        [(Name::new("type"), Value::from(kind)), (Name::new(member), content)]
            .into_iter()
            .collect(),
    ))
}

/// Collections within collections are not taken: RFC 7946 advises against them.
fn simple(value: &Value) -> bool {
    matches!(value, Value::Object(object) if object.get("type") != Some(&Value::from("GeometryCollection")))
}

fn polygon(value: &Value) -> bool {
    all(value, 1, ring)
}

fn line(value: &Value) -> bool {
    all(value, 2, position)
}

fn ring(value: &Value) -> bool {
    all(value, 4, position)
        && matches!(value, Value::List(positions) if positions.first() == positions.last())
}

fn all(value: &Value, at_least: usize, holds: fn(&Value) -> bool) -> bool {
    matches!(value, Value::List(items) if items.len() >= at_least && items.iter().all(holds))
}

/// Longitude, latitude and perhaps a height.
fn position(value: &Value) -> bool {
    let Value::List(numbers) = value else { return false };
    let within = |index: usize, bound: f64| match numbers.get(index) {
        Some(Value::Number(number)) => number.as_f64().is_some_and(|number| number.abs() <= bound),
        _ => false,
    };
    within(0, 180.0)
        && within(1, 90.0)
        && (numbers.len() == 2 || numbers.len() == 3 && within(2, f64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use async_graphql::value;

    #[test]
    fn geometries_are_checked_and_stripped() {
        let square = value!([[[0, 0], [1, 0], [1, 1], [0, 0]]]);
        let accepted = [
            value!({"type": "Point", "coordinates": [-83.5, 41.6]}),
            value!({"type": "Point", "coordinates": [-83.5, 41.6, 180.0]}),
            value!({"type": "LineString", "coordinates": [[0, 0], [1, 1]]}),
            value!({"type": "Polygon", "coordinates": square.clone()}),
            value!({"type": "MultiPolygon", "coordinates": [square]}),
            value!({"type": "GeometryCollection", "geometries": [{"type": "Point", "coordinates": [0, 0]}]}),
        ];
        for value in accepted {
            assert_eq!(geometry(&value), Some(value));
        }
        let with_more = value!({"type": "Point", "coordinates": [1, 2], "crs": {"type": "name"}});
        assert_eq!(geometry(&with_more), Some(value!({"type": "Point", "coordinates": [1, 2]})));
    }

    #[test]
    fn anything_else_is_refused() {
        let refused = [
            value!("Point"),
            value!({"coordinates": [0, 0]}),
            value!({"type": "Feature", "geometry": {"type": "Point", "coordinates": [0, 0]}}),
            value!({"type": "Point", "coordinates": [0]}),
            value!({"type": "Point", "coordinates": [181, 0]}),
            value!({"type": "Point", "coordinates": [41.6, -183.5]}),
            value!({"type": "Point", "coordinates": ["0", "0"]}),
            value!({"type": "LineString", "coordinates": [[0, 0]]}),
            value!({"type": "Polygon", "coordinates": []}),
            value!({"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 1]]]}),
            value!({"type": "GeometryCollection", "geometries": [{"type": "GeometryCollection", "geometries": []}]}),
        ];
        for value in refused {
            assert_eq!(geometry(&value), None, "{value}");
        }
    }
}
