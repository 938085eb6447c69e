//! The rivals: servers that answer the list query as people write them, to be measured beside ours.
//!
//! Each gives the same bytes of JSON for the same request, sees the same rows (published and not
//! deleted), and has the same allocator, number of connections and worker threads.

mod answer;
mod bare_engine;
mod bare_write;
mod simple_object;
mod sqlx;
mod statements;
mod tokio_postgres;
pub(crate) mod typed_id;

use axum::Router;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use tokio::net::TcpListener;

use crate::error::BenchError;

/// A server in this package.
#[derive(Debug, Clone, Copy, PartialEq, clap::ValueEnum)]
pub(crate) enum Rival {
    /// A hand-written axum handler over tokio-postgres: four batched statements, pipelined.
    TokioPostgres,
    /// The same handler over sqlx.
    Sqlx,
    /// Our engine with nothing before it.
    BareEngine,
    /// The statements of a keyed mutation in a bare transaction.
    BareWrite,
    /// async-graphql's `SimpleObject` on SeaORM models, with its data loader.
    SimpleObject,
}

impl Rival {
    /// Its name on the command line.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::TokioPostgres => "tokio-postgres",
            Self::Sqlx => "sqlx",
            Self::SimpleObject => "simple-object",
            Self::BareEngine => "bare-engine",
            Self::BareWrite => "bare-write",
        }
    }

    /// What the tables call it.
    pub(crate) fn describe(self) -> &'static str {
        match self {
            Self::TokioPostgres => "hand-written handler, tokio-postgres",
            Self::Sqlx => "the same handler, sqlx",
            Self::BareEngine => "the bare engine behind a handler of ten lines",
            Self::BareWrite => "the same statements in a bare transaction",
            Self::SimpleObject => "`SimpleObject`, SeaORM, `async_graphql::dataloader`",
        }
    }
}

/// Where a rival listens and what it reads.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Which one.
    rival: Rival,
    /// The port on 127.0.0.1.
    #[arg(long)]
    port: u16,
    /// Connections to the database.
    #[arg(long, default_value_t = 8)]
    pool_size: u32,
    /// The database.
    #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
    database_url: String,
}

/// Serves until the process is ended.
pub(crate) async fn serve(arguments: &Arguments) -> Result<(), BenchError> {
    let Arguments { rival, port, pool_size, database_url } = arguments;
    let router: Router = match rival {
        Rival::TokioPostgres => tokio_postgres::router(database_url, *pool_size)?,
        Rival::Sqlx => sqlx::router(database_url, *pool_size).await?,
        Rival::BareEngine => bare_engine::router(database_url, *pool_size).await?,
        Rival::BareWrite => bare_write::router(database_url, *pool_size)?,
        Rival::SimpleObject => simple_object::router(database_url, *pool_size).await?,
    };
    let failed = |error: std::io::Error| BenchError::program(rival.name(), error);
    let listener = TcpListener::bind(("127.0.0.1", *port)).await.map_err(failed)?;
    axum::serve(listener, router).await.map_err(failed)
}

/// Bytes of JSON as an answer.
fn json(bytes: Vec<u8>) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], bytes).into_response()
}

/// A failed request: shown in full, for nobody but the benchmark asks.
struct Failure(Box<dyn std::error::Error + Send + Sync>);

impl<E: Into<Box<dyn std::error::Error + Send + Sync>>> From<E> for Failure {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        (StatusCode::INTERNAL_SERVER_ERROR, self.0.to_string()).into_response()
    }
}
