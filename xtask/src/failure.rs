//! The one error of these commands: a sentence for the person at the terminal.

use std::fmt;
use std::io;

/// What went wrong and, where somebody can do something about it, what.
#[derive(Debug)]
pub(crate) struct Failure(String);

/// What a step gives back.
pub(crate) type Outcome<T> = Result<T, Failure>;

impl Failure {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self(message.into())
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// Says what was tried when the system refused it.
pub(crate) trait While<T> {
    fn while_trying(self, what: impl fmt::Display) -> Outcome<T>;
}

impl<T> While<T> for io::Result<T> {
    fn while_trying(self, what: impl fmt::Display) -> Outcome<T> {
        self.map_err(|error| Failure(format!("cannot {what}: {error}")))
    }
}
