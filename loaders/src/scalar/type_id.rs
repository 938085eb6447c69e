//! Typed ids: a prefix that names the kind, `_`, and a UUID in 26 characters of base32.
//!
//! Follows the TypeID specification 0.3, so any TypeID library reads them. Only the canonical form
//! is accepted: lower case, and no letters that merely look alike.

use thiserror::Error;
use uuid::Uuid;

/// Crockford's base32 in lower case: no `i`, `l`, `o` or `u`.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// Marks a byte that is no digit of the alphabet.
const NO_DIGIT: u8 = 0xff;

/// The value of each byte as a digit.
const DIGITS: [u8; 256] = {
    let mut digits = [NO_DIGIT; 256];
    let mut value = 0;
    while value < 32 {
        digits[ALPHABET[value] as usize] = value as u8;
        value += 1;
    }
    digits
};

/// A text is not the id that was needed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum IdError {
    /// It is no id at all.
    #[error("not an id: an id is a kind, an underscore and 26 letters and digits")]
    NotAnId,
    /// It is the id of something else.
    #[error("this is the id of a `{found}`, where the id of a `{expected}` is needed")]
    WrongKind {
        /// The kind that was needed.
        expected: String,
        /// The kind that the id names.
        found: String,
    },
}

/// Whether the text may stand before an id: at most 63 of `a-z` and `_`, a letter at both ends.
/// The empty prefix is allowed too; such an id has no underscore.
pub fn is_prefix(text: &str) -> bool {
    text.len() <= 63
        && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')
        && !text.starts_with('_')
        && !text.ends_with('_')
}

/// Appends the id of this UUID.
pub fn encode(prefix: &str, uuid: &[u8; 16], out: &mut Vec<u8>) {
    if !prefix.is_empty() {
        out.extend_from_slice(prefix.as_bytes());
        out.push(b'_');
    }
    // 26 digits of 5 bits hold 130: two digits for the top byte, then twice twelve for 60 bits.
    // Shifts within 64 bits are several times faster than within 128.
    let value = u128::from_be_bytes(*uuid);
    let (top, high, low) = ((value >> 120) as usize, (value >> 60) as u64, value as u64);
    let mut digits = [0; 26];
    digits[0] = ALPHABET[top >> 5];
    digits[1] = ALPHABET[top & 31];
    for place in 0..12 {
        let shift = 55 - 5 * place;
        digits[2 + place] = ALPHABET[(high >> shift) as usize & 31];
        digits[14 + place] = ALPHABET[(low >> shift) as usize & 31];
    }
    out.extend_from_slice(&digits);
}

/// The prefix and the UUID of an id.
pub fn decode(text: &str) -> Result<(&str, Uuid), IdError> {
    let (prefix, suffix) = match text.rsplit_once('_') {
        Some(("", _)) => return Err(IdError::NotAnId),
        Some(parts) => parts,
        None => ("", text),
    };
    let digits: &[u8; 26] = suffix.as_bytes().try_into().map_err(|_| IdError::NotAnId)?;
    // A first digit above 7 would not fit into 128 bits.
    if !is_prefix(prefix) || digits[0] > b'7' {
        return Err(IdError::NotAnId);
    }
    let mut value = 0;
    for &byte in digits {
        let digit = DIGITS[usize::from(byte)];
        if digit == NO_DIGIT {
            return Err(IdError::NotAnId);
        }
        value = (value << 5) | u128::from(digit);
    }
    Ok((prefix, Uuid::from_u128(value)))
}

/// The UUID of an id that must have this prefix.
pub fn expect(prefix: &str, text: &str) -> Result<Uuid, IdError> {
    match decode(text)? {
        (found, uuid) if found == prefix => Ok(uuid),
        (found, _) => {
            Err(IdError::WrongKind { expected: prefix.to_owned(), found: found.to_owned() })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn encoded(prefix: &str, uuid: Uuid) -> String {
        let mut out = Vec::new();
        encode(prefix, uuid.as_bytes(), &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn known_ids() {
        let cases = [
            ("", 0, "00000000000000000000000000"),
            ("", 1, "00000000000000000000000001"),
            (
                "prefix",
                0x0189_0a5d_ac96_774b_bcce_b302_099a_8057,
                "prefix_01h455vb4pex5vsknk084sn02q",
            ),
            ("pre_fix", 32, "pre_fix_00000000000000000000000010"),
            ("a", u128::MAX, "a_7zzzzzzzzzzzzzzzzzzzzzzzzz"),
        ];
        for (prefix, value, text) in cases {
            assert_eq!(encoded(prefix, Uuid::from_u128(value)), text);
            assert_eq!(decode(text), Ok((prefix, Uuid::from_u128(value))));
        }
    }

    #[test]
    fn refuses_what_is_no_id() {
        let too_long = "a".repeat(64) + "_01h455vb4pex5vsknk084sn02q";
        let cases = [
            "",
            "prefix",
            "prefix_",
            "_01h455vb4pex5vsknk084sn02q",
            "_prefix_01h455vb4pex5vsknk084sn02q",
            "prefix__01h455vb4pex5vsknk084sn02q",
            "PREFIX_01h455vb4pex5vsknk084sn02q",
            "prefix1_01h455vb4pex5vsknk084sn02q",
            "pré_01h455vb4pex5vsknk084sn02q",
            "prefix-01h455vb4pex5vsknk084sn02q",
            "prefix_01h455vb4pex5vsknk084sn02",
            "prefix_01h455vb4pex5vsknk084sn02qq",
            "prefix_81h455vb4pex5vsknk084sn02q",
            "prefix_01H455VB4PEX5VSKNK084SN02Q",
            "prefix_01h455vb4pex5vsknk084sn02l",
            "prefix_01h455vb4pex5vsknk084sn02u",
            "prefix_01h455vb4pex5vsknk084sn0 q",
            "prefix_01890a5d-ac96-774b-bcce-b302099a8057",
            &too_long,
        ];
        for text in cases {
            assert_eq!(decode(text), Err(IdError::NotAnId), "{text}");
        }
    }

    #[test]
    fn a_wrong_kind_names_both() {
        let text = "chair_leg_01h455vb4pex5vsknk084sn02q";
        assert!(expect("chair_leg", text).is_ok());
        assert_eq!(
            expect("table", text).unwrap_err().to_string(),
            "this is the id of a `chair_leg`, where the id of a `table` is needed"
        );
    }

    proptest! {
        #[test]
        fn round_trip(prefix in "([a-z]([a-z_]{0,61}[a-z])?)?", value in any::<u128>()) {
            let uuid = Uuid::from_u128(value);
            let text = encoded(&prefix, uuid);
            prop_assert_eq!(decode(&text), Ok((prefix.as_str(), uuid)));
            prop_assert_eq!(expect(&prefix, &text), Ok(uuid));
        }

        #[test]
        fn ids_sort_like_their_uuids(left in any::<u128>(), right in any::<u128>()) {
            let text = |value| encoded("a", Uuid::from_u128(value));
            prop_assert_eq!(text(left).cmp(&text(right)), left.cmp(&right));
        }

        #[test]
        fn no_text_is_a_panic(text in any::<String>()) {
            let _ = decode(&text);
        }
    }
}
