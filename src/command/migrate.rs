//! `agent-free migrate`: brings the database to this program's version, one step a transaction.
//!
//! An advisory lock is held throughout: of two that start at once one runs and the other waits,
//! then finds nothing left to do. A process that dies lets go of the lock with its connection.

use std::time::Instant;

use clap::Args;
use migration::{Migrator, MigratorTrait};
use sea_orm::{ConnectOptions, Database, DatabaseConnection};
use tokio_postgres::Client;

use super::CommandError;
use crate::config::DatabaseUrl;
use crate::database::{self, DatabaseError, DatabaseState};

/// The lock that every migrating agent-free takes: its name in ASCII.
const LOCK: i64 = i64::from_be_bytes(*b"agntfree");

#[derive(Debug, Args)]
pub(super) struct MigrateArguments {
    /// Undo the last N migrations; what only they could hold is lost
    #[arg(long, value_name = "N", conflicts_with = "status")]
    down: Option<u32>,
    /// List every migration and whether it is applied; change nothing
    #[arg(long)]
    status: bool,
}

pub(super) async fn run(
    arguments: &MigrateArguments,
    url: &DatabaseUrl,
) -> Result<(), CommandError> {
    let client = database::connect(url).await?;
    if arguments.status {
        print_status(&database::examine(&client).await?);
        return Ok(());
    }
    lock(&client).await?;
    let state = database::examine(&client).await?;
    let mut problems = state.server_problems();
    if !state.migrations.unknown.is_empty() {
        problems.extend(state.migrations.problem());
    }
    if !problems.is_empty() {
        return Err(CommandError::UnfitDatabase(problems));
    }

    let mut options = ConnectOptions::new(url.expose());
    options.max_connections(1).sqlx_logging(false);
    let connection = Database::connect(options).await.map_err(CommandError::Migration)?;
    match arguments.down {
        None => up(&connection, &state).await?,
        Some(steps) => down(&connection, &state, steps).await?,
    }
    connection.close().await.map_err(CommandError::Migration)
}

async fn lock(client: &Client) -> Result<(), DatabaseError> {
    let free = client.query_one("SELECT pg_try_advisory_lock($1)", &[&LOCK]).await?;
    if !free.get::<_, bool>(0) {
        println!("another agent-free is migrating this database: waiting for it");
        client.execute("SELECT pg_advisory_lock($1)", &[&LOCK]).await?;
    }
    Ok(())
}

async fn up(connection: &DatabaseConnection, state: &DatabaseState) -> Result<(), CommandError> {
    for name in &state.migrations.pending {
        let started = Instant::now();
        Migrator::up(connection, Some(1)).await.map_err(CommandError::Migration)?;
        println!("applied {name} in {} ms", started.elapsed().as_millis());
    }
    if state.migrations.pending.is_empty() {
        println!("nothing to do: all {} migrations are applied", state.migrations.applied.len());
    }
    Ok(())
}

async fn down(
    connection: &DatabaseConnection,
    state: &DatabaseState,
    steps: u32,
) -> Result<(), CommandError> {
    for name in state.migrations.applied.iter().rev().take(steps as usize) {
        Migrator::down(connection, Some(1)).await.map_err(CommandError::Migration)?;
        println!("undid {name}");
    }
    if state.migrations.applied.is_empty() {
        println!("nothing to undo: no migration is applied");
    }
    Ok(())
}

fn print_status(state: &DatabaseState) {
    let migrations = &state.migrations;
    let lists = [
        ("applied", &migrations.applied),
        ("pending", &migrations.pending),
        ("unknown", &migrations.unknown),
    ];
    for (status, names) in lists {
        for name in names {
            println!("{status}  {name}");
        }
    }
    if let Some(problem) = migrations.problem() {
        println!("{problem}");
    }
}
