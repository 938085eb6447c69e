//! Finds the Redis that tests start for themselves, or installs Debian's.

use std::env;

use crate::failure::{Failure, Outcome};
use crate::{debian, workspace};

const PROGRAM: &str = "redis-server";

/// Makes sure that `redis-server` is in PATH.
pub(crate) fn require() -> Outcome<()> {
    if is_found() {
        return Ok(());
    }
    if debian::is_debian() {
        println!("No Redis is found, and tests start some: installing Debian's.");
        debian::update()?;
        debian::install(&[PROGRAM])?;
    }
    match is_found() {
        true => Ok(()),
        false => Err(Failure::new(
            "the tests need redis-server in PATH: install Redis with your system's package manager",
        )),
    }
}

fn is_found() -> bool {
    let path = workspace::variable("PATH").unwrap_or_default();
    env::split_paths(&path).any(|folder| folder.join(PROGRAM).is_file())
}
