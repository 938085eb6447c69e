//! `agent-free schema`: the contract with all that follows from it, for `cargo xtask schema`.

use std::fs;
use std::path::{Path, PathBuf};

use clap::Args;
use loaders::contract::derive;

use super::CommandError;

#[derive(Debug, Args)]
pub(super) struct SchemaArguments {
    /// The file that holds the contract
    #[arg(default_value = "schema.graphql")]
    file: PathBuf,
    /// Write the derived part into the file
    #[arg(long, conflicts_with = "check")]
    write: bool,
    /// Fail if the file's derived part is not what follows from the authored one
    #[arg(long)]
    check: bool,
}

pub(super) fn run(arguments: &SchemaArguments) -> Result<(), CommandError> {
    let path = &arguments.file;
    let failed = |source| CommandError::File { path: path.clone(), source };
    let authored = fs::read_to_string(path).map_err(failed)?;
    let complete = derive::complete(&authored).map_err(CommandError::Contract)?;
    if arguments.write {
        if complete != authored {
            fs::write(path, complete).map_err(failed)?;
        }
    } else if arguments.check {
        return same(path, &authored, &complete);
    } else {
        print!("{complete}");
    }
    Ok(())
}

fn same(path: &Path, written: &str, complete: &str) -> Result<(), CommandError> {
    if written == complete {
        return Ok(());
    }
    let same = written.lines().zip(complete.lines()).take_while(|(a, b)| a == b).count();
    Err(CommandError::Drift(format!(
        "{} differs from what follows from it, first in line {}: run cargo xtask schema --write",
        path.display(),
        same + 1,
    )))
}
