//! What can stop a measurement, each with the place where it happened.

use std::path::PathBuf;

use thiserror::Error;

/// A measurement that cannot be made, or whose figures would not mean anything.
#[derive(Debug, Error)]
pub(crate) enum BenchError {
    /// The database could not be reached or refused a statement.
    #[error("{doing}")]
    Database {
        /// What was being done.
        doing: String,
        /// What PostgreSQL or the driver said.
        #[source]
        cause: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A file could not be read or written.
    #[error("{}", path.display())]
    File {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        #[source]
        cause: std::io::Error,
    },
    /// A program could not be started, ended too soon or failed.
    #[error("{program}: {reason}")]
    Program {
        /// Which program.
        program: String,
        /// What happened, and what may help.
        reason: String,
    },
    /// A server gave no answer, or not the right one.
    #[error("{server}: {reason}")]
    Answer {
        /// Which server.
        server: String,
        /// What was wrong with the answer.
        reason: String,
    },
    /// Somebody pressed Ctrl-C or asked the process to end.
    #[error("stopped before the end")]
    Stopped,
}

impl BenchError {
    /// For `map_err` on what a database driver says.
    pub(crate) fn database<E: Into<Box<dyn std::error::Error + Send + Sync>>>(
        doing: impl Into<String>,
    ) -> impl FnOnce(E) -> Self {
        let doing = doing.into();
        move |cause| Self::Database { doing, cause: cause.into() }
    }

    /// For `map_err` on what the file system says.
    pub(crate) fn file(path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |cause| Self::File { path, cause }
    }

    /// A program that did not do what it was started for.
    pub(crate) fn program(program: impl Into<String>, reason: impl ToString) -> Self {
        Self::Program { program: program.into(), reason: reason.to_string() }
    }

    /// A server that did not answer as it must.
    pub(crate) fn answer(server: impl Into<String>, reason: impl ToString) -> Self {
        Self::Answer { server: server.into(), reason: reason.to_string() }
    }
}
