//! What is told of each request once its answer is there: a log line, counts for `/metrics`, spans
//! for a collector.
//!
//! Promises: no value that a request brought is told, only names, codes and the texts of
//! statements, which hold none (what PostgreSQL says of a statement that failed may). Names are
//! cut to a bearable length. What is switched off costs nothing.

use std::fmt::{self, Write as _};
use std::net::IpAddr;
use std::time::{Duration, Instant};

use loaders::{ErrorCode, OperationReport, Outcome, RequestError, StatementTrace};

use super::metrics::Metrics;
use super::telemetry::Telemetry;

/// One answered request.
#[derive(Debug)]
pub(super) struct Observed<'a> {
    /// The request's id, as the client got it.
    pub(super) id: &'a str,
    /// From which address it came, as far as that is believed.
    pub(super) client: IpAddr,
    /// The class of who asked.
    pub(super) viewer: &'static str,
    /// What became of it.
    pub(super) outcome: Outcome,
    /// The code of its error, if it has one.
    pub(super) code: Option<ErrorCode>,
    /// Why it, or a field of it, failed.
    pub(super) failure: Option<&'a RequestError>,
    /// The operation, once it was found in the document.
    pub(super) operation: Option<&'a OperationReport>,
    /// The statements that ran.
    pub(super) statements: &'a [StatementTrace],
    /// The rows that they gave.
    pub(super) rows: usize,
    /// When it arrived.
    pub(super) started: Instant,
    /// How long it waited for its turn.
    pub(super) queued: Duration,
    /// How long it took, the waiting included.
    pub(super) took: Duration,
    /// The `traceparent` that the caller sent.
    pub(super) traceparent: Option<&'a str>,
}

/// Tells of requests.
pub(super) struct Observer {
    slow: Duration,
    metrics: Option<Metrics>,
    telemetry: Option<Telemetry>,
}

impl Observer {
    /// Logs operations that take this long as slow; counts and traces where somebody wants it.
    pub(super) fn new(
        slow: Duration,
        metrics: Option<Metrics>,
        telemetry: Option<Telemetry>,
    ) -> Self {
        Self { slow, metrics, telemetry }
    }

    /// Tells of one request.
    pub(super) fn observe(&self, observed: &Observed<'_>) {
        let is_slow = observed.took >= self.slow;
        log(observed);
        if is_slow {
            log_slow(observed);
        }
        if let Some(metrics) = &self.metrics {
            metrics.count(observed, is_slow);
        }
        if let Some(telemetry) = &self.telemetry {
            telemetry.record(observed);
        }
    }

    /// Sends what is not yet sent.
    pub(super) async fn stop(&self) {
        if let Some(telemetry) = &self.telemetry {
            telemetry.stop().await;
        }
    }
}

/// How many characters of a name are told: clients choose them.
pub(super) const NAME_LENGTH: usize = 100;

impl Observed<'_> {
    /// The operation's name, or its beginning; empty for one without a name, and where there is no
    /// operation.
    pub(super) fn name(&self) -> &str {
        let name = self.operation.and_then(|operation| operation.name.as_deref());
        let name = name.unwrap_or_default();
        name.get(..NAME_LENGTH).unwrap_or(name)
    }

    /// Whether the server is to blame.
    fn is_our_failure(&self) -> bool {
        matches!(self.code, Some(ErrorCode::Internal | ErrorCode::StoreUnavailable))
    }
}

/// One line: for failures of ours with the cause, for other errors with their code, for
/// answers and what was too much at once to debug.
fn log(observed: &Observed<'_>) {
    macro_rules! line {
        ($level:ident, $message:literal $(, error = %$error:expr)?) => {
            tracing::$level!(
                request = observed.id,
                operation = observed.name(),
                client = %observed.client,
                viewer = observed.viewer,
                code = observed.code.map(ErrorCode::as_str),
                cost = observed.operation.map(|operation| operation.cost),
                statements = observed.statements.len(),
                rows = observed.rows,
                queued_ms = milliseconds(observed.queued),
                took_ms = milliseconds(observed.took),
                $(error = %$error,)?
                $message
            )
        };
    }
    match (observed.code, observed.failure) {
        (_, Some(error)) if observed.is_our_failure() => {
            line!(error, "failed", error = %Causes(error));
        }
        (Some(_), _) if observed.is_our_failure() => line!(error, "failed"),
        // There may be thousands a second: those are counted.
        (Some(ErrorCode::Overloaded), _) => line!(debug, "refused"),
        (Some(_), _) => line!(info, "refused or answered in part"),
        (None, _) => line!(debug, "answered"),
    }
}

/// An error and each of its causes.
struct Causes<'a>(&'a dyn std::error::Error);

impl fmt::Display for Causes<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", self.0)?;
        let mut next = self.0.source();
        while let Some(cause) = next {
            write!(formatter, ": {cause}")?;
            next = cause.source();
        }
        Ok(())
    }
}

/// How many statements of a slow operation are told.
const STATEMENTS_TOLD: usize = 10;

/// How many characters of each are told.
const STATEMENT_LENGTH: usize = 2000;

/// A slow operation with the statements that took longest.
fn log_slow(observed: &Observed<'_>) {
    let mut slowest: Vec<&StatementTrace> = observed.statements.iter().collect();
    slowest.sort_by_key(|statement| std::cmp::Reverse(statement.took));
    let mut told = String::new();
    for statement in slowest.iter().take(STATEMENTS_TOLD) {
        let sql: String = statement.sql.chars().take(STATEMENT_LENGTH).collect();
        let took = milliseconds(statement.took);
        // Writing to a String cannot fail.
        let _ = writeln!(told, "{took} ms, {} rows: {sql}", statement.rows);
    }
    tracing::warn!(
        request = observed.id,
        operation = observed.name(),
        took_ms = milliseconds(observed.took),
        statements = observed.statements.len(),
        slowest = told.trim_end(),
        "slow"
    );
}

fn milliseconds(time: Duration) -> f64 {
    (time.as_secs_f64() * 1e6).round() / 1e3
}
