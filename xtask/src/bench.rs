//! `cargo xtask bench`: the measurements, built for release, over a cluster of their own.

use crate::failure::Outcome;
use crate::postgres::{Database, Purpose};
use crate::{process, stop};

pub(crate) fn run(arguments: &[&str]) -> Outcome<()> {
    stop::watch()?;
    let database = Database::start(Purpose::Bench)?;
    let mut bench = process::cargo(&["run", "--release", "--package", "bench", "--"]);
    bench.args(arguments).env("DATABASE_URL", &database.url).env("PATH", database.path());
    process::run(&mut bench)
}
