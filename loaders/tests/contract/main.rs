//! The contract by its public face: SDL in, and out again; documents and values held against it.

mod coerce;
mod derive;
mod drift;
mod parse;
mod print;
mod record;
mod schema;

use loaders::contract::{Contract, derive as derivation};

/// A small contract with one of everything: what a person would write, nothing derived.
const LIBRARY: &str = include_str!("library.graphql");

/// The small contract, complete.
fn library() -> Contract {
    let sdl = derivation::complete(LIBRARY).expect("the library's contract is complete");
    Contract::parse(&sdl).expect("what was derived parses")
}

/// The mistakes of a contract, for comparing.
fn mistakes<T: std::fmt::Debug>(result: Result<T, loaders::BindError>) -> Vec<String> {
    result.expect_err("the contract has mistakes").0
}
