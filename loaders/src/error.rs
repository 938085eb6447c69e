//! What can go wrong, one type a layer: at start-up, in a request, in one field.

use serde_json::{Value as Json, json};
use thiserror::Error;

/// The engine cannot start: each line names a place in the contract and what is wrong there.
#[derive(Debug, Error)]
#[error("{}", .0.join("\n"))]
pub struct BindError(pub Vec<String>);

/// The engine cannot start.
#[derive(Debug, Error)]
pub enum StartError {
    /// The contract, the entities and the database do not fit.
    #[error(transparent)]
    Bind(#[from] BindError),
    /// The database is away.
    #[error("the database is not available")]
    Store(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// A message, and its places in the document: line and column, from 1.
pub type Mistake = (String, Vec<(usize, usize)>);

/// A request that was malformed, not allowed or unlucky; answered as GraphQL errors.
#[derive(Debug, Error)]
pub enum RequestError {
    /// The document is not valid against the contract: each message with its places.
    #[error("the document is not valid")]
    Document(Vec<Mistake>),
    /// The document or its variables are wrong. Nothing ran.
    #[error("{message}")]
    Invalid {
        /// A stable code for programs.
        code: &'static str,
        /// For people: what, where and what to do.
        message: String,
        /// Line and column in the document, from 1.
        locations: Vec<(usize, usize)>,
    },
    /// PostgreSQL could not be reached or gave up.
    #[error("the database is not available")]
    Store(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// A statement failed: a defect of ours.
    #[error("a statement failed")]
    Statement(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl RequestError {
    /// The error's stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Document(_) => "INVALID_DOCUMENT",
            Self::Invalid { code, .. } => code,
            Self::Store(_) => "STORE_UNAVAILABLE",
            Self::Statement(_) => "INTERNAL",
        }
    }

    /// As the `errors` of an answer.
    pub(crate) fn to_json(&self) -> Json {
        let error = |message: &str, locations: &[(usize, usize)]| {
            let mut error = json!({ "message": message, "extensions": { "code": self.code() } });
            if !locations.is_empty() {
                let locations: Vec<Json> = locations
                    .iter()
                    .map(|(line, column)| json!({ "line": line, "column": column }))
                    .collect();
                error["locations"] = Json::from(locations);
            }
            error
        };
        match self {
            Self::Document(mistakes) => {
                mistakes.iter().map(|(message, locations)| error(message, locations)).collect()
            }
            Self::Invalid { message, locations, .. } => Json::from(vec![error(message, locations)]),
            other => Json::from(vec![error(&other.to_string(), &[])]),
        }
    }

    /// As the error of one field, for a resolver whose statement failed.
    pub(crate) fn as_field_error(&self) -> FieldError {
        FieldError::new(self.code(), self.to_string())
    }
}

/// One field failed; the rest of the answer stands.
#[derive(Debug, Clone, PartialEq, Error)]
#[error("{message}")]
pub struct FieldError {
    /// A stable code for programs.
    pub code: &'static str,
    /// For people; never SQL, paths or internals.
    pub message: String,
}

impl FieldError {
    /// A field error with a code and a message for people.
    pub fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }
}
