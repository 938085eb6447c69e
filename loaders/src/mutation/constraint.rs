//! What it means for the input that the database refused a row: each constraint by its name.
//!
//! Most names say it themselves ([`super::convention`]); for the others the server registers an
//! entry. What the database refuses without a name is read from its error's code.

use std::collections::{BTreeMap, HashMap};

use tokio_postgres::error::{DbError, SqlState};

use super::convention;
use super::user_error::{UserError, UserErrorCode};
use crate::catalog::{Catalog, Constraint, ConstraintKind};

/// A row still has others that refer to it.
const IN_USE: &str = "other records depend on it: change or delete those first";

/// Every constraint of the database, and what its violation means.
#[derive(Default)]
pub(crate) struct Constraints(BTreeMap<String, Meaning>);

struct Meaning {
    mistake: UserError,
    /// Whether a convention or an entry says so; otherwise it is guessed from the kind alone.
    is_stated: bool,
    /// The column that refers to another row.
    refers_by: Option<String>,
}

impl Constraints {
    /// Finds the meaning of every constraint in the catalog.
    pub(crate) fn new(
        catalog: &Catalog,
        entries: &HashMap<String, UserError>,
        mistakes: &mut Vec<String>,
    ) -> Self {
        let mut known = BTreeMap::new();
        for constraint in &catalog.constraints {
            let stated = entries
                .get(&constraint.name)
                .cloned()
                .or_else(|| convention::mistake(constraint, catalog));
            let refers_by = (constraint.kind == ConstraintKind::ForeignKey)
                .then(|| constraint.columns.first().cloned())
                .flatten();
            let is_stated = stated.is_some();
            let mistake = stated.unwrap_or_else(|| guess(constraint));
            known.insert(constraint.name.clone(), Meaning { mistake, is_stated, refers_by });
        }
        for name in entries.keys().filter(|name| !known.contains_key(*name)) {
            mistakes.push(format!(
                "a message is registered for the constraint `{name}`, which the database does not have"
            ));
        }
        Self(known)
    }

    /// Every constraint by name, with the mistake that its violation is; none where nothing says
    /// what it means.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, Option<&UserError>)> {
        self.0
            .iter()
            .map(|(name, meaning)| (name.as_str(), meaning.is_stated.then_some(&meaning.mistake)))
    }

    /// The mistake in the input that made the database refuse a statement; none if it was not the
    /// input.
    pub(crate) fn mistake(&self, error: &tokio_postgres::Error) -> Option<UserError> {
        let error = error.as_db_error()?;
        match error.constraint().and_then(|name| self.0.get(name)) {
            Some(meaning) if meaning.is_about_others(error) => {
                Some(UserError::new(UserErrorCode::InUse, &["id"], IN_USE))
            }
            Some(meaning) => Some(meaning.mistake.clone()),
            None => nameless(error),
        }
    }
}

impl Meaning {
    /// Whether rows elsewhere refer to the one that was to be deleted. The error has the same name
    /// as for a row that refers to nothing; only its detail, in any language, shows the key.
    fn is_about_others(&self, error: &DbError) -> bool {
        let Some(column) = &self.refers_by else { return false };
        !error.detail().is_some_and(|detail| detail.contains(&format!("({column})=(")))
    }
}

/// What the kind of a constraint alone says.
fn guess(constraint: &Constraint) -> UserError {
    let column = constraint.columns.first().map(|column| convention::field(column));
    let path: Vec<&str> = column.iter().map(String::as_str).collect();
    match constraint.kind {
        ConstraintKind::ForeignKey => {
            UserError::new(UserErrorCode::NotFound, &path, convention::NOTHING_HERE)
        }
        ConstraintKind::Unique => {
            UserError::new(UserErrorCode::Taken, &path, "another record has this value")
        }
        ConstraintKind::Exclusion | ConstraintKind::Trigger => {
            UserError::new(UserErrorCode::Conflict, &path, "it contradicts another record")
        }
        ConstraintKind::Check | ConstraintKind::Domain => {
            UserError::new(UserErrorCode::Invalid, &path, "the value is not one that is taken")
        }
    }
}

/// Values that a type or a column without a constraint's name refuses.
fn nameless(error: &DbError) -> Option<UserError> {
    let column = error.column().map(convention::field);
    let path: Vec<&str> = column.iter().map(String::as_str).collect();
    let (code, message) = match error.code() {
        code if *code == SqlState::NOT_NULL_VIOLATION => {
            (UserErrorCode::Required, convention::REQUIRED)
        }
        code if *code == SqlState::STRING_DATA_RIGHT_TRUNCATION => {
            (UserErrorCode::TooLong, "a text is too long")
        }
        code if *code == SqlState::NUMERIC_VALUE_OUT_OF_RANGE => {
            (UserErrorCode::OutOfRange, "a number is too large")
        }
        code if *code == SqlState::DATETIME_FIELD_OVERFLOW => {
            (UserErrorCode::OutOfRange, "a date lies outside what can be stored")
        }
        _ => return None,
    };
    Some(UserError::new(code, &path, message))
}
