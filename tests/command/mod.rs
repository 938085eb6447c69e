//! The command line as an operator meets it: what it prints, and how it ends.

mod configuration;
mod migrate;
mod schema;
mod serve;

use std::process::Stdio;

use tokio::process::Command;

use crate::support::variable;

/// What a command printed and how it ended.
struct Ended {
    code: Option<i32>,
    out: String,
    err: String,
}

/// The program with these arguments and nothing in its environment but these variables.
fn agent_free(arguments: &[&str], variables: &[(&str, &str)]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_agent-free"));
    command.args(arguments).env_clear().envs(variables.iter().copied());
    // Where coverage is measured, this says where to.
    command.envs(variable("LLVM_PROFILE_FILE").map(|file| ("LLVM_PROFILE_FILE", file)));
    command.stdin(Stdio::null()).kill_on_drop(true);
    command
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
