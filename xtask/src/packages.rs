//! Rust programs that the tests use, installed when they are missing.

use std::process::Stdio;

use crate::failure::Outcome;
use crate::process;

/// Makes sure that `cargo NAME` exists.
pub(crate) fn require(name: &str) -> Outcome<()> {
    let mut version = process::cargo(&[name, "--version"]);
    version.stdout(Stdio::null()).stderr(Stdio::null());
    if version.status().is_ok_and(|status| status.success()) {
        return Ok(());
    }
    let package = format!("cargo-{name}");
    println!("{package} is missing: installing it");
    // Their default features are for fetching advisories, which no test here does.
    let how = ["install", "--quiet", "--locked", "--no-default-features", &package];
    process::run(&mut process::cargo(&how))
}
