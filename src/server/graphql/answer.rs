//! From an outcome to an HTTP response: status, media type, encoding, validator.

use axum::body::Body;
use axum::http::request::Parts;
use axum::http::{HeaderName, HeaderValue, Method, Response, StatusCode, header};
use loaders::mutation::Position;
use loaders::{Answer, ErrorCode, Outcome, RequestError};
use sha2::{Digest, Sha256};

use super::compression;
use super::negotiation::{self, MediaType};
use crate::access;

/// After a write: what later reads send back as `Read-After`.
const POSITION: HeaderName = HeaderName::from_static("position");

/// All that an answer depends on besides its URL.
const VARY: &str = "accept, accept-encoding, authorization, cookie";

/// Seconds after which a refused client may try again.
const RETRY_AFTER: &str = "1";

/// What a request came to.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) body: Vec<u8>,
    status: Status,
    position: Option<Position>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Status {
    /// It ran.
    Executed,
    /// The engine looked at it and did not run it.
    ByEngine(ErrorCode),
    /// It did not come as far as the engine.
    AtDoor(ErrorCode),
}

impl Reply {
    /// What the engine made of a request.
    pub(super) fn of(answer: Answer) -> Self {
        let status = match (answer.outcome, &answer.failure) {
            (Outcome::Executed, _) => Status::Executed,
            (_, Some(failure)) => Status::ByEngine(failure.code()),
            (_, None) => Status::ByEngine(ErrorCode::Internal),
        };
        Self { body: answer.body, status, position: answer.position }
    }

    /// What the door says itself.
    pub(super) fn refusal(error: &RequestError, request_id: &str) -> Self {
        let body = serde_json::json!({ "errors": error.to_json(request_id) });
        let status = Status::AtDoor(error.code());
        Self { body: body.to_string().into_bytes(), status, position: None }
    }

    /// Several replies as one, in their order.
    pub(super) fn batch(replies: Vec<Self>) -> Self {
        let bodies: Vec<&[u8]> = replies.iter().map(|reply| reply.body.as_slice()).collect();
        let body = [b"[", bodies.join(&b","[..]).as_slice(), b"]"].concat();
        let position = replies.iter().filter_map(|reply| reply.position).max();
        Self { body, status: Status::Executed, position }
    }

    /// Whether it ran, so that its document is valid.
    pub(super) fn was_executed(&self) -> bool {
        self.status == Status::Executed
    }

    /// Whether it was refused because there is too much to do, or came too slowly.
    pub(super) fn is_overload(&self) -> bool {
        matches!(self.status, Status::AtDoor(ErrorCode::Overloaded | ErrorCode::BodyTimeLimit))
    }

    /// As the client would like to have it.
    pub(super) async fn into_response(self, head: &Parts, media: MediaType) -> Response<Body> {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = self.status.for_client(media);
        let headers = response.headers_mut();
        headers.insert(header::VARY, HeaderValue::from_static(VARY));
        if let Some(position) = self.position.and_then(|at| at.to_string().parse().ok()) {
            headers.insert(POSITION, position);
        }
        match self.status {
            Status::AtDoor(ErrorCode::Overloaded) => {
                headers.insert(header::RETRY_AFTER, HeaderValue::from_static(RETRY_AFTER));
            }
            Status::AtDoor(ErrorCode::Unauthenticated) => {
                access::write_challenge(&head.headers, headers);
            }
            Status::AtDoor(ErrorCode::MethodNotAllowed) => {
                headers.insert(header::ALLOW, HeaderValue::from_static("GET, HEAD, POST"));
            }
            Status::ByEngine(ErrorCode::MethodNotAllowed) => {
                headers.insert(header::ALLOW, HeaderValue::from_static("POST"));
            }
            _ => {}
        }
        if matches!(head.method, Method::GET | Method::HEAD) {
            let caching = if self.was_executed() { "no-cache, private" } else { "no-store" };
            headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(caching));
            if self.was_executed() {
                let etag = etag(&self.body, media);
                let is_known = knows(head, &etag);
                if let Ok(etag) = etag.parse() {
                    headers.insert(header::ETAG, etag);
                }
                if is_known {
                    *response.status_mut() = StatusCode::NOT_MODIFIED;
                    return response;
                }
            }
        }
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media.content_type()));
        headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        let mut body = self.body;
        if let Some(encoding) = negotiation::encoding(&head.headers)
            && let Some(smaller) = compression::compress(&body, encoding).await
        {
            headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding.name()));
            body = smaller;
        }
        *response.body_mut() = Body::from(body);
        response
    }
}

impl Status {
    /// The newer media type has statuses that mean something; with the older one, everything that
    /// came to the engine is 200.
    fn for_client(self, media: MediaType) -> StatusCode {
        let code = match self {
            Self::Executed => return StatusCode::OK,
            Self::ByEngine(code) if media == MediaType::Json => match code {
                ErrorCode::MethodNotAllowed | ErrorCode::RateLimit => code,
                _ => return StatusCode::OK,
            },
            Self::ByEngine(code) | Self::AtDoor(code) => code,
        };
        StatusCode::from_u16(code.http_status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }
}

/// Names what an answer says, not its bytes: they differ from encoding to encoding.
fn etag(body: &[u8], media: MediaType) -> String {
    let hash = Sha256::new().chain_update(media.content_type()).chain_update(body).finalize();
    let digits: String = hash.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    format!("W/\"{digits}\"")
}

/// Whether the client has an answer with this tag.
fn knows(head: &Parts, etag: &str) -> bool {
    let strong = etag.trim_start_matches("W/");
    let lines = head.headers.get_all(header::IF_NONE_MATCH).iter();
    lines.filter_map(|line| line.to_str().ok()).flat_map(|line| line.split(',')).any(|item| {
        let item = item.trim();
        item == "*" || item.trim_start_matches("W/") == strong
    })
}
