//! The command line as an operator meets it: what it prints, and how it ends.

mod configuration;
mod migrate;
mod operations;
mod schema;
mod serve;

use crate::support::agent_free;

/// What a command printed and how it ended.
struct Ended {
    code: Option<i32>,
    out: String,
    err: String,
}

/// Runs the program to its end.
async fn run(arguments: &[&str], variables: &[(&str, &str)]) -> Ended {
    let output = agent_free(arguments, variables).output().await.unwrap();
    Ended {
        code: output.status.code(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}
