//! One mutation from begin to commit: its transaction, the answer it keeps, and what becomes of
//! its errors.

use std::panic::AssertUnwindSafe;
use std::time::Duration;

use async_graphql::Value;
use futures_util::FutureExt;
use serde_json::Value as Json;
use tokio_postgres::error::SqlState;
use tokio_postgres::types::{PgLsn, ToSql, Type};
use uuid::Uuid;

use super::idempotency::{Remembered, Stored};
use super::user_error::{UserError, WriteError};
use super::{Before, Input, Payload, Position, Prepared, WriteContext};
use crate::answer::{Request, StatementTrace, field_error};
use crate::bind::Model;
use crate::engine::EngineOptions;
use crate::error::{FieldError, Measure, RequestError};
use crate::error_code::ErrorCode;
use crate::plan::input::Variables;
use crate::plan::types::{MutationPlan, Plan, Statement};
use crate::pool::{Connection, Pool, Session};
use crate::resolver::Output;
use crate::run::write::{self, TooLarge};
use crate::run::{self, AnswerError, PathSegment, Root, Run};
use crate::viewer::Viewer;

/// How often a mutation is begun when other writes come between.
const ATTEMPTS: usize = 3;

const ACTOR: &str =
    "SELECT set_config('app.actor', $1, true), set_config('app.request_id', $2, true)";

const TRANSACTION: &str = "SELECT pg_current_xact_id_if_assigned()::text::int8";

/// At or after the end of the commit. Without synchronous commit it is not yet flushed.
const WAL: &str = "SELECT CASE current_setting('synchronous_commit') WHEN 'off' \
    THEN pg_current_wal_insert_lsn() ELSE pg_current_wal_flush_lsn() END";

/// What one mutation came to.
pub(crate) struct Mutated {
    /// The field's value, ready for the answer.
    pub(crate) value: String,
    /// The errors beside it.
    pub(crate) errors: Vec<Json>,
    /// Where its write stands, if it wrote.
    pub(crate) position: Option<Position>,
    pub(crate) trace: Vec<StatementTrace>,
    pub(crate) rows: usize,
    pub(crate) failure: Option<RequestError>,
}

/// What all mutations of a request share.
pub(crate) struct Mutate<'a> {
    pub(crate) model: &'a Model,
    pub(crate) options: &'a EngineOptions,
    pub(crate) pool: &'a Pool,
    pub(crate) viewer: &'a Viewer,
    pub(crate) variables: &'a Variables,
    pub(crate) request: Request<'a>,
}

/// How a transaction ended.
enum Ended {
    /// It was committed, or there was nothing to commit.
    Done { stored: Stored, position: Option<Position> },
    /// It was taken back, because another write came between.
    Overtaken,
}

impl<'a> Mutate<'a> {
    /// Runs the mutation at this place of the plan.
    ///
    /// # Errors
    /// The database is away or the statement is wrong: nothing was written, unless the error says
    /// that this is not known.
    pub(crate) async fn field(
        &self,
        plan: &'a Plan,
        place: usize,
        mutation: &MutationPlan,
    ) -> Result<Mutated, RequestError> {
        let (mut trace, mut rows) = (Vec::new(), 0);
        let input = Input::new(mutation.input.value(self.variables));
        for _ in 0..ATTEMPTS {
            let prepared = self.before(mutation, &input).await;
            let mut connection = self.pool.take().await.map_err(RequestError::away)?;
            let Some(Connection { session, wire }) = connection.connection() else {
                return Err(RequestError::Store("no connection".into()));
            };
            let run = Run::new(
                self.model,
                self.options,
                session,
                self.variables,
                self.viewer,
                self.request.context,
            );
            let ended =
                wire.drive(self.transaction(&run, plan, place, mutation, &input, prepared)).await;
            let told = run.told();
            trace.extend(told.trace);
            rows += told.rows;
            if let Ended::Done { stored, position } = ended? {
                let (value, errors) = stored.opened(position);
                return Ok(Mutated { value, errors, position, trace, rows, failure: told.failure });
            }
        }
        Err(RequestError::invalid(
            ErrorCode::WriteConflict,
            "other writes came between again and again; nothing was written: try again",
        ))
    }

    async fn transaction(
        &self,
        run: &Run<'_>,
        plan: &'a Plan,
        place: usize,
        mutation: &MutationPlan,
        input: &Input,
        prepared: Result<Prepared, WriteError>,
    ) -> Result<Ended, RequestError> {
        let remembered = mutation
            .mutation
            .is_remembered()
            .then(|| Remembered::of(&self.request, self.viewer, &plan.roots[place].key))
            .flatten();
        let session = run.session;
        let earlier = self.begin(session, remembered.as_ref()).await;
        let answered = match earlier {
            // Whoever repeats a write waits for the same position as any later write would give.
            Ok(Some(stored)) => {
                roll_back(session).await?;
                let position = Some(position_now(session).await?);
                return Ok(Ended::Done { stored, position });
            }
            Ok(None) => match prepared {
                Ok(prepared) => self.write(run, plan, place, mutation, input, &prepared).await,
                Err(refused) => Err(refused),
            },
            Err(error) => Err(WriteError::Request(error)),
        };
        let refused = match answered {
            Ok(stored) => match self.keep(session, remembered.as_ref(), &stored).await {
                Ok(()) => {
                    let committed = commit(session).await;
                    return committed.map(|position| Ended::Done { stored, position });
                }
                Err(error) => error,
            },
            Err(error) => error,
        };
        if let WriteError::Request(RequestError::Store(_)) = &refused {
            session.lose();
        } else {
            roll_back(session).await?;
        }
        let output = match self.explained(refused) {
            Explained::Mistakes(errors) => {
                payload(mutation, Payload { errors, ..Payload::new() }, None)
            }
            Explained::Refused(error) => Output::Failed(error),
            Explained::Overtaken => return Ok(Ended::Overtaken),
            Explained::Failed(error) => return Err(error),
        };
        let stored = self.written(run, plan, place, mutation, output, String::new()).await?;
        Ok(Ended::Done { stored, position: None })
    }

    /// What the mutation does before its transaction.
    async fn before(&self, mutation: &MutationPlan, input: &Input) -> Result<Prepared, WriteError> {
        let context = self.request.context;
        let before = Before { viewer: self.viewer, context, pool: self.pool };
        let prepared = AssertUnwindSafe(mutation.mutation.before(&before, input)).catch_unwind();
        prepared.await.unwrap_or_else(|panic| {
            Err(WriteError::Request(RequestError::Statement(run::panicked(&*panic).into())))
        })
    }

    /// Begins, says who acts, and looks for an answer from earlier: all sent at once.
    async fn begin(
        &self,
        session: &Session,
        remembered: Option<&Remembered<'_>>,
    ) -> Result<Option<Stored>, RequestError> {
        let actor = Statement::fixed(ACTOR, &[Type::TEXT, Type::TEXT]);
        let actor = session.prepared(&actor).await.map_err(RequestError::away)?;
        let who = self.viewer.id().map(|id| id.to_string()).unwrap_or_default();
        session.enter_transaction();
        let earlier = async {
            match remembered {
                Some(remembered) => remembered.find(session).await,
                None => Ok(None),
            }
        };
        let parameters: [&(dyn ToSql + Sync); 2] = [&who, &self.request.id];
        let (begun, told, earlier) = futures_util::join!(
            session.client.batch_execute("BEGIN READ WRITE"),
            session.client.execute(&actor, &parameters),
            earlier,
        );
        begun.map_err(RequestError::away)?;
        told.map_err(RequestError::away)?;
        earlier
    }

    /// Runs the mutation and reads back what it changed.
    async fn write(
        &self,
        run: &Run<'_>,
        plan: &'a Plan,
        place: usize,
        mutation: &MutationPlan,
        input: &Input,
        prepared: &Prepared,
    ) -> Result<Stored, WriteError> {
        let context = WriteContext { run, prepared };
        let written = AssertUnwindSafe(mutation.mutation.run(&context, input)).catch_unwind();
        let changed = written.await.unwrap_or_else(|panic| {
            Err(WriteError::Request(RequestError::Statement(run::panicked(&*panic).into())))
        })?;
        // It stands for the position, which is known after the commit only; nobody can guess it.
        let mark = Uuid::now_v7().simple().to_string();
        let output = payload(mutation, changed, Some(&mark));
        Ok(self.written(run, plan, place, mutation, output, mark).await?)
    }

    /// The field's value as it is kept and answered.
    async fn written(
        &self,
        run: &Run<'_>,
        plan: &'a Plan,
        place: usize,
        mutation: &MutationPlan,
        output: Output,
        mark: String,
    ) -> Result<Stored, RequestError> {
        let read = run.read_outputs(&mutation.outputs, vec![output]).await?;
        let maximum = self.options.answer_bytes_maximum;
        let (value, errors) = write::root(plan, place, &Root::Output(read), maximum)
            .map_err(|TooLarge(bytes)| too_large(maximum, bytes))?;
        let value =
            String::from_utf8(value).map_err(|error| RequestError::Statement(Box::new(error)))?;
        let errors: Vec<Json> =
            errors.iter().map(|error| field_error(error, self.request.id)).collect();
        Ok(Stored { value, errors: Json::from(errors).to_string(), mark })
    }

    async fn keep(
        &self,
        session: &Session,
        remembered: Option<&Remembered<'_>>,
        stored: &Stored,
    ) -> Result<(), WriteError> {
        match remembered {
            Some(remembered) => {
                let lifetime: Duration = self.options.idempotency_key_lifetime;
                Ok(remembered.keep(session, stored, lifetime).await?)
            }
            None => Ok(()),
        }
    }

    fn explained(&self, error: WriteError) -> Explained {
        match error {
            WriteError::User(errors) => Explained::Mistakes(errors),
            WriteError::Refused(error) => Explained::Refused(error),
            WriteError::Database(error) if is_overtaken(&error) => Explained::Overtaken,
            WriteError::Database(error) => match self.model.mistake(&error) {
                Some(mistake) => Explained::Mistakes(vec![mistake]),
                None => Explained::Failed(run::failure(error, false)),
            },
            WriteError::Request(error) => Explained::Failed(error),
        }
    }
}

/// What becomes of an error.
enum Explained {
    Mistakes(Vec<UserError>),
    Refused(FieldError),
    Overtaken,
    Failed(RequestError),
}

impl Stored {
    /// The value with its position, and the errors. Where nothing was written there is none.
    fn opened(self, position: Option<Position>) -> (String, Vec<Json>) {
        let Self { value, errors, mark } = self;
        let value = match (mark.is_empty(), position) {
            (true, _) => value,
            (false, Some(position)) => value.replace(&mark, &position.to_string()),
            (false, None) => value.replace(&format!("\"{mark}\""), "null"),
        };
        let errors = match serde_json::from_str(&errors) {
            Ok(Json::Array(errors)) => errors,
            _ => Vec::new(),
        };
        (value, errors)
    }
}

/// The whole payload: what changed, and what every payload has.
fn payload(mutation: &MutationPlan, changed: Payload, mark: Option<&str>) -> Output {
    let Payload { mut fields, errors } = changed;
    fields.push(("errors", Output::List(errors.iter().map(UserError::output).collect())));
    if let Some(mark) = mark {
        fields.push(("position", Output::Leaf(Value::from(mark))));
    }
    Output::Object { type_name: mutation.payload, fields }
}

/// Commits; the position of what was written, if anything was.
async fn commit(session: &Session) -> Result<Option<Position>, RequestError> {
    let transaction =
        session.prepared(&Statement::fixed(TRANSACTION, &[])).await.map_err(RequestError::away)?;
    let wal = session.prepared(&Statement::fixed(WAL, &[])).await.map_err(RequestError::away)?;
    let client = &session.client;
    let (transaction, committed, wal) = futures_util::join!(
        client.query_one(&transaction, &[]),
        client.batch_execute("COMMIT"),
        client.query_one(&wal, &[]),
    );
    // A transaction that has failed answers COMMIT with a rollback, and does not call it an error.
    let transaction: Option<i64> = match transaction {
        Ok(row) => row.try_get(0).map_err(RequestError::away)?,
        Err(error) => {
            session.leave_transaction();
            return Err(run::failure(error, false));
        }
    };
    if let Err(error) = committed {
        if error.code().is_some() {
            session.leave_transaction();
            return Err(run::failure(error, false));
        }
        session.lose();
        return Err(RequestError::invalid(
            ErrorCode::StoreUnavailable,
            "the connection was lost during the commit, so nobody knows yet whether it was written: \
             repeat the request with the same Idempotency-Key, or look",
        ));
    }
    session.leave_transaction();
    let Some(transaction) = transaction else { return Ok(None) };
    let wal: PgLsn = wal.and_then(|row| row.try_get(0)).map_err(RequestError::away)?;
    Ok(Some(Position { wal: wal.into(), transaction: transaction.cast_unsigned() }))
}

/// A position that no write so far comes after.
async fn position_now(session: &Session) -> Result<Position, RequestError> {
    let sql = format!("{WAL}, pg_snapshot_xmax(pg_current_snapshot())::text::int8");
    let now = session.prepared(&Statement::fixed(&sql, &[])).await.map_err(RequestError::away)?;
    let row = session.client.query_one(&now, &[]).await.map_err(RequestError::away)?;
    let wal: PgLsn = row.try_get(0).map_err(RequestError::away)?;
    let transaction: i64 = row.try_get(1).map_err(RequestError::away)?;
    Ok(Position { wal: wal.into(), transaction: transaction.cast_unsigned() })
}

async fn roll_back(session: &Session) -> Result<(), RequestError> {
    session.client.batch_execute("ROLLBACK").await.map_err(RequestError::away)?;
    session.leave_transaction();
    Ok(())
}

/// Whether another write came between: the same once more may go well.
fn is_overtaken(error: &tokio_postgres::Error) -> bool {
    [SqlState::T_R_SERIALIZATION_FAILURE, SqlState::T_R_DEADLOCK_DETECTED]
        .iter()
        .any(|code| error.code() == Some(code))
}

fn too_large(maximum: usize, bytes: usize) -> RequestError {
    RequestError::limit(
        ErrorCode::AnswerSizeLimit,
        Measure::of(maximum, bytes),
        format!("the answer has more than {maximum} bytes, so nothing was written; select less"),
    )
}

/// The error of a mutation that failed as a whole, beside the others of its request.
pub(crate) fn at_field(key: &str, error: FieldError, request_id: &str) -> Json {
    let error = AnswerError { error, path: vec![PathSegment::Key(key.into())] };
    field_error(&error, request_id)
}
