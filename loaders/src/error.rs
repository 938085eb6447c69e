//! What can go wrong, one type a layer: at start-up, in a request, in one field.

use serde_json::{Value as Json, json};
use thiserror::Error;

use crate::error_code::ErrorCode;

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

/// A limit, and what it was held against.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Measure {
    /// How much there may be at most.
    pub limit: u64,
    /// How much there was; where counting stopped early, at least so much.
    pub measured: u64,
}

impl Measure {
    /// From whatever whole numbers they were counted in; a negative one counts as none.
    pub fn of(limit: impl TryInto<u64>, measured: impl TryInto<u64>) -> Self {
        Self { limit: limit.try_into().unwrap_or(0), measured: measured.try_into().unwrap_or(0) }
    }
}

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
        code: ErrorCode,
        /// For people: what, where and what to do.
        message: String,
        /// Line and column in the document, from 1.
        locations: Vec<(usize, usize)>,
    },
    /// There is too much of something. Nothing ran.
    #[error("{message}")]
    Limit {
        /// Which limit, for programs.
        code: ErrorCode,
        /// For people: what, where and what to do.
        message: String,
        /// The limit and how much there was.
        measure: Measure,
        /// Line and column in the document, from 1.
        locations: Vec<(usize, usize)>,
    },
    /// PostgreSQL could not be reached or gave up.
    #[error("the database is not available")]
    Store(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// A statement failed: a defect of ours.
    #[error("a statement failed")]
    Statement(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// Something panicked: a defect of ours.
    #[error("the server failed")]
    Panic(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl RequestError {
    /// A request that is wrong, without a place in its document.
    pub fn invalid(code: ErrorCode, message: impl Into<String>) -> Self {
        Self::Invalid { code, message: message.into(), locations: Vec::new() }
    }

    /// A request that asks for too much, without a place in its document.
    pub fn limit(code: ErrorCode, measure: Measure, message: impl Into<String>) -> Self {
        Self::Limit { code, message: message.into(), measure, locations: Vec::new() }
    }

    /// The database is away, as its driver or its pool says.
    pub(crate) fn away(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Store(cause.into())
    }

    /// The error's stable code.
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::Document(_) => ErrorCode::InvalidDocument,
            Self::Invalid { code, .. } | Self::Limit { code, .. } => *code,
            Self::Store(_) => ErrorCode::StoreUnavailable,
            Self::Statement(_) | Self::Panic(_) => ErrorCode::Internal,
        }
    }

    /// Each thing that is wrong on a line of its own, after its place in the document.
    pub fn lines(&self) -> Vec<String> {
        let line = |message: &str, locations: &[(usize, usize)]| match locations.first() {
            Some((line, column)) => format!("{line}:{column}: {message}"),
            None => message.to_owned(),
        };
        match self {
            Self::Document(mistakes) => {
                mistakes.iter().map(|(message, locations)| line(message, locations)).collect()
            }
            Self::Invalid { message, locations, .. } | Self::Limit { message, locations, .. } => {
                vec![line(message, locations)]
            }
            other => vec![other.to_string()],
        }
    }

    /// As the `errors` of an answer to the request of this id.
    pub fn to_json(&self, request_id: &str) -> Json {
        let error = |message: &str, locations: &[(usize, usize)], measure: Option<&Measure>| {
            let extensions = extensions(self.code(), measure, request_id);
            let mut error = json!({ "message": message, "extensions": extensions });
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
            Self::Document(mistakes) => mistakes
                .iter()
                .map(|(message, locations)| error(message, locations, None))
                .collect(),
            Self::Invalid { message, locations, .. } => {
                Json::from(vec![error(message, locations, None)])
            }
            Self::Limit { message, locations, measure, .. } => {
                Json::from(vec![error(message, locations, Some(measure))])
            }
            other => Json::from(vec![error(&other.to_string(), &[], None)]),
        }
    }

    /// As the error of one field, for a resolver whose statement failed.
    pub(crate) fn as_field_error(&self) -> FieldError {
        let measure = match self {
            Self::Limit { measure, .. } => Some(*measure),
            _ => None,
        };
        FieldError { measure, ..FieldError::new(self.code(), self.to_string()) }
    }
}

/// What programs read of an error.
pub(crate) fn extensions(code: ErrorCode, measure: Option<&Measure>, request_id: &str) -> Json {
    let mut extensions = json!({ "code": code.as_str() });
    if let Some(Measure { limit, measured }) = measure {
        extensions["limit"] = Json::from(*limit);
        extensions["measured"] = Json::from(*measured);
    }
    if !request_id.is_empty() {
        extensions["requestId"] = Json::from(request_id);
    }
    extensions
}

/// One field failed; the rest of the answer stands.
#[derive(Debug, Clone, PartialEq, Error)]
#[error("{message}")]
pub struct FieldError {
    /// A stable code for programs.
    pub code: ErrorCode,
    /// For people; never SQL, paths or internals.
    pub message: String,
    /// The limit and how much there was, where it was one.
    pub measure: Option<Measure>,
}

impl FieldError {
    /// A field error with a code and a message for people.
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), measure: None }
    }

    /// The viewer lacks a permission.
    pub(crate) fn lacks(permission: &str) -> Self {
        Self::new(ErrorCode::Forbidden, format!("this needs the permission `{permission}`"))
    }
}
