//! The forms that values take: each parser says what is wrong in words that follow the value.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use ipnet::IpNet;
use tracing_subscriber::EnvFilter;

/// A PostgreSQL address. Its password is never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct DatabaseUrl(String);

impl DatabaseUrl {
    /// Stands in where there is none.
    pub(super) fn unknown() -> Self {
        Self(String::new())
    }

    /// The address with its password, for a driver.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for DatabaseUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&hide_password(&self.0))
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// For collectors: one JSON object a line.
    Json,
}

pub(super) fn database_url(text: &str) -> Result<DatabaseUrl, String> {
    if !text.starts_with("postgres://") && !text.starts_with("postgresql://") {
        return Err("is not an address of the form postgres://user:password@host:5432/name".into());
    }
    // The driver's message names the option that is wrong, never its value.
    let parsed: tokio_postgres::Config = text.parse().map_err(|error: tokio_postgres::Error| {
        let cause = std::error::Error::source(&error).map(ToString::to_string);
        format!("is not a PostgreSQL address: {}", cause.unwrap_or_else(|| error.to_string()))
    })?;
    if parsed.get_hosts().is_empty() {
        return Err("names no host".into());
    }
    Ok(DatabaseUrl(text.to_owned()))
}

/// The address with stars in place of its password.
pub(super) fn hide_password(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else {
        return "(hidden)".to_owned();
    };
    let (user, place) = match rest.rsplit_once('@') {
        Some((user, place)) => (Some(user), place),
        None => (None, rest),
    };
    let user = user.map(|user| match user.split_once(':') {
        Some((name, _)) => format!("{name}:***@"),
        None => format!("{user}@"),
    });
    let (place, query) = match place.split_once('?') {
        Some((place, query)) => (place, Some(query)),
        None => (place, None),
    };
    let query = query.map(|query| {
        let pairs = query.split('&').map(|pair| match pair.split_once('=') {
            Some(("password", _)) => "password=***",
            _ => pair,
        });
        format!("?{}", pairs.collect::<Vec<_>>().join("&"))
    });
    format!("{scheme}://{}{place}{}", user.unwrap_or_default(), query.unwrap_or_default())
}

/// Several addresses with stars in place of their passwords.
pub(super) fn hide_passwords(urls: &str) -> String {
    urls.split(',').map(|url| hide_password(url.trim())).collect::<Vec<_>>().join(",")
}

/// Stars in place of a value that is a secret as a whole.
pub(super) fn hide(text: &str) -> String {
    if text.is_empty() { String::new() } else { "***".to_owned() }
}

/// A value that may be empty.
pub(super) fn optional<T>(
    parse: impl Fn(&str) -> Result<T, String>,
) -> impl Fn(&str) -> Result<Option<T>, String> {
    move |text| if text.is_empty() { Ok(None) } else { parse(text).map(Some) }
}

/// Values with commas between, or none.
pub(super) fn list<T>(
    parse: impl Fn(&str) -> Result<T, String>,
) -> impl Fn(&str) -> Result<Vec<T>, String> {
    move |text| {
        let items = text.split(',').map(str::trim);
        if text.is_empty() { Ok(Vec::new()) } else { items.map(&parse).collect() }
    }
}

/// One address, or all of a network such as 10.0.0.0/8.
pub(super) fn network(text: &str) -> Result<IpNet, String> {
    let address = text.parse::<IpAddr>().map(IpNet::from);
    address.or_else(|_| text.parse()).map_err(|_| {
        "has something in it that is neither an address nor a network, such as 10.0.0.7 or \
         10.0.0.0/8"
            .into()
    })
}

/// The address of an HTTP server, without a slash at its end.
pub(super) fn http_url(text: &str) -> Result<String, String> {
    let wrong = || "is not an address of the form http://host:port".to_owned();
    let url: axum::http::Uri = text.parse().map_err(|_| wrong())?;
    let is_plain = url.scheme_str() == Some("http") && url.query().is_none();
    match url.authority() {
        Some(authority) if is_plain && !authority.as_str().contains('@') => {
            Ok(text.trim_end_matches('/').to_owned())
        }
        _ => Err(wrong()),
    }
}

/// Where something is reached on the web: scheme, host and port, without a slash at its end.
pub(super) fn origin(text: &str) -> Result<String, String> {
    let text = text.strip_suffix('/').unwrap_or(text);
    let is_bare = web_uri(text).is_some_and(|url| url.path() == "/" && !text.ends_with('/'));
    if is_bare { Ok(text.to_owned()) } else { Err("is not of the form https://host".to_owned()) }
}

/// The address of something on the web.
pub(super) fn web_url(text: &str) -> Result<String, String> {
    let url = web_uri(text).map(|_| text.to_owned());
    url.ok_or_else(|| "is not an address of the form https://host/path".to_owned())
}

/// Nobody's name or password stands in it, nor a query.
fn web_uri(text: &str) -> Option<axum::http::Uri> {
    let url: axum::http::Uri = text.parse().ok()?;
    let is_web = matches!(url.scheme_str(), Some("http" | "https")) && url.query().is_none();
    let has_host = url.authority().is_some_and(|authority| !authority.as_str().contains('@'));
    Some(url).filter(|_| is_web && has_host)
}

/// A part of a whole.
pub(super) fn ratio(text: &str) -> Result<f64, String> {
    let ratio = text.parse().ok().filter(|ratio| (0.0..=1.0).contains(ratio));
    ratio.ok_or_else(|| "is not a number from 0 to 1".into())
}

pub(super) fn address(text: &str) -> Result<SocketAddr, String> {
    text.parse().map_err(|_| "is not an address and a port, such as 127.0.0.1:8080".into())
}

pub(super) fn whole<T: TryFrom<u64>>(min: u64, max: u64) -> impl Fn(&str) -> Result<T, String> {
    move |text| {
        let number = text.parse().ok().filter(|number| (min..=max).contains(number));
        number
            .and_then(|number| T::try_from(number).ok())
            .ok_or_else(|| format!("is not a whole number from {min} to {max}"))
    }
}

pub(super) fn duration(text: &str) -> Result<Duration, String> {
    milliseconds(text)
        .filter(|total| *total > 0)
        .map(Duration::from_millis)
        .ok_or_else(|| "is not a time from 1ms to 596h, such as 500ms, 10s or 2m".into())
}

pub(super) fn duration_or_zero(text: &str) -> Result<Duration, String> {
    milliseconds(text)
        .map(Duration::from_millis)
        .ok_or_else(|| "is not a time from 0s to 596h, such as 500ms, 10s or 2m".into())
}

/// How long something counts: seconds to years.
pub(super) fn lifetime(text: &str) -> Result<Duration, String> {
    let (number, unit) = number_and_unit(text);
    let factor = match unit {
        "s" => Some(1),
        "m" => Some(60),
        "h" => Some(60 * 60),
        "d" => Some(24 * 60 * 60),
        _ => None,
    };
    let seconds = factor.and_then(|factor: u64| number?.checked_mul(factor));
    let seconds = seconds.filter(|seconds| (1..=3650 * 24 * 60 * 60).contains(seconds));
    seconds
        .map(Duration::from_secs)
        .ok_or_else(|| "is not a time from 1s to 3650d, such as 90s, 10m, 24h or 30d".into())
}

fn milliseconds(text: &str) -> Option<u64> {
    let (number, unit) = number_and_unit(text);
    let factor = match unit {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        _ => return None,
    };
    // PostgreSQL counts milliseconds in an int4.
    number?.checked_mul(factor).filter(|total| *total <= i32::MAX as u64)
}

pub(super) fn bytes<T: TryFrom<u64>>(text: &str) -> Result<T, String> {
    let (number, unit) = number_and_unit(text);
    let factor = match unit {
        "" => Some(1),
        "KiB" => Some(1 << 10),
        "MiB" => Some(1 << 20),
        "GiB" => Some(1 << 30),
        _ => None,
    };
    factor
        .and_then(|factor: u64| number?.checked_mul(factor))
        .filter(|total| (1..=1 << 40).contains(total))
        .and_then(|total| T::try_from(total).ok())
        .ok_or_else(|| "is not a size from 1 to 1024GiB, such as 65536, 512KiB or 64MiB".into())
}

fn number_and_unit(text: &str) -> (Option<u64>, &str) {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    (text[..end].parse().ok(), &text[end..])
}

/// One word of a closed list.
pub(super) fn one_of<T: Copy>(
    words: &[(&'static str, T)],
) -> impl Fn(&str) -> Result<T, String> + use<T> {
    let words = words.to_vec();
    move |text| {
        words.iter().find(|(word, _)| *word == text).map(|(_, value)| *value).ok_or_else(|| {
            let words: Vec<_> = words.iter().map(|(word, _)| *word).collect();
            format!("is neither {}", words.join(" nor "))
        })
    }
}

pub(super) fn log_filter(text: &str) -> Result<String, String> {
    let parsed = EnvFilter::builder().parse(text);
    parsed.map(|_| text.to_owned()).map_err(|error| format!("is not a log filter: {error}"))
}
