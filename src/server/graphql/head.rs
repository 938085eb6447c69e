//! What stands in the head of a request: its id, its form, and what is asked of its run.

use std::borrow::Cow;

use axum::http::request::Parts;
use axum::http::{HeaderName, header};
use loaders::mutation::Position;
use loaders::{ErrorCode, RequestError};
use uuid::Uuid;

/// The name of a request, in it and in its answer.
pub(super) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Under what a write is remembered.
pub(super) const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

const READ_AFTER: HeaderName = HeaderName::from_static("read-after");
const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

/// How long a request's id may be that a client or a proxy brings along.
const REQUEST_ID_LENGTH: usize = 128;

/// The id under which the request is known: the caller's, if it looks like one, or a new one.
pub(super) fn request_id(head: &Parts) -> Cow<'_, str> {
    let is_sane = |id: &&str| {
        let sign = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.:/+=".contains(&byte);
        (1..=REQUEST_ID_LENGTH).contains(&id.len()) && id.bytes().all(sign)
    };
    let given = head.headers.get(REQUEST_ID).and_then(|value| value.to_str().ok()).filter(is_sane);
    given.map_or_else(|| Uuid::now_v7().to_string().into(), Cow::Borrowed)
}

/// Refuses bodies that are not plain JSON in UTF-8.
pub(super) fn is_json(head: &Parts) -> Result<(), RequestError> {
    let refused = |message| Err(RequestError::invalid(ErrorCode::UnsupportedMediaType, message));
    let content_type = head.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let mut parts = content_type.unwrap_or_default().split(';').map(str::trim);
    let media_type = parts.next().unwrap_or_default();
    if media_type.eq_ignore_ascii_case("multipart/form-data") {
        return refused(
            "files cannot be sent with an operation: send it as JSON, with the content type \
             application/json",
        );
    }
    if !media_type.eq_ignore_ascii_case("application/json") {
        return refused("send the request as JSON, with the content type application/json");
    }
    let mut charsets = parts
        .filter_map(|part| part.split_once('='))
        .filter(|(name, _)| name.trim().eq_ignore_ascii_case("charset"))
        .map(|(_, value)| value.trim().trim_matches('"'));
    if charsets.any(|charset| !charset.eq_ignore_ascii_case("utf-8")) {
        return refused("send the request in UTF-8");
    }
    let mut encodings = head.headers.get_all(header::CONTENT_ENCODING).iter();
    if encodings.any(|encoding| !encoding.as_bytes().eq_ignore_ascii_case(b"identity")) {
        return refused("send the body as it is, without a Content-Encoding");
    }
    Ok(())
}

/// The key under which the request's writes are remembered.
pub(super) fn idempotency_key(head: &Parts) -> Result<Option<&str>, RequestError> {
    let text = head.headers.get(IDEMPOTENCY_KEY).map(|value| value.to_str()).transpose();
    text.map_err(|_| {
        let message = "the Idempotency-Key has signs beyond ASCII";
        RequestError::invalid(ErrorCode::IdempotencyKeyInvalid, message)
    })
}

/// The write that the request's reads must see.
pub(super) fn read_after(head: &Parts) -> Result<Option<Position>, RequestError> {
    let Some(value) = head.headers.get(READ_AFTER) else { return Ok(None) };
    let position = value.to_str().ok().and_then(|text| text.parse().ok());
    position.map(Some).ok_or_else(|| {
        let message = "Read-After is no position: send back what a write gave";
        RequestError::invalid(ErrorCode::InvalidPosition, message)
    })
}

/// The trace that the caller has begun.
pub(super) fn traceparent(head: &Parts) -> Option<&str> {
    head.headers.get(TRACEPARENT).and_then(|value| value.to_str().ok())
}
