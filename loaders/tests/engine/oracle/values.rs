//! What values are: how two compare, how near two places are, and what several come to.

use std::cmp::Ordering;
use std::str::FromStr;

use chrono::{DateTime, Datelike, NaiveDate, Utc};
use rust_decimal::{Decimal, RoundingStrategy};
use serde_json::Value as Json;

/// Two values that are there, of this scalar. Texts, enums and ids are in the order of their bytes.
pub(crate) fn compare(scalar: &str, one: &Json, other: &Json) -> Ordering {
    match scalar {
        "Int" => one.as_i64().cmp(&other.as_i64()),
        "Float" => number(one).total_cmp(&number(other)),
        "Boolean" => one.as_bool().cmp(&other.as_bool()),
        "Decimal" => decimal(one).cmp(&decimal(other)),
        "DateTime" => moment(one).cmp(&moment(other)),
        _ => text(one).cmp(text(other)),
    }
}

pub(crate) fn text(value: &Json) -> &str {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text"))
}

pub(crate) fn number(value: &Json) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("{value} is no number"))
}

fn decimal(value: &Json) -> Decimal {
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_string);
    Decimal::from_str(&text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn moment(value: &Json) -> DateTime<Utc> {
    DateTime::parse_from_rfc3339(text(value))
        .unwrap_or_else(|error| panic!("{value}: {error}"))
        .to_utc()
}

/// The day, or the first day of its month or year, of a date or a moment in UTC.
pub(crate) fn truncated(scalar: &str, unit: &str, value: &Json) -> Json {
    let day = if scalar == "DateTime" {
        moment(value).date_naive()
    } else {
        NaiveDate::from_str(text(value)).expect("a date")
    };
    let first = match unit {
        "YEAR" => NaiveDate::from_ymd_opt(day.year(), 1, 1),
        "MONTH" => NaiveDate::from_ymd_opt(day.year(), day.month(), 1),
        _ => Some(day),
    };
    first.expect("a day").to_string().into()
}

/// One figure of several values, none of which is null.
pub(crate) fn figure(name: &str, scalar: &str, mut values: Vec<&Json>) -> Json {
    values.sort_by(|one, other| compare(scalar, one, other));
    let (Some(smallest), Some(largest)) = (values.first(), values.last()) else {
        return Json::Null;
    };
    let count = values.len();
    let middle = [values[(count - 1) / 2], values[count / 2]];
    match (name, scalar) {
        ("min", _) => (*smallest).clone(),
        ("max", _) => (*largest).clone(),
        ("sum", "Float") => values.iter().map(|value| number(value)).sum::<f64>().into(),
        ("avg", "Float") => {
            (values.iter().map(|value| number(value)).sum::<f64>() / count as f64).into()
        }
        (_, "Float") => ((number(middle[0]) + number(middle[1])) / 2.0).into(),
        ("sum", _) => sum(&values).to_string().into(),
        ("avg", _) => {
            let mean = sum(&values) / Decimal::from(count);
            mean.round_dp_with_strategy(6, RoundingStrategy::MidpointAwayFromZero)
                .normalize()
                .to_string()
                .into()
        }
        _ => (sum(&middle) / Decimal::TWO).normalize().to_string().into(),
    }
}

fn sum(values: &[&Json]) -> Decimal {
    values.iter().map(|value| decimal(value)).sum()
}

/// A place on the unit sphere.
fn direction(position: &Json) -> [f64; 3] {
    let (longitude, latitude) =
        (number(&position[0]).to_radians(), number(&position[1]).to_radians());
    [latitude.cos() * longitude.cos(), latitude.cos() * longitude.sin(), latitude.sin()]
}

fn cross(a: [f64; 3], b: [f64; 3]) -> [f64; 3] {
    [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
}

fn dot(a: [f64; 3], b: [f64; 3]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// Metres between two positions on a sphere with the mean radius of WGS 84.
pub(crate) fn distance(one: &Json, other: &Json) -> f64 {
    let (a, b) = (direction(one), direction(other));
    let normal = cross(a, b);
    (2.0 * 6_378_137.0 + 6_356_752.314_245_179) / 3.0 * dot(normal, normal).sqrt().atan2(dot(a, b))
}

/// Whether a convex polygon covers a position: it lies on the same side of every edge.
pub(crate) fn covers(polygon: &Json, position: &Json) -> bool {
    let ring: Vec<[f64; 3]> =
        polygon["coordinates"][0].as_array().expect("a ring").iter().map(direction).collect();
    let place = direction(position);
    let sides: Vec<bool> =
        ring.windows(2).map(|edge| dot(cross(edge[0], edge[1]), place) > 0.0).collect();
    sides.iter().all(|side| *side == sides[0])
}
