//! Typed ids as the contract writes them: a prefix, `_`, and the UUID in Crockford's base 32.

use uuid::Uuid;

const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
/// 26 digits of 5 bits hold 130 bits, the UUID's 128 at the end.
const DIGITS: usize = 26;

/// `property_01h2xcejqtf2nbrexx3vqjhp41`.
pub(crate) fn encode(prefix: &str, id: Uuid) -> String {
    let bits = id.as_u128();
    let mut text = String::with_capacity(prefix.len() + 1 + DIGITS);
    text.push_str(prefix);
    text.push('_');
    for digit in (0..DIGITS).rev() {
        text.push(char::from(ALPHABET[(bits >> (5 * digit)) as usize & 31]));
    }
    text
}

/// The UUID behind the digits, when that is what they are.
pub(crate) fn decode(digits: &str) -> Option<Uuid> {
    // The first digit holds 3 bits only.
    if digits.len() != DIGITS || digits.as_bytes()[0] > b'7' {
        return None;
    }
    digits
        .bytes()
        .try_fold(0u128, |bits, digit| {
            Some(bits << 5 | ALPHABET.iter().position(|&letter| letter == digit)? as u128)
        })
        .map(Uuid::from_u128)
}

/// The UUID of an id with this prefix.
pub(crate) fn decode_typed(prefix: &str, id: &str) -> Option<Uuid> {
    decode(id.strip_prefix(prefix)?.strip_prefix('_')?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_written_as_the_specification_of_typeid_says() {
        // From the list of valid ids that TypeID's specification comes with.
        let known = Uuid::parse_str("01890a5d-ac96-774b-bcce-b302099a8057").unwrap();
        assert_eq!(encode("prefix", known), "prefix_01h455vb4pex5vsknk084sn02q");
        assert_eq!(decode_typed("prefix", "prefix_01h455vb4pex5vsknk084sn02q"), Some(known));
        assert_eq!(decode("7zzzzzzzzzzzzzzzzzzzzzzzzz"), Some(Uuid::max()));
    }

    #[test]
    fn what_is_no_id_is_refused() {
        for wrong in [
            "",
            "8zzzzzzzzzzzzzzzzzzzzzzzzz",
            "01h455vb4pex5vsknk084sn02",
            "01h455vb4pex5vsknk084sn0uq",
        ] {
            assert_eq!(decode(wrong), None, "{wrong}");
        }
        assert_eq!(decode_typed("user", "prefix_01h455vb4pex5vsknk084sn02q"), None);
    }
}
