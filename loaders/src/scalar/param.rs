//! From a request's values to PostgreSQL's binary parameters.
//!
//! Every parameter is written in the binary form of its own type, so the statement must give its
//! place that type: prepare it with [`Kind::postgres_type`] or [`Kind::array_type`], or cast it.

use std::error::Error;

use async_graphql::Value;
use bytes::{BufMut, BytesMut};
use thiserror::Error;
use tokio_postgres::types::{Format, IsNull, ToSql, Type, to_sql_checked};
use uuid::Uuid;

use super::kind::Kind;
use super::type_id::{self, IdError};
use super::{calendar, numeric};

/// One parameter of a statement.
#[derive(Debug, Clone, PartialEq)]
pub enum Param {
    /// NULL of any type.
    Null,
    /// `uuid`.
    Uuid(Uuid),
    /// `uuid[]`.
    UuidArray(Vec<Uuid>),
    /// `text`.
    Text(String),
    /// `text[]`.
    TextArray(Vec<String>),
    /// `integer`.
    Int4(i32),
    /// `integer[]`.
    Int4Array(Vec<i32>),
    /// `bigint`.
    Int8(i64),
    /// `double precision`.
    Float8(f64),
    /// `double precision[]`.
    Float8Array(Vec<f64>),
    /// `boolean`.
    Boolean(bool),
    /// Any type, already in its binary form: from a row, a cursor or [`encode`].
    Raw(Vec<u8>),
}

/// A value that does not fit the kind it is meant for; said to the person who sent it.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum BadValue {
    /// It has another form.
    #[error("expected {0}")]
    Expected(&'static str),
    /// It is not an id, or the id of something else.
    #[error(transparent)]
    Id(#[from] IdError),
    /// It has the one character that PostgreSQL cannot store.
    #[error("text cannot have the character U+0000")]
    NullCharacter,
}

/// The parameter for a value of this kind. Null is [`Param::Null`] for every kind.
pub fn encode(kind: Kind, value: &Value) -> Result<Param, BadValue> {
    let param = match (kind, value) {
        (_, Value::Null) => Some(Param::Null),
        (Kind::Id(prefix), Value::String(text)) => {
            Some(Param::Uuid(type_id::expect(prefix.0, text)?))
        }
        (Kind::Uuid, Value::String(text)) => Uuid::try_parse(text).ok().map(Param::Uuid),
        (Kind::Text, Value::String(text)) => Some(Param::Text(storable(text)?.to_owned())),
        (Kind::Text, Value::Enum(name)) => Some(Param::Text(name.to_string())),
        (Kind::Int2, Value::Number(number)) => {
            number.as_i64().and_then(|number| i16::try_from(number).ok()).map(raw_int2)
        }
        (Kind::Int4, Value::Number(number)) => {
            number.as_i64().and_then(|number| i32::try_from(number).ok()).map(Param::Int4)
        }
        (Kind::Int8, Value::Number(number)) => number.as_i64().map(Param::Int8),
        (Kind::Float8, Value::Number(number)) => number.as_f64().map(Param::Float8),
        (Kind::Numeric, Value::String(text)) => numeric::parse(text).map(Param::Raw),
        // A whole number is exact; one with a fraction has already passed through a float.
        (Kind::Numeric, Value::Number(number)) if !number.is_f64() => {
            numeric::parse(&number.to_string()).map(Param::Raw)
        }
        (Kind::Boolean, Value::Boolean(truth)) => Some(Param::Boolean(*truth)),
        (Kind::Date, Value::String(text)) => calendar::parse_date(text.as_bytes())
            .map(|days| Param::Raw(days.to_be_bytes().to_vec())),
        (Kind::Timestamp, Value::String(text)) => calendar::parse_timestamp(text.as_bytes())
            .map(|microseconds| Param::Raw(microseconds.to_be_bytes().to_vec())),
        (Kind::Json, value) => Some(Param::Raw([b"\x01", json_text(value)?.as_bytes()].concat())),
        (Kind::Raw, value) => Some(Param::Text(json_text(value)?)),
        (Kind::TextArray, Value::List(items)) => Some(encode_array(Kind::Text, items)?),
        _ => None,
    };
    param.ok_or(BadValue::Expected(expected(kind)))
}

/// The array parameter for a list of values of this kind; a null becomes a NULL element. For
/// [`Kind::TextArray`] the values are the elements: PostgreSQL has no arrays of arrays.
pub fn encode_array(kind: Kind, values: &[Value]) -> Result<Param, BadValue> {
    let element = kind.element();
    let items = values
        .iter()
        .map(|value| {
            let mut item = Vec::new();
            Ok(encode(element, value)?.put(&mut item).then_some(item))
        })
        .collect::<Result<Vec<_>, BadValue>>()?;
    Ok(Param::raw_array(element, items.iter().map(Option::as_deref)))
}

impl Param {
    /// An array of values of this kind that are already in their binary form; `None` is NULL.
    pub fn raw_array<'a>(
        kind: Kind,
        items: impl ExactSizeIterator<Item = Option<&'a [u8]>> + Clone,
    ) -> Self {
        let mut out = Vec::new();
        put_array(&mut out, &kind.element().postgres_type(), items);
        Self::Raw(out)
    }

    /// Writes the binary form; `false`, and nothing written, for NULL.
    fn put(&self, out: &mut impl BufMut) -> bool {
        match self {
            Self::Null => return false,
            Self::Uuid(uuid) => out.put_slice(uuid.as_bytes()),
            Self::UuidArray(uuids) => put_array(out, &Type::UUID, uuids.iter().map(Some)),
            Self::Text(text) => out.put_slice(text.as_bytes()),
            Self::TextArray(texts) => put_array(out, &Type::TEXT, texts.iter().map(Some)),
            Self::Int4(integer) => out.put_i32(*integer),
            Self::Int4Array(integers) => put_array(
                out,
                &Type::INT4,
                integers.iter().map(|integer| Some(integer.to_be_bytes())),
            ),
            Self::Int8(integer) => out.put_i64(*integer),
            Self::Float8(float) => out.put_f64(*float),
            Self::Float8Array(floats) => {
                put_array(out, &Type::FLOAT8, floats.iter().map(|float| Some(float.to_be_bytes())))
            }
            Self::Boolean(truth) => out.put_u8(u8::from(*truth)),
            Self::Raw(raw) => out.put_slice(raw),
        }
        true
    }
}

/// Writes an array of one dimension, whose first index is 1. Lengths cannot overflow: the driver
/// refuses a message that is longer than an `i32` counts.
fn put_array<T: AsRef<[u8]>>(
    out: &mut impl BufMut,
    element: &Type,
    items: impl ExactSizeIterator<Item = Option<T>> + Clone,
) {
    out.put_i32(i32::from(items.len() > 0));
    out.put_i32(i32::from(items.clone().any(|item| item.is_none())));
    out.put_u32(element.oid());
    if items.len() > 0 {
        out.put_i32(items.len() as i32);
        out.put_i32(1);
    }
    for item in items {
        match item {
            Some(item) => {
                out.put_i32(item.as_ref().len() as i32);
                out.put_slice(item.as_ref());
            }
            None => out.put_i32(-1),
        }
    }
}

impl ToSql for Param {
    fn to_sql(&self, _: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        Ok(if self.put(out) { IsNull::No } else { IsNull::Yes })
    }

    /// Every type: whoever makes a parameter knows the type of its place.
    fn accepts(_: &Type) -> bool {
        true
    }

    fn encode_format(&self, _: &Type) -> Format {
        Format::Binary
    }

    to_sql_checked!();
}

fn raw_int2(integer: i16) -> Param {
    Param::Raw(integer.to_be_bytes().to_vec())
}

fn storable(text: &str) -> Result<&str, BadValue> {
    if text.contains('\0') { Err(BadValue::NullCharacter) } else { Ok(text) }
}

fn json_text(value: &Value) -> Result<String, BadValue> {
    all_storable(value)?;
    serde_json::to_string(value).map_err(|_| BadValue::Expected(expected(Kind::Json)))
}

fn all_storable(value: &Value) -> Result<(), BadValue> {
    match value {
        Value::String(text) => storable(text).map(drop),
        Value::List(items) => items.iter().try_for_each(all_storable),
        Value::Object(fields) => fields
            .iter()
            .try_for_each(|(name, value)| storable(name).and_then(|_| all_storable(value))),
        _ => Ok(()),
    }
}

/// What a person should send for this kind.
fn expected(kind: Kind) -> &'static str {
    match kind {
        Kind::Id(_) => "an id",
        Kind::Uuid => "a UUID",
        Kind::Text => "a text",
        Kind::Int2 => "a whole number from -32768 to 32767",
        Kind::Int4 => "a whole number from -2147483648 to 2147483647",
        Kind::Int8 => "a whole number from -9223372036854775808 to 9223372036854775807",
        Kind::Float8 => "a number",
        Kind::Numeric => "a decimal number as text, such as \"12.50\"",
        Kind::Boolean => "true or false",
        Kind::Date => "a date such as \"2026-08-01\"",
        Kind::Timestamp => "a moment such as \"2026-08-01T12:34:56Z\", at most to the microsecond",
        Kind::Json | Kind::Raw => "a JSON value",
        Kind::TextArray => "a list of texts",
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::kind::Prefix;
    use super::*;
    use async_graphql::Name;
    use serde_json::json;

    /// The binary form of a parameter that is not NULL.
    pub(in super::super) fn binary(param: &Param) -> Vec<u8> {
        let mut out = BytesMut::new();
        assert!(matches!(param.to_sql(&Type::UNKNOWN, &mut out), Ok(IsNull::No)));
        out.to_vec()
    }

    fn value(json: serde_json::Value) -> Value {
        Value::from_json(json).unwrap()
    }

    const CHAIR: Kind = Kind::Id(Prefix("chair"));
    const UUID: Uuid = Uuid::from_u128(0x0189_0a5d_ac96_774b_bcce_b302_099a_8057);

    #[test]
    fn every_kind_has_its_parameter() {
        let cases = [
            (CHAIR, json!("chair_01h455vb4pex5vsknk084sn02q"), Param::Uuid(UUID)),
            (Kind::Uuid, json!("01890a5d-ac96-774b-bcce-b302099a8057"), Param::Uuid(UUID)),
            (Kind::Text, json!("é"), Param::Text("é".to_owned())),
            (Kind::Int2, json!(-2), Param::Raw(vec![0xff, 0xfe])),
            (Kind::Int4, json!(-2), Param::Int4(-2)),
            (Kind::Int8, json!(i64::MIN), Param::Int8(i64::MIN)),
            (Kind::Float8, json!(2), Param::Float8(2.0)),
            (Kind::Float8, json!(0.5), Param::Float8(0.5)),
            (
                Kind::Numeric,
                json!("1.50"),
                Param::Raw(vec![0, 2, 0, 0, 0, 0, 0, 2, 0, 1, 0x13, 0x88]),
            ),
            (Kind::Numeric, json!(-7), Param::Raw(vec![0, 1, 0, 0, 0x40, 0, 0, 0, 0, 7])),
            (Kind::Boolean, json!(true), Param::Boolean(true)),
            (Kind::Date, json!("2000-01-02"), Param::Raw(vec![0, 0, 0, 1])),
            (
                Kind::Timestamp,
                json!("2000-01-01T01:00:00.000001+01:00"),
                Param::Raw(vec![0, 0, 0, 0, 0, 0, 0, 1]),
            ),
            (Kind::Json, json!({"a": [1, "b"]}), Param::Raw(b"\x01{\"a\":[1,\"b\"]}".to_vec())),
            (Kind::Raw, json!({"type": "Point"}), Param::Text(r#"{"type":"Point"}"#.to_owned())),
            (Kind::Text, json!(null), Param::Null),
            (Kind::Numeric, json!(null), Param::Null),
        ];
        for (kind, json, param) in cases {
            assert_eq!(encode(kind, &value(json)), Ok(param));
        }
        assert_eq!(
            encode(Kind::Text, &Value::Enum(Name::new("ACTIVE"))),
            Ok(Param::Text("ACTIVE".to_owned()))
        );
    }

    #[test]
    fn refuses_other_values() {
        let cases = [
            (Kind::Uuid, json!("x")),
            (Kind::Text, json!(1)),
            (Kind::Int2, json!(32768)),
            (Kind::Int4, json!(2_147_483_648_u32)),
            (Kind::Int4, json!(1.5)),
            (Kind::Int8, json!(u64::MAX)),
            (Kind::Float8, json!("1.5")),
            (Kind::Numeric, json!(0.1)),
            (Kind::Numeric, json!("0.1e1")),
            (Kind::Boolean, json!(1)),
            (Kind::Date, json!("2026-02-30")),
            (Kind::Timestamp, json!("2026-08-01")),
            (Kind::TextArray, json!("a")),
            (CHAIR, json!(7)),
        ];
        for (kind, json) in cases {
            assert_eq!(encode(kind, &value(json)), Err(BadValue::Expected(expected(kind))));
        }
        assert_eq!(encode(CHAIR, &value(json!("x"))), Err(BadValue::Id(IdError::NotAnId)));
        let wrong = encode(CHAIR, &value(json!("table_01h455vb4pex5vsknk084sn02q")))
            .unwrap_err()
            .to_string();
        assert!(wrong.contains("chair") && wrong.contains("table"), "{wrong}");
    }

    #[test]
    fn the_null_character_goes_nowhere() {
        let cases = [
            (Kind::Text, json!("a\0")),
            (Kind::Json, json!({"a": ["\0"]})),
            (Kind::Json, json!({"\0": 1})),
            (Kind::Raw, json!("\0")),
            (Kind::TextArray, json!(["\0"])),
        ];
        for (kind, json) in cases {
            assert_eq!(encode(kind, &value(json)), Err(BadValue::NullCharacter));
        }
        assert!(
            encode(Kind::Json, &value(json!("\\u0000"))).is_ok(),
            "a backslash is only a backslash"
        );
    }

    #[test]
    fn arrays_are_the_same_either_way() {
        let list = |items: serde_json::Value| match value(items) {
            Value::List(items) => items,
            _ => unreachable!(),
        };
        let id = json!("chair_01h455vb4pex5vsknk084sn02q");
        let cases = [
            (encode_array(CHAIR, &list(json!([id, id]))), Param::UuidArray(vec![UUID, UUID])),
            (
                encode_array(Kind::Text, &list(json!(["a", ""]))),
                Param::TextArray(vec!["a".to_owned(), String::new()]),
            ),
            (encode(Kind::TextArray, &value(json!(["a"]))), Param::TextArray(vec!["a".to_owned()])),
            (
                encode_array(Kind::TextArray, &list(json!(["a"]))),
                Param::TextArray(vec!["a".to_owned()]),
            ),
            (encode_array(Kind::Int4, &list(json!([1, -1]))), Param::Int4Array(vec![1, -1])),
            (encode_array(Kind::Float8, &list(json!([0.5]))), Param::Float8Array(vec![0.5])),
            (encode_array(Kind::Int4, &[]), Param::Int4Array(vec![])),
        ];
        for (encoded, typed) in cases {
            assert_eq!(binary(&encoded.unwrap()), binary(&typed));
        }
        assert!(encode_array(Kind::Int4, &list(json!([1, "x"]))).is_err());
    }
}
