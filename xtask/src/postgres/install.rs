//! Finds the programs of a PostgreSQL that is new enough and has PostGIS, or installs one.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use crate::failure::{Failure, Outcome};
use crate::{debian, process, workspace};

/// The oldest version that the migrations are written for.
const OLDEST: u32 = 15;

/// The folder of one PostgreSQL's programs.
#[derive(Debug, Clone)]
pub(crate) struct Installation {
    /// Where `initdb`, `postgres` and `psql` are.
    pub(crate) programs: PathBuf,
    /// Its major version.
    pub(crate) version: u32,
}

/// The newest fit PostgreSQL of this machine, installed if there is none. With `version`, that
/// one: a cluster can be opened only by the version that made it.
pub(crate) fn require(version: Option<u32>) -> Outcome<Installation> {
    if let Some(found) = find(version) {
        return Ok(found);
    }
    let wanted =
        version.map_or_else(|| format!("{OLDEST} or newer"), |version| version.to_string());
    if debian::is_debian() {
        println!("No PostgreSQL {wanted} with PostGIS is found: installing Debian's.");
        println!("What is made with it here is private; the system's own cluster is left alone.");
        debian::update()?;
        let package = newest_package(version)?.ok_or_else(|| missing(&wanted))?;
        debian::install(&[&package])?;
    }
    find(version).ok_or_else(|| missing(&wanted))
}

fn missing(wanted: &str) -> Failure {
    let how = if cfg!(target_os = "macos") {
        "brew install postgresql@17 postgis"
    } else {
        "it is often named postgresql-server, with postgis beside it"
    };
    Failure::new(format!(
        "PostgreSQL {wanted} with PostGIS is needed and not found. Install it with your system's \
         package manager ({how}), or name a server in DATABASE_URL: \
         postgres://user:password@host:5432/name"
    ))
}

fn find(version: Option<u32>) -> Option<Installation> {
    let fit = folders().into_iter().filter_map(inspect);
    fit.filter(|found| version.is_none_or(|version| version == found.version))
        .max_by_key(|found| found.version)
}

/// Where systems put PostgreSQL's programs, and every folder of PATH.
fn folders() -> Vec<PathBuf> {
    let parents = ["/usr/lib/postgresql", "/usr", "/opt/homebrew/opt", "/usr/local/opt"];
    let versions = parents.iter().filter_map(|parent| fs::read_dir(parent).ok()).flatten();
    let mut folders: Vec<PathBuf> =
        versions.filter_map(Result::ok).map(|entry| entry.path().join("bin")).collect();
    folders.push("/usr/local/pgsql/bin".into());
    folders.extend(env::split_paths(&workspace::variable("PATH").unwrap_or_default()));
    folders
}

fn inspect(programs: PathBuf) -> Option<Installation> {
    if !programs.join("initdb").exists() || !programs.join("psql").exists() {
        return None;
    }
    let version = process::output(Command::new(programs.join("postgres")).arg("--version")).ok()?;
    let version = major_version(&version).filter(|version| *version >= OLDEST)?;
    let shared =
        process::output(Command::new(programs.join("pg_config")).arg("--sharedir")).ok()?;
    let postgis = Path::new(&shared).join("extension/postgis.control");
    postgis.exists().then_some(Installation { programs, version })
}

/// `postgres (PostgreSQL) 15.18 (Debian …)` is 15.
fn major_version(text: &str) -> Option<u32> {
    let number =
        text.split_whitespace().find(|word| word.starts_with(|c: char| c.is_ascii_digit()))?;
    number.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

/// The package of PostGIS, which brings PostgreSQL with it, for the newest version there is.
fn newest_package(version: Option<u32>) -> Outcome<Option<String>> {
    let names = process::output(Command::new("apt-cache").args([
        "search",
        "--names-only",
        "^postgresql-[0-9]+-postgis-3$",
    ]))?;
    Ok(pick_package(&names, version))
}

fn pick_package(names: &str, version: Option<u32>) -> Option<String> {
    let versions = names.lines().filter_map(|line| {
        line.strip_prefix("postgresql-")?.split('-').next()?.parse::<u32>().ok()
    });
    let fit = versions
        .filter(|found| *found >= OLDEST && version.is_none_or(|version| version == *found))
        .max()?;
    Some(format!("postgresql-{fit}-postgis-3"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_from_what_postgres_says() {
        assert_eq!(major_version("postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)"), Some(15));
        assert_eq!(major_version("postgres (PostgreSQL) 18beta2"), Some(18));
        assert_eq!(major_version("something else"), None);
    }

    #[test]
    fn the_newest_fit_package_is_picked() {
        let names =
            "postgresql-14-postgis-3 - a\npostgresql-15-postgis-3 - b\npostgresql-17-postgis-3 - c";
        assert_eq!(pick_package(names, None).as_deref(), Some("postgresql-17-postgis-3"));
        assert_eq!(pick_package(names, Some(15)).as_deref(), Some("postgresql-15-postgis-3"));
        assert_eq!(pick_package("postgresql-14-postgis-3 - a", None), None);
        assert_eq!(pick_package("", None), None);
    }
}
