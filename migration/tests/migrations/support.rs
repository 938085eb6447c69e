//! A database of its own for each test, on the server that `DATABASE_URL` names.

use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

use sea_orm_migration::sea_orm::{
    ConnectionTrait, Database, DatabaseConnection, DbBackend, DbErr, RuntimeErr, Statement,
};

/// A database that is gone when the test is.
pub(crate) struct TestDatabase {
    name: String,
    url: String,
    /// Where statements go.
    pub(crate) connection: DatabaseConnection,
}

impl TestDatabase {
    /// An empty database, like one that an operator has made.
    pub(crate) async fn empty() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!(
            "migration_test_{}_{}",
            std::process::id(),
            COUNT.fetch_add(1, Ordering::Relaxed)
        );
        psql(&server_url(), &format!("CREATE DATABASE {name} TEMPLATE template0"));
        let url = url_of(&name);
        let connection = Database::connect(&url).await.expect("the new database answers");
        Self { name, url, connection }
    }

    /// Runs statements that must succeed.
    pub(crate) async fn run(&self, sql: &str) {
        if let Err(error) = self.connection.execute_unprepared(sql).await {
            panic!("{error}\n{sql}");
        }
    }

    /// The first column of each row, as text.
    pub(crate) async fn texts(&self, sql: &str) -> Vec<String> {
        let wrapped =
            format!("SELECT (row_to_json(rows) ->> 'text') AS text FROM ({sql}) AS rows (text)");
        let rows = self
            .connection
            .query_all_raw(Statement::from_string(DbBackend::Postgres, wrapped))
            .await
            .unwrap_or_else(|error| panic!("{error}\n{sql}"));
        rows.iter()
            .map(|row| {
                row.try_get_by_index::<Option<String>>(0).expect("a text").unwrap_or_default()
            })
            .collect()
    }

    /// The name of the constraint that refuses these statements.
    pub(crate) async fn refusal(&self, sql: &str) -> String {
        match self.connection.execute_unprepared(sql).await {
            Ok(_) => panic!("accepted: {sql}"),
            Err(DbErr::Exec(RuntimeErr::SqlxError(error))) => match error.as_database_error() {
                Some(refused) => {
                    refused.constraint().map_or_else(|| refused.to_string(), ToOwned::to_owned)
                }
                None => panic!("{error}\n{sql}"),
            },
            Err(error) => panic!("{error}\n{sql}"),
        }
    }

    /// The schema as text, free of what differs from run to run.
    pub(crate) fn dump(&self) -> String {
        let output = Command::new("pg_dump")
            .args(["--schema-only", "--no-owner", "--dbname", &self.url])
            .output();
        let output = output.expect("pg_dump starts");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let text = String::from_utf8(output.stdout).expect("a dump in UTF-8");
        let telling =
            |line: &&str| !(line.is_empty() || line.starts_with("--") || line.starts_with('\\'));
        text.lines().filter(telling).collect::<Vec<_>>().join("\n")
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        psql(&server_url(), &format!("DROP DATABASE {} WITH (FORCE)", self.name));
    }
}

fn psql(url: &str, sql: &str) {
    let output = Command::new("psql")
        .args(["--quiet", "--no-psqlrc", "--command", sql, url])
        .output()
        .expect("psql starts");
    let complaint = String::from_utf8_lossy(&output.stderr);
    if !output.status.success() && !std::thread::panicking() {
        panic!("{complaint}");
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "tests have no other configuration than this variable"
)]
fn server_url() -> String {
    std::env::var("DATABASE_URL")
        .expect("DATABASE_URL names a PostgreSQL server where databases may be created")
}

/// The server's address with another database in its path.
fn url_of(name: &str) -> String {
    let url = server_url();
    let (address, settings) = url
        .split_once('?')
        .map_or((url.as_str(), None), |(address, settings)| (address, Some(settings)));
    let authority = address.find("://").map_or(0, |scheme| scheme + 3);
    let end = address[authority..].find('/').map_or(address.len(), |slash| authority + slash);
    let settings = settings.map(|settings| format!("?{settings}")).unwrap_or_default();
    format!("{}/{name}{settings}", &address[..end])
}
