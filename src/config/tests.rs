//! What the configuration accepts, refuses and says, as tables.

use std::collections::HashMap;

use super::*;

const URL: &str = "postgres://agent:secret@localhost/agent_free";

fn examine_with(variables: &[(&str, &str)]) -> Examination {
    let variables: HashMap<&str, &str> = variables.iter().copied().collect();
    examine(|name| variables.get(name).map(OsString::from))
}

fn config_with(name: &str, value: &str) -> Result<Config, ConfigError> {
    examine_with(&[("DATABASE_URL", URL), (name, value)]).config
}

#[test]
fn only_the_database_must_be_set() {
    let config = examine_with(&[("DATABASE_URL", URL)]).config.unwrap();
    assert_eq!(config.database_url.expose(), URL);
    assert_eq!(config.listen_address.to_string(), "127.0.0.1:8080");
    assert_eq!((config.page_size_default, config.page_size_max), (20, 1000));
    assert_eq!(config.document_cache_bytes, 64 << 20);
    assert_eq!(config.viewer, ViewerClass::Public);
    assert!(config.graphiql && !config.expose_cost);
}

#[test]
fn an_empty_variable_counts_as_not_set() {
    assert_eq!(config_with("PAGE_SIZE_MAX", "").unwrap().page_size_max, 1000);
    let error = examine_with(&[("DATABASE_URL", "")]).config.unwrap_err();
    assert_eq!(error.0, ["DATABASE_URL: is required and not set"]);
}

#[test]
fn values_are_taken_in_their_forms() {
    let time = |text| config_with("STATEMENT_TIMEOUT", text).unwrap().statement_timeout;
    assert_eq!(time("250ms"), Duration::from_millis(250));
    assert_eq!(time("2m"), Duration::from_secs(120));
    let size = |text| config_with("REQUEST_BODY_BYTES", text).unwrap().request_body_bytes;
    assert_eq!(size("65536"), 65536);
    assert_eq!(size("3KiB"), 3072);
    assert_eq!(config_with("LISTEN_ADDRESS", "[::1]:0").unwrap().listen_address.port(), 0);
    assert_eq!(config_with("VIEWER", "development").unwrap().viewer.name(), "development");
    assert_eq!(config_with("LOG_FORMAT", "json").unwrap().log_format, LogFormat::Json);
}

#[test]
fn wrong_values_are_refused_with_the_form_that_is_right() {
    let address = "is not an address and a port, such as 127.0.0.1:8080";
    let time = "is not a time from 1ms to 596h, such as 500ms, 10s or 2m";
    let size = "is not a size from 1 to 1024GiB, such as 65536, 512KiB or 64MiB";
    let table = [
        ("LISTEN_ADDRESS", "8080", address),
        ("LISTEN_ADDRESS", "localhost:8080", address),
        ("DATABASE_POOL_SIZE", "0", "is not a whole number from 1 to 1000"),
        ("DATABASE_POOL_SIZE", "-1", "is not a whole number from 1 to 1000"),
        ("STATEMENT_TIMEOUT", "10", time),
        ("STATEMENT_TIMEOUT", "0s", time),
        ("STATEMENT_TIMEOUT", "999999h", time),
        ("PAGE_SIZE_MAX", "many", "is not a whole number from 1 to 100000"),
        ("DOCUMENT_CACHE_BYTES", "64MB", size),
        ("DOCUMENT_CACHE_BYTES", "99999999999GiB", size),
        ("VIEWER", "admin", "is neither public nor development"),
        ("GRAPHIQL", "yes", "is neither on nor off"),
        ("EXPOSE_COST", "1", "is neither on nor off"),
        ("LOG_FORMAT", "xml", "is neither text nor json"),
    ];
    for (name, value, wrong) in table {
        let error = config_with(name, value).unwrap_err();
        assert_eq!(error.0, [format!("{name}: {value:?} {wrong}")]);
    }
    let error = config_with("RUST_LOG", "agent_free=loud").unwrap_err();
    assert!(error.0[0].starts_with("RUST_LOG: \"agent_free=loud\" is not a log filter"), "{error}");
}

#[test]
fn a_default_page_larger_than_the_largest_is_refused() {
    let error = config_with("PAGE_SIZE_MAX", "5").unwrap_err();
    assert_eq!(error.0, ["PAGE_SIZE_MAX: 5 is less than PAGE_SIZE_DEFAULT (20)"]);
}

#[test]
fn all_mistakes_are_told_at_once() {
    let found = examine_with(&[("PAGE_SIZE_DEFAULT", "x"), ("VIEWER", "y"), ("GRAPHIQL", "z")]);
    assert_eq!(
        found.config.unwrap_err().to_string(),
        "the configuration is wrong in 4 places:\n  \
         DATABASE_URL: is required and not set\n  \
         PAGE_SIZE_DEFAULT: \"x\" is not a whole number from 1 to 100000\n  \
         VIEWER: \"y\" is neither public nor development\n  \
         GRAPHIQL: \"z\" is neither on nor off\n\
         Every variable is described in .env.example, which `agent-free check --example` prints."
    );
}

#[test]
fn wrong_database_addresses_are_refused_without_showing_them() {
    let table = [
        ("mysql://u:secret@h/d", "is not an address of the form"),
        ("host=localhost password=secret", "is not an address of the form"),
        (
            "postgres://u:secret@h:port/d",
            "is not a PostgreSQL address: invalid value for option `port`",
        ),
        ("postgres://u:secret@h/d?sslmode=x", "address: invalid value for option `sslmode`"),
        ("postgres:///d?password=secret", "names no host"),
    ];
    for (url, wrong) in table {
        let found = examine_with(&[("DATABASE_URL", url)]);
        let reading = format!("{:?}", found.readings[0]);
        assert!(!reading.contains("secret"), "{reading}");
        let error = found.config.unwrap_err().to_string();
        assert!(error.contains(wrong) && !error.contains("secret"), "{url}: {error}");
    }
}

#[test]
fn passwords_are_never_shown() {
    let table = [
        (URL, "postgres://agent:***@localhost/agent_free"),
        ("postgres://agent@localhost/x", "postgres://agent@localhost/x"),
        ("postgres://localhost/x", "postgres://localhost/x"),
        ("postgres://a:s@e:c@h:1/x?sslmode=prefer", "postgres://a:***@h:1/x?sslmode=prefer"),
        ("postgres://h/x?password=s&user=a", "postgres://h/x?password=***&user=a"),
        ("postgres://a:s@%2Frun%2Fpostgresql/x", "postgres://a:***@%2Frun%2Fpostgresql/x"),
        ("password=s", "(hidden)"),
    ];
    for (url, shown) in table {
        assert_eq!(value::hide_password(url), shown);
    }
    let config = examine_with(&[("DATABASE_URL", URL)]).config.unwrap();
    assert!(!format!("{config:?}").contains("secret"));
}

#[test]
fn the_example_file_states_every_variable_and_default() {
    let file = include_str!("../../.env.example");
    assert!(
        file == example(),
        ".env.example differs; write it anew: agent-free check --example > .env.example"
    );
}

#[test]
fn the_example_file_can_be_used_as_it_is() {
    let uncommented: Vec<(String, String)> = example()
        .lines()
        .filter_map(|line| line.trim_start_matches('#').split_once('='))
        .filter(|(name, _)| name.chars().all(|c| c.is_ascii_uppercase() || c == '_'))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    let found = examine(|name| {
        let value = uncommented.iter().find(|(known, _)| known == name).map(|(_, value)| value);
        let value = value.unwrap_or_else(|| panic!("{name} is missing"));
        Some(if name == "DATABASE_URL" { URL.into() } else { value.into() })
    });
    assert_eq!(found.config.err(), None);
}
