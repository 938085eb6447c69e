//! The project's own commands, for a machine that has nothing but Rust: `cargo xtask dev`,
//! `test`, `schema` and `bench`.
//!
//! It depends on nearly nothing, so that it compiles in seconds; what needs the server runs the
//! server's binary.
#![allow(clippy::print_stdout, reason = "a command-line program answers on standard output")]

mod bench;
mod chromium;
mod contract;
mod debian;
mod dev;
mod failure;
mod fuzz;
mod node;
mod packages;
mod postgres;
mod process;
mod redis;
mod schema;
mod schemathesis;
mod stop;
mod test;
mod tidy;
mod workspace;

use std::env;
use std::process::ExitCode;

use failure::{Failure, Outcome};

const USAGE: &str = "\
cargo xtask dev                     start a private database with the real data, and serve it
cargo xtask test [--only NAME]      run everything that CI runs, or only the server tests NAME
cargo xtask schema [--write|--check]
                                    print the contract, write what follows from it, or compare
cargo xtask bench [ARGUMENTS]       measure; ARGUMENTS go to the bench program
cargo xtask fuzz bytes|operations [ARGUMENTS]
                                    let a fuzzer choose requests; ARGUMENTS go to it
cargo xtask tidy                    check what no other tool checks
";

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("xtask: {failure}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &[&str]) -> Outcome<()> {
    match arguments {
        ["dev"] => dev::run(),
        ["test"] => test::run(),
        ["test", "--only", name] => test::run_only(name),
        ["schema"] => schema::run(schema::Mode::Print),
        ["schema", "--write"] => schema::run(schema::Mode::Write),
        ["schema", "--check"] => schema::run(schema::Mode::Check),
        ["bench", rest @ ..] => bench::run(rest),
        ["fuzz", target @ ("bytes" | "operations"), rest @ ..] => fuzz::run(target, rest),
        ["tidy"] => tidy::run(),
        [] | ["help" | "--help" | "-h"] => {
            print!("{USAGE}");
            Ok(())
        }
        _ => Err(Failure::new(format!(
            "`{}` is not a command. These are:\n{USAGE}",
            arguments.join(" ")
        ))),
    }
}
