//! A database that lives as long as its test.

use std::thread;

use tokio_postgres::{Client, NoTls};
use uuid::Uuid;

use super::{template, variable};

/// A database of one test's own, dropped with this value.
pub struct TestDatabase {
    name: String,
    url: String,
}

impl TestDatabase {
    /// A migrated database without rows, but for what migrations insert.
    pub async fn new() -> Self {
        Self::create(template::name().await).await
    }

    /// A database without tables.
    pub async fn empty() -> Self {
        Self::create("template1").await
    }

    /// Another database with the same rows. Nobody may be connected to this one; whoever is gets
    /// disconnected.
    pub async fn copy(&self) -> Self {
        let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1";
        connect(&server_url()).await.execute(end, &[&self.name]).await.unwrap();
        Self::create(&self.name).await
    }

    async fn create(template: &str) -> Self {
        let name = format!("agent_free_test_{}", Uuid::now_v7().simple());
        let statement = format!("CREATE DATABASE {name} TEMPLATE {template}");
        connect(&server_url()).await.batch_execute(&statement).await.unwrap();
        Self { url: url_of(&name), name }
    }

    /// Its address.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// A connection to it, to arrange rows and to look at them past the server.
    pub async fn connect(&self) -> Client {
        connect(&self.url).await
    }

    /// Runs statements that give nothing back.
    pub async fn execute(&self, statements: &str) {
        self.connect().await.batch_execute(statements).await.unwrap();
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        let statement = format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name);
        // The test's own runtime may be ending, so the statement gets another one.
        let dropped = thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.unwrap().block_on(async {
                connect(&server_url()).await.batch_execute(&statement).await.unwrap();
            });
        });
        if dropped.join().is_err() && !thread::panicking() {
            panic!("the database {} was not dropped", self.name);
        }
    }
}

/// The server that `DATABASE_URL` names; tests make their databases there.
pub fn server_url() -> String {
    variable("DATABASE_URL").unwrap_or_else(|| {
        panic!(
            "these tests need a PostgreSQL server with PostGIS: run them with cargo xtask test \
             [--only NAME], or name a server where databases may be made in DATABASE_URL"
        )
    })
}

/// The address of another database of that server.
pub fn url_of(database: &str) -> String {
    replace_database(&server_url(), database)
}

fn replace_database(url: &str, database: &str) -> String {
    let (address, query) = url.split_once('?').unwrap_or((url, ""));
    let (scheme, place) = address.split_once("://").unwrap_or(("postgres", address));
    let host = place.split('/').next().unwrap_or_default();
    let query = if query.is_empty() { String::new() } else { format!("?{query}") };
    format!("{scheme}://{host}/{database}{query}")
}

/// One connection.
pub async fn connect(url: &str) -> Client {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
    tokio::spawn(async move {
        // Its end fails the statement that waits for it; the test sees that.
        let _ = connection.await;
    });
    client
}

#[test]
fn the_database_of_an_address_is_replaced() {
    let table = [
        ("postgres://u:p@h:5432/a", "postgres://u:p@h:5432/x"),
        ("postgres://u@h/a?sslmode=disable", "postgres://u@h/x?sslmode=disable"),
        ("postgres://u@%2Ftmp%2Fs:5432/a", "postgres://u@%2Ftmp%2Fs:5432/x"),
        ("postgresql://h", "postgresql://h/x"),
    ];
    for (url, replaced) in table {
        assert_eq!(replace_database(url, "x"), replaced);
    }
}
