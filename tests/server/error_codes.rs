//! The closed list of error codes: the guide tells each as the server means it, and each is used.

use std::fs;
use std::path::{Path, PathBuf};

use loaders::ErrorCode;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The list as the guide has it.
fn table() -> String {
    let row = |code: &ErrorCode| {
        format!("| `{}` | {} | {} |\n", code.as_str(), code.http_status(), code.about())
    };
    ErrorCode::ALL.iter().map(row).collect()
}

#[test]
fn the_guide_lists_every_code() {
    let guide = fs::read_to_string(root().join("docs/front-end.md")).unwrap();
    let (_, list) = guide.split_once("| code | status | what it means |\n|---|---|---|\n").unwrap();
    let list: String = list
        .lines()
        .take_while(|line| line.starts_with('|'))
        .map(|line| line.to_owned() + "\n")
        .collect();
    assert_eq!(list, table());
}

#[test]
fn every_code_is_used() {
    let mut sources = String::new();
    let mut folders: Vec<PathBuf> = vec![root().join("src"), root().join("loaders/src")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.file_name().unwrap() != "error_code.rs" {
                sources += &fs::read_to_string(path).unwrap();
            }
        }
    }
    let words: Vec<&str> =
        sources.split(|character: char| !character.is_alphanumeric() && character != ':').collect();
    for code in ErrorCode::ALL {
        assert!(words.contains(&format!("ErrorCode::{code:?}").as_str()), "{code} is never given");
    }
}
