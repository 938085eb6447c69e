//! What the configuration accepts, refuses and says, as tables.

use std::collections::HashMap;
use std::time::Duration;

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
    assert_eq!(config.database.url.expose(), URL);
    assert_eq!(config.http.listen_address.to_string(), "127.0.0.1:8080");
    assert_eq!((config.limits.page_size_default, config.limits.page_size_max), (20, 1000));
    assert_eq!(config.limits.document_cache_bytes, 64 << 20);
    assert!(config.http.graphiql && !config.http.expose_cost);
}

#[test]
fn an_empty_variable_counts_as_not_set() {
    assert_eq!(config_with("PAGE_SIZE_MAX", "").unwrap().limits.page_size_max, 1000);
    let error = examine_with(&[("DATABASE_URL", "")]).config.unwrap_err();
    assert_eq!(error.0, ["DATABASE_URL: is required and not set"]);
}

#[test]
fn values_are_taken_in_their_forms() {
    let time = |text| config_with("SLOW_OPERATION", text).unwrap().operations.slow_operation;
    assert_eq!(time("250ms"), Duration::from_millis(250));
    assert_eq!(time("2m"), Duration::from_secs(120));
    let size = |text| config_with("REQUEST_BODY_BYTES", text).unwrap().limits.request_body_bytes;
    assert_eq!(size("65536"), 65536);
    assert_eq!(size("3KiB"), 3072);
    assert_eq!(config_with("LISTEN_ADDRESS", "[::1]:0").unwrap().http.listen_address.port(), 0);
    let proxies = config_with("TRUSTED_PROXIES", "10.0.0.0/8, ::1").unwrap().http.trusted_proxies;
    assert_eq!(proxies, ["10.0.0.0/8".parse().unwrap(), "::1/128".parse().unwrap()]);
    let delay = config_with("SHUTDOWN_DELAY", "0s").unwrap().operations.shutdown_delay;
    assert_eq!(delay, Duration::ZERO);
    let collector = config_with("OTEL_EXPORTER_OTLP_ENDPOINT", "http://[::1]:4318/").unwrap();
    assert_eq!(collector.operations.otlp_endpoint.as_deref(), Some("http://[::1]:4318"));
    let replicas = config_with("DATABASE_READ_URLS", "postgres://a@r1/x,postgres://a@r2/x");
    assert_eq!(replicas.unwrap().database.read_urls[1].expose(), "postgres://a@r2/x");
    assert_eq!(config_with("LOG_FORMAT", "json").unwrap().operations.log_format, LogFormat::Json);
}

#[test]
fn wrong_values_are_refused_with_the_form_that_is_right() {
    let address = "is not an address and a port, such as 127.0.0.1:8080";
    let time = "is not a time from 1ms to 596h, such as 500ms, 10s or 2m";
    let size = "is not a size from 1 to 1024GiB, such as 65536, 512KiB or 64MiB";
    let network = "has something in it that is neither an address nor a network, such as 10.0.0.7 \
                   or 10.0.0.0/8";
    let collector = "is not an address of the form http://host:port";
    let lifetime = "is not a time from 1s to 3650d, such as 90s, 10m, 24h or 30d";
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
        ("REPLICA_WAIT", "soon", "is not a time from 0s to 596h, such as 500ms, 10s or 2m"),
        ("ALIASES_MAX", "-1", "is not a whole number from 0 to 100000"),
        ("BATCH_MAX", "101", "is not a whole number from 0 to 100"),
        ("COST_MAX", "1e6", "is not a whole number from 1000 to 1000000000000"),
        ("REQUESTS_MAX", "0", "is not a whole number from 1 to 100000"),
        ("REQUEST_TIMEOUT", "0s", time),
        ("TRUSTED_PROXIES", "10.0.0.0/33", network),
        ("TRUSTED_PROXIES", "::1,", network),
        ("METRICS_ADDRESS", "9090", address),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "127.0.0.1:4318", collector),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "https://collector:4318", collector),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://a:b@collector:4318", collector),
        ("OTEL_TRACES_SAMPLER_ARG", "2", "is not a number from 0 to 1"),
        ("OTEL_TRACES_SAMPLER_ARG", "NaN", "is not a number from 0 to 1"),
        ("DISCLOSURE", "no", "is neither on nor off"),
        ("PERSISTED_QUERIES", "1", "is neither on nor off"),
        ("GRAPHIQL", "yes", "is neither on nor off"),
        ("EXPOSE_COST", "1", "is neither on nor off"),
        ("LOG_FORMAT", "xml", "is neither text nor json"),
        ("PUBLIC_URL", "deals.example", "is not of the form https://host"),
        ("PUBLIC_URL", "https://deals.example/app", "is not of the form https://host"),
        ("PUBLIC_URL", "ftp://deals.example", "is not of the form https://host"),
        ("ACCESS_TOKEN_LIFETIME", "10", lifetime),
        ("ACCESS_TOKEN_LIFETIME", "0s", lifetime),
        ("SESSION_LIFETIME", "3651d", lifetime),
        ("PASSWORD_HASH_MEMORY", "1024", "is not a whole number from 8192 to 4194304"),
    ];
    for (name, value, wrong) in table {
        let error = config_with(name, value).unwrap_err();
        assert_eq!(error.0, [format!("{name}: {value:?} {wrong}")]);
    }
    let error = config_with("RUST_LOG", "agent_free=loud").unwrap_err();
    assert!(error.0[0].starts_with("RUST_LOG: \"agent_free=loud\" is not a log filter"), "{error}");
}

#[test]
fn contradictions_are_refused() {
    let table = [
        ("PAGE_SIZE_MAX", "5", "PAGE_SIZE_MAX: 5 is less than PAGE_SIZE_DEFAULT (20)"),
        ("REQUEST_TIMEOUT", "5s", "STATEMENT_TIMEOUT: 10s is longer than REQUEST_TIMEOUT (5s)"),
        ("REPLICA_WAIT", "30s", "REPLICA_WAIT: 30s is not below REQUEST_TIMEOUT (30s)"),
        ("REQUEST_QUEUE_WAIT", "1m", "REQUEST_QUEUE_WAIT: 1m is not below REQUEST_TIMEOUT (30s)"),
        (
            "CONNECTIONS_MAX",
            "100",
            "CONNECTIONS_PER_ADDRESS_MAX: 256 is more than CONNECTIONS_MAX (100)",
        ),
        (
            "METRICS_ADDRESS",
            "127.0.0.1:8080",
            "METRICS_ADDRESS: 127.0.0.1:8080 is the same as LISTEN_ADDRESS (127.0.0.1:8080)",
        ),
    ];
    let of_access = [
        (
            "ACCESS_TOKEN_LIFETIME",
            "30d",
            "ACCESS_TOKEN_LIFETIME: 30d is not below REFRESH_TOKEN_LIFETIME (30d)",
        ),
        (
            "SESSION_LIFETIME",
            "1d",
            "REFRESH_TOKEN_LIFETIME: 30d is longer than SESSION_LIFETIME (1d)",
        ),
        ("CLOCK_SKEW_MAX", "10m", "CLOCK_SKEW_MAX: 10m is not below ACCESS_TOKEN_LIFETIME (10m)"),
        (
            "PASSWORD_LENGTH_MIN",
            "300",
            "PASSWORD_LENGTH_MAX: 256 is less than PASSWORD_LENGTH_MIN (300)",
        ),
    ];
    for (name, value, told) in table.into_iter().chain(of_access) {
        assert_eq!(config_with(name, value).unwrap_err().0, [told]);
    }
    // One that is wrong by itself is told once, and contradictions beside other mistakes.
    let found = examine_with(&[
        ("PAGE_SIZE_DEFAULT", "x"),
        ("PAGE_SIZE_MAX", "5"),
        ("REQUEST_QUEUE_WAIT", "1m"),
    ]);
    assert_eq!(
        found.config.unwrap_err().0,
        [
            "DATABASE_URL: is required and not set",
            "PAGE_SIZE_DEFAULT: \"x\" is not a whole number from 1 to 100000",
            "REQUEST_QUEUE_WAIT: 1m is not below REQUEST_TIMEOUT (30s)",
        ]
    );
}

#[test]
fn all_mistakes_are_told_at_once() {
    let found =
        examine_with(&[("PAGE_SIZE_DEFAULT", "x"), ("EXPOSE_COST", "y"), ("GRAPHIQL", "z")]);
    assert_eq!(
        found.config.unwrap_err().to_string(),
        "the configuration is wrong in 4 places:\n  \
         DATABASE_URL: is required and not set\n  \
         GRAPHIQL: \"z\" is neither on nor off\n  \
         EXPOSE_COST: \"y\" is neither on nor off\n  \
         PAGE_SIZE_DEFAULT: \"x\" is not a whole number from 1 to 100000\n\
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
    let urls = "postgres://a:secret@h/x, postgres://b:secret@i/x";
    let found = examine_with(&[("DATABASE_URL", URL), ("DATABASE_READ_URLS", urls)]);
    assert_eq!(
        found.readings[1].shown.as_deref(),
        Some("postgres://a:***@h/x,postgres://b:***@i/x")
    );
    assert!(!format!("{found:?}").contains("secret@"));
    let key = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
    let found = examine_with(&[("DATABASE_URL", URL), ("SECRET_KEY", key)]);
    assert!(!format!("{found:?}").contains(&key[..10]));
    assert_eq!(found.config.unwrap().access.secret_key.unwrap().to_base64(), key);
    let wrong = config_with("SECRET_KEY", "too short").unwrap_err();
    assert_eq!(wrong.0, ["SECRET_KEY: is not base64 of 32 bytes"]);
}

#[test]
fn an_outside_issuer_is_named_as_a_whole_or_not_at_all() {
    let whole = [
        ("DATABASE_URL", URL),
        ("AUTH_ISSUER", "https://issuer.example/"),
        ("AUTH_AUDIENCE", "agent-free"),
        ("AUTH_JWKS_URL", "https://issuer.example/keys"),
        ("AUTH_ALGORITHM", "RS256"),
    ];
    let issuer = examine_with(&whole).config.unwrap().access.outside_issuer.unwrap();
    assert_eq!(issuer.issuer, "https://issuer.example/");
    assert_eq!(config_with("AUTH_ISSUER", "").unwrap().access.outside_issuer, None);
    let told = |name: &str, value: &str| config_with(name, value).unwrap_err().0;
    let missing = |name, given| format!("{name}: is not set, and {given} is: they go together");
    assert_eq!(
        told("AUTH_ISSUER", "x"),
        ["AUTH_AUDIENCE", "AUTH_JWKS_URL", "AUTH_ALGORITHM"].map(|it| missing(it, "AUTH_ISSUER"))
    );
    assert_eq!(told("AUTH_AUDIENCE", "x"), [missing("AUTH_ISSUER", "AUTH_AUDIENCE")]);
    let mut ours = whole;
    ours[1].1 = "http://127.0.0.1:8080";
    assert_eq!(
        examine_with(&ours).config.unwrap_err().0,
        ["AUTH_ISSUER: http://127.0.0.1:8080 is the same as PUBLIC_URL (http://127.0.0.1:8080)"]
    );
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
