//! Cursors: the place of a row in an ordered list, as an opaque text.
//!
//! A cursor holds the row's values of the order's columns in PostgreSQL's binary form, and a
//! fingerprint of the order it belongs to. It comes back from outside, so nothing in it is
//! believed: values that PostgreSQL would not take for their kind never reach it. What a cursor
//! says is not secret, and whoever makes one up gains nothing but another place to start from.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use thiserror::Error;

use super::kind::Kind;
use super::{calendar, numeric};

/// A text is not a cursor of this list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum CursorError {
    /// No list gave it.
    #[error("not a cursor")]
    Malformed,
    /// A list in another order gave it.
    #[error("the cursor belongs to another order: page on with the `orderBy` that it came from")]
    OtherOrder,
}

/// Appends the cursor of a row with these values (`None` is NULL): base64url without padding,
/// which JSON needs not escape.
pub fn encode(fingerprint: u32, values: &[Option<&[u8]>], out: &mut Vec<u8>) {
    // The bytes are put together behind the place that their text will take, and then cut off.
    let size: usize = 4 + values
        .iter()
        .map(|value| value.map_or(1, |value| value.len() + size_of_length(value.len() + 1)))
        .sum::<usize>();
    let (start, text_size) = (out.len(), (4 * size).div_ceil(3));
    out.resize(start + text_size, 0);
    out.extend_from_slice(&fingerprint.to_be_bytes());
    for value in values {
        match value {
            None => out.push(0),
            Some(value) => {
                write_length(value.len() + 1, out);
                out.extend_from_slice(value);
            }
        }
    }
    let (text, bytes) = out[start..].split_at_mut(text_size);
    // The text has exactly its place, so this cannot fail; were it to, an empty cursor is refused.
    let written = URL_SAFE_NO_PAD.encode_slice(bytes, text).unwrap_or(0);
    out.truncate(start + written);
}

/// The values in a cursor, one for each kind and in the binary form that PostgreSQL takes for it.
pub fn decode(
    fingerprint: u32,
    kinds: &[Kind],
    text: &str,
) -> Result<Vec<Option<Vec<u8>>>, CursorError> {
    let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| CursorError::Malformed)?;
    let (found, mut rest) = bytes.split_first_chunk().ok_or(CursorError::Malformed)?;
    if u32::from_be_bytes(*found) != fingerprint {
        return Err(CursorError::OtherOrder);
    }
    let values = kinds
        .iter()
        .map(|&kind| {
            let Some(size) = split_length(&mut rest)?.checked_sub(1) else { return Some(None) };
            let (value, tail) = rest.split_at_checked(size)?;
            rest = tail;
            is_sound(kind, value).then(|| Some(value.to_vec()))
        })
        .collect::<Option<Vec<_>>>();
    values.filter(|_| rest.is_empty()).ok_or(CursorError::Malformed)
}

/// Whether PostgreSQL would take these bytes for a value of this kind. Nothing is ordered by JSON
/// or lists, so no cursor holds them.
fn is_sound(kind: Kind, raw: &[u8]) -> bool {
    match kind {
        Kind::Id(_) | Kind::Uuid => raw.len() == 16,
        Kind::Text => !raw.contains(&0) && std::str::from_utf8(raw).is_ok(),
        Kind::Int2 => raw.len() == 2,
        Kind::Int4 => raw.len() == 4,
        Kind::Int8 | Kind::Float8 => raw.len() == 8,
        Kind::Numeric => numeric::is_sound(raw),
        Kind::Boolean => matches!(raw, [0 | 1]),
        Kind::Date => calendar::is_date(raw),
        Kind::Timestamp => calendar::is_timestamp(raw),
        Kind::Json | Kind::Raw | Kind::TextArray => false,
    }
}

/// A length in as few bytes as it needs: seven bits in each, the lowest first, the top bit set in
/// all but the last.
fn write_length(mut length: usize, out: &mut Vec<u8>) {
    while length >= 0x80 {
        out.push(length as u8 | 0x80);
        length >>= 7;
    }
    out.push(length as u8);
}

fn size_of_length(length: usize) -> usize {
    (length.max(1).ilog2() / 7 + 1) as usize
}

fn split_length(bytes: &mut &[u8]) -> Option<usize> {
    let mut length = 0;
    for shift in [0, 7, 14, 21, 28] {
        let (&byte, rest) = bytes.split_first()?;
        *bytes = rest;
        length |= usize::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Some(length);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn encoded(fingerprint: u32, values: &[Option<&[u8]>]) -> String {
        let mut out = b"before".to_vec();
        encode(fingerprint, values, &mut out);
        String::from_utf8(out).unwrap().strip_prefix("before").unwrap().to_owned()
    }

    /// A cursor of one value, made by hand.
    fn forged(kind: Kind, value: &[u8]) -> Result<Vec<Option<Vec<u8>>>, CursorError> {
        decode(7, &[kind], &encoded(7, &[Some(value)]))
    }

    #[test]
    fn a_cursor_is_short() {
        assert_eq!(encoded(7, &[Some(&[0; 8]), Some(&[0; 16])]).len(), 40);
        assert_eq!(encoded(7, &[]), "AAAABw");
    }

    #[test]
    fn another_order_is_told_apart_from_nonsense() {
        let cursor = encoded(7, &[Some(&[0; 4])]);
        assert_eq!(decode(8, &[Kind::Int4], &cursor), Err(CursorError::OtherOrder));
        let cases = [
            "",
            "A",
            "AAAA",
            "AAAABw==",
            "AAAABx",
            "not base64!",
            "é",
            "AAAABwA=",
            "AAAABw/+",
            "AAAAB4CAgICAAA",
        ];
        for text in cases {
            assert_eq!(decode(7, &[Kind::Int4], text), Err(CursorError::Malformed), "{text}");
        }
        assert_eq!(
            decode(7, &[Kind::Int4, Kind::Int4], &cursor),
            Err(CursorError::Malformed),
            "too few"
        );
        assert_eq!(decode(7, &[], &cursor), Err(CursorError::Malformed), "too many");
    }

    #[test]
    fn only_sound_values_come_back() {
        let sound: [(Kind, &[u8]); 8] = [
            (Kind::Text, "é".as_bytes()),
            (Kind::Text, b""),
            (Kind::Boolean, &[1]),
            (Kind::Numeric, &[0, 0, 0, 0, 0xc0, 0, 0, 0]),
            (Kind::Float8, &f64::NAN.to_be_bytes()),
            (Kind::Date, &i32::MAX.to_be_bytes()),
            (Kind::Timestamp, &i64::MIN.to_be_bytes()),
            (Kind::Uuid, &[0xff; 16]),
        ];
        for (kind, value) in sound {
            assert_eq!(forged(kind, value), Ok(vec![Some(value.to_vec())]));
        }
        let hostile: [(Kind, &[u8]); 14] = [
            (Kind::Text, b"\xff"),
            (Kind::Text, b"a\0"),
            (Kind::Boolean, &[2]),
            (Kind::Boolean, &[]),
            (Kind::Int2, &[0; 4]),
            (Kind::Int4, &[0; 3]),
            (Kind::Int8, &[]),
            (Kind::Uuid, &[0; 15]),
            (Kind::Numeric, &[0, 1, 0, 0, 0, 0, 0, 0, 0x27, 0x10]),
            (Kind::Date, &(i32::MAX - 1).to_be_bytes()),
            (Kind::Timestamp, &(i64::MIN + 1).to_be_bytes()),
            (Kind::Json, b"\x01{}"),
            (Kind::Raw, b"{}"),
            (Kind::TextArray, &[0; 12]),
        ];
        for (kind, value) in hostile {
            assert_eq!(forged(kind, value), Err(CursorError::Malformed), "{kind:?} {value:?}");
        }
    }

    proptest! {
        #[test]
        fn round_trip(fingerprint in any::<u32>(), text in prop::option::of("[^\0]{0,20000}"), number in prop::option::of(any::<i64>()), id in any::<[u8; 16]>()) {
            let number = number.map(i64::to_be_bytes);
            let values = [text.as_ref().map(|text| text.as_bytes()), number.as_ref().map(|number| number.as_slice()), Some(&id)];
            let decoded = decode(fingerprint, &[Kind::Text, Kind::Int8, Kind::Uuid], &encoded(fingerprint, &values)).unwrap();
            prop_assert_eq!(decoded.iter().map(Option::as_deref).collect::<Vec<_>>(), values);
        }

        #[test]
        fn every_length_has_its_size(length in prop_oneof![0..70_000_usize, 1 << 27..(1 << 31) - 1_usize]) {
            let mut out = Vec::new();
            write_length(length, &mut out);
            prop_assert_eq!(out.len(), size_of_length(length));
            prop_assert_eq!(split_length(&mut out.as_slice()), Some(length));
        }

        #[test]
        fn no_text_is_a_panic(text in "AAAAB[A-Za-z0-9_-]{0,40}|.{0,20}") {
            let _ = decode(7, &[Kind::Numeric, Kind::Text, Kind::Date], &text);
        }
    }
}
