//! `cargo xtask tidy`: what no other tool checks.
//!
//! - Every Rust file opens with a `//!` sentence that says what it is and promises.
//! - No Rust file is longer than [`LONGEST`] lines, unless [`LONG`] says why.
//! - No file names the host of a package registry, or a folder of somebody's machine.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::failure::{Failure, Outcome};
use crate::{process, workspace};

const LONGEST: usize = 600;

/// Files that are longer, each with the reason. One that has become short must leave the list.
const LONG: &[(&str, &str)] = &[];

/// What must not stand in a file. Taken apart, so that this file does not hold it either.
const UNWANTED: &[(&[&str], &str)] = &[
    (&["registry", ".npmjs.", "org"], "a package registry's host"),
    (&["registry", ".yarnpkg.", "com"], "a package registry's host"),
    (&["static.", "crates", ".io"], "a package registry's host"),
    (&["index.", "crates", ".io"], "a package registry's host"),
    (&["files.", "python", "hosted.org"], "a package registry's host"),
    (&["py", "pi.org"], "a package registry's host"),
    (&["proxy.", "golang", ".org"], "a package registry's host"),
    (&["repo1.", "maven", ".org"], "a package registry's host"),
    (&["deb.", "debian", ".org"], "a package registry's host"),
    (&["/", "root", "/"], "a folder of one machine"),
    (&["/", "home", "/"], "a folder of one machine"),
    (&["/", "Users", "/"], "a folder of one machine"),
    (&["/", "work", "/"], "a folder of one machine"),
];

pub(crate) fn run() -> Outcome<()> {
    let mut complaints = Vec::new();
    let mut long = Vec::new();
    for name in files()? {
        let path = workspace::root().join(&name);
        // Deleted but still in git's list, or not text: neither is ours to read.
        let Ok(text) = fs::read_to_string(&path) else { continue };
        if Path::new(&name).extension().is_some_and(|extension| extension == "rs") {
            complaints.extend(rust_complaint(&name, &text));
            if text.lines().count() > LONGEST {
                long.push(name.clone());
            }
        }
        complaints.extend(unwanted(&name, &text));
    }
    complaints.extend(length_complaints(&long, LONG));
    if complaints.is_empty() { Ok(()) } else { Err(Failure::new(complaints.join("\n"))) }
}

/// Every file that is committed or would be.
fn files() -> Outcome<Vec<String>> {
    let mut git = Command::new("git");
    git.current_dir(workspace::root());
    git.args(["ls-files", "--cached", "--others", "--exclude-standard"]);
    Ok(process::output(&mut git)?.lines().map(str::to_owned).collect())
}

fn rust_complaint(name: &str, text: &str) -> Option<String> {
    let opening = text.lines().next().unwrap_or_default();
    let says = opening.strip_prefix("//!").unwrap_or_default().trim();
    // Shorter than this is no sentence.
    (says.len() < 15).then(|| format!("{name}: does not open with a //! sentence on what it is"))
}

fn length_complaints(long: &[String], reasons: &[(&str, &str)]) -> Vec<String> {
    let too_long =
        long.iter().filter(|name| !reasons.iter().any(|(known, _)| known == name)).map(|name| {
            format!(
                "{name}: longer than {LONGEST} lines; split it, or say why in xtask/src/tidy.rs"
            )
        });
    let stale = reasons.iter().filter(|(known, _)| !long.iter().any(|name| name == known)).map(
        |(known, _)| format!("{known}: no longer long; take it off the list in xtask/src/tidy.rs"),
    );
    too_long.chain(stale).collect()
}

fn unwanted(name: &str, text: &str) -> Vec<String> {
    // Cargo writes the registry's name into its lock file by itself.
    if name == "Cargo.lock" {
        return Vec::new();
    }
    let mut found = Vec::new();
    for (parts, what) in UNWANTED {
        let needle = parts.concat();
        for (index, line) in text.lines().enumerate() {
            if line.match_indices(&needle).any(|(at, _)| stands_alone(line, at, &needle)) {
                found.push(format!("{name}:{}: names {what} ({needle})", index + 1));
            }
        }
    }
    found
}

/// A folder counts only where a path begins: not in `src/home/`, nor in an address.
fn stands_alone(line: &str, at: usize, needle: &str) -> bool {
    let before = line[..at].chars().next_back();
    !needle.starts_with('/')
        || before
            .is_none_or(|character| !character.is_alphanumeric() && !"._-*}".contains(character))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_opens_with_a_sentence() {
        assert_eq!(rust_complaint("a.rs", "//! Says what it is for.\n"), None);
        for text in ["", "fn main() {}\n", "//! .\n", "// A comment, not documentation.\n"] {
            assert!(rust_complaint("a.rs", text).is_some(), "{text:?}");
        }
    }

    #[test]
    fn long_files_need_a_reason_and_reasons_a_long_file() {
        let long = ["a.rs".to_owned()];
        assert_eq!(length_complaints(&long, &[("a.rs", "generated")]), Vec::<String>::new());
        assert_eq!(length_complaints(&long, &[]).len(), 1);
        assert_eq!(length_complaints(&[], &[("a.rs", "generated")]).len(), 1);
    }

    #[test]
    fn hosts_and_folders_are_found_where_they_stand() {
        let host = ["https://registry", ".npmjs.", "org/x"].concat();
        let folder = ["/", "root", "/x"].concat();
        assert_eq!(unwanted("a", &format!("fine\n{host}\n"))[0].split(": ").next(), Some("a:2"));
        assert_eq!(unwanted("a", &format!("cd {folder}")).len(), 1);
        assert_eq!(unwanted("a", &format!("src{folder}")).len(), 0);
        assert_eq!(unwanted("Cargo.lock", &host).len(), 0);
    }
}
