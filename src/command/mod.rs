//! The command line: one module a command, and how each ends.
//!
//! A command gives back what went wrong with its cause; [`run`] prints that to standard error.
//! Exit code 0 is success, 1 a failure, 2 a mistake in the arguments or the configuration.
#![allow(clippy::print_stdout, reason = "commands answer on standard output")]

mod administrator;
mod check;
mod import;
mod jobs;
mod keys;
mod logging;
mod migrate;
mod operations;
mod schema;
mod serve;
mod trends;
mod worker;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use thiserror::Error;

use crate::access::{AccessError, KeyError};
use crate::config::{Config, ConfigError};
use crate::database::DatabaseError;
use crate::import::{ImportArguments, ImportError};
use crate::server::ServerError;
use crate::server::trusted::TrustedError;
use crate::users::AdministratorError;

/// A GraphQL server for real-estate deals without an agent. Settings come from the environment:
/// `agent-free check --example` prints them all.
#[derive(Debug, Parser)]
#[command(name = "agent-free", version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Answer requests until told to stop (SIGTERM or Ctrl-C)
    Serve,
    /// Do jobs (mails, sweeps) and answer no requests, until told to stop
    Worker,
    /// List the jobs that were given up, or let them begin anew
    Jobs(jobs::JobsArguments),
    /// Bring the database to this program's version, or show or undo steps
    Migrate(migrate::MigrateArguments),
    /// Load records from a CSV file through a mapping file
    Import(ImportArguments),
    /// Compute the market trends again from the sales
    Trends,
    /// Make somebody an administrator; a new one's password is read from standard input
    Administrator(administrator::AdministratorArguments),
    /// Replace or list the keys that sign access tokens, or print one for SECRET_KEY
    Keys(keys::KeysArguments),
    /// Say which settings would be used and what is wrong with them
    Check(check::CheckArguments),
    /// Hold a front end's operations against the contract
    Operations(operations::OperationsArguments),
    /// Print the contract with all that follows from it
    #[command(hide = true)]
    Schema(schema::SchemaArguments),
}

/// Why a command failed.
#[derive(Debug, Error)]
enum CommandError {
    #[error(transparent)]
    Access(#[from] AccessError),
    #[error(transparent)]
    Administrator(#[from] AdministratorError),
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error(transparent)]
    Database(#[from] DatabaseError),
    #[error("the database cannot be used:\n  {}", .0.join("\n  "))]
    UnfitDatabase(Vec<String>),
    #[error("something is wrong: see above")]
    Check,
    #[error("a migration failed and was taken back")]
    Migration(#[source] sea_orm::DbErr),
    #[error("nobody can listen on {address}: is another program there? Set LISTEN_ADDRESS")]
    Listen { address: std::net::SocketAddr, source: std::io::Error },
    #[error("a second signal came: stopped before every request had its answer")]
    Impatient,
    #[error(transparent)]
    Server(#[from] ServerError),
    #[error(transparent)]
    Import(#[from] ImportError),
    #[error("{0} rows were refused")]
    RejectedRows(u64),
    #[error("{} cannot be read or written", path.display())]
    File { path: PathBuf, source: std::io::Error },
    #[error("the contract is wrong:\n{0}")]
    Contract(loaders::BindError),
    #[error("{0}")]
    Drift(String),
    #[error(transparent)]
    Documents(TrustedError),
    #[error("{broken} of {all} documents do not fit the contract")]
    BrokenDocuments { broken: usize, all: usize },
    #[error("the process cannot be set up")]
    Process(#[source] std::io::Error),
}

impl From<KeyError> for CommandError {
    fn from(error: KeyError) -> Self {
        Self::Access(error.into())
    }
}

/// Runs the command that the process was started with.
pub fn run() -> ExitCode {
    let arguments = Arguments::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let ended = runtime
        .map_err(CommandError::Process)
        .and_then(|runtime| runtime.block_on(dispatch(arguments.command)));
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            report(&error);
            let code = if matches!(error, CommandError::Config(_)) { 2 } else { 1 };
            ExitCode::from(code)
        }
    }
}

async fn dispatch(command: Command) -> Result<(), CommandError> {
    match command {
        Command::Serve => serve::run(Config::from_environment()?).await,
        Command::Worker => worker::run(Config::from_environment()?).await,
        Command::Jobs(arguments) => {
            jobs::run(&arguments, &Config::from_environment()?.database.url).await
        }
        Command::Migrate(arguments) => {
            migrate::run(&arguments, &Config::from_environment()?.database.url).await
        }
        Command::Import(arguments) => import::run(arguments, Config::from_environment()?).await,
        Command::Trends => trends::run(&Config::from_environment()?.database.url).await,
        Command::Administrator(arguments) => {
            administrator::run(&arguments, &Config::from_environment()?).await
        }
        Command::Keys(arguments) => keys::run(&arguments).await,
        Command::Check(arguments) => check::run(&arguments).await,
        Command::Operations(arguments) => operations::run(arguments).await,
        Command::Schema(arguments) => schema::run(&arguments),
    }
}

/// The error and, below it, each cause that it does not already say.
fn report(error: &CommandError) {
    let mut said = error.to_string();
    eprintln!("agent-free: {said}");
    let mut next = std::error::Error::source(error);
    while let Some(cause) = next {
        let text = cause.to_string();
        if !said.contains(&text) {
            eprintln!("  because: {text}");
            said = text;
        }
        next = cause.source();
    }
}
