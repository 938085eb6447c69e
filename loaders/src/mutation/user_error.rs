//! What a person can do wrong, and can mend: a code for programs, the place in the input, and a
//! message for people.

use async_graphql::{Name, Value};
use thiserror::Error;

use crate::error::{FieldError, RequestError};
use crate::resolver::Output;

macro_rules! codes {
    ($($variant:ident $code:literal $about:literal,)*) => {
        /// What kind of mistake it is: the contract's `UserErrorCode`.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum UserErrorCode {
            $(#[doc = $about] $variant,)*
        }

        impl UserErrorCode {
            /// Every code there is.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The enum value of the contract.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $code),* }
            }
        }
    };
}

codes! {
    Required "REQUIRED" "A value is missing.",
    Invalid "INVALID" "A value has a form that is not taken, or does not fit the others.",
    TooLong "TOO_LONG" "A text is empty or too long.",
    OutOfRange "OUT_OF_RANGE" "A number or a date lies outside what is allowed.",
    TooMany "TOO_MANY" "A list has too many items.",
    NotFound "NOT_FOUND" "There is nothing with this id, or it is hidden from you.",
    Taken "TAKEN" "Another record has this value, which must be unique.",
    InUse "IN_USE" "Other records depend on this one.",
    Conflict "CONFLICT" "It contradicts another record.",
    StaleVersion "STALE_VERSION" "The record was changed since you read it: read it again.",
    IllegalTransition "ILLEGAL_TRANSITION" "The record is in a state from which this step is not possible.",
    Immutable "IMMUTABLE" "The record never changes.",
    InvalidCredentials "INVALID_CREDENTIALS" "A password, code, token or key is not the right one.",
    LockedOut "LOCKED_OUT" "Too many attempts failed: wait until the time that the message names.",
    Expired "EXPIRED" "Its time is over: ask for a new one.",
    AlreadyDone "ALREADY_DONE" "This was done before, and can be done once.",
}

/// One mistake in the input.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{}: {message}", path.join("."))]
pub struct UserError {
    /// What kind of mistake it is.
    pub code: UserErrorCode,
    /// The way to it from `input`: names of fields, and places in lists from 0.
    pub path: Vec<String>,
    /// For people: what is wrong and what to do.
    pub message: String,
}

impl UserError {
    /// A mistake at this place of the input.
    pub fn new(code: UserErrorCode, path: &[&str], message: impl Into<String>) -> Self {
        let path = path.iter().map(ToString::to_string).collect();
        Self { code, path, message: message.into() }
    }

    /// As an item of a payload's `errors`.
    pub(crate) fn output(&self) -> Output {
        let path = self.path.iter().map(|step| Output::Leaf(Value::from(step.as_str())));
        Output::Object {
            type_name: "UserError",
            fields: vec![
                ("code", Output::Leaf(Value::Enum(Name::new(self.code.as_str())))),
                ("path", Output::List(path.collect())),
                ("message", Output::Leaf(Value::from(self.message.as_str()))),
            ],
        }
    }
}

/// Why a mutation wrote nothing.
#[derive(Debug, Error)]
pub enum WriteError {
    /// The person who asked can mend it: the payload's `errors`.
    #[error("the input has mistakes: {}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    User(Vec<UserError>),
    /// It may not be done: an error at the mutation's field.
    #[error(transparent)]
    Refused(#[from] FieldError),
    /// The database refused a statement. Where it names a constraint, that becomes a mistake in the
    /// input.
    #[error("the database refused a statement")]
    Database(#[from] tokio_postgres::Error),
    /// The database is away, or a statement is wrong.
    #[error(transparent)]
    Request(RequestError),
}

impl From<UserError> for WriteError {
    fn from(error: UserError) -> Self {
        Self::User(vec![error])
    }
}

impl From<RequestError> for WriteError {
    /// A statement that the database refused keeps the driver's error, which may name a constraint.
    fn from(error: RequestError) -> Self {
        match error {
            RequestError::Statement(cause) => match cause.downcast::<tokio_postgres::Error>() {
                Ok(cause) => Self::Database(*cause),
                Err(cause) => Self::Request(RequestError::Statement(cause)),
            },
            other => Self::Request(other),
        }
    }
}
