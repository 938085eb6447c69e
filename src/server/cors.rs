//! Pages of other origins: which of them may call the server from a browser.
//!
//! Promises: an origin is allowed if it is listed, letter for letter, and no pattern stands for many;
//! to a page of another origin nothing is said that a browser would let it read; and what a browser
//! sends with cookies counts only from the server's own pages and those of listed origins.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use axum::http::{Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use loaders::{ErrorCode, RequestError};

use super::security_headers::SecurityHeaders;
use crate::access::cookies;
use crate::config::Config;

const METHODS: HeaderValue = HeaderValue::from_static("GET, POST");

/// Headers that a page may send.
const SENT: HeaderValue = HeaderValue::from_static(
    "authorization, content-type, idempotency-key, read-after, traceparent, x-csrf-token, \
     x-request-id",
);

/// Headers of an answer that a page may read, beyond those that it always may.
const EXPOSED: HeaderValue = HeaderValue::from_static(
    "etag, position, ratelimit, ratelimit-policy, retry-after, www-authenticate, x-request-id",
);

/// Whose pages may call.
#[derive(Debug)]
pub(super) struct Origins {
    own: String,
    listed: Vec<String>,
    max_age: HeaderValue,
    security: SecurityHeaders,
}

impl Origins {
    pub(super) fn new(config: &Config) -> Self {
        Self {
            own: config.access.public_url.clone(),
            listed: config.cors.origins.clone(),
            max_age: HeaderValue::from(config.cors.max_age.as_secs()),
            security: SecurityHeaders::new(&config.access.public_url),
        }
    }

    /// The origin of the page that sends a request, if it is listed.
    fn listed<'a>(&self, headers: &'a HeaderMap) -> Option<&'a HeaderValue> {
        let origin = headers.get(header::ORIGIN)?;
        self.listed.iter().any(|listed| listed.as_bytes() == origin.as_bytes()).then_some(origin)
    }

    /// Refuses what a browser sends with cookies from a page that is neither the server's own nor
    /// listed. What has an `Authorization` does not count by its cookies.
    pub(super) fn check(&self, headers: &HeaderMap) -> Result<(), RequestError> {
        let Some(origin) = headers.get(header::ORIGIN) else { return Ok(()) };
        let by_cookie = !headers.contains_key(header::AUTHORIZATION)
            && has_session_cookie(headers)
            && origin.as_bytes() != self.own.as_bytes()
            && self.listed(headers).is_none();
        if !by_cookie {
            return Ok(());
        }
        let message = "this page may not use the cookies of a session: PUBLIC_URL names the origin \
                       of the server's own pages, CORS_ORIGINS those of others";
        Err(RequestError::invalid(ErrorCode::CsrfTokenInvalid, message))
    }

    /// What a page of a listed origin may do with an answer.
    fn allow(&self, origin: Option<HeaderValue>, headers: &mut HeaderMap) {
        if self.listed.is_empty() {
            return;
        }
        // The same address answers others otherwise.
        headers.append(header::VARY, HeaderValue::from_static("origin"));
        if let Some(origin) = origin {
            headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
            headers
                .insert(header::ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
            headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
        }
    }

    /// The answer to a browser that asks before it sends a request.
    fn preflight(&self) -> Response {
        let mut answer = StatusCode::NO_CONTENT.into_response();
        let headers: [(HeaderName, HeaderValue); 3] = [
            (header::ACCESS_CONTROL_ALLOW_METHODS, METHODS),
            (header::ACCESS_CONTROL_ALLOW_HEADERS, SENT),
            (header::ACCESS_CONTROL_MAX_AGE, self.max_age.clone()),
        ];
        answer.headers_mut().extend(headers);
        answer
    }
}

fn has_session_cookie(headers: &HeaderMap) -> bool {
    let names = [cookies::ACCESS, cookies::REFRESH].map(str::as_bytes);
    let mut lines = headers.get_all(header::COOKIE).iter().map(HeaderValue::as_bytes);
    lines.any(|line| {
        line.split(|byte| *byte == b';')
            .any(|pair| names.iter().any(|name| pair.trim_ascii_start().starts_with(name)))
    })
}

/// Answers preflights, and adds to every answer what browsers are told.
pub(super) async fn layer(
    State(origins): State<Arc<Origins>>,
    request: Request,
    next: Next,
) -> Response {
    let origin = origins.listed(request.headers()).cloned();
    let asks_first = *request.method() == Method::OPTIONS
        && request.headers().contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
    let mut answer = match asks_first && origin.is_some() {
        true => origins.preflight(),
        false => next.run(request).await,
    };
    let headers = answer.headers_mut();
    origins.allow(origin, headers);
    origins.security.add(headers);
    answer
}
