//! The server: the engine bound to the contract, behind HTTP.
//!
//! [`serve`] starts completely or says what is wrong; it answers until told to stop and then
//! finishes what it has begun.

mod graphiql;
mod http;

use std::future::Future;
use std::sync::Arc;

use loaders::{Engine, EngineOptions, Pool, PoolError, Registry, StartError, Viewer};
use thiserror::Error;
use tokio::net::TcpListener;

use crate::config::Config;
use crate::{property, users};

/// The contract, as people wrote it and with what follows from it.
pub const CONTRACT: &str = include_str!("../../schema.graphql");

/// Why the server could not start or had to stop.
#[derive(Debug, Error)]
pub enum ServerError {
    /// The contract cannot be served from this database.
    #[error("the contract cannot be served from this database")]
    Start(#[from] StartError),
    /// The address of the database cannot be read.
    #[error("DATABASE_URL cannot be read")]
    DatabaseUrl(#[source] tokio_postgres::Error),
    /// The pool of connections cannot be made.
    #[error(transparent)]
    Pool(#[from] PoolError),
    /// The socket failed.
    #[error("the server's socket failed")]
    Socket(#[from] std::io::Error),
}

/// Every entity and resolver of every domain.
fn registry() -> Registry {
    let mut registry = Registry::new();
    users::bind(&mut registry);
    property::bind(&mut registry);
    registry
}

/// Binds the contract against the database of this configuration.
///
/// # Errors
/// All that does not fit, with its places; or the database is away.
pub async fn engine(config: &Config) -> Result<Engine, ServerError> {
    let mut database: tokio_postgres::Config =
        config.database_url.expose().parse().map_err(ServerError::DatabaseUrl)?;
    let timeout = config.statement_timeout.as_millis();
    // Later options win, so the address may say otherwise of the planner. Statements are short:
    // compiling them costs more than it saves; and today's disks read in any order.
    let options = format!(
        "-c jit=off -c random_page_cost=1.1 {} -c statement_timeout={timeout} -c default_transaction_read_only=on -c client_connection_check_interval=500",
        database.get_options().unwrap_or_default()
    );
    database.application_name("agent-free").options(options.trim());
    let pool = Pool::new(database, config.database_pool_size, config.statement_timeout)?;
    let options = EngineOptions {
        page_size_default: i64::from(config.page_size_default),
        page_size_maximum: i64::from(config.page_size_max),
        depth_maximum: config.depth_max,
        fields_maximum: config.fields_max,
        root_fields_maximum: config.root_fields_max,
        answer_bytes_maximum: config.answer_bytes_max,
        cache_bytes: config.document_cache_bytes,
        expose_cost: config.expose_cost,
    };
    Ok(Engine::start(CONTRACT, registry(), pool, options).await?)
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
    let engine = Arc::new(engine(config).await?);
    let viewer = Arc::new(Viewer::of_class(config.viewer.name()));
    let mut routes =
        http::routes(http::Door { engine, viewer, body_bytes: config.request_body_bytes });
    if config.graphiql {
        routes = routes.merge(graphiql::routes());
    }
    tracing::info!(address = %listener.local_addr()?, "serving");
    axum::serve(listener, routes).with_graceful_shutdown(shutdown).await?;
    Ok(())
}
