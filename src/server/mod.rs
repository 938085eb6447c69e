//! The server: the engine bound to the contract, behind HTTP.
//!
//! [`serve`] starts completely or says what is wrong; it answers until told to stop and then
//! finishes what it has begun.

mod address;
mod admission;
mod background;
mod cors;
mod graphiql;
mod graphql;
mod health;
mod listen;
mod metrics;
mod observe;
mod rate_limit;
mod security_headers;
mod stores;
mod sweep;
mod telemetry;
pub mod trusted;

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;

use ::stores::rate_limits::RedisUrlError;
use axum::middleware::from_fn_with_state;
use loaders::{
    Engine, EngineOptions, Pool, PoolError, Registry, ReplicaOptions, RequestError, StartError,
};
use thiserror::Error;
use tokio::net::TcpListener;

use self::admission::Admission;
pub use self::background::work;
use self::cors::Origins;
use self::graphql::Documents;
use self::health::Health;
use self::metrics::{Metrics, MetricsServer, Sources};
use self::observe::Observer;
use self::rate_limit::RateLimiter;
use self::sweep::Sweeper;
use self::telemetry::Telemetry;
pub use self::telemetry::TelemetryError;
use self::trusted::TrustedError;
use crate::access::{Access, AccessError, Lockout};
use crate::config::{Config, DatabaseConfig, DatabaseUrl};
use crate::jobs::Monitor;
use crate::mail::MailError;
use crate::{jobs, property, users};

/// The contract, as people wrote it and with what follows from it.
pub const CONTRACT: &str = include_str!("../../schema.graphql");

/// Why the server could not start or had to stop.
#[derive(Debug, Error)]
pub enum ServerError {
    /// The contract cannot be served from this database.
    #[error("the contract cannot be served from this database")]
    Start(#[from] StartError),
    /// The address of the database cannot be read.
    #[error("an address of the database cannot be read")]
    DatabaseUrl(#[source] tokio_postgres::Error),
    /// Nobody could sign in.
    #[error(transparent)]
    Access(#[from] AccessError),
    /// The pool of connections cannot be made.
    #[error(transparent)]
    Pool(#[from] PoolError),
    /// Nobody can listen where metrics should be served.
    #[error("nobody can listen on {address}: is another program there? Set METRICS_ADDRESS")]
    MetricsAddress {
        /// The address.
        address: SocketAddr,
        /// What the system says.
        source: std::io::Error,
    },
    /// Traces cannot be sent.
    #[error(transparent)]
    Telemetry(#[from] TelemetryError),
    /// The socket failed.
    #[error("the server's socket failed")]
    Socket(#[from] std::io::Error),
    /// The trusted documents cannot be had.
    #[error("TRUSTED_DOCUMENTS cannot be used")]
    TrustedDocuments(#[from] TrustedError),
    /// Some trusted documents do not fit the contract.
    #[error("trusted documents do not fit the contract:\n  {}", .0.join("\n  "))]
    DocumentsBreak(Vec<String>),
    /// Mail cannot be sent as configured.
    #[error("MAIL_URL cannot be used")]
    Mail(#[from] MailError),
    /// A process that does nothing but jobs was told to do none.
    #[error("WORKERS is 0: agent-free worker would have nothing to do")]
    NoWorkers,
    /// The address of Redis cannot be used.
    #[error("REDIS_URL cannot be used")]
    Redis(#[from] RedisUrlError),
    /// Limits are set for mutations that there are not.
    #[error("RATE_LIMIT_MUTATIONS names mutations that there are not: {}", .0.join(", "))]
    UnknownMutations(Vec<String>),
    /// Requests took longer to finish than the server waits for them.
    #[error("{0} connections were cut off: their requests outlasted SHUTDOWN_TIMEOUT")]
    CutOff(usize),
}

/// Every entity and resolver of every domain.
fn registry() -> Registry {
    let mut registry = Registry::new();
    users::bind(&mut registry);
    property::bind(&mut registry);
    jobs::bind(&mut registry);
    registry
}

/// Binds the contract against the database of this configuration.
///
/// # Errors
/// All that does not fit, with its places; or the database is away.
pub async fn engine(config: &Config) -> Result<Engine, ServerError> {
    let pool = pool(&config.database, &config.database.url)?;
    let options = EngineOptions {
        page_size_default: i64::from(config.limits.page_size_default),
        page_size_maximum: i64::from(config.limits.page_size_max),
        depth_maximum: config.limits.depth_max,
        fields_maximum: config.limits.fields_max,
        root_fields_maximum: config.limits.root_fields_max,
        tokens_maximum: config.limits.tokens_max,
        aliases_maximum: config.limits.aliases_max,
        directives_maximum: config.limits.directives_max,
        list_items_maximum: config.limits.list_items_max,
        cost_maximum: config.limits.cost_max,
        answer_bytes_maximum: config.limits.answer_bytes_max,
        idempotency_key_lifetime: config.database.idempotency_key_lifetime,
        cache_bytes: config.limits.document_cache_bytes - persisted_bytes(config),
        expose_cost: config.http.expose_cost,
        disclosure: config.http.disclosure,
    };
    Ok(Engine::start(CONTRACT, registry(), pool, options).await?)
}

/// What knows who is asking this engine, for whoever drives it without a door.
///
/// # Errors
/// There is no `SECRET_KEY`, or a store cannot be used.
pub async fn access(config: &Config, engine: &Engine) -> Result<Arc<Access>, ServerError> {
    let store = stores::rate_limits(&config.rate_limits, engine.pool_handle()).await?;
    let lockout = Lockout::new(store, &config.rate_limits);
    Ok(Access::start(config, engine.pool_handle(), lockout).await?)
}

/// Connections to the primary or a replica.
fn pool(config: &DatabaseConfig, url: &DatabaseUrl) -> Result<Pool, ServerError> {
    let mut database: tokio_postgres::Config =
        url.expose().parse().map_err(ServerError::DatabaseUrl)?;
    let timeout = config.statement_timeout.as_millis();
    // Later options win, so the address may say otherwise of the planner. Statements are short:
    // compiling them costs more than it saves; and today's disks read in any order.
    let options = format!(
        "-c jit=off -c random_page_cost=1.1 {} -c statement_timeout={timeout} -c default_transaction_read_only=on -c client_connection_check_interval=500 -c idle_in_transaction_session_timeout=60000",
        database.get_options().unwrap_or_default()
    );
    database.application_name("agent-free").options(options.trim());
    Ok(Pool::new(database, config.pool_size, config.statement_timeout)?)
}

/// Lets the replicas of this configuration answer reads.
async fn with_replicas(engine: Engine, config: &DatabaseConfig) -> Result<Engine, ServerError> {
    let replicas =
        config.read_urls.iter().map(|url| pool(config, url)).collect::<Result<_, _>>()?;
    let options = ReplicaOptions { wait: config.replica_wait, lag_maximum: config.replica_lag_max };
    Ok(engine.with_replicas(replicas, options).await?)
}

/// Starts as [`serve`] would, and stops: whether the contract binds to the database.
///
/// # Errors
/// See [`engine`].
pub async fn check(config: &Config) -> Result<(), ServerError> {
    engine(config).await.map(|_| ())
}

/// Answers requests on this socket until `shutdown`, then finishes those in flight.
///
/// # Errors
/// See [`ServerError`].
pub async fn serve(
    config: &Config,
    listener: TcpListener,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<(), ServerError> {
    let engine = engine(config).await?;
    let engine = Arc::new(with_replicas(engine, &config.database).await?);
    let store = stores::rate_limits(&config.rate_limits, engine.pool_handle()).await?;
    let limiter = RateLimiter::new(&config.rate_limits, engine.contract(), store.clone())
        .map_err(ServerError::UnknownMutations)?;
    let lockout = Lockout::new(store.clone(), &config.rate_limits);
    let access = Access::start(config, engine.pool_handle(), lockout).await?;
    let documents = documents(config, &engine).await?;
    // Sweeps until this value is dropped.
    let _sweeper = Sweeper::start(engine.clone());
    let worker = background::start(config)?;
    let Config { http, limits, operations, .. } = config;
    let health = Arc::new(Health::new(config.database.url.clone(), engine.clone(), store.clone()));
    let mut registry = metrics::registry();
    let metrics = operations.metrics_address.map(|_| Metrics::new(&mut registry));
    let telemetry = Telemetry::start(operations)?;
    let observer = Arc::new(Observer::new(operations.slow_operation, metrics, telemetry));
    let admission = Arc::new(Admission::new(
        limits.requests_max,
        limits.request_queue_max,
        limits.request_queue_wait,
    ));
    let gate = Arc::new(listen::Gate::new(
        limits.connections_max,
        limits.connections_per_address_max,
        http.trusted_proxies.clone(),
    ));
    // Answers until this value is dropped.
    let _metrics_server = match operations.metrics_address {
        Some(address) => {
            let (engine, admission, gate) = (engine.clone(), admission.clone(), gate.clone());
            let jobs = Monitor::start(engine.pool_handle());
            let sources = Sources { engine, admission, gate, jobs };
            Some(MetricsServer::start(address, registry, sources).await?)
        }
        None => None,
    };
    let guards = graphql::Guards { access, admission, limiter, origins: Origins::new(config) };
    let door = graphql::Door::new(config, engine, documents, guards, observer.clone());
    let mut routes = graphql::routes(Arc::new(door)).merge(health::routes(health.clone()));
    // Its own operations are not among the trusted ones.
    if http.graphiql && http.disclosure && http.trusted_documents.is_none() {
        routes = routes.merge(graphiql::routes());
    }
    let routes = routes.layer(from_fn_with_state(Arc::new(Origins::new(config)), cors::layer));
    tracing::info!(address = %listener.local_addr()?, "serving");
    let listening = listen::Listening {
        routes,
        gate,
        header_read_timeout: limits.header_read_timeout,
        shutdown_timeout: operations.shutdown_timeout,
    };
    let delay = operations.shutdown_delay;
    let stop = async move {
        shutdown.await;
        health.stop();
        tokio::time::sleep(delay).await;
    };
    let cut_off = listening.serve(listener, stop).await;
    if let Some(worker) = worker {
        worker.stop(operations.shutdown_timeout).await;
    }
    observer.stop().await;
    match cut_off {
        0 => Ok(()),
        cut_off => Err(ServerError::CutOff(cut_off)),
    }
}

/// Which documents run. Trusted ones are held against the contract before the first request.
async fn documents(config: &Config, engine: &Engine) -> Result<Documents, ServerError> {
    let http = &config.http;
    let Some(path) = &http.trusted_documents else {
        let bytes = http.persisted_queries.then(|| persisted_bytes(config));
        return Ok(Documents::any(bytes));
    };
    let trusted = trusted::read(path)?;
    let mut broken = Vec::new();
    for document in &trusted {
        let mistakes = engine.validate(&document.text).await.err();
        let mistakes = mistakes.iter().flat_map(RequestError::lines);
        broken.extend(mistakes.map(|mistake| format!("{}: {mistake}", document.origin)));
    }
    if broken.is_empty() {
        Ok(Documents::trusted(trusted))
    } else {
        Err(ServerError::DocumentsBreak(broken))
    }
}

/// The part of DOCUMENT_CACHE_BYTES that texts known by their hash may take.
fn persisted_bytes(config: &Config) -> u64 {
    config.limits.document_cache_bytes / 8
}
