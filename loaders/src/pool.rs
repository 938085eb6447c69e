//! Connections to PostgreSQL, each driven by the request that uses it.
//!
//! Usually a connection is a task of its own, and every statement wakes it and is woken by it,
//! often across threads. Here the request's own task moves the connection's bytes: statements
//! that are sent together leave in one write, and an answer that has come is read on the spot. A
//! connection that nobody uses does nothing; whether it is still alive is asked when it is taken.

use std::collections::HashMap;
use std::future::{Future, poll_fn};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use std::time::{Duration, Instant};

use deadpool::managed::{self, Metrics, RecycleError, RecycleResult};
use thiserror::Error;
use tokio_postgres::config::Host;
use tokio_postgres::tls::NoTlsStream;
use tokio_postgres::{Client, Config, NoTls, Socket, Statement as Prepared};

use crate::cancel::bring_to_rest;
use crate::plan::types::Statement;

/// Prepared statements that one connection keeps at most; beyond it forgets all and starts anew.
const PREPARED_MAXIMUM: usize = 512;

/// A bounded set of connections.
#[derive(Clone)]
pub struct Pool(managed::Pool<Manager>);

/// How full a pool is, and how long it let its users wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PoolState {
    /// Connections at most.
    pub size_max: usize,
    /// Connections that are open.
    pub size: usize,
    /// Those that nobody uses.
    pub idle: usize,
    /// Requests that wait for one.
    pub waiting: usize,
    /// Times that one was asked for since the start.
    pub taken: u64,
    /// How long they waited for it in all.
    pub waited: Duration,
}

/// The pool cannot be made.
#[derive(Debug, Error)]
#[error("the pool of connections cannot be made")]
pub struct PoolError(#[from] managed::BuildError);

impl Pool {
    /// A pool of at most `size` connections; a request waits for one no longer than `wait`, and a
    /// new connection may take as long again.
    ///
    /// # Errors
    /// When the runtime has no timer.
    pub fn new(config: Config, size: usize, wait: Duration) -> Result<Self, PoolError> {
        let pool = managed::Pool::builder(Manager {
            config,
            taken: AtomicU64::new(0),
            waited: AtomicU64::new(0),
        })
        .max_size(size)
        .wait_timeout(Some(wait))
        .create_timeout(Some(wait))
        .runtime(deadpool::Runtime::Tokio1)
        .build()?;
        Ok(Self(pool))
    }

    /// One connection to the same server, which no request of this pool can take.
    pub(crate) fn apart(&self) -> Result<Self, PoolError> {
        let config = self.0.manager().config.clone();
        let wait = self.0.timeouts().wait.unwrap_or(GIVEN_UP_MAXIMUM);
        Self::new(config, 1, wait)
    }

    /// The host and port of its server.
    pub(crate) fn address(&self) -> String {
        let config = &self.0.manager().config;
        let port = config.get_ports().first().copied().unwrap_or(5432);
        match config.get_hosts().first() {
            Some(Host::Tcp(name)) => format!("{name}:{port}"),
            Some(Host::Unix(folder)) => format!("{}:{port}", folder.display()),
            None => format!(":{port}"),
        }
    }

    /// A connection to use, an idle one or a new one.
    pub(crate) async fn take(&self) -> Result<Taken, managed::PoolError<tokio_postgres::Error>> {
        let begun = Instant::now();
        let taken = self.0.get().await;
        self.0.manager().count(begun.elapsed());
        taken.map(|object| Taken(Some(object)))
    }

    /// How full it is.
    pub fn state(&self) -> PoolState {
        let status = self.0.status();
        let manager = self.0.manager();
        PoolState {
            size_max: status.max_size,
            size: status.size,
            idle: status.available,
            waiting: status.waiting,
            taken: manager.taken.load(Ordering::Relaxed),
            waited: Duration::from_nanos(manager.waited.load(Ordering::Relaxed)),
        }
    }
}

/// A connection for one request, which goes back when it is dropped.
///
/// If a statement is still under way then, because the request was given up, whoever came next
/// would wait for its end. So it is cancelled, and an open transaction rolled back; a connection
/// that does not come to rest soon is closed, as is one whose request has panicked.
pub(crate) struct Taken(Option<managed::Object<Manager>>);

/// How long a connection that was given up may take to come to rest.
const GIVEN_UP_MAXIMUM: Duration = Duration::from_secs(2);

impl Taken {
    /// The connection; there is always one.
    pub(crate) fn connection(&mut self) -> Option<&mut Connection> {
        self.0.as_deref_mut()
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        let Some(object) = self.0.take() else { return };
        if object.session.is_lost() || std::thread::panicking() {
            drop(managed::Object::take(object));
        } else if object.session.is_busy() {
            match tokio::runtime::Handle::try_current() {
                Ok(runtime) => drop(runtime.spawn(settle(object))),
                Err(_) => drop(managed::Object::take(object)),
            }
        }
    }
}

/// Cancels what is under way; closes the connection if it does not come to rest.
async fn settle(mut object: managed::Object<Manager>) {
    let Some(pool) = managed::Object::pool(&object) else { return };
    let in_transaction = object.session.in_transaction.load(Ordering::Relaxed);
    let last = if in_transaction { "ROLLBACK" } else { "" };
    let rest = bring_to_rest(&pool.manager().config, &mut object, last);
    match tokio::time::timeout(GIVEN_UP_MAXIMUM, rest).await {
        Ok(Ok(())) => object.session.settle(),
        _ => drop(managed::Object::take(object)),
    }
}

/// How connections are made and tried.
pub(crate) struct Manager {
    config: Config,
    taken: AtomicU64,
    /// In nanoseconds.
    waited: AtomicU64,
}

impl Manager {
    fn count(&self, waited: Duration) {
        self.taken.fetch_add(1, Ordering::Relaxed);
        self.waited.fetch_add(waited.as_nanos() as u64, Ordering::Relaxed);
    }
}

impl managed::Manager for Manager {
    type Type = Connection;
    type Error = tokio_postgres::Error;

    async fn create(&self) -> Result<Connection, tokio_postgres::Error> {
        let (client, wire) = self.config.connect(NoTls).await?;
        let session = Session {
            client,
            opened: Instant::now(),
            server: OnceLock::new(),
            prepared: Mutex::default(),
            under_way: AtomicUsize::new(0),
            in_transaction: AtomicBool::new(false),
            lost: AtomicBool::new(false),
        };
        Ok(Connection { session, wire: Wire(Some(Box::pin(wire))) })
    }

    async fn recycle(
        &self,
        connection: &mut Connection,
        _: &Metrics,
    ) -> RecycleResult<tokio_postgres::Error> {
        // What arrived while nobody listened: the server's goodbye, or nothing.
        poll_fn(|context| {
            connection.wire.poll(context);
            Poll::Ready(())
        })
        .await;
        if connection.wire.0.is_none() {
            Err(RecycleError::message("the connection has ended"))
        } else {
            Ok(())
        }
    }
}

/// A session and the wire it runs over.
pub(crate) struct Connection {
    pub(crate) session: Session,
    pub(crate) wire: Wire,
}

/// What statements are sent through.
pub(crate) struct Session {
    pub(crate) client: Client,
    /// When it was opened.
    pub(crate) opened: Instant,
    /// Which server it leads to, where there may be several; not known before somebody asks.
    pub(crate) server: OnceLock<i64>,
    prepared: Mutex<HashMap<u64, (Arc<str>, Prepared)>>,
    /// Statements that were sent and have not ended.
    under_way: AtomicUsize,
    /// A transaction was begun and not ended.
    in_transaction: AtomicBool,
    lost: AtomicBool,
}

impl Session {
    /// The statement, prepared on this connection once.
    pub(crate) async fn prepared(
        &self,
        statement: &Statement,
    ) -> Result<Prepared, tokio_postgres::Error> {
        if let Some((sql, prepared)) = self.lock().get(&statement.hash)
            && *sql == statement.sql
        {
            return Ok(prepared.clone());
        }
        let prepared = self.client.prepare_typed(&statement.sql, &statement.types).await?;
        self.remember(statement.hash, statement.sql.clone(), prepared.clone());
        Ok(prepared)
    }

    /// A statement whose parameters have the types that the database finds for them.
    pub(crate) async fn prepared_text(
        &self,
        sql: &str,
    ) -> Result<(Arc<str>, Prepared), tokio_postgres::Error> {
        let mut hasher = DefaultHasher::new();
        ("types found", sql).hash(&mut hasher);
        let hash = hasher.finish();
        if let Some((known, prepared)) = self.lock().get(&hash)
            && **known == *sql
        {
            return Ok((known.clone(), prepared.clone()));
        }
        let (sql, prepared) = (Arc::from(sql), self.client.prepare(sql).await?);
        self.remember(hash, Arc::clone(&sql), prepared.clone());
        Ok((sql, prepared))
    }

    fn remember(&self, hash: u64, sql: Arc<str>, prepared: Prepared) {
        let mut known = self.lock();
        if known.len() >= PREPARED_MAXIMUM {
            known.clear();
        }
        known.insert(hash, (sql, prepared));
    }

    /// A transaction begins; one that is dropped before [`Self::leave_transaction`] is taken back.
    pub(crate) fn enter_transaction(&self) {
        self.in_transaction.store(true, Ordering::Relaxed);
    }

    /// The transaction has ended, well or not.
    pub(crate) fn leave_transaction(&self) {
        self.in_transaction.store(false, Ordering::Relaxed);
    }

    /// A statement begins; [`Self::end`] says that it is over. One that is dropped between them
    /// is still under way.
    pub(crate) fn begin(&self) {
        self.under_way.fetch_add(1, Ordering::Relaxed);
    }

    /// A statement is over, well or not.
    pub(crate) fn end(&self) {
        self.under_way.fetch_sub(1, Ordering::Relaxed);
    }

    /// The server has said that it ends this session; the end of the wire itself comes later.
    pub(crate) fn lose(&self) {
        self.lost.store(true, Ordering::Relaxed);
    }

    fn is_lost(&self) -> bool {
        self.lost.load(Ordering::Relaxed)
    }

    fn is_busy(&self) -> bool {
        self.under_way.load(Ordering::Relaxed) > 0 || self.in_transaction.load(Ordering::Relaxed)
    }

    fn settle(&self) {
        self.under_way.store(0, Ordering::Relaxed);
        self.leave_transaction();
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<u64, (Arc<str>, Prepared)>> {
        self.prepared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The moving of bytes; none once the connection has ended.
pub(crate) struct Wire(Option<Pin<Box<tokio_postgres::Connection<Socket, NoTlsStream>>>>);

impl Wire {
    /// Runs work that talks over this wire, moving its bytes meanwhile.
    ///
    /// Work and wire wake each other many times in one round. Each is polled when it was woken and
    /// not otherwise, and the runtime hears of it only when the round is over.
    pub(crate) async fn drive<T>(&mut self, work: impl Future<Output = T>) -> T {
        let mut work = pin!(work);
        let round = Arc::new(Round::default());
        let (for_work, for_wire) = (Call::new(&round), Call::new(&round));
        let (work_waker, wire_waker) =
            (Waker::from(for_work.clone()), Waker::from(for_wire.clone()));
        poll_fn(|context| {
            round.begin(context);
            for _ in 0..ROUND_MAXIMUM {
                if for_work.answered()
                    && let Poll::Ready(output) =
                        work.as_mut().poll(&mut Context::from_waker(&work_waker))
                {
                    return Poll::Ready(output);
                }
                if for_wire.answered() {
                    self.poll(&mut Context::from_waker(&wire_waker));
                }
                if !for_work.is_waiting() && !for_wire.is_waiting() {
                    round.end();
                    // A call that came from another thread just before the end was not passed on.
                    if !for_work.is_waiting() && !for_wire.is_waiting() {
                        return Poll::Pending;
                    }
                    round.begin(context);
                }
            }
            // Others on this thread have waited long enough.
            round.end();
            context.waker().wake_by_ref();
            Poll::Pending
        })
        .await
    }

    /// An ended connection is dropped, which tells all that wait for its answers.
    fn poll(&mut self, context: &mut Context<'_>) {
        if let Some(connection) = &mut self.0
            && connection.as_mut().poll(context).is_ready()
        {
            self.0 = None;
        }
    }
}

/// Times that work and wire may wake each other before the runtime has its turn.
const ROUND_MAXIMUM: usize = 64;

/// One poll of a driven connection, and whom to wake when it is over.
#[derive(Default)]
struct Round {
    under_way: AtomicBool,
    task: Mutex<Option<Waker>>,
}

impl Round {
    fn begin(&self, context: &Context<'_>) {
        let mut task = self.task.lock().unwrap_or_else(PoisonError::into_inner);
        if !task.as_ref().is_some_and(|task| task.will_wake(context.waker())) {
            *task = Some(context.waker().clone());
        }
        self.under_way.store(true, Ordering::SeqCst);
    }

    fn end(&self) {
        self.under_way.store(false, Ordering::SeqCst);
    }
}

/// The waker of one side: remembers that it was called, and passes it on between rounds.
struct Call {
    waiting: AtomicBool,
    round: Arc<Round>,
}

impl Call {
    /// Waiting from the start: both sides are polled in the first round.
    fn new(round: &Arc<Round>) -> Arc<Self> {
        Arc::new(Self { waiting: AtomicBool::new(true), round: round.clone() })
    }

    fn is_waiting(&self) -> bool {
        self.waiting.load(Ordering::SeqCst)
    }

    fn answered(&self) -> bool {
        self.waiting.swap(false, Ordering::SeqCst)
    }
}

impl Wake for Call {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.waiting.store(true, Ordering::SeqCst);
        if !self.round.under_way.load(Ordering::SeqCst)
            && let Some(task) = &*self.round.task.lock().unwrap_or_else(PoisonError::into_inner)
        {
            task.wake_by_ref();
        }
    }
}
