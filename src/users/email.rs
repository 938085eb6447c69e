//! E-mail addresses as people type them.
//!
//! The database knows an address whatever the case of its letters. What counts as one letter there
//! must be one everywhere: else one address could be typed in several ways, each with guesses of its
//! own, or an address that merely looks like another could stand in its way.

use email_address::{EmailAddress, Options};
use loaders::mutation::Input;
use loaders::{UserError, UserErrorCode};
use unicode_normalization::{UnicodeNormalization, is_nfc};

/// What no address is longer than (RFC 5321).
const LENGTH_MAXIMUM: usize = 254;

/// The address in this field, without spaces around it: a name at a domain, and nothing else.
///
/// # Errors
/// `INVALID` for what is none.
pub(super) fn read(input: &Input, field: &str) -> Result<String, UserError> {
    let text: String = input.text(field).unwrap_or_default().trim().nfc().collect();
    if is_address(&text) {
        return Ok(text);
    }
    Err(input.mistake(UserErrorCode::Invalid, field, "is not an e-mail address"))
}

/// What somebody types who signs in, as the database would fold it.
pub(super) fn folded(text: &str) -> String {
    text.trim().nfc().collect::<String>().to_lowercase().nfc().collect()
}

/// A letter that becomes one of ASCII in lower case, such as the sign of the kelvin.
fn is_disguised(letter: char) -> bool {
    !letter.is_ascii() && letter.to_lowercase().any(|lower| lower.is_ascii())
}

/// Whether it is an address, and nothing else.
pub(super) fn is_address(text: &str) -> bool {
    let options = Options::default()
        .without_display_text()
        .without_domain_literal()
        .with_minimum_sub_domains(2);
    let is_plain = text.len() <= LENGTH_MAXIMUM && is_nfc(text) && !text.contains(is_disguised);
    is_plain && EmailAddress::parse_with_options(text, options).is_ok()
}

#[cfg(test)]
mod tests {
    use super::{folded, is_address};

    #[test]
    fn addresses_and_what_is_none() {
        let table = [
            ("ada@example.test", true),
            ("ada.lovelace+deals@mail.example.test", true),
            ("o'hara@example.test", true),
            ("müller@müller.example", true),
            ("ada", false),
            ("ada@localhost", false),
            ("@example.test", false),
            ("ada@example.test, bob@example.test", false),
            ("Ada <ada@example.test>", false),
            ("ada@[192.0.2.1]", false),
            ("ada@example.test\nBcc: bob@example.test", false),
            ("a b@example.test", false),
            ("\u{130}da@example.test", false),
            ("\u{212a}im@example.test", false),
            ("jose\u{301}@example.test", false),
            ("jos\u{e9}@example.test", true),
        ];
        for (text, expected) in table {
            assert_eq!(is_address(text), expected, "{text}");
        }
        assert!(!is_address(&format!("{}@example.test", "x".repeat(250))));
    }

    #[test]
    fn what_is_typed_is_folded_once() {
        assert_eq!(folded(" Ada@Example.test "), "ada@example.test");
        assert_eq!(folded("JOSE\u{301}@example.test"), "jos\u{e9}@example.test");
        assert_ne!(folded("\u{130}da@example.test"), "ida@example.test");
    }
}
