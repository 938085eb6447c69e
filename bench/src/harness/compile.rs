//! Section 10: how long a build takes: clean, and after a change to one resolver.
//!
//! Builds go to a folder of their own that is removed afterwards, so nobody's build is disturbed.

use std::path::Path;
use std::time::{Instant, SystemTime};

use tokio::process::Command;

use super::report::Table;
use crate::error::BenchError;

/// Builds the server in both profiles; `resolver` is the file that is then taken as changed.
pub(crate) async fn compile(resolver: &Path) -> Result<Table, BenchError> {
    let folder = tempfile::tempdir().map_err(BenchError::file(std::env::temp_dir()))?;
    let mut table =
        Table::new(&["profile", "clean, s", "nothing changed, s", "one resolver touched, s"]);
    for (name, arguments) in [("dev", &["build"][..]), ("release", &["build", "--release"][..])] {
        let clean = build(arguments, folder.path()).await?;
        let unchanged = build(arguments, folder.path()).await?;
        touch(resolver)?;
        let touched = build(arguments, folder.path()).await?;
        table.row(&[
            name.to_owned(),
            format!("{clean:.0}"),
            format!("{unchanged:.1}"),
            format!("{touched:.1}"),
        ]);
    }
    Ok(table)
}

async fn build(arguments: &[&str], target: &Path) -> Result<f64, BenchError> {
    eprintln!("cargo {} -p agent-free", arguments.join(" "));
    let started = Instant::now();
    let status = Command::new("cargo")
        .args(arguments)
        .args(["--quiet", "--locked", "--package", "agent-free", "--bin", "agent-free"])
        .env("CARGO_TARGET_DIR", target)
        .kill_on_drop(true)
        .status()
        .await
        .map_err(|error| BenchError::program("cargo", error))?;
    if !status.success() {
        return Err(BenchError::program("cargo", status));
    }
    Ok(started.elapsed().as_secs_f64())
}

/// Its text stays; only its time says that it changed, and that is what cargo looks at.
fn touch(file: &Path) -> Result<(), BenchError> {
    let opened =
        std::fs::File::options().append(true).open(file).map_err(BenchError::file(file))?;
    opened.set_modified(SystemTime::now()).map_err(BenchError::file(file))
}
