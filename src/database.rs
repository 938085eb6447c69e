//! What the server must know of its database before it uses it: can it be reached, is it new
//! enough, has it PostGIS, and do its migrations fit this binary.

use std::time::Duration;

use migration::{Migrator, MigratorTrait};
use thiserror::Error;
use tokio_postgres::{Client, NoTls};

use crate::config::DatabaseUrl;

/// The oldest PostgreSQL that the statements and migrations are written for.
const OLDEST_VERSION: i32 = 15;

/// How long to wait for a server that does not answer, unless the address says otherwise.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// The database could not be asked.
#[derive(Debug, Error)]
pub enum DatabaseError {
    /// Nobody answers there, or refuses us.
    #[error(
        "PostgreSQL cannot be reached at {url}: is it running, and are the name and password right?"
    )]
    Unreachable {
        /// The address, without its password.
        url: String,
        /// What the driver says.
        source: tokio_postgres::Error,
    },
    /// A statement failed.
    #[error("the database refused a statement")]
    Statement(#[from] tokio_postgres::Error),
}

/// What was found in the database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DatabaseState {
    /// PostgreSQL's version as it says it.
    pub version: String,
    /// Its major version.
    pub major_version: i32,
    /// The encoding of its text.
    pub encoding: String,
    /// How its text is ordered.
    pub collation: String,
    /// The version of PostGIS that is installed or, before the first migration, could be.
    pub postgis: Option<String>,
    /// The migrations of the database beside those of this binary.
    pub migrations: Migrations,
}

/// The migrations of a database beside those of this binary.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Migrations {
    /// Known here and applied there, oldest first.
    pub applied: Vec<String>,
    /// Known here and not applied there, oldest first: the database is older than the binary.
    pub pending: Vec<String>,
    /// Applied there and not known here: the database is newer than the binary.
    pub unknown: Vec<String>,
}

/// Opens one connection, outside any pool.
pub async fn connect(url: &DatabaseUrl) -> Result<Client, DatabaseError> {
    let unreachable = |source| DatabaseError::Unreachable { url: url.to_string(), source };
    let mut config: tokio_postgres::Config = url.expose().parse().map_err(unreachable)?;
    if config.get_connect_timeout().is_none() {
        config.connect_timeout(CONNECT_TIMEOUT);
    }
    config.application_name("agent-free");
    let (client, connection) = config.connect(NoTls).await.map_err(unreachable)?;
    tokio::spawn(async move {
        // A lost connection fails the statement that waits for it; here it is only noted.
        if let Err(error) = connection.await {
            tracing::debug!(%error, "a database connection ended");
        }
    });
    Ok(client)
}

/// Reads what [`DatabaseState`] holds; changes nothing.
pub async fn examine(client: &Client) -> Result<DatabaseState, DatabaseError> {
    let row = client
        .query_one(
            "SELECT current_setting('server_version'), current_setting('server_version_num')::int4,
                    current_setting('server_encoding'),
                    (SELECT datcollate FROM pg_database WHERE datname = current_database()),
                    coalesce(
                        (SELECT extversion FROM pg_extension WHERE extname = 'postgis'),
                        (SELECT default_version FROM pg_available_extensions
                         WHERE name = 'postgis')),
                    to_regclass('seaql_migrations') IS NOT NULL",
            &[],
        )
        .await?;
    let found = match row.get(5) {
        false => Vec::new(),
        true => client.query("SELECT version FROM seaql_migrations ORDER BY version", &[]).await?,
    };
    let known: Vec<String> =
        Migrator::migrations().iter().map(|migration| migration.name().to_owned()).collect();
    Ok(DatabaseState {
        version: row.get(0),
        major_version: row.get::<_, i32>(1) / 10_000,
        encoding: row.get(2),
        collation: row.get(3),
        postgis: row.get(4),
        migrations: Migrations::compare(&known, found.iter().map(|row| row.get(0)).collect()),
    })
}

/// Why queries cannot read this server in place of the primary, if they cannot.
pub async fn replica_problem(
    replica: &DatabaseUrl,
    primary: &DatabaseUrl,
) -> Result<Option<&'static str>, DatabaseError> {
    let statement = "SELECT system_identifier, pg_is_in_recovery() FROM pg_control_system()";
    let replica = connect(replica).await?.query_one(statement, &[]).await?;
    let primary = connect(primary).await?.query_one(statement, &[]).await?;
    Ok(if !replica.get::<_, bool>(1) {
        Some("it is a server by itself, no replica")
    } else if replica.get::<_, i64>(0) != primary.get::<_, i64>(0) {
        Some("it is a replica of another server")
    } else {
        None
    })
}

impl Migrations {
    fn compare(known: &[String], found: Vec<String>) -> Self {
        let (applied, pending) = known.iter().cloned().partition(|name| found.contains(name));
        let unknown = found.into_iter().filter(|name| !known.contains(name)).collect();
        Self { applied, pending, unknown }
    }

    /// Why this binary must not serve this database, and what to do about it.
    pub fn problem(&self) -> Option<String> {
        if let [first, ..] = self.unknown.as_slice() {
            Some(format!(
                "the database is newer than this program, which does not know {} ({first}{}): \
                 run the newer agent-free",
                plural(self.unknown.len()),
                if self.unknown.len() > 1 { ", …" } else { "" },
            ))
        } else if self.pending.is_empty() {
            None
        } else if self.applied.is_empty() {
            Some("the database has no tables yet: run agent-free migrate".to_owned())
        } else {
            Some(format!(
                "the database is older than this program and lacks {}: run agent-free migrate",
                plural(self.pending.len()),
            ))
        }
    }
}

fn plural(migrations: usize) -> String {
    if migrations == 1 { "1 migration".into() } else { format!("{migrations} migrations") }
}

impl DatabaseState {
    /// What is wrong with the server itself, whatever its tables; each says what to do.
    pub fn server_problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        if self.major_version < OLDEST_VERSION {
            problems.push(format!(
                "PostgreSQL {} is too old: use {OLDEST_VERSION} or newer",
                self.version
            ));
        }
        if self.encoding != "UTF8" {
            problems.push(format!(
                "the database's encoding is {}: create it with ENCODING 'UTF8'",
                self.encoding
            ));
        }
        if !["C", "POSIX", "C.UTF-8", "C.utf8"].contains(&self.collation.as_str()) {
            problems.push(format!(
                "the database orders text by {}, the contract by code points: create it with LOCALE 'C.UTF-8'",
                self.collation
            ));
        }
        if self.postgis.is_none() {
            problems.push(format!(
                "PostGIS is not installed on the server: install its package for PostgreSQL {}",
                self.major_version
            ));
        }
        problems
    }

    /// All that keeps this binary from serving this database; each says what to do.
    pub fn problems(&self) -> Vec<String> {
        let mut problems = self.server_problems();
        problems.extend(self.migrations.problem());
        problems
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(list: &[&str]) -> Vec<String> {
        list.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn migrations_are_compared_both_ways() {
        let known = names(&["m1", "m2"]);
        let table = [
            (&[][..], Some("the database has no tables yet: run agent-free migrate")),
            (
                &["m1"],
                Some(
                    "the database is older than this program and lacks 1 migration: run agent-free migrate",
                ),
            ),
            (&["m1", "m2"], None),
            (
                &["m1", "m2", "m3"],
                Some(
                    "the database is newer than this program, which does not know 1 migration (m3): run the newer agent-free",
                ),
            ),
            (
                &["m1", "m3", "m4"],
                Some(
                    "the database is newer than this program, which does not know 2 migrations (m3, …): run the newer agent-free",
                ),
            ),
        ];
        for (found, problem) in table {
            let migrations = Migrations::compare(&known, names(found));
            assert_eq!(migrations.problem().as_deref(), problem, "{found:?}");
        }
    }

    #[test]
    fn an_unfit_server_is_told_all_at_once() {
        let state = DatabaseState {
            version: "14.9".into(),
            major_version: 14,
            encoding: "SQL_ASCII".into(),
            collation: "en_US.UTF-8".into(),
            postgis: None,
            migrations: Migrations::compare(&[], Vec::new()),
        };
        assert_eq!(
            state.problems(),
            [
                "PostgreSQL 14.9 is too old: use 15 or newer",
                "the database's encoding is SQL_ASCII: create it with ENCODING 'UTF8'",
                "the database orders text by en_US.UTF-8, the contract by code points: create it with LOCALE 'C.UTF-8'",
                "PostGIS is not installed on the server: install its package for PostgreSQL 14",
            ]
        );
    }
}
