//! Installs packages on Debian and Ubuntu, after saying so; elsewhere somebody else must.

use std::path::Path;
use std::process::Command;

use crate::failure::Outcome;
use crate::process;

/// Whether this system installs with apt-get.
pub(crate) fn is_debian() -> bool {
    Path::new("/etc/debian_version").exists() && Path::new("/usr/bin/apt-get").exists()
}

/// Fetches the list of packages: without it a new machine knows none.
pub(crate) fn update() -> Outcome<()> {
    apt_get(&["update", "-qq"])
}

/// Installs packages.
pub(crate) fn install(packages: &[&str]) -> Outcome<()> {
    let mut arguments = vec!["install", "--yes", "-qq", "--no-install-recommends"];
    arguments.extend(packages);
    apt_get(&arguments)
}

fn apt_get(arguments: &[&str]) -> Outcome<()> {
    let mut words = if is_root()? { vec![] } else { vec!["sudo"] };
    words.extend(["env", "DEBIAN_FRONTEND=noninteractive", "apt-get"]);
    words.extend(arguments);
    println!("+ {}", words.join(" "));
    process::run(Command::new(words[0]).args(&words[1..]))
}

/// Whether this program runs as root.
pub(crate) fn is_root() -> Outcome<bool> {
    Ok(process::output(Command::new("id").arg("-u"))? == "0")
}
