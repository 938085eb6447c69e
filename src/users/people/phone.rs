//! Telephone numbers as people write them.

use loaders::mutation::Input;
use loaders::{UserError, UserErrorCode};
use phonenumber::country;

/// A number that can be dialled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Phone {
    /// The whole number in the form of E.164.
    pub(super) number: String,
    /// The country to which it belongs, where it tells.
    pub(super) region: Option<String>,
    /// What is dialled after it.
    pub(super) extension: Option<String>,
}

/// What no number is longer than, however it is written.
const LENGTH_MAXIMUM: usize = 60;

/// The number in an input with `number` and `region`.
///
/// # Errors
/// `INVALID` at either of the two.
pub(super) fn read(input: &Input) -> Result<Phone, UserError> {
    let region = input.text("region").unwrap_or_default();
    let region: country::Id = region.parse().map_err(|_| {
        let message = "is not the code of a country: two letters, such as US";
        input.mistake(UserErrorCode::Invalid, "region", message)
    })?;
    parse(input.text("number").unwrap_or_default(), region).ok_or_else(|| {
        let message = "is not a telephone number of that country: begin that of another with +";
        input.mistake(UserErrorCode::Invalid, "number", message)
    })
}

fn parse(text: &str, region: country::Id) -> Option<Phone> {
    if text.len() > LENGTH_MAXIMUM {
        return None;
    }
    let phone = phonenumber::parse(Some(region), text.trim()).ok()?;
    phone.is_valid().then(|| Phone {
        number: format!("+{}{}", phone.code().value(), phone.national()),
        region: phone.country().id().map(|id| id.as_ref().to_owned()),
        extension: phone.extension().map(ToString::to_string),
    })
}

#[cfg(test)]
mod tests {
    use phonenumber::country::Id;

    use super::*;

    #[test]
    fn numbers_become_one_form() {
        let table = [
            ("(419) 555-0100", Id::US, Some(("+14195550100", Some("US"), None))),
            ("419.555.0100 ext. 7", Id::US, Some(("+14195550100", Some("US"), Some("7")))),
            (" 1-419-555-0100 ", Id::US, Some(("+14195550100", Some("US"), None))),
            ("+49 30 901820", Id::US, Some(("+4930901820", Some("DE"), None))),
            ("030 901820", Id::DE, Some(("+4930901820", Some("DE"), None))),
            ("06 698 12345", Id::IT, Some(("+390669812345", None, None))),
            ("555-0100", Id::US, None),
            ("call me", Id::US, None),
            ("", Id::US, None),
            ("+1419555010012345", Id::US, None),
        ];
        for (text, region, expected) in table {
            let found = parse(text, region);
            let found = found.as_ref().map(|phone| {
                (phone.number.as_str(), phone.region.as_deref(), phone.extension.as_deref())
            });
            assert_eq!(found, expected, "{text}");
        }
        assert_eq!(parse(&"1".repeat(100_000), Id::US), None);
    }
}
