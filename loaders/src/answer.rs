//! What goes into the engine and what comes out of it: requests and answers, of any transport.

use std::any::Any;
use std::fmt::Debug;
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_graphql::parser::types::OperationDefinition;
pub use async_graphql::parser::types::OperationType;
use async_graphql::{Name, Variables};
use async_trait::async_trait;
use serde_json::{Value as Json, json};

use crate::error::{RequestError, extensions};
use crate::error_code::ErrorCode;
use crate::mutation::Position;
use crate::run::{AnswerError, PathSegment};

/// A GraphQL request, as any transport brings it.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// The document.
    pub query: &'a str,
    /// Which of its operations, where it has several.
    pub operation_name: Option<&'a str>,
    /// The variables, not yet coerced.
    pub variables: &'a Variables,
    /// What the transport calls the request: stands in every error. Empty for none.
    pub id: &'a str,
    /// Whether anything but a query is refused, as it must be over GET.
    pub only_query: bool,
    /// Under what its writes are remembered, so that a repetition writes nothing.
    pub idempotency_key: Option<&'a str>,
    /// The write that its reads must see.
    pub after: Option<Position>,
    /// What the transport knows of the request, for the server's own mutations and resolvers.
    pub context: Option<&'a (dyn Any + Send + Sync)>,
    /// Who is asked before an operation runs, when it is known what it may cost.
    pub admit: Option<&'a dyn Admit>,
}

/// Lets operations run or refuses them, knowing what they may cost.
#[async_trait]
pub trait Admit: Debug + Send + Sync {
    /// Called once an operation is planned, before it runs. `mutations` are the names of the
    /// mutations in it, as often as they are called.
    ///
    /// # Errors
    /// Why it does not run.
    async fn admit(
        &self,
        operation: &OperationReport,
        mutations: &[&str],
    ) -> Result<(), RequestError>;
}

impl<'a> Request<'a> {
    /// A request for the only operation of a document.
    pub fn new(query: &'a str, variables: &'a Variables) -> Self {
        Self {
            query,
            operation_name: None,
            variables,
            id: "",
            only_query: false,
            idempotency_key: None,
            after: None,
            context: None,
            admit: None,
        }
    }
}

/// What became of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It ran; the answer has `data`, perhaps with errors beside it.
    Executed,
    /// It was wrong; nothing ran.
    Refused,
    /// The database is away or gave up, or we failed.
    Failed,
}

/// An answer, ready to send, and what there is to tell about it.
#[derive(Debug)]
pub struct Answer {
    /// What became of the request.
    pub outcome: Outcome,
    /// The JSON body.
    pub body: Vec<u8>,
    /// Statements that it took.
    pub statements: usize,
    /// Rows that they gave.
    pub rows: usize,
    /// Why it, or a field of it, failed: for the log, never shown to the client.
    pub failure: Option<RequestError>,
    /// The operation, once it was found in the document.
    pub operation: Option<OperationReport>,
    /// Each statement that ran, in the order of their ends.
    pub trace: Vec<StatementTrace>,
    /// After a write: what later reads must have seen.
    pub position: Option<Position>,
    /// Whether a replica gave the rows.
    pub from_replica: bool,
}

/// What is known of an operation, for logs and metrics.
#[derive(Debug, Clone, PartialEq)]
pub struct OperationReport {
    /// Query, mutation or subscription.
    pub kind: OperationType,
    /// Its name in the document.
    pub name: Option<Arc<str>>,
    /// What it may cost at most, computed before it ran; 0 where it was refused earlier.
    pub cost: u64,
}

impl OperationReport {
    /// What its document says of an operation.
    pub(crate) fn of(name: Option<&Name>, operation: &OperationDefinition) -> Self {
        let name = name.map(|name| Arc::from(name.as_str()));
        Self { kind: operation.ty, name, cost: 0 }
    }
}

/// A statement that ran.
#[derive(Debug, Clone)]
pub struct StatementTrace {
    /// Its text; the values of its parameters are nowhere.
    pub sql: Arc<str>,
    /// When it was sent.
    pub started: Instant,
    /// Until its last row was here.
    pub took: Duration,
    /// Rows that it gave.
    pub rows: usize,
}

impl StatementTrace {
    /// What it does to which table, such as `SELECT properties`.
    pub fn name(&self) -> String {
        let mut words = self.sql.split_whitespace();
        let verb = words.next().unwrap_or_default();
        let table = match verb {
            "UPDATE" => words.next(),
            _ => words.skip_while(|word| !["FROM", "INTO"].contains(word)).nth(1),
        };
        let named = |character: char| character.is_alphanumeric() || character == '_';
        let table = table.unwrap_or_default().trim_matches(|character| !named(character));
        format!("{verb} {table}").trim_end().to_string()
    }
}

impl Answer {
    /// The answer to an operation that ran; its body is still to come.
    pub(crate) fn executed(operation: OperationReport) -> Self {
        Self {
            outcome: Outcome::Executed,
            body: Vec::new(),
            statements: 0,
            rows: 0,
            failure: None,
            operation: Some(operation),
            trace: Vec::new(),
            position: None,
            from_replica: false,
        }
    }

    pub(crate) fn of(error: RequestError, request_id: &str) -> Self {
        let outcome = match error.code() {
            ErrorCode::StoreUnavailable | ErrorCode::Internal => Outcome::Failed,
            _ => Outcome::Refused,
        };
        let mut body = json!({ "errors": error.to_json(request_id) });
        if outcome == Outcome::Failed {
            body["data"] = Json::Null;
        }
        Self {
            outcome,
            body: body.to_string().into_bytes(),
            statements: 0,
            rows: 0,
            failure: Some(error),
            operation: None,
            trace: Vec::new(),
            position: None,
            from_replica: false,
        }
    }
}

/// An error beside data, with its path.
pub(crate) fn field_error(error: &AnswerError, request_id: &str) -> Json {
    let path: Vec<Json> = error
        .path
        .iter()
        .map(|segment| match segment {
            PathSegment::Key(name) => Json::from(&**name),
            PathSegment::Index(index) => Json::from(*index),
        })
        .collect();
    let AnswerError { error, .. } = error;
    let extensions = extensions(error.code, error.measure.as_ref(), request_id);
    json!({ "message": error.message, "path": path, "extensions": extensions })
}
