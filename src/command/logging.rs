//! Where log lines go: to standard error, as text or as JSON.
//!
//! Promises: however much is logged, no value that a request brought is, nor a hash of a secret: the
//! driver of PostgreSQL would tell the parameters of every statement.

use std::io::{self, IsTerminal};

use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::{Directive, LevelFilter};

use crate::config::{Config, LogFormat};

/// Starts logging as the configuration says. Called once, before anything is logged.
pub(super) fn start(config: &Config) {
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter(&config.operations.log_filter))
        .with_writer(io::stderr);
    match config.operations.log_format {
        LogFormat::Text => builder.with_ansi(io::stderr().is_terminal()).init(),
        LogFormat::Json => builder.json().flatten_event(true).init(),
    }
}

/// What the configuration says, but for parameters of statements.
fn filter(text: &str) -> EnvFilter {
    let quiet = ["tokio_postgres", "tokio_postgres::query"].into_iter();
    let quiet = quiet.filter_map(|target| format!("{target}={}", LevelFilter::INFO).parse().ok());
    quiet.fold(EnvFilter::new(text), |filter, quiet: Directive| filter.add_directive(quiet))
}

#[cfg(test)]
mod tests {
    use super::filter;

    #[test]
    fn parameters_of_statements_are_not_logged_whatever_the_level() {
        for text in ["trace", "debug,tokio_postgres=trace", "tokio_postgres::query=debug"] {
            let filter = filter(text).to_string();
            let told: Vec<&str> = filter.split(',').collect();
            assert!(told.contains(&"tokio_postgres::query=info"), "{text}: {filter}");
            assert!(!filter.contains("query=debug"), "{text}: {filter}");
        }
    }
}
