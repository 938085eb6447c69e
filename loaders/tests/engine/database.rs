//! A database for one test: made in the server that `DATABASE_URL` names, and dropped again.

use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::str::FromStr;
use std::time::Duration;

use futures_util::FutureExt;
use loaders::{
    Answer, Engine, EngineOptions, Outcome, Pool, Registry, Request, StartError, Viewer,
};
use serde_json::Value as Json;
use tokio_postgres::{Client, Config, NoTls};
use uuid::Uuid;

use crate::domain;

/// One connection: what a test asks later comes over the one that it used before.
const POOL_SIZE: usize = 1;

/// A database of its own, with the library's tables and nothing in them.
#[derive(Clone)]
pub(crate) struct Database {
    config: Config,
    name: String,
}

/// Runs a test in a database of its own.
pub(crate) async fn with_database<F: Future<Output = ()>>(test: impl FnOnce(Database) -> F) {
    let server = server();
    let name = format!("loaders_{}", Uuid::now_v7().simple());
    administer(
        &server,
        &format!("CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C.UTF-8'"),
    )
    .await;
    let mut config = server.clone();
    config.dbname(&name);
    let database = Database { config, name };
    database.run(include_str!("library.sql")).await;
    let ended = AssertUnwindSafe(test(database.clone())).catch_unwind().await;
    administer(&server, &format!("DROP DATABASE {} WITH (FORCE)", database.name)).await;
    if let Err(panic) = ended {
        std::panic::resume_unwind(panic);
    }
}

#[expect(clippy::disallowed_methods, reason = "tests have no settings of their own")]
pub(crate) fn setting(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

fn server() -> Config {
    let url = setting("DATABASE_URL").expect(
        "DATABASE_URL names a PostgreSQL server with PostGIS where databases may be created",
    );
    Config::from_str(&url).expect("DATABASE_URL is a connection string")
}

/// Runs a statement outside of every test's database.
pub(crate) async fn administer(server: &Config, sql: &str) {
    connect(server)
        .await
        .batch_execute(sql)
        .await
        .expect("the server lets databases be made and dropped");
}

async fn connect(config: &Config) -> Client {
    let (client, connection) = config.connect(NoTls).await.expect("the server is there");
    tokio::spawn(connection);
    client
}

impl Database {
    /// Runs SQL that is told to be right.
    pub(crate) async fn run(&self, sql: &str) {
        self.connect()
            .await
            .batch_execute(sql)
            .await
            .unwrap_or_else(|error| panic!("{error:?}: {sql}"));
    }

    /// A connection of the test's own.
    pub(crate) async fn connect(&self) -> Client {
        connect(&self.config).await
    }

    /// Ends every other connection that waits for a lock, as a server that goes away does.
    pub(crate) async fn cut_the_waiting(&self) {
        let client = connect(&server()).await;
        let sql = format!(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{}' AND wait_event_type = 'Lock'",
            self.name
        );
        while client.query(&sql, &[]).await.expect("the activity").is_empty() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// Ends every connection and takes no new one.
    pub(crate) async fn close(&self) {
        let Self { name, .. } = self;
        administer(&server(), &format!("ALTER DATABASE {name} ALLOW_CONNECTIONS false")).await;
        administer(
            &server(),
            &format!(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"
            ),
        )
        .await;
    }

    /// The library's engine over this database.
    pub(crate) async fn engine(&self) -> Engine {
        let options = EngineOptions { page_size_default: 4, ..EngineOptions::default() };
        self.start(&domain::contract(), domain::registry(), options)
            .await
            .unwrap_or_else(|error| panic!("{error}"))
    }

    /// An engine over this database, if it starts.
    pub(crate) async fn start(
        &self,
        sdl: &str,
        registry: Registry,
        options: EngineOptions,
    ) -> Result<Engine, StartError> {
        self.start_with_pool(sdl, registry, options, POOL_SIZE).await
    }

    /// The same with several connections, for requests at the same time.
    pub(crate) async fn start_with_pool(
        &self,
        sdl: &str,
        registry: Registry,
        options: EngineOptions,
        size: usize,
    ) -> Result<Engine, StartError> {
        let pool = Pool::new(self.config.clone(), size, Duration::from_secs(10)).expect("a pool");
        Engine::start(sdl, registry, pool, options).await
    }
}

/// Sends a request.
pub(crate) async fn execute(
    engine: &Engine,
    query: &str,
    variables: &Json,
    viewer: &Viewer,
) -> Answer {
    let variables = async_graphql::Variables::from_json(variables.clone());
    engine.execute(Request::new(query, &variables), viewer).await
}

/// The body of an answer.
pub(crate) fn body(answer: &Answer) -> Json {
    serde_json::from_slice(&answer.body)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&answer.body)))
}

/// The data of an answer that must be without errors.
pub(crate) async fn data(engine: &Engine, query: &str, variables: &Json, viewer: &Viewer) -> Json {
    let answer = execute(engine, query, variables, viewer).await;
    let mut body = body(&answer);
    assert!(
        answer.outcome == Outcome::Executed && body.get("errors").is_none(),
        "{query}\n{variables}\n{body}\n{:?}",
        answer.failure
    );
    body["data"].take()
}

/// The code and message of each error of an answer.
pub(crate) async fn errors(
    engine: &Engine,
    query: &str,
    variables: &Json,
    viewer: &Viewer,
) -> Vec<(String, String)> {
    let body = body(&execute(engine, query, variables, viewer).await);
    let errors = body["errors"]
        .as_array()
        .unwrap_or_else(|| panic!("no errors: {query}\n{variables}\n{body}"));
    let text = |value: &Json| value.as_str().unwrap_or_default().to_string();
    errors
        .iter()
        .map(|error| (text(&error["extensions"]["code"]), text(&error["message"])))
        .collect()
}
