//! Holds schema.graphql to what its clients rely on: the conventions that their tools expect, and
//! that nothing which they may use goes away unannounced.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::failure::{Outcome, While};
use crate::node::Node;
use crate::{process, workspace};

const CONTRACT: &str = "schema.graphql";
const CHANGELOG: &str = "CHANGELOG.md";

/// The rules of graphql-eslint.
pub(crate) fn check_conventions(node: &Node) -> Outcome<()> {
    process::run(&mut node.script(&[
        "web/clients/node_modules/eslint/bin/eslint.js",
        "--config=web/clients/contract/eslint.config.js",
        "--max-warnings=0",
        CONTRACT,
    ]))
}

/// Compares with the last commit on main. A breaking change needs a new line in the changelog.
pub(crate) fn check_changes(node: &Node) -> Outcome<()> {
    let Some(commit) = last_on_main() else {
        println!("There is no earlier commit to compare the contract with.");
        return Ok(());
    };
    let Some(contract) = git(&["show", &format!("{commit}:{CONTRACT}")]) else {
        println!("Commit {commit} has no contract to compare with.");
        return Ok(());
    };
    println!(
        "Comparing with {}",
        git(&["log", "-1", "--format=%h %s", &commit]).unwrap_or(commit.clone())
    );
    let changelog = git(&["show", &format!("{commit}:{CHANGELOG}")]).unwrap_or_default();
    let folder = workspace::private_folder()?.join("contract");
    fs::create_dir_all(&folder).while_trying(format!("create {}", folder.display()))?;
    let (old_contract, old_changelog) = (folder.join(CONTRACT), folder.join(CHANGELOG));
    write(&old_contract, &contract)?;
    write(&old_changelog, &changelog)?;
    let mut script = node.script(&["web/clients/contract/breaking.js"]);
    process::run(script.args([&old_contract, &old_changelog]).args([CONTRACT, CHANGELOG]))
}

/// The commit on main that this checkout goes on from. On a main without changes of its own to
/// the contract that is the commit before: so what was committed is still looked at.
fn last_on_main() -> Option<String> {
    let main =
        ["origin/main", "main"].into_iter().find_map(|main| git(&["merge-base", "HEAD", main]));
    let head = git(&["rev-parse", "HEAD"])?;
    let changed = git(&["status", "--porcelain", CONTRACT]).is_some_and(|lines| !lines.is_empty());
    match main {
        Some(main) if main != head || changed => Some(main),
        _ if changed => Some(head),
        _ => git(&["rev-parse", "--verify", "HEAD^"]),
    }
}

/// What git says; nothing where there is no repository, or not what it is asked for.
fn git(arguments: &[&str]) -> Option<String> {
    process::output(Command::new("git").current_dir(workspace::root()).args(arguments)).ok()
}

fn write(path: &Path, text: &str) -> Outcome<()> {
    fs::write(path, text).while_trying(format!("write {}", path.display()))
}
