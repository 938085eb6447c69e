//! `cargo xtask schema`: prints the contract, writes what follows from it, or compares.

use std::process::Command;

use crate::failure::Outcome;
use crate::{process, workspace};

/// What to do with the contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Print it whole.
    Print,
    /// Write its derived part into the file.
    Write,
    /// Fail if the file is not what would be written.
    Check,
}

pub(crate) fn run(mode: Mode) -> Outcome<()> {
    let how = ["run", "--quiet", "--package", "agent-free", "--", "schema"];
    process::run(process::cargo(&how).args(flag(mode)))
}

/// Compares with a server binary that is already built.
pub(crate) fn check_with_built_server() -> Outcome<()> {
    let mut command = Command::new(workspace::server_binary()?);
    process::run(command.current_dir(workspace::root()).arg("schema").args(flag(Mode::Check)))
}

fn flag(mode: Mode) -> Option<&'static str> {
    match mode {
        Mode::Print => None,
        Mode::Write => Some("--write"),
        Mode::Check => Some("--check"),
    }
}
