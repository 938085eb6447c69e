//! Benchmark volume: a migrated database with the real sales in it, and as many copies of their
//! rows as it takes to reach a number of properties.
//!
//! The copies are made by the database from the rows that the importer wrote, table by table as
//! the catalogue names them. So volume has the importer's shape (features, valuations, histories)
//! whatever a later migration adds, and each copy differs in id, place and identifier only. The
//! same number gives the same rows, always.
//!
//! Documented bulk steps, the only ones: triggers and foreign keys rest while the rows go in
//! (`session_replication_role`), the foreign keys are checked afterwards, and indexes that no
//! constraint needs are built at the end from their own definitions. A database gets its name
//! when it is complete: one that was interrupted is thrown away by the next try.

mod catalogue;
mod copies;

use std::ffi::OsStr;
use std::path::PathBuf;
use std::time::Instant;

use tokio::process::Command;
use tokio_postgres::{Client, NoTls};
use url::Url;

use crate::error::BenchError;

/// What volume is made from.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Source {
    /// A database of the PostgreSQL server to use, as a superuser; others are made beside it.
    #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
    pub(crate) database_url: Url,
    /// Our server's program; built for release first when it is not given.
    #[arg(long)]
    agent_free: Option<PathBuf>,
    /// The mapping file of the real sales.
    #[arg(long, default_value = "data/lucas_county_sales.toml")]
    pub(crate) mapping: PathBuf,
}

impl Source {
    /// Our server's program, which is built first unless one was given.
    pub(crate) async fn server(&self) -> Result<PathBuf, BenchError> {
        if let Some(program) = &self.agent_free {
            return Ok(program.clone());
        }
        let mut build = Command::new("cargo");
        // With this package, so that both are built of the same dependencies.
        build.args(["build", "--release", "--quiet", "--package", "agent-free"]);
        build.args(["--package", "bench", "--bin", "agent-free"]);
        run(build).await?;
        // This program was built by the same cargo: the other one lies beside it.
        let own = std::env::current_exe().map_err(BenchError::file("this program"))?;
        Ok(own.with_file_name("agent-free"))
    }

    /// The address of another database on the same server.
    pub(crate) fn database(&self, name: &str) -> Url {
        let mut url = self.database_url.clone();
        url.set_path(name);
        url
    }
}

/// Connects, and drives the connection in the background until the client is dropped.
pub(crate) async fn connect(url: &Url) -> Result<Client, BenchError> {
    let name = url.path().trim_start_matches('/').to_owned();
    let (client, connection) = tokio_postgres::connect(url.as_str(), NoTls)
        .await
        .map_err(BenchError::database(format!("connecting to {name}")))?;
    tokio::spawn(async move {
        // A lost connection shows in the statement that needed it.
        let _ = connection.await;
    });
    Ok(client)
}

/// The address of the database with this many properties, which is made first if it is not there.
pub(crate) async fn ensure(source: &Source, properties: u64) -> Result<Url, BenchError> {
    let name = format!("agent_free_bench_{properties}");
    let server = connect(&source.database_url).await?;
    let exists = server
        .query_opt("SELECT FROM pg_database WHERE datname = $1", &[&name])
        .await
        .map_err(BenchError::database("looking for the database"))?
        .is_some();
    if !exists {
        make(source, &server, &name, properties).await?;
    }
    Ok(source.database(&name))
}

async fn make(
    source: &Source,
    server: &Client,
    name: &str,
    properties: u64,
) -> Result<(), BenchError> {
    let started = Instant::now();
    let partial = format!("{name}_partial");
    let url = source.database(&partial);
    execute(server, &format!("DROP DATABASE IF EXISTS {partial}")).await?;
    execute(server, &format!("CREATE DATABASE {partial}")).await?;
    let program = source.server().await?;
    let step = |arguments: &[&OsStr]| {
        let mut command = Command::new(&program);
        command.args(arguments).env("DATABASE_URL", url.as_str());
        run(command)
    };
    step(&["migrate".as_ref()]).await?;
    step(&["import".as_ref(), source.mapping.as_ref()]).await?;
    eprintln!("{name}: migrated and imported in {:.1} s", started.elapsed().as_secs_f64());

    let copying = Instant::now();
    let database = connect(&url).await?;
    let rows = copies::reach(&database, properties).await?;
    let bytes: i64 = database
        .query_one("SELECT pg_database_size(current_database())", &[])
        .await
        .map_err(BenchError::database("measuring the database"))?
        .get(0);
    drop(database);
    rename(server, &partial, name).await?;
    let seconds = copying.elapsed().as_secs_f64();
    eprintln!(
        "{name}: {properties} properties, {rows} rows copied in {seconds:.0} s ({:.0} rows a second), {:.1} GB",
        rows as f64 / seconds,
        bytes as f64 / 1e9,
    );
    Ok(())
}

/// The server notices a moment late that a connection has gone, and renames nothing in use.
async fn rename(server: &Client, from: &str, to: &str) -> Result<(), BenchError> {
    execute(
        server,
        &format!(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = '{from}'"
        ),
    )
    .await?;
    execute(server, &format!("ALTER DATABASE {from} RENAME TO {to}")).await
}

pub(crate) async fn execute(client: &Client, statement: &str) -> Result<(), BenchError> {
    client.batch_execute(statement).await.map_err(BenchError::database(statement))
}

async fn run(mut command: Command) -> Result<(), BenchError> {
    // The environment stays out of messages: there may be a password in it.
    let words = std::iter::once(command.as_std().get_program()).chain(command.as_std().get_args());
    let name = words.map(OsStr::to_string_lossy).collect::<Vec<_>>().join(" ");
    let status = command
        .kill_on_drop(true)
        .status()
        .await
        .map_err(|error| BenchError::program(&name, error))?;
    if status.success() { Ok(()) } else { Err(BenchError::program(name, status)) }
}
