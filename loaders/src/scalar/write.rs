//! From PostgreSQL's binary format straight to JSON.
//!
//! No value becomes a `String`, a decimal or a date on its way. Text is taken to be UTF-8, which
//! PostgreSQL guarantees for a database with that encoding.

use async_graphql::Value;
use thiserror::Error;

use super::kind::Kind;
use super::{calendar, json, numeric, type_id};

/// A value that JSON cannot show (NaN, infinity, a year outside 0001 to 9999), or bytes that are
/// not a value of this kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("a value of type {} has no form in JSON", .0.sql_type())]
pub struct Malformed(pub Kind);

/// Appends the value as JSON. Appends nothing when it fails.
pub fn write(kind: Kind, raw: &[u8], out: &mut Vec<u8>) -> Result<(), Malformed> {
    let start = out.len();
    let written = match kind {
        Kind::Text => {
            json::write_utf8(raw, out);
            Some(())
        }
        // None of these has a character that JSON escapes.
        Kind::Id(_) | Kind::Uuid | Kind::Numeric | Kind::Date | Kind::Timestamp => {
            out.push(b'"');
            let written = write_plain(kind, raw, out);
            out.push(b'"');
            written
        }
        _ => write_plain(kind, raw, out),
    };
    written.ok_or_else(|| {
        out.truncate(start);
        Malformed(kind)
    })
}

/// The value as text: what JSON shows, without the quotes and escapes of a string.
pub fn text_of(kind: Kind, raw: &[u8]) -> Result<String, Malformed> {
    let mut out = Vec::new();
    write_plain(kind, raw, &mut out).ok_or(Malformed(kind))?;
    String::from_utf8(out).map_err(|_| Malformed(kind))
}

/// The value in its JSON form, for callers that compute with it.
pub fn to_value(kind: Kind, raw: &[u8]) -> Result<Value, Malformed> {
    let text = text_of(kind, raw)?;
    match kind {
        // Read back by Rust itself: the JSON parser may be off by the last bit.
        Kind::Float8 => text.parse::<f64>().map(Value::from).map_err(|_| Malformed(kind)),
        Kind::Id(_) | Kind::Uuid | Kind::Text | Kind::Numeric | Kind::Date | Kind::Timestamp => {
            Ok(Value::String(text))
        }
        _ => serde_json::from_str(&text).map_err(|_| Malformed(kind)),
    }
}

/// Appends the value without quotes around a string.
fn write_plain(kind: Kind, raw: &[u8], out: &mut Vec<u8>) -> Option<()> {
    match kind {
        Kind::Id(prefix) => type_id::encode(prefix.0, raw.try_into().ok()?, out),
        Kind::Uuid => {
            let uuid = uuid::Uuid::from_bytes(raw.try_into().ok()?);
            out.extend_from_slice(uuid.hyphenated().encode_lower(&mut [0; 36]).as_bytes());
        }
        Kind::Text | Kind::Raw => out.extend_from_slice(raw),
        Kind::Int2 => write_integer(i16::from_be_bytes(raw.try_into().ok()?), out),
        Kind::Int4 => write_integer(i32::from_be_bytes(raw.try_into().ok()?), out),
        Kind::Int8 => write_integer(i64::from_be_bytes(raw.try_into().ok()?), out),
        Kind::Float8 => {
            let float = f64::from_be_bytes(raw.try_into().ok()?);
            // The shortest digits that read back as the same number.
            return float.is_finite().then(|| serde_json::to_writer(out, &float).ok())?;
        }
        Kind::Boolean => match raw {
            [0] => out.extend_from_slice(b"false"),
            [1] => out.extend_from_slice(b"true"),
            _ => return None,
        },
        Kind::Numeric => return numeric::write(raw, out),
        Kind::Date => return calendar::write_date(raw, out),
        Kind::Timestamp => return calendar::write_timestamp(raw, out),
        // A version, then the text.
        Kind::Json => match raw {
            [1, text @ ..] => out.extend_from_slice(text),
            _ => return None,
        },
        Kind::TextArray => return write_text_array(raw, out),
    }
    Some(())
}

fn write_integer(integer: impl itoa::Integer, out: &mut Vec<u8>) {
    out.extend_from_slice(itoa::Buffer::new().format(integer).as_bytes());
}

/// An array is a header (dimensions, whether NULLs are there, the element's type), for each
/// dimension its length and first index, and then each element after its own length.
fn write_text_array(raw: &[u8], out: &mut Vec<u8>) -> Option<()> {
    let (dimensions, rest) = split_integer(raw)?;
    let (_has_nulls, rest) = split_integer(rest)?;
    let (_element_type, rest) = split_integer(rest)?;
    let (length, mut rest) = match dimensions {
        0 => (0, rest),
        1 => {
            let (length, rest) = split_integer(rest)?;
            let (_first_index, rest) = split_integer(rest)?;
            (length, rest)
        }
        _ => return None,
    };
    out.push(b'[');
    for index in 0..length {
        if index > 0 {
            out.push(b',');
        }
        let (size, tail) = split_integer(rest)?;
        rest = match usize::try_from(size) {
            Ok(size) => {
                let (text, tail) = tail.split_at_checked(size)?;
                json::write_utf8(text, out);
                tail
            }
            Err(_) => {
                out.extend_from_slice(b"null");
                tail
            }
        };
    }
    out.push(b']');
    rest.is_empty().then_some(())
}

fn split_integer(raw: &[u8]) -> Option<(i32, &[u8])> {
    let (integer, rest) = raw.split_first_chunk()?;
    Some((i32::from_be_bytes(*integer), rest))
}

#[cfg(test)]
mod tests {
    use super::super::kind::Prefix;
    use super::super::param::{encode, encode_array, tests::binary};
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn written(kind: Kind, raw: &[u8]) -> Option<String> {
        let mut out = b"before".to_vec();
        let result = write(kind, raw, &mut out);
        let text = String::from_utf8(out).unwrap().strip_prefix("before").unwrap().to_owned();
        match result {
            Ok(()) => Some(text),
            Err(Malformed(malformed)) => {
                assert_eq!((malformed, text.as_str()), (kind, ""), "nothing is left behind");
                None
            }
        }
    }

    const CHAIR: Kind = Kind::Id(Prefix("chair"));
    const UUID: [u8; 16] = 0x0189_0a5d_ac96_774b_bcce_b302_099a_8057_u128.to_be_bytes();

    #[test]
    fn every_kind_has_its_form() {
        let cases: [(Kind, &[u8], &str); 20] = [
            (CHAIR, &UUID, r#""chair_01h455vb4pex5vsknk084sn02q""#),
            (Kind::Uuid, &UUID, r#""01890a5d-ac96-774b-bcce-b302099a8057""#),
            (Kind::Text, b"a \"b\"", r#""a \"b\"""#),
            (Kind::Text, b"", r#""""#),
            (Kind::Int2, &i16::MIN.to_be_bytes(), "-32768"),
            (Kind::Int4, &i32::MAX.to_be_bytes(), "2147483647"),
            (Kind::Int8, &i64::MIN.to_be_bytes(), "-9223372036854775808"),
            (Kind::Float8, &5.0_f64.to_be_bytes(), "5.0"),
            (Kind::Float8, &0.1_f64.to_be_bytes(), "0.1"),
            (Kind::Float8, &(-2.5e-9_f64).to_be_bytes(), "-2.5e-9"),
            (Kind::Numeric, &[0, 0, 0, 0, 0, 0, 0, 2], r#""0.00""#),
            (Kind::Boolean, &[0], "false"),
            (Kind::Boolean, &[1], "true"),
            (Kind::Date, &0_i32.to_be_bytes(), r#""2000-01-01""#),
            (Kind::Timestamp, &0_i64.to_be_bytes(), r#""2000-01-01T00:00:00Z""#),
            (Kind::Json, b"\x01{\"a\": 1}", r#"{"a": 1}"#),
            (Kind::Raw, br#"{"type":"Point"}"#, r#"{"type":"Point"}"#),
            (Kind::TextArray, b"\0\0\0\0\0\0\0\0\0\0\0\x19", "[]"),
            (Kind::TextArray, b"\0\0\0\x01\0\0\0\0\0\0\0\x19\0\0\0\x01\0\0\0\x01\0\0\0\x01\"", r#"["\""]"#),
            (
                Kind::TextArray,
                b"\0\0\0\x01\0\0\0\x01\0\0\0\x19\0\0\0\x03\0\0\0\x01\0\0\0\0\xff\xff\xff\xff\0\0\0\x02hi",
                r#"["",null,"hi"]"#,
            ),
        ];
        for (kind, raw, json) in cases {
            assert_eq!(written(kind, raw).as_deref(), Some(json));
            let value = to_value(kind, raw).unwrap();
            assert_eq!(
                value.into_json().unwrap(),
                serde_json::from_str::<serde_json::Value>(json).unwrap()
            );
        }
    }

    #[test]
    fn text_has_no_quotes() {
        assert_eq!(text_of(Kind::Text, b"a \"b\"").unwrap(), "a \"b\"");
        assert_eq!(text_of(CHAIR, &UUID).unwrap(), "chair_01h455vb4pex5vsknk084sn02q");
        assert_eq!(text_of(Kind::Text, b"\xff"), Err(Malformed(Kind::Text)));
    }

    #[test]
    fn other_bytes_are_malformed() {
        let cases: [(Kind, &[u8]); 17] = [
            (CHAIR, &UUID[1..]),
            (Kind::Uuid, &[]),
            (Kind::Int2, &[0; 4]),
            (Kind::Int4, &[0; 2]),
            (Kind::Int8, &[0; 4]),
            (Kind::Float8, &f64::NAN.to_be_bytes()),
            (Kind::Float8, &f64::INFINITY.to_be_bytes()),
            (Kind::Boolean, &[2]),
            (Kind::Numeric, &[0, 0, 0, 0, 0xc0, 0, 0, 0]),
            (Kind::Date, &i32::MAX.to_be_bytes()),
            (Kind::Timestamp, &i64::MIN.to_be_bytes()),
            (Kind::Json, b"\x02{}"),
            (Kind::Json, b""),
            (Kind::TextArray, b""),
            (
                Kind::TextArray,
                b"\0\0\0\x02\0\0\0\0\0\0\0\x19\0\0\0\x01\0\0\0\x01\0\0\0\x01\0\0\0\x01\0\0\0\x01a",
            ),
            (Kind::TextArray, b"\0\0\0\x01\0\0\0\0\0\0\0\x19\0\0\0\x01\0\0\0\x01\0\0\0\x09a"),
            (Kind::TextArray, b"\0\0\0\x01\0\0\0\0\0\0\0\x19\0\0\0\x01\0\0\0\x01\0\0\0\x01ab"),
        ];
        for (kind, raw) in cases {
            assert_eq!(written(kind, raw), None, "{kind:?} {raw:?}");
            assert_eq!(to_value(kind, raw), Err(Malformed(kind)));
        }
    }

    proptest! {
        #[test]
        fn numbers_read_back(int2 in any::<i16>(), int4 in any::<i32>(), int8 in any::<i64>(), float8 in any::<f64>()) {
            prop_assert_eq!(written(Kind::Int2, &int2.to_be_bytes()).unwrap(), int2.to_string());
            prop_assert_eq!(written(Kind::Int4, &int4.to_be_bytes()).unwrap(), int4.to_string());
            prop_assert_eq!(written(Kind::Int8, &int8.to_be_bytes()).unwrap(), int8.to_string());
            let text = written(Kind::Float8, &float8.to_be_bytes()).unwrap();
            prop_assert_eq!(text.parse::<f64>().unwrap().to_bits(), float8.to_bits());
            prop_assert_eq!(to_value(Kind::Float8, &float8.to_be_bytes()).unwrap(), Value::from(float8));
        }

        #[test]
        fn what_is_encoded_reads_back(texts in prop::collection::vec(prop::option::of("[^\0]{0,20}"), 0..5), id in any::<[u8; 16]>()) {
            let list: Vec<Value> = texts.iter().map(|text| Value::from(text.clone())).collect();
            let raw = binary(&encode_array(Kind::Text, &list).unwrap());
            prop_assert_eq!(to_value(Kind::TextArray, &raw).unwrap().into_json().unwrap(), json!(texts));
            let shown = to_value(CHAIR, &id).unwrap();
            prop_assert_eq!(binary(&encode(CHAIR, &shown).unwrap()), id);
        }

        #[test]
        fn no_bytes_are_a_panic(raw in prop::collection::vec(any::<u8>(), 0..40)) {
            let _ = written(Kind::TextArray, &[b"\0\0\0\x01\0\0\0\0\0\0\0\x19\0\0\0".as_slice(), &raw].concat());
            for kind in [CHAIR, Kind::Uuid, Kind::Int2, Kind::Int4, Kind::Int8, Kind::Float8, Kind::Boolean, Kind::Date, Kind::Timestamp] {
                let _ = written(kind, &raw);
            }
        }
    }
}
