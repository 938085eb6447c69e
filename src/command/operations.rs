//! `agent-free operations check`: holds a front end's operations against the contract, without a
//! database, so that a change of either is noticed before it is served.

use std::fs;
use std::path::PathBuf;

use clap::{Args, Subcommand};
use loaders::contract::{Contract, derive, schema};

use super::CommandError;
use crate::server::{self, trusted};

#[derive(Debug, Args)]
pub(super) struct OperationsArguments {
    #[command(subcommand)]
    command: OperationsCommand,
}

#[derive(Debug, Subcommand)]
enum OperationsCommand {
    /// Say which operations do not fit the contract
    Check(CheckArguments),
}

#[derive(Debug, Args)]
struct CheckArguments {
    /// A folder of .graphql files and manifests, or one manifest
    documents: PathBuf,
    /// The contract to hold them against, if not this program's own
    #[arg(long, value_name = "FILE")]
    schema: Option<PathBuf>,
}

pub(super) async fn run(arguments: OperationsArguments) -> Result<(), CommandError> {
    let OperationsCommand::Check(CheckArguments { documents, schema: file }) = arguments.command;
    let sdl = match &file {
        Some(path) => {
            let failed = |source| CommandError::File { path: path.clone(), source };
            let authored = fs::read_to_string(path).map_err(failed)?;
            derive::complete(&authored).map_err(CommandError::Contract)?
        }
        None => server::CONTRACT.to_owned(),
    };
    let contract = Contract::parse(&sdl).map_err(CommandError::Contract)?;
    let schema = schema::build(&contract).map_err(CommandError::Contract)?;
    let documents = trusted::read(&documents).map_err(CommandError::Documents)?;
    let mut broken = 0;
    for document in &documents {
        if let Err(mistakes) = schema::validate(&schema, &document.text).await {
            broken += 1;
            for mistake in mistakes {
                let place = mistake.locations.first();
                let place = place.map(|place| format!("{}:{}: ", place.line, place.column));
                let place = place.unwrap_or_default();
                println!("{}: {place}{}", document.origin, mistake.message);
            }
        }
    }
    match broken {
        0 => {
            println!("{} documents fit the contract", documents.len());
            Ok(())
        }
        broken => Err(CommandError::BrokenDocuments { broken, all: documents.len() }),
    }
}
