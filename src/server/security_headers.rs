//! Headers that every answer carries, so that a browser does no more with it than is meant: it is
//! not guessed at, not framed, not read by other sites, and sends nobody where it came from.
//!
//! An answer's own header wins: GraphiQL has a Content-Security-Policy that lets it run.

use axum::http::header::{self, HeaderMap, HeaderName, HeaderValue};

const HEADERS: [(HeaderName, HeaderValue); 7] = [
    (
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static(
            "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
        ),
    ),
    (
        HeaderName::from_static("cross-origin-embedder-policy"),
        HeaderValue::from_static("require-corp"),
    ),
    (
        HeaderName::from_static("cross-origin-opener-policy"),
        HeaderValue::from_static("same-origin"),
    ),
    (
        HeaderName::from_static("cross-origin-resource-policy"),
        HeaderValue::from_static("same-origin"),
    ),
    (
        HeaderName::from_static("permissions-policy"),
        HeaderValue::from_static(
            "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()",
        ),
    ),
    (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
];

/// For a year a browser comes by TLS only.
const BY_TLS: HeaderValue = HeaderValue::from_static("max-age=31536000");

/// What is added to answers.
#[derive(Debug, Clone, Copy)]
pub(super) struct SecurityHeaders {
    by_tls: bool,
}

impl SecurityHeaders {
    /// For a server that is reached at this address.
    pub(super) fn new(public_url: &str) -> Self {
        Self { by_tls: public_url.starts_with("https://") }
    }

    /// Adds what is not there.
    pub(super) fn add(self, headers: &mut HeaderMap) {
        for (name, value) in HEADERS {
            headers.entry(name).or_insert(value);
        }
        if self.by_tls {
            headers.insert(header::STRICT_TRANSPORT_SECURITY, BY_TLS);
        }
    }
}
