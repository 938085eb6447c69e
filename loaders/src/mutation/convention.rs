//! What the name of a constraint says: it begins with its table, and ends with what it demands.
//! `properties_tax_year_range` is a range of `tax_year`, so its mistake stands at `taxYear`; the
//! numbers of its message are read from its definition.

use super::user_error::{UserError, UserErrorCode};
use crate::catalog::{Catalog, Constraint, ConstraintKind};

/// For an id that leads nowhere, or to what the viewer may not see: the two are not told apart.
pub(super) const NOTHING_HERE: &str = "there is nothing with this id";

/// For a value that must be there.
pub(super) const REQUIRED: &str = "is required";

/// The mistake that a violation of this constraint is, if its name follows a convention.
pub(super) fn mistake(constraint: &Constraint, catalog: &Catalog) -> Option<UserError> {
    let Constraint { name, kind, columns, definition, .. } = constraint;
    let at = |code, column: &str, message: String| {
        Some(UserError::new(code, &[field(column).as_str()], message))
    };
    let Some(table) = &constraint.table else {
        let values = name.strip_suffix("_values").and_then(|_| values(definition))?;
        let message = format!("must be one of {values}");
        return match &columns[..] {
            [column] => at(UserErrorCode::Invalid, column, message),
            _ => Some(UserError::new(UserErrorCode::Invalid, &[], message)),
        };
    };
    let label = name.strip_prefix(table)?.strip_prefix('_')?;
    let own = |suffix: &str| {
        let column = label.strip_suffix(suffix)?;
        catalog.tables.get(table)?.columns.get(column).map(|live| (column, &live.base_type))
    };
    match kind {
        ConstraintKind::ForeignKey => {
            let (column, _) = own("_fkey")?;
            at(UserErrorCode::NotFound, column, NOTHING_HERE.to_string())
        }
        ConstraintKind::Unique if label == "pkey" => {
            at(UserErrorCode::Taken, "id", "another record has this id".to_string())
        }
        ConstraintKind::Unique => {
            label.strip_suffix("_key")?;
            let column = own("_key").map(|(column, _)| column);
            let names: Vec<String> =
                columns.iter().map(|name| format!("`{}`", field(name))).collect();
            let message = format!("another record has the same {}", listed(&names));
            at(UserErrorCode::Taken, column.or(columns.first().map(String::as_str))?, message)
        }
        ConstraintKind::Check => {
            if let Some((column, _)) = own("_length") {
                let message = length(definition, column)?;
                return at(UserErrorCode::TooLong, column, message);
            }
            if let Some((column, base_type)) =
                own("_range").or_else(|| own("_positive")).or_else(|| own("_not_negative"))
            {
                let message = range(definition, column, base_type)?;
                return at(UserErrorCode::OutOfRange, column, message);
            }
            if let Some((column, _)) = own("_form") {
                let pattern = definition.split_once(" ~ '")?.1.split_once("'::text")?.0;
                let message = format!("must match the pattern {pattern}");
                return at(UserErrorCode::Invalid, column, message);
            }
            let (column, _) = own("_given")?;
            at(
                UserErrorCode::Required,
                column,
                format!("{REQUIRED} together with what else is given"),
            )
        }
        ConstraintKind::Trigger if label == "immutable" => Some(UserError::new(
            UserErrorCode::Immutable,
            &[],
            "such a record never changes: make a new one",
        )),
        ConstraintKind::Trigger if label == "tree" => {
            at(UserErrorCode::Invalid, "parent_id", "would make it its own ancestor".to_string())
        }
        ConstraintKind::Trigger | ConstraintKind::Exclusion | ConstraintKind::Domain => None,
    }
}

/// The field of a column: `tax_year` is `taxYear`.
pub(super) fn field(column: &str) -> String {
    let mut name = String::with_capacity(column.len());
    let mut upper = false;
    for character in column.chars() {
        match character {
            '_' => upper = true,
            _ if upper => {
                name.extend(character.to_uppercase());
                upper = false;
            }
            _ => name.push(character),
        }
    }
    name
}

/// `a`, `a and b`, `a, b and c`.
fn listed(names: &[String]) -> String {
    match names {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// The values of a closed list.
fn values(definition: &str) -> Option<String> {
    let values: Vec<&str> = definition.split('\'').skip(1).step_by(2).collect();
    (!values.is_empty()).then(|| values.join(", "))
}

fn length(definition: &str, column: &str) -> Option<String> {
    let bound = |sign: &str| {
        let mut found = comparisons(definition, &format!("length{column}")).into_iter();
        found.find_map(|(own, bound)| (own == sign).then_some(bound))
    };
    Some(format!("must have {} to {} characters", bound(">=")?, bound("<=")?))
}

fn range(definition: &str, column: &str, base_type: &str) -> Option<String> {
    let is_time = base_type == "date" || base_type.starts_with("timestamp");
    let bounds = comparisons(definition, column).into_iter().map(|(sign, bound)| {
        let phrase = match (sign.as_str(), is_time) {
            (">=", false) => "at least",
            (">", false) => "greater than",
            ("<=", false) => "at most",
            ("<", false) => "less than",
            (">=", true) => "not before",
            (">", true) => "after",
            ("<=", true) => "not after",
            ("<", true) => "before",
            _ => return None,
        };
        let is_number = bound.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
        let bound = if is_number { bound } else { format!("`{}`", field(&bound)) };
        Some(format!("{phrase} {bound}"))
    });
    let bounds: Vec<String> = bounds.collect::<Option<_>>()?;
    (!bounds.is_empty()).then(|| format!("must be {}", bounds.join(" and ")))
}

/// What a check of comparisons alone, joined by AND, compares this side with: sign and other side.
fn comparisons(definition: &str, subject: &str) -> Vec<(String, String)> {
    let plain = definition.trim_start_matches("CHECK").replace(['(', ')'], "");
    let parts = plain.split(" AND ").filter_map(|part| {
        let mut words = part.split_whitespace();
        let (left, sign, right) = (words.next()?, words.next()?, words.next()?);
        let right = right.split_once("::").map_or(right, |(value, _)| value);
        let alone = words.next().is_none() && left == subject;
        alone.then(|| (sign.to_string(), right.to_string()))
    });
    parts.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_have_their_fields() {
        for (column, name) in [
            ("id", "id"),
            ("feature_type_id", "featureTypeId"),
            ("postal_code_plus4", "postalCodePlus4"),
        ] {
            assert_eq!(field(column), name);
        }
    }

    #[test]
    fn definitions_tell_what_is_allowed() {
        let years = "CHECK (((tax_year >= 1600) AND (tax_year <= 2200)))";
        let said = range(years, "tax_year", "integer");
        assert_eq!(said.as_deref(), Some("must be at least 1600 and at most 2200"));
        let days = "CHECK ((ends_on >= starts_on))";
        let said = range(days, "ends_on", "date");
        assert_eq!(said.as_deref(), Some("must be not before `startsOn`"));
        let price = "CHECK ((list_price > (0)::numeric))";
        assert_eq!(
            range(price, "list_price", "numeric").as_deref(),
            Some("must be greater than 0")
        );
        assert_eq!(range("CHECK ((a = b))", "a", "integer"), None);
        let text = "CHECK (((length(value) >= 1) AND (length(value) <= 50)))";
        assert_eq!(length(text, "value").as_deref(), Some("must have 1 to 50 characters"));
        let list = "CHECK ((VALUE = ANY (ARRAY['A'::text, 'B'::text])))";
        assert_eq!(values(list).as_deref(), Some("A, B"));
    }
}
