//! Finds the browser that the GraphiQL tests drive, or installs Debian's.

use std::path::{Path, PathBuf};

use crate::failure::{Failure, Outcome};
use crate::{debian, workspace};

const NAMES: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
const ON_MACOS: &str = "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome";

/// The browser's executable: the one that `CHROMIUM` names, one that is found, or a new one.
pub(crate) fn require() -> Outcome<PathBuf> {
    if let Some(browser) = find() {
        return Ok(browser);
    }
    if debian::is_debian() {
        println!("No Chromium is found, and the tests drive one: installing Debian's.");
        debian::update()?;
        debian::install(&["chromium"])?;
    }
    find().ok_or_else(|| {
        Failure::new("the tests need Chromium or Chrome: install one, or name its file in CHROMIUM")
    })
}

fn find() -> Option<PathBuf> {
    if let Some(named) = workspace::variable("CHROMIUM") {
        return Some(named.into());
    }
    let path = workspace::variable("PATH").unwrap_or_default();
    let folders: Vec<_> = std::env::split_paths(&path).collect();
    let in_path = NAMES.iter().flat_map(|name| folders.iter().map(move |folder| folder.join(name)));
    in_path.chain([Path::new(ON_MACOS).to_owned()]).find(|file| file.is_file())
}
