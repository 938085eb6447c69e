//! The server's configuration: read once from the environment, every mistake told at once.
//!
//! Each section is a file whose `read` is the only list of its variables: name, default, meaning
//! and form stand together, and `.env.example`, `agent-free check` and [`Config`] all follow from
//! it. To add a setting, add a field to its section and its line there.

mod access;
mod cors;
mod database;
mod http;
mod jobs;
mod limits;
mod mail;
mod operations;
mod rate_limits;
mod reader;
mod value;

use std::ffi::OsString;
use std::fmt::Write as _;

use thiserror::Error;

pub use access::{AccessConfig, OutsideIssuer, SecretKey};
pub use cors::CorsConfig;
pub use database::DatabaseConfig;
pub use http::HttpConfig;
pub use jobs::JobsConfig;
pub use limits::LimitsConfig;
pub use mail::{MailConfig, MailUrl};
pub use operations::OperationsConfig;
pub use rate_limits::RateLimitsConfig;
use reader::Reader;
pub use reader::{Reading, Setting};
pub use value::{DatabaseUrl, LogFormat};

/// Everything that an operator can set.
#[derive(Debug, Clone)]
pub struct Config {
    /// What proves who is asking, how long it counts, and whose word is taken.
    pub access: AccessConfig,
    /// Which pages of other origins may call the server from a browser.
    pub cors: CorsConfig,
    /// Where PostgreSQL is, and how it is used.
    pub database: DatabaseConfig,
    /// Where the server listens, whom it believes, and what it shows.
    pub http: HttpConfig,
    /// How much one request, one caller and all together may take.
    pub limits: LimitsConfig,
    /// How much one viewer and one address may ask for in a while, and how long who guesses waits.
    pub rate_limits: RateLimitsConfig,
    /// Where mail goes, whom it comes from, how long what it carries counts.
    pub mail: MailConfig,
    /// How work in the background is done.
    pub jobs: JobsConfig,
    /// What the server tells of itself, and how it stops.
    pub operations: OperationsConfig,
}

impl Config {
    /// The configuration that the environment describes, or all that is wrong with it.
    pub fn from_environment() -> Result<Self, ConfigError> {
        examine_environment().config
    }
}

/// All that is wrong with the configuration, one line a variable.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error(
    "the configuration is wrong in {}:\n{}\n\
     Every variable is described in .env.example, which `agent-free check --example` prints.",
    match .0.len() { 1 => "one place".to_owned(), count => format!("{count} places") },
    .0.iter().map(|mistake| format!("  {mistake}")).collect::<Vec<_>>().join("\n")
)]
pub struct ConfigError(pub Vec<String>);

/// What was found for every variable, and what came of it.
#[derive(Debug)]
pub struct Examination {
    /// One reading for each variable, in the order of `.env.example`.
    pub readings: Vec<Reading>,
    /// The configuration, or all that is wrong with it.
    pub config: Result<Config, ConfigError>,
}

/// Examines the environment of this process.
#[allow(clippy::disallowed_methods, reason = "the one place that reads the environment")]
pub fn examine_environment() -> Examination {
    examine(|name| std::env::var_os(name))
}

/// Examines variables as `lookup` gives them. An empty variable counts as not set.
pub fn examine(lookup: impl Fn(&str) -> Option<OsString>) -> Examination {
    let mut reader = Reader::new(&lookup);
    let database = DatabaseConfig::read(&mut reader);
    let http = HttpConfig::read(&mut reader);
    let access = AccessConfig::read(&mut reader);
    let cors = CorsConfig::read(&mut reader);
    let limits = LimitsConfig::read(&mut reader);
    let rate_limits = RateLimitsConfig::read(&mut reader);
    let mail = MailConfig::read(&mut reader);
    let jobs = JobsConfig::read(&mut reader);
    let operations = OperationsConfig::read(&mut reader);
    let config =
        Config { access, cors, database, http, limits, mail, jobs, operations, rate_limits };
    contradictions(&config, &mut reader);
    let readings = reader.finish();
    let mistakes: Vec<String> = readings.iter().filter_map(Reading::complaint).collect();
    let config = if mistakes.is_empty() { Ok(config) } else { Err(ConfigError(mistakes)) };
    Examination { readings, config }
}

/// Finds settings that are right by themselves and not beside each other.
fn contradictions(config: &Config, reader: &mut Reader) {
    let Config { access, database, http, limits, operations, rate_limits, .. } = config;
    let mut unless = |fits: bool, name, wrong, other| {
        if !fits {
            reader.contradiction(name, wrong, other);
        }
    };
    let request = limits.request_timeout;
    unless(
        limits.page_size_default <= limits.page_size_max,
        "PAGE_SIZE_MAX",
        "is less than",
        "PAGE_SIZE_DEFAULT",
    );
    unless(
        database.statement_timeout <= request,
        "STATEMENT_TIMEOUT",
        "is longer than",
        "REQUEST_TIMEOUT",
    );
    unless(database.replica_wait < request, "REPLICA_WAIT", "is not below", "REQUEST_TIMEOUT");
    unless(
        limits.request_queue_wait < request,
        "REQUEST_QUEUE_WAIT",
        "is not below",
        "REQUEST_TIMEOUT",
    );
    unless(
        limits.connections_per_address_max <= limits.connections_max,
        "CONNECTIONS_PER_ADDRESS_MAX",
        "is more than",
        "CONNECTIONS_MAX",
    );
    unless(
        access.access_token_lifetime < access.refresh_token_lifetime,
        "ACCESS_TOKEN_LIFETIME",
        "is not below",
        "REFRESH_TOKEN_LIFETIME",
    );
    unless(
        access.refresh_token_lifetime <= access.session_lifetime,
        "REFRESH_TOKEN_LIFETIME",
        "is longer than",
        "SESSION_LIFETIME",
    );
    unless(
        access.clock_skew_max < access.access_token_lifetime,
        "CLOCK_SKEW_MAX",
        "is not below",
        "ACCESS_TOKEN_LIFETIME",
    );
    unless(
        access.password_length_min_with_second_factor <= access.password_length_min,
        "PASSWORD_LENGTH_MIN_WITH_SECOND_FACTOR",
        "is more than",
        "PASSWORD_LENGTH_MIN",
    );
    unless(
        access.password_length_min <= access.password_length_max,
        "PASSWORD_LENGTH_MAX",
        "is less than",
        "PASSWORD_LENGTH_MIN",
    );
    let outside = access.outside_issuer.as_ref();
    unless(
        outside.is_none_or(|outside| outside.issuer != access.public_url),
        "AUTH_ISSUER",
        "is the same as",
        "PUBLIC_URL",
    );
    unless(
        rate_limits.lockout_base <= rate_limits.lockout_max,
        "LOCKOUT_BASE",
        "is longer than",
        "LOCKOUT_MAX",
    );
    // Port 0 means a free one.
    let address = http.listen_address;
    unless(
        address.port() == 0 || operations.metrics_address != Some(address),
        "METRICS_ADDRESS",
        "is the same as",
        "LISTEN_ADDRESS",
    );
}

/// The text of `.env.example`: every variable with its meaning and its default.
pub fn example() -> String {
    let mut text = String::from(
        "# Every setting of agent-free. A line that is commented out states the default.\n\
         # The server reads its environment only: hand it a copy of this file with your service\n\
         # manager, with Docker's --env-file, or in a shell: set -a; . ./.env; set +a\n",
    );
    let mut section = "";
    for reading in examine(|_| None).readings {
        if reading.section != section {
            section = reading.section;
            // Writing to a String cannot fail.
            let _ = write!(text, "\n\n## {section}\n");
        }
        let setting = reading.setting;
        let about = setting.about.replace('\n', "\n# ");
        let _ = match setting.default {
            Some(default) => write!(text, "\n# {about}\n#{}={default}\n", setting.name),
            None => write!(text, "\n# {about}\n# Required.\n{}=\n", setting.name),
        };
    }
    text
}

#[cfg(test)]
mod tests;
