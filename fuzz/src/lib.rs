//! From a fuzzer's bytes to an answer, and what every answer must keep.
//!
//! - [`Input`]: a request as bytes hold it: a document, variables, a name, with lines of `%%`
//!   between them.
//! - [`Operations`]: turns bytes into choices among what the contract has and what the seeds say,
//!   so that most documents are valid and come as far as the database.
//! - [`attacks`]: bodies that come to much in servers without limits.
//! - [`viewer`]: who asks, with nothing hidden from him.
//! - [`check`]: runs a request and says what is wrong with its answer.
//!
//! `cargo xtask fuzz` lets LLVM's fuzzer choose the bytes; the tests take a short round of them
//! from a fixed seed.

mod answer;
mod attacks;
mod generate;
mod input;
mod operations;
mod tree;
mod viewer;

pub use answer::{Reached, check};
pub use attacks::{Attack, attacks};
pub use input::{Input, seeds};
pub use operations::Operations;
pub use viewer::viewer;
