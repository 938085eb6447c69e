//! `cargo xtask fuzz`: LLVM's fuzzer against the engine, over a cluster of its own with the real
//! sales, until it finds something or Ctrl-C. Works with stable Rust: no sanitizer, as there is no
//! unsafe code to look after.

use std::fs;
use std::process::Command;

use crate::failure::{Outcome, While};
use crate::postgres::{Database, Purpose};
use crate::{packages, process, stop, workspace};

/// What is loaded, once.
const MAPPING: &str = "data/lucas_county_sales.toml";

/// Protects nothing: of the database that is fuzzed nobody keeps anything.
const SECRET_KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

/// Fuzzes this target; the arguments go to the fuzzer.
pub(crate) fn run(target: &str, arguments: &[&str]) -> Outcome<()> {
    stop::watch()?;
    packages::require("fuzz")?;
    let database = Database::start(Purpose::Fuzz)?;
    process::run(&mut process::cargo(&["build", "--workspace"]))?;
    for arguments in [&["migrate"][..], &["import", MAPPING]] {
        let mut server = Command::new(workspace::server_binary()?);
        server.current_dir(workspace::root()).args(arguments).env("DATABASE_URL", &database.url);
        process::run(&mut server)?;
    }
    // What it finds worth keeping goes into the first folder; it reads all of them.
    let found = format!("fuzz/corpus/{target}");
    fs::create_dir_all(workspace::root().join(&found)).while_trying(format!("create {found}"))?;
    let seeds = (target == "bytes").then_some("fuzz/seeds");
    let how = ["fuzz", "run", "--sanitizer", "none", "--features", "libfuzzer", target];
    let mut fuzz = process::cargo(&how);
    // Short inputs choose hardly anything: there is no reason to begin with them.
    fuzz.arg(&found)
        .args(seeds)
        .args(["--", "-len_control=0"])
        .args(arguments)
        .env("DATABASE_URL", &database.url)
        .env("SECRET_KEY", SECRET_KEY);
    process::run(&mut fuzz)
}
