//! Leaf values: what each scalar accepts, and the one form it has from then on.

use async_graphql::Value;
use chrono::{DateTime, Datelike, NaiveDate, SecondsFormat};
use serde_json::Number;

use super::geojson;

/// A decimal longer than this is a mistake or an attack.
const DECIMAL_CHARACTERS: usize = 1000;

/// Whether a scalar is one of those that every contract may use without defining it.
pub(super) fn is_standard(scalar: &str) -> bool {
    matches!(scalar, "Decimal" | "Date" | "DateTime" | "JSON" | "GeoJSON")
}

/// The value in the scalar's one form, or what was expected. A scalar that is not known here takes
/// anything.
pub(super) fn normalise(scalar: &str, value: &Value) -> Result<Value, &'static str> {
    let (normal, expected) = match scalar {
        "Int" => (int(value), "an Int from -2147483648 to 2147483647"),
        "Float" => (float(value), "a Float"),
        "String" => (text(value).map(Value::from), "a String without U+0000"),
        "Boolean" => (boolean(value), "a Boolean"),
        "ID" => (id(value), "an ID"),
        "Decimal" => (decimal(value), "a Decimal like \"12.50\""),
        "Date" => (text(value).and_then(date), "a Date like \"2026-08-31\""),
        "DateTime" => (text(value).and_then(date_time), "a DateTime like \"2026-08-31T12:00:00Z\""),
        "JSON" => (is_json(value).then(|| value.clone()), "JSON without U+0000"),
        "GeoJSON" => (geojson::geometry(value), geojson::EXPECTED),
        _ => (Some(value.clone()), "a value"),
    };
    normal.ok_or(expected)
}

fn int(value: &Value) -> Option<Value> {
    match value {
        Value::Number(number) => {
            number.as_i64().and_then(|number| i32::try_from(number).ok()).map(Value::from)
        }
        _ => None,
    }
}

fn float(value: &Value) -> Option<Value> {
    match value {
        Value::Number(number) => number.as_f64().and_then(Number::from_f64).map(Value::Number),
        _ => None,
    }
}

/// PostgreSQL has no place for U+0000 in any text.
fn text(value: &Value) -> Option<&str> {
    match value {
        Value::String(text) if !text.contains('\0') => Some(text),
        _ => None,
    }
}

fn boolean(value: &Value) -> Option<Value> {
    matches!(value, Value::Boolean(_)).then(|| value.clone())
}

fn id(value: &Value) -> Option<Value> {
    match value {
        Value::Number(number) if number.is_i64() || number.is_u64() => {
            Some(Value::from(number.to_string()))
        }
        _ => text(value).map(Value::from),
    }
}

fn decimal(value: &Value) -> Option<Value> {
    match value {
        Value::Number(number) if number.is_i64() || number.is_u64() => {
            Some(Value::from(number.to_string()))
        }
        _ => {
            let text = text(value).filter(|text| text.len() <= DECIMAL_CHARACTERS)?;
            let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
            let digits =
                |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
            let (whole, fraction) = unsigned
                .split_once('.')
                .map_or((unsigned, None), |(whole, fraction)| (whole, Some(fraction)));
            (digits(whole) && fraction.is_none_or(digits))
                .then(|| Value::from(text.strip_prefix('+').unwrap_or(text)))
        }
    }
}

fn date(text: &str) -> Option<Value> {
    let date = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?;
    // The parser is lenient about leading zeros and signs; there is no year 0.
    (date.year() > 0 && text.len() == 10 && date.to_string() == text).then(|| Value::from(text))
}

/// In UTC and to the microsecond, as far as PostgreSQL keeps it. A leap second is the next one.
fn date_time(text: &str) -> Option<Value> {
    let instant = DateTime::parse_from_rfc3339(text).ok()?;
    let instant = DateTime::from_timestamp_micros(instant.timestamp_micros())?;
    (1..=9999)
        .contains(&instant.year())
        .then(|| Value::from(instant.to_rfc3339_opts(SecondsFormat::AutoSi, true)))
}

fn is_json(value: &Value) -> bool {
    match value {
        Value::Null | Value::Boolean(_) | Value::Number(_) => true,
        Value::String(_) => text(value).is_some(),
        Value::List(items) => items.iter().all(is_json),
        Value::Object(fields) => {
            fields.iter().all(|(name, value)| !name.contains('\0') && is_json(value))
        }
        Value::Enum(_) | Value::Binary(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use async_graphql::value;

    #[test]
    fn each_scalar_has_one_form() {
        let cases = [
            ("Int", value!(2147483647), Some(value!(2147483647))),
            ("Int", value!(-2147483648), Some(value!(-2147483648))),
            ("Int", value!(2147483648i64), None),
            ("Int", value!(1.0), None),
            ("Int", value!("1"), None),
            ("Float", value!(1), Some(value!(1.0))),
            ("Float", value!(1.5), Some(value!(1.5))),
            ("Float", value!("1.5"), None),
            ("String", value!("a"), Some(value!("a"))),
            ("String", value!("a\u{0}"), None),
            ("String", value!(1), None),
            ("Boolean", value!(true), Some(value!(true))),
            ("Boolean", value!(0), None),
            ("ID", value!(7), Some(value!("7"))),
            ("ID", value!("x"), Some(value!("x"))),
            ("ID", value!(1.5), None),
            ("Decimal", value!(12), Some(value!("12"))),
            ("Decimal", value!(18446744073709551615u64), Some(value!("18446744073709551615"))),
            ("Decimal", value!(12.5), None),
            ("Decimal", value!("-12.50"), Some(value!("-12.50"))),
            ("Decimal", value!("+1"), Some(value!("1"))),
            ("Decimal", value!(".5"), None),
            ("Decimal", value!("5."), None),
            ("Decimal", value!("1e3"), None),
            ("Decimal", value!("NaN"), None),
            ("Decimal", value!("--1"), None),
            ("Decimal", value!(""), None),
            ("Decimal", Value::from("1".repeat(1000)), Some(Value::from("1".repeat(1000)))),
            ("Decimal", Value::from("1".repeat(1001)), None),
            ("Date", value!("2024-02-29"), Some(value!("2024-02-29"))),
            ("Date", value!("2023-02-29"), None),
            ("Date", value!("2023-2-9"), None),
            ("Date", value!("+023-02-09"), None),
            ("Date", value!("0000-01-01"), None),
            ("Date", value!("2023-02-09 "), None),
            ("DateTime", value!("2026-08-01T12:00:00Z"), Some(value!("2026-08-01T12:00:00Z"))),
            (
                "DateTime",
                value!("2026-08-01T12:00:00.123456789+02:00"),
                Some(value!("2026-08-01T10:00:00.123456Z")),
            ),
            ("DateTime", value!("2016-12-31T23:59:60Z"), Some(value!("2017-01-01T00:00:00Z"))),
            ("DateTime", value!("0001-01-01T00:00:00+14:00"), None),
            ("DateTime", value!("2026-08-01T12:00:00"), None),
            ("DateTime", value!("2026-08-01"), None),
            ("JSON", value!({"a": [1, null, "b"]}), Some(value!({"a": [1, null, "b"]}))),
            ("JSON", value!({"a": ["\u{0}"]}), None),
            ("JSON", Value::List(vec![Value::Enum(async_graphql::Name::new("BARE"))]), None),
            ("Anything", value!(1.5), Some(value!(1.5))),
        ];
        for (scalar, given, expected) in cases {
            assert_eq!(normalise(scalar, &given).ok(), expected, "{scalar} {given}");
        }
    }
}
