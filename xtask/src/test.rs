//! `cargo xtask test`: everything that CI runs, in order, until something fails.
//!
//! Quick checks come first and the server's own tests last, so that the output ends in their
//! summary.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use crate::failure::{Outcome, While};
use crate::node::{self, Node};
use crate::postgres::{Database, Purpose};
use crate::{
    chromium, contract, packages, process, redis, schema, schemathesis, stop, tidy, workspace,
};

pub(crate) fn run() -> Outcome<()> {
    stop::watch()?;
    let begun = Instant::now();
    step("formatting", || cargo(&["fmt", "--all", "--check"]))?;
    step("lints", || {
        cargo(&["clippy", "--workspace", "--all-targets", "--quiet", "--", "--deny", "warnings"])
    })?;
    step("dependencies: licences, sources, bans", || {
        packages::require("deny")?;
        let what = ["check", "bans", "licenses", "sources"];
        cargo(&[&["deny", "--workspace", "--log-level", "error"], what.as_slice()].concat())
    })?;
    step("dependencies: unused ones", || {
        packages::require("machete")?;
        cargo(&["machete"])
    })?;
    step("tidiness", tidy::run)?;
    step("build", || cargo(&["test", "--workspace", "--no-run", "--quiet"]))?;
    step("contract", schema::check_with_built_server)?;
    let node = step("Node.js and its packages", node::require)?;
    step("contract: conventions", || contract::check_conventions(&node))?;
    step("contract: breaking changes", || contract::check_changes(&node))?;
    let browser = step("browser", chromium::require)?;
    let schemathesis = step("Schemathesis", schemathesis::require)?;
    step("Redis", redis::require)?;
    let tools = Tools { browser, node, schemathesis };
    let database = step("database", || Database::start(Purpose::Test))?;
    step("unit tests", || run_tests(&database, &tools, &unit_tests()?))?;
    step("documentation tests", || {
        run_tests(&database, &tools, &["--workspace", "--doc"].map(String::from))
    })?;
    // Nothing is said after these: their summary is the last line.
    println!("==> server tests, after {}", shown(begun));
    run_tests(&database, &tools, &server_tests())
}

/// Programs that the tests run beside the server.
struct Tools {
    browser: PathBuf,
    node: Node,
    schemathesis: PathBuf,
}

/// The server's tests whose name contains `name`, and nothing else.
pub(crate) fn run_only(name: &str) -> Outcome<()> {
    stop::watch()?;
    redis::require()?;
    let tools = Tools {
        browser: chromium::require()?,
        node: node::require()?,
        schemathesis: schemathesis::require()?,
    };
    let database = Database::start(Purpose::Test)?;
    let mut arguments = server_tests().to_vec();
    arguments.push(name.to_owned());
    run_tests(&database, &tools, &arguments)
}

fn step<T>(name: &str, run: impl FnOnce() -> Outcome<T>) -> Outcome<T> {
    stop::check()?;
    println!("==> {name}");
    let begun = Instant::now();
    let outcome = run();
    let word = if outcome.is_ok() { "passed" } else { "FAILED" };
    println!("<== {name}: {word} in {}", shown(begun));
    outcome
}

fn shown(begun: Instant) -> String {
    let seconds = begun.elapsed().as_secs_f32();
    if seconds < 60.0 {
        format!("{seconds:.1} s")
    } else {
        format!("{} min {:.0} s", (seconds / 60.0) as u32, seconds % 60.0)
    }
}

fn cargo(arguments: &[&str]) -> Outcome<()> {
    process::run(&mut process::cargo(arguments))
}

/// Library and binary tests, and every test program but the server's.
fn unit_tests() -> Outcome<Vec<String>> {
    // Always the whole workspace: a part of it would choose other features and build them anew.
    let mut arguments = ["--workspace", "--lib", "--bins"].map(String::from).to_vec();
    for package in ["entity", "migration", "loaders", "xtask", "bench"] {
        let folder = workspace::root().join(package).join("tests");
        let Ok(entries) = fs::read_dir(folder) else { continue };
        for entry in entries {
            let path = entry.while_trying(format!("list the tests of {package}"))?.path();
            arguments
                .extend(test_program(&path).into_iter().flat_map(|name| ["--test".into(), name]));
        }
    }
    Ok(arguments)
}

/// The name of the test program that a file, or a folder with a `main.rs`, makes.
fn test_program(path: &Path) -> Option<String> {
    let is_file = path.extension().is_some_and(|extension| extension == "rs");
    let is_program = is_file || path.join("main.rs").exists();
    is_program.then(|| path.file_stem().map(|name| name.to_string_lossy().into_owned()))?
}

fn server_tests() -> [String; 3] {
    ["--workspace", "--test", "main"].map(String::from)
}

fn run_tests(database: &Database, tools: &Tools, arguments: &[String]) -> Outcome<()> {
    let mut command = process::cargo(&["test"]);
    command.args(arguments).env("DATABASE_URL", &database.url);
    command.env("PATH", tools.node.path(&database.path())).env("CHROMIUM", &tools.browser);
    command.env("SCHEMATHESIS", &tools.schemathesis);
    process::run(&mut command)
}
