//! The measured claims of this project: volume, rivals, and the harness that holds one against
//! the other. `bench/README.md` says how to run it and what came out.

mod error;
mod harness;
mod rival;
mod volume;

use std::error::Error;
use std::ffi::OsString;
use std::process::ExitCode;

use clap::Parser;
use tokio::signal::unix::{SignalKind, signal};

use crate::error::BenchError;

/// The allocator of our server and of every rival in this package.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Measures the server against its rivals and itself.
#[derive(Debug, Parser)]
#[command(version)]
enum Command {
    /// Makes a database of real sales, copied until it holds this many properties.
    Volume {
        #[command(flatten)]
        source: volume::Source,
        /// How many.
        #[arg(long)]
        properties: u64,
    },
    /// Serves the list query as somebody else would write it.
    Rival(rival::Arguments),
    /// Measures, prints the tables and writes them into bench/README.md.
    Run(harness::Arguments),
}

#[tokio::main]
async fn main() -> ExitCode {
    let command = Command::parse_from(with_default_command(std::env::args_os().collect()));
    // Dropping the work on a signal ends every process that it started.
    let result = tokio::select! {
        result = run(&command) => result,
        () = asked_to_end() => Err(BenchError::Stopped),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bench: {error}");
            let mut cause = error.source();
            while let Some(error) = cause {
                eprintln!("  because: {error}");
                cause = error.source();
            }
            ExitCode::FAILURE
        }
    }
}

/// Without a command, the measurements are meant.
fn with_default_command(mut arguments: Vec<OsString>) -> Vec<OsString> {
    let about_the_program = ["--help", "-h", "--version", "-V"];
    let first = arguments.get(1).map(|first| first.to_string_lossy().into_owned());
    if first
        .is_none_or(|first| first.starts_with('-') && !about_the_program.contains(&first.as_str()))
    {
        arguments.insert(1.min(arguments.len()), "run".into());
    }
    arguments
}

async fn run(command: &Command) -> Result<(), BenchError> {
    match command {
        Command::Volume { source, properties } => {
            volume::ensure(source, *properties).await.map(|_| ())
        }
        Command::Rival(arguments) => rival::serve(arguments).await,
        Command::Run(arguments) => harness::run(arguments).await,
    }
}

/// Waits for Ctrl-C or a request to end.
async fn asked_to_end() {
    let Ok(mut terminate) = signal(SignalKind::terminate()) else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminate.recv() => {}
    }
}
