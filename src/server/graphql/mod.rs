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
use axum::http::{HeaderValue, Method, Response, header};
use axum::response::IntoResponse;
use axum::routing::{any, get};
use axum::{Extension, Router};
use ipnet::IpNet;
use loaders::{Engine, ErrorCode, Measure, OperationReport, OperationType, RequestError};

use super::address;
use super::admission::{Admission, Turn};
use super::cors::Origins;
use super::listen::Peer;
use super::observe::{Observed, Observer};
use super::rate_limit::{Caller, RateLimiter};
use crate::access::{Access, Identified};
use crate::config::Config;
use answer::Reply;
use body::Bodies;
pub(super) use documents::Documents;
use negotiation::MediaType;
use request::Asked;

/// What every request passes through.
pub(super) struct Door {
    engine: Arc<Engine>,
    guards: Guards,
    observer: Arc<Observer>,
    documents: Documents,
    bodies: Bodies,
    proxies: Vec<IpNet>,
    batch_max: usize,
    list_items_max: usize,
    timeout: Duration,
}

/// What every request must get past.
pub(super) struct Guards {
    /// Who is asking.
    pub(super) access: Arc<Access>,
    /// How many run at once.
    pub(super) admission: Arc<Admission>,
    /// How much is asked for in a while.
    pub(super) limiter: RateLimiter,
    /// Whose pages may use cookies.
    pub(super) origins: Origins,
}

impl Door {
    pub(super) fn new(
        config: &Config,
        engine: Arc<Engine>,
        documents: Documents,
        guards: Guards,
        observer: Arc<Observer>,
    ) -> Self {
        let limits = &config.limits;
        Self {
            engine,
            guards,
            observer,
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

/// The routes of the API, and of the keys that its tokens are signed with.
pub(super) fn routes(door: Arc<Door>) -> Router {
    Router::new()
        .route("/graphql", any(handle))
        .route("/.well-known/jwks.json", get(key_set))
        .with_state(door)
}

/// A key that is replaced still checks for longer than this is kept.
async fn key_set(State(door): State<Arc<Door>>) -> impl IntoResponse {
    let headers = [
        (header::CONTENT_TYPE, "application/jwk-set+json"),
        (header::CACHE_CONTROL, "max-age=300"),
    ];
    (headers, door.guards.access.jwks())
}

/// What is the same for all that one HTTP request asks.
struct Call<'a> {
    head: &'a Parts,
    id: &'a str,
    client: IpAddr,
    caller: &'a Caller<'a>,
    /// The class of who is asking, once that is known.
    viewer: &'static str,
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
    let client = address::client(peer, &head.headers, &door.proxies);
    let caller = door.guards.limiter.caller(client);
    let call = Call {
        head: &head,
        id: &id,
        client,
        caller: &caller,
        viewer: "unknown",
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
    caller.write(response.headers_mut());
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
        call.caller.enter().await.map_err(refuse)?;
        self.guards.origins.check(&head.headers).map_err(refuse)?;
        let (turn, asker, reply) = match head.method {
            Method::GET | Method::HEAD => {
                let asked = Asked::from_uri(&head.uri).map_err(refuse)?;
                let turn = self.guards.admission.turn().await.map_err(refuse)?;
                let asker = self.identify(&call).await.map_err(refuse)?;
                call.queued = turn.queued;
                call.viewer = asker.viewer.class;
                let reply = self.run(&call, &asker, asked, true).await;
                (turn, asker, reply)
            }
            Method::POST => {
                head::is_json(head).map_err(refuse)?;
                self.guards.admission.look().map_err(refuse)?;
                let read = self.bodies.read(body).await.map_err(refuse)?;
                let turn = self.guards.admission.turn().await.map_err(refuse)?;
                let asker = self.identify(&call).await.map_err(refuse)?;
                let asked =
                    request::Body::from_json(&read.bytes, self.batch_max, self.list_items_max)
                        .map_err(refuse)?;
                drop(read);
                call.queued = turn.queued;
                call.viewer = asker.viewer.class;
                let reply = match asked {
                    request::Body::One(asked) => self.run(&call, &asker, asked, false).await,
                    request::Body::Batch(batch) => self.run_batch(&call, &asker, batch).await?,
                };
                (turn, asker, reply)
            }
            _ => {
                let message = "send the request by POST, or a query by GET";
                return Err(refuse(RequestError::invalid(ErrorCode::MethodNotAllowed, message)));
            }
        };
        let mut response = reply.into_response(head, media).await;
        asker.context.write_cookies(response.headers_mut());
        // Making the answer smaller is work as well.
        drop::<Turn<'_>>(turn);
        Ok(response)
    }

    /// Who is asking. It may take a look into the database, so it is done in the request's turn.
    async fn identify(&self, call: &Call<'_>) -> Result<Identified, RequestError> {
        let identify =
            self.guards.access.identify(&call.head.method, &call.head.headers, call.client);
        let asker = identify.await?;
        call.caller.is(&asker.viewer);
        Ok(asker)
    }

    async fn run_batch(
        &self,
        call: &Call<'_>,
        asker: &Identified,
        batch: Vec<Asked>,
    ) -> Result<Reply, Reply> {
        if call.head.headers.contains_key(head::IDEMPOTENCY_KEY) {
            let message = "one key cannot stand for a whole batch: send the writes one by one";
            let error = RequestError::invalid(ErrorCode::IdempotencyKeyInvalid, message);
            return Err(self.refuse(call, &error));
        }
        let mut replies = Vec::with_capacity(batch.len());
        for asked in batch {
            replies.push(self.run(call, asker, asked, false).await);
        }
        Ok(Reply::batch(replies))
    }

    /// Finds the document and runs it.
    async fn run(
        &self,
        call: &Call<'_>,
        asker: &Identified,
        mut asked: Asked,
        only_query: bool,
    ) -> Reply {
        let variables = asked.variables();
        let found = self.documents.find(&asked);
        let request = found.and_then(|found| {
            let request = loaders::Request {
                operation_name: asked.operation_name(),
                id: call.id,
                only_query,
                idempotency_key: head::idempotency_key(call.head)?,
                after: head::read_after(call.head)?,
                context: Some(&asker.context),
                admit: Some(call.caller),
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
        let executed =
            tokio::time::timeout(left, self.engine.execute(request, &asker.viewer)).await;
        let Ok(answer) = executed else {
            let operation = self.engine.operation(request).await;
            return self.give_up(call, operation.as_ref());
        };
        if answer.position.is_some() {
            // What it changed of anybody's access counts from the next request on.
            self.guards.access.catch_up().await;
        }
        if answer.failure.is_some() {
            asker.context.forget_cookies();
        }
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
            viewer: call.viewer,
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
