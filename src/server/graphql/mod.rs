//! GraphQL over HTTP: `POST /graphql` with JSON, `GET /graphql` for queries.
//!
//! Promises: nothing runs for a content type that a browser sends without asking first; what is
//! refused is refused before anything is read or computed for it; every answer has the same form,
//! and the id of its request.

mod answer;
mod body;
mod compression;
mod documents;
mod head;
mod lists;
mod negotiation;
mod request;

use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderValue, Method, Response};
use axum::routing::any;
use axum::{Extension, Router};
use ipnet::IpNet;
use loaders::{Engine, ErrorCode, Measure, OperationReport, OperationType, RequestError, Viewer};

use super::address;
use super::admission::{Admission, Turn};
use super::listen::Peer;
use super::observe::{Observed, Observer};
use crate::config::Config;
use answer::Reply;
use body::Bodies;
pub(super) use documents::Documents;
use negotiation::MediaType;
use request::Asked;

/// What every request passes through.
pub(super) struct Door {
    engine: Arc<Engine>,
    viewer: Arc<Viewer>,
    observer: Arc<Observer>,
    admission: Arc<Admission>,
    documents: Documents,
    bodies: Bodies,
    proxies: Vec<IpNet>,
    batch_max: usize,
    list_items_max: usize,
    timeout: Duration,
}

impl Door {
    pub(super) fn new(
        config: &Config,
        engine: Arc<Engine>,
        documents: Documents,
        admission: Arc<Admission>,
        observer: Arc<Observer>,
    ) -> Self {
        let limits = &config.limits;
        Self {
            engine,
            viewer: Arc::new(Viewer::of_class(config.http.viewer.name())),
            observer,
            admission,
            documents,
            bodies: Bodies::new(
                limits.request_body_bytes,
                limits.body_read_timeout,
                limits.requests_max,
            ),
            proxies: config.http.trusted_proxies.clone(),
            batch_max: limits.batch_max,
            list_items_max: limits.list_items_max,
            timeout: limits.request_timeout,
        }
    }
}

/// The routes of the API.
pub(super) fn routes(door: Arc<Door>) -> Router {
    Router::new().route("/graphql", any(handle)).with_state(door)
}

/// What is the same for all that one HTTP request asks.
struct Call<'a> {
    head: &'a Parts,
    id: &'a str,
    client: IpAddr,
    started: Instant,
    queued: Duration,
}

async fn handle(
    State(door): State<Arc<Door>>,
    Extension(Peer(peer)): Extension<Peer>,
    request: Request,
) -> Response<Body> {
    let (head, mut body) = request.into_parts();
    let id = head::request_id(&head);
    let call = Call {
        head: &head,
        id: &id,
        client: address::client(peer, &head.headers, &door.proxies),
        started: Instant::now(),
        queued: Duration::ZERO,
    };
    let media = negotiation::media_type(&head.headers);
    let answered = match media {
        Some(media) => door.answer(call, &mut body, media).await,
        None => {
            let message = "the server answers in application/graphql-response+json and in \
                           application/json: accept one of them";
            Err(door.refuse(&call, &RequestError::invalid(ErrorCode::NotAcceptable, message)))
        }
    };
    let mut response = match answered {
        Ok(response) => response,
        Err(reply) => {
            // Who is too much is told so at once.
            if !reply.is_overload() {
                door.bodies.discard(&mut body).await;
            }
            reply.into_response(&head, media.unwrap_or(MediaType::Json)).await
        }
    };
    if let Ok(id) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(head::REQUEST_ID, id);
    }
    response
}

impl Door {
    /// Reads and runs what is asked. What is refused on the way is the error.
    async fn answer(
        &self,
        mut call: Call<'_>,
        body: &mut Body,
        media: MediaType,
    ) -> Result<Response<Body>, Reply> {
        let refuse = |error: RequestError| self.refuse(&call, &error);
        let head = call.head;
        let (turn, reply) = match head.method {
            Method::GET | Method::HEAD => {
                let asked = Asked::from_uri(&head.uri).map_err(refuse)?;
                let turn = self.admission.turn().await.map_err(refuse)?;
                call.queued = turn.queued;
                let reply = self.run(&call, asked, true).await;
                (turn, reply)
            }
            Method::POST => {
                head::is_json(head).map_err(refuse)?;
                self.admission.look().map_err(refuse)?;
                let read = self.bodies.read(body).await.map_err(refuse)?;
                let turn = self.admission.turn().await.map_err(refuse)?;
                let asked =
                    request::Body::from_json(&read.bytes, self.batch_max, self.list_items_max)
                        .map_err(refuse)?;
                drop(read);
                call.queued = turn.queued;
                let reply = match asked {
                    request::Body::One(asked) => self.run(&call, asked, false).await,
                    request::Body::Batch(batch) => self.run_batch(&call, batch).await?,
                };
                (turn, reply)
            }
            _ => {
                let message = "send the request by POST, or a query by GET";
                return Err(refuse(RequestError::invalid(ErrorCode::MethodNotAllowed, message)));
            }
        };
        let response = reply.into_response(head, media).await;
        // Making the answer smaller is work as well.
        drop::<Turn<'_>>(turn);
        Ok(response)
    }

    async fn run_batch(&self, call: &Call<'_>, batch: Vec<Asked>) -> Result<Reply, Reply> {
        if call.head.headers.contains_key(head::IDEMPOTENCY_KEY) {
            let message = "one key cannot stand for a whole batch: send the writes one by one";
            let error = RequestError::invalid(ErrorCode::IdempotencyKeyInvalid, message);
            return Err(self.refuse(call, &error));
        }
        let mut replies = Vec::with_capacity(batch.len());
        for asked in batch {
            replies.push(self.run(call, asked, false).await);
        }
        Ok(Reply::batch(replies))
    }

    /// Finds the document and runs it.
    async fn run(&self, call: &Call<'_>, mut asked: Asked, only_query: bool) -> Reply {
        let variables = asked.variables();
        let found = self.documents.find(&asked);
        let request = found.and_then(|found| {
            let request = loaders::Request {
                operation_name: asked.operation_name(),
                id: call.id,
                only_query,
                idempotency_key: head::idempotency_key(call.head)?,
                after: head::read_after(call.head)?,
                ..loaders::Request::new("", &variables)
            };
            Ok((found, request))
        });
        let (found, request) = match request {
            Ok(ready) => ready,
            Err(error) => return self.refuse(call, &error),
        };
        let request = loaders::Request { query: &found.text, ..request };
        let left = self.timeout.saturating_sub(call.started.elapsed());
        let executed = tokio::time::timeout(left, self.engine.execute(request, &self.viewer)).await;
        let Ok(answer) = executed else {
            let operation = self.engine.operation(request).await;
            return self.give_up(call, operation.as_ref());
        };
        self.observer.observe(&Observed {
            code: answer.failure.as_ref().map(RequestError::code),
            outcome: answer.outcome,
            failure: answer.failure.as_ref(),
            operation: answer.operation.as_ref(),
            statements: &answer.trace,
            rows: answer.rows,
            ..self.observed(call)
        });
        let reply = Reply::of(answer);
        if reply.was_executed() {
            self.documents.keep(&found);
        }
        reply
    }

    /// Tells of a request whose time is over, and how to answer it.
    fn give_up(&self, call: &Call<'_>, operation: Option<&OperationReport>) -> Reply {
        let milliseconds = self.timeout.as_millis();
        let advice = match operation.map(|operation| operation.kind) {
            Some(OperationType::Mutation) => {
                "whether it has written is not known, repeat it with the same Idempotency-Key"
            }
            _ => "ask for less at once",
        };
        let error = RequestError::limit(
            ErrorCode::TimeLimit,
            Measure::of(milliseconds, milliseconds),
            format!(
                "the request took longer than {milliseconds} ms (REQUEST_TIMEOUT) and was ended: \
                 {advice}"
            ),
        );
        self.observer.observe(&Observed {
            code: Some(error.code()),
            failure: Some(&error),
            operation,
            ..self.observed(call)
        });
        Reply::refusal(&error, call.id)
    }

    /// Tells of a request that the door refuses, and how to answer it.
    fn refuse(&self, call: &Call<'_>, error: &RequestError) -> Reply {
        self.observer.observe(&Observed {
            code: Some(error.code()),
            failure: Some(error),
            ..self.observed(call)
        });
        Reply::refusal(error, call.id)
    }

    /// What is known of every request.
    fn observed<'a>(&self, call: &Call<'a>) -> Observed<'a> {
        Observed {
            id: call.id,
            client: call.client,
            viewer: self.viewer.class,
            outcome: loaders::Outcome::Refused,
            code: None,
            failure: None,
            operation: None,
            statements: &[],
            rows: 0,
            started: call.started,
            queued: call.queued,
            took: call.started.elapsed(),
            traceparent: head::traceparent(call.head),
        }
    }
}
