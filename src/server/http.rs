//! GraphQL over HTTP: `POST /graphql` with JSON, `GET /graphql` for queries.
//!
//! Nothing runs for a content type that a browser sends without asking first. An answer is 200
//! where the client takes `application/json`; where it takes `application/graphql-response+json`
//! the status tells what became of the request.

use std::sync::Arc;

use async_graphql::Variables;
use axum::Router;
use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, QueryRejection};
use axum::extract::{DefaultBodyLimit, Query, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use loaders::{Answer, Engine, Outcome, Request, Viewer};
use serde::Deserialize;
use serde_json::json;

const JSON: &str = "application/json; charset=utf-8";
const GRAPHQL: &str = "application/graphql-response+json; charset=utf-8";

/// What every request passes through.
#[derive(Clone)]
pub(super) struct Door {
    pub(super) engine: Arc<Engine>,
    pub(super) viewer: Arc<Viewer>,
    /// How long a body may be.
    pub(super) body_bytes: usize,
}

/// The routes of the API.
pub(super) fn routes(door: Door) -> Router {
    let body_bytes = door.body_bytes;
    Router::new()
        .route("/graphql", get(by_get).post(by_post).fallback(other_method))
        .route("/health/live", get(async || StatusCode::OK))
        .layer(DefaultBodyLimit::max(body_bytes))
        .with_state(door)
}

/// The body of a POST.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Body {
    query: String,
    operation_name: Option<String>,
    variables: Option<Variables>,
}

/// The query string of a GET.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Parameters {
    query: String,
    operation_name: Option<String>,
    variables: Option<String>,
}

async fn by_post(
    State(door): State<Door>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let media_type = content_type.unwrap_or_default().split(';').next().unwrap_or_default().trim();
    if !media_type.eq_ignore_ascii_case("application/json") {
        let message = "send the request as JSON, with the content type application/json";
        return refusal(StatusCode::UNSUPPORTED_MEDIA_TYPE, "UNSUPPORTED_MEDIA_TYPE", message);
    }
    let body = match body {
        Ok(body) => body,
        Err(error) if error.status() == StatusCode::PAYLOAD_TOO_LARGE => {
            let limit = door.body_bytes;
            let message =
                format!("the body has more than {limit} bytes, the limit; ask for less at once");
            return refusal(StatusCode::PAYLOAD_TOO_LARGE, "BODY_SIZE_LIMIT", &message);
        }
        Err(error) => return refusal(error.status(), "MALFORMED_REQUEST", &error.body_text()),
    };
    match serde_json::from_slice::<Body>(&body) {
        Ok(Body { query, operation_name, variables }) => {
            door.answer(&headers, &query, operation_name.as_deref(), &variables.unwrap_or_default())
                .await
        }
        Err(error) => {
            refusal(StatusCode::BAD_REQUEST, "MALFORMED_REQUEST", &format!("the body: {error}"))
        }
    }
}

async fn other_method() -> Response {
    let message = "send the request by POST, or a query by GET";
    refusal(StatusCode::METHOD_NOT_ALLOWED, "MALFORMED_REQUEST", message)
}

async fn by_get(
    State(door): State<Door>,
    headers: HeaderMap,
    parameters: Result<Query<Parameters>, QueryRejection>,
) -> Response {
    let malformed = |message: &str| refusal(StatusCode::BAD_REQUEST, "MALFORMED_REQUEST", message);
    let Parameters { query, operation_name, variables } = match parameters {
        Ok(Query(parameters)) => parameters,
        Err(error) => return malformed(&error.body_text()),
    };
    let variables = variables.filter(|text| !text.is_empty());
    match variables.as_deref().map(serde_json::from_str::<Variables>).transpose() {
        Ok(variables) => {
            door.answer(&headers, &query, operation_name.as_deref(), &variables.unwrap_or_default())
                .await
        }
        Err(error) => malformed(&format!("the variables: {error}")),
    }
}

impl Door {
    async fn answer(
        &self,
        headers: &HeaderMap,
        query: &str,
        operation_name: Option<&str>,
        variables: &Variables,
    ) -> Response {
        // An empty name is none: forms and query strings cannot leave a value out.
        let operation_name = operation_name.filter(|name| !name.is_empty());
        let request = Request { query, operation_name, variables };
        let Answer { outcome, body, failure, .. } =
            self.engine.execute(request, &self.viewer).await;
        if let (Outcome::Failed | Outcome::Executed, Some(error)) = (outcome, &failure) {
            tracing::error!(error = error as &dyn std::error::Error, operation_name, "failed");
        }
        let accept = headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok());
        let tells_status =
            accept.is_some_and(|accept| accept.contains("application/graphql-response+json"));
        let status = match outcome {
            _ if !tells_status => StatusCode::OK,
            Outcome::Executed => StatusCode::OK,
            Outcome::Refused => StatusCode::BAD_REQUEST,
            Outcome::Failed => StatusCode::SERVICE_UNAVAILABLE,
        };
        let content_type = HeaderValue::from_static(if tells_status { GRAPHQL } else { JSON });
        (status, [(header::CONTENT_TYPE, content_type)], body).into_response()
    }
}

/// A request that is not a GraphQL request.
fn refusal(status: StatusCode, code: &str, message: &str) -> Response {
    let body = json!({ "errors": [{ "message": message, "extensions": { "code": code } }] });
    (status, [(header::CONTENT_TYPE, JSON)], body.to_string()).into_response()
}
