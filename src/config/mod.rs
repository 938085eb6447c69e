//! The server's configuration: read once from the environment, every mistake told at once.
//!
//! [`examine`] is the only list of the variables: name, default, meaning and form stand together,
//! and `.env.example`, `agent-free check` and [`Config`] all follow from it. To add a setting,
//! add a field to [`Config`] and its line there.

mod reader;
mod value;

use std::ffi::OsString;
use std::fmt::Write as _;
use std::net::SocketAddr;
use std::time::Duration;

use thiserror::Error;

pub use reader::Reading;
use reader::{Reader, Setting};
pub use value::{DatabaseUrl, LogFormat, ViewerClass};

/// Everything that an operator can set.
#[derive(Debug, Clone)]
pub struct Config {
    /// The PostgreSQL database that holds the truth.
    pub database_url: DatabaseUrl,
    /// Where the server listens.
    pub listen_address: SocketAddr,
    /// How many connections the server keeps to PostgreSQL.
    pub database_pool_size: usize,
    /// How long one statement may run before PostgreSQL ends it.
    pub statement_timeout: Duration,
    /// How many rows a list gives when the query does not say.
    pub page_size_default: u32,
    /// How many rows a query may ask of one list.
    pub page_size_max: u32,
    /// How many levels of fields a query may nest.
    pub depth_max: usize,
    /// How many fields a query may have, its fragments opened.
    pub fields_max: usize,
    /// How many fields a query may have at its root.
    pub root_fields_max: usize,
    /// How many bytes an answer may have.
    pub answer_bytes_max: usize,
    /// How many bytes of parsed, validated and planned documents are kept.
    pub document_cache_bytes: u64,
    /// How long the body of a request may be.
    pub request_body_bytes: usize,
    /// Who a request without credentials is.
    pub viewer: ViewerClass,
    /// Whether `/graphiql` is served.
    pub graphiql: bool,
    /// Whether answers say in `extensions.cost` how many statements and rows they took.
    pub expose_cost: bool,
    /// How log lines look.
    pub log_format: LogFormat,
    /// Which log lines are written, in the syntax of `RUST_LOG`.
    pub log_filter: String,
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

    let database_url = reader.read(
        Setting::required(
            "DATABASE_URL",
            "The PostgreSQL database, 15 or newer with PostGIS:\n\
             postgres://user:password@host:5432/name. The folder of a Unix socket is written\n\
             percent-encoded in place of the host: postgres://user@%2Frun%2Fpostgresql/name.",
        )
        .hiding(value::hide_password),
        value::database_url,
    );
    let listen_address = reader.read(
        Setting::new(
            "LISTEN_ADDRESS",
            "127.0.0.1:8080",
            "Where the server listens: address and port.\n\
             0.0.0.0:8080 means every address of the machine.",
        ),
        value::address,
    );
    let database_pool_size = reader.read(
        Setting::new(
            "DATABASE_POOL_SIZE",
            "10",
            "How many connections the server keeps to PostgreSQL, from 1 to 1000.",
        ),
        |text| value::whole(text, 1, 1000),
    );
    let statement_timeout = reader.read(
        Setting::new(
            "STATEMENT_TIMEOUT",
            "10s",
            "How long one statement may run before PostgreSQL ends it: 500ms, 10s, 2m.",
        ),
        value::duration,
    );
    let page_size_default = reader.read(
        Setting::new(
            "PAGE_SIZE_DEFAULT",
            "20",
            "How many rows a list gives when the query says neither first nor last.",
        ),
        |text| value::whole(text, 1, 100_000),
    );
    let page_size_max = reader.read(
        Setting::new(
            "PAGE_SIZE_MAX",
            "1000",
            "How many rows a query may ask of one list, at least PAGE_SIZE_DEFAULT.",
        ),
        |text| value::whole(text, 1, 100_000),
    );
    let depth_max = reader.read(
        Setting::new(
            "DEPTH_MAX",
            "20",
            "How many levels of fields a query may nest, from 5 to 100.",
        ),
        |text| value::whole(text, 5, 100),
    );
    let fields_max = reader.read(
        Setting::new(
            "FIELDS_MAX",
            "5000",
            "How many fields a query may have once its fragments are opened.",
        ),
        |text| value::whole(text, 100, 1_000_000),
    );
    let root_fields_max = reader.read(
        Setting::new("ROOT_FIELDS_MAX", "100", "How many fields a query may have at its root."),
        |text| value::whole(text, 1, 10_000),
    );
    let answer_bytes_max = reader.read(
        Setting::new(
            "ANSWER_BYTES_MAX",
            "32MiB",
            "How long an answer may be: bytes, KiB, MiB or GiB.",
        ),
        value::bytes,
    );
    let document_cache_bytes = reader.read(
        Setting::new(
            "DOCUMENT_CACHE_BYTES",
            "64MiB",
            "How much memory parsed, validated and planned documents may take:\n\
             bytes, KiB, MiB or GiB.",
        ),
        value::bytes,
    );
    let request_body_bytes = reader.read(
        Setting::new(
            "REQUEST_BODY_BYTES",
            "1MiB",
            "How long the body of a request may be: bytes, KiB, MiB or GiB.",
        ),
        value::bytes,
    );
    let viewer = reader.read(
        Setting::new(
            "VIEWER",
            "public",
            "Who a request without credentials is: public sees what is published,\n\
             development sees every row. Never set development where others can reach the server.",
        ),
        value::one_of(&[
            ("public", ViewerClass::Public),
            ("development", ViewerClass::Development),
        ]),
    );
    let switch = value::one_of(&[("on", true), ("off", false)]);
    let graphiql = reader
        .read(Setting::new("GRAPHIQL", "on", "Whether /graphiql is served: on or off."), &switch);
    let expose_cost = reader.read(
        Setting::new(
            "EXPOSE_COST",
            "off",
            "Whether answers say in extensions.cost how many statements and rows they took:\n\
             on or off.",
        ),
        &switch,
    );
    let log_format = reader.read(
        Setting::new(
            "LOG_FORMAT",
            "text",
            "How log lines look: text for people, json for collectors.",
        ),
        value::one_of(&[("text", LogFormat::Text), ("json", LogFormat::Json)]),
    );
    let log_filter = reader.read(
        Setting::new(
            "RUST_LOG",
            "info",
            "Which log lines are written: error, warn, info, debug or trace;\n\
             by module: info,agent_free=debug.",
        ),
        value::log_filter,
    );
    if let (Some(default), Some(max)) = (page_size_default, page_size_max)
        && default > max
    {
        reader
            .mistake("PAGE_SIZE_MAX", format!("{max} is less than PAGE_SIZE_DEFAULT ({default})"));
    }

    // `?` leaves the closure at the first value that could not be read; its mistake is recorded.
    let config = (|| {
        Some(Config {
            database_url: database_url?,
            listen_address: listen_address?,
            database_pool_size: database_pool_size?,
            statement_timeout: statement_timeout?,
            page_size_default: page_size_default?,
            page_size_max: page_size_max?,
            depth_max: depth_max?,
            fields_max: fields_max?,
            root_fields_max: root_fields_max?,
            answer_bytes_max: answer_bytes_max?,
            document_cache_bytes: document_cache_bytes?,
            request_body_bytes: request_body_bytes?,
            viewer: viewer?,
            graphiql: graphiql?,
            expose_cost: expose_cost?,
            log_format: log_format?,
            log_filter: log_filter?,
        })
    })();
    let readings = reader.finish();
    let mistakes: Vec<String> = readings.iter().filter_map(Reading::complaint).collect();
    let config = config.filter(|_| mistakes.is_empty()).ok_or(ConfigError(mistakes));
    Examination { readings, config }
}

/// The text of `.env.example`: every variable with its meaning and its default.
pub fn example() -> String {
    let mut text = String::from(
        "# Every setting of agent-free. A line that is commented out states the default.\n\
         # The server reads its environment only: hand it a copy of this file with your service\n\
         # manager, with Docker's --env-file, or in a shell: set -a; . ./.env; set +a\n",
    );
    for reading in examine(|_| None).readings {
        let setting = reading.setting;
        let about = setting.about.replace('\n', "\n# ");
        // Writing to a String cannot fail.
        let _ = match setting.default {
            Some(default) => write!(text, "\n# {about}\n#{}={default}\n", setting.name),
            None => write!(text, "\n# {about}\n# Required.\n{}=\n", setting.name),
        };
    }
    text
}

#[cfg(test)]
mod tests;
