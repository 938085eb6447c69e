//! Running a plan: breadth first, each relation one statement, siblings at the same time over one
//! pipelined connection.

mod children;
mod data;
mod parameters;
mod references;
mod resolve;
mod roots;
pub(crate) mod write;

use std::any::Any;
use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use futures_util::TryStreamExt;
use tokio_postgres::Row;
use uuid::Uuid;

use crate::answer::StatementTrace;
use crate::bind::Model;
use crate::engine::EngineOptions;
use crate::error::RequestError;
use crate::error_code::ErrorCode;
use crate::plan::input::Variables;
use crate::plan::types::Statement;
use crate::pool::Session;
use crate::scalar::Param;
use crate::viewer::Viewer;

pub use resolve::{ResolveContext, ResolverStatement};
pub(crate) use roots::Root;
pub(crate) use write::{AnswerError, PathSegment};

/// Parameters that PostgreSQL takes for one statement.
const PARAMETERS_MAXIMUM: usize = 65_535;

/// How PostgreSQL's codes begin for a statement that is too large or nested too deep.
const PROGRAM_LIMIT: &str = "54";

/// One request under way.
pub(crate) struct Run<'a> {
    pub(crate) model: &'a Model,
    pub(crate) options: &'a EngineOptions,
    pub(crate) session: &'a Session,
    pub(crate) variables: &'a Variables,
    pub(crate) viewer: &'a Viewer,
    /// What the transport knows of the request.
    pub(crate) context: Option<&'a (dyn Any + Send + Sync)>,
    pub(crate) trace: Mutex<Vec<StatementTrace>>,
    pub(crate) rows: AtomicUsize,
    /// Why the first field that failed by itself did.
    pub(crate) failure: Mutex<Option<RequestError>>,
}

/// What there is to tell of a run that has ended.
pub(crate) struct Told {
    pub(crate) trace: Vec<StatementTrace>,
    pub(crate) rows: usize,
    pub(crate) failure: Option<RequestError>,
}

impl<'a> Run<'a> {
    pub(crate) fn new(
        model: &'a Model,
        options: &'a EngineOptions,
        session: &'a Session,
        variables: &'a Variables,
        viewer: &'a Viewer,
        context: Option<&'a (dyn Any + Send + Sync)>,
    ) -> Self {
        Self {
            model,
            options,
            session,
            variables,
            viewer,
            context,
            trace: Mutex::default(),
            rows: AtomicUsize::new(0),
            failure: Mutex::default(),
        }
    }

    /// Ends it.
    pub(crate) fn told(self) -> Told {
        Told {
            trace: self.trace.into_inner().unwrap_or_else(PoisonError::into_inner),
            rows: self.rows.into_inner(),
            failure: self.failure.into_inner().unwrap_or_else(PoisonError::into_inner),
        }
    }
}

impl Run<'_> {
    /// Runs one statement; `keys` are the rows above, for a statement that asks for them.
    pub(crate) async fn query(
        &self,
        statement: &Statement,
        keys: &[Uuid],
    ) -> Result<Vec<Row>, RequestError> {
        let parameters = self.parameters(statement, keys)?;
        if parameters.len() > PARAMETERS_MAXIMUM {
            return Err(too_much());
        }
        let failed = |error| {
            let failure = failure(error, statement.has_polygon());
            if matches!(failure, RequestError::Store(_)) {
                self.session.lose();
            }
            failure
        };
        self.session.begin();
        let started = Instant::now();
        let rows = self.rows(statement, parameters, keys.len()).await;
        self.session.end();
        let rows = rows.map_err(failed)?;
        self.note(statement.sql.clone(), started, rows.len());
        Ok(rows)
    }

    /// Remembers a statement that ran.
    pub(crate) fn note(&self, sql: Arc<str>, started: Instant, rows: usize) {
        self.rows.fetch_add(rows, Ordering::Relaxed);
        let trace = StatementTrace { sql, started, took: started.elapsed(), rows };
        self.trace.lock().unwrap_or_else(PoisonError::into_inner).push(trace);
    }

    async fn rows(
        &self,
        statement: &Statement,
        parameters: Vec<Param>,
        expected: usize,
    ) -> Result<Vec<Row>, tokio_postgres::Error> {
        let prepared = self.session.prepared(statement).await?;
        let mut stream = pin!(self.session.client.query_raw(&prepared, parameters).await?);
        let mut rows = Vec::with_capacity(expected.max(16));
        while let Some(row) = stream.try_next().await? {
            rows.push(row);
        }
        Ok(rows)
    }
}

/// A database that is away is bad luck; a statement that it refuses is a defect of ours, unless
/// the request asked for what no database could do.
pub(crate) fn failure(error: tokio_postgres::Error, has_polygon: bool) -> RequestError {
    use tokio_postgres::error::SqlState;
    let Some(code) = error.code() else { return RequestError::Store(Box::new(error)) };
    let away = [
        SqlState::ADMIN_SHUTDOWN,
        SqlState::CRASH_SHUTDOWN,
        SqlState::CANNOT_CONNECT_NOW,
        SqlState::TOO_MANY_CONNECTIONS,
    ];
    let invalid = |code, message: &str| RequestError::Invalid {
        code,
        message: message.to_string(),
        locations: Vec::new(),
    };
    match (code, error.as_db_error()) {
        (code, _) if away.contains(code) => RequestError::Store(Box::new(error)),
        (code, _) if *code == SqlState::QUERY_CANCELED => invalid(
            ErrorCode::TimeLimit,
            "the request took too long; ask for fewer rows or a narrower filter",
        ),
        (code, _) if code.code().starts_with(PROGRAM_LIMIT) => too_much(),
        // PostGIS refuses some polygons that GeoJSON allows, and has no code of its own for that.
        (code, Some(refusal)) if *code == SqlState::INTERNAL_ERROR && has_polygon => {
            invalid(ErrorCode::BadUserInput, &format!("within.polygon: {}", refusal.message()))
        }
        _ => RequestError::Statement(Box::new(error)),
    }
}

/// What a panic said, for the log.
pub(crate) fn panicked(panic: &(dyn std::any::Any + Send)) -> String {
    let said = panic.downcast_ref::<&str>().map(ToString::to_string);
    let said = said.or_else(|| panic.downcast_ref::<String>().cloned());
    format!("a panic: {}", said.as_deref().unwrap_or("without words"))
}

fn too_much() -> RequestError {
    RequestError::Invalid {
        code: ErrorCode::ComplexityLimit,
        message: "the request is too large for one statement; give it fewer conditions, or lists of values in one `in`".to_string(),
        locations: Vec::new(),
    }
}
