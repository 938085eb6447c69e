//! One private cluster: made once, started for one command, stopped when it is dropped.
//!
//! It listens on a Unix socket only, in a folder that only its user (and root) can open. So it
//! needs no password, no port, and nobody else on the machine reaches it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::folder::Folder;
use super::install::{self, Installation};
use super::user::ClusterUser;
use crate::failure::{Failure, Outcome, While};
use crate::process::{self, Service};

/// The role that owns everything in a private cluster, and its database.
const NAME: &str = "agent_free";

/// What a cluster is for, which decides its folder and settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Data that a developer wants to keep.
    Dev,
    /// Databases that live for one test: nothing survives a power cut, and nothing needs to.
    Test,
    /// Data for measurements.
    Bench,
    /// Data that a fuzzer may spoil.
    Fuzz,
}

impl Purpose {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Dev => "dev",
            Self::Test => "test",
            Self::Bench => "bench",
            Self::Fuzz => "fuzz",
        }
    }

    fn settings(self) -> &'static [&'static str] {
        match self {
            Self::Dev => &["log_min_messages=warning"],
            Self::Test | Self::Fuzz => &[
                "fsync=off",
                "synchronous_commit=off",
                "full_page_writes=off",
                "max_connections=500",
            ],
            Self::Bench => &["shared_buffers=1GB", "max_wal_size=4GB", "random_page_cost=1.1"],
        }
    }
}

/// A running cluster.
pub(crate) struct Cluster {
    installation: Installation,
    socket: PathBuf,
    log: PathBuf,
    postgres: Service,
}

impl Cluster {
    /// Starts the cluster for this purpose, making it first if there is none.
    pub(crate) fn start(purpose: Purpose) -> Outcome<Self> {
        let begun = Instant::now();
        // Looked for first: installing it makes the user that it runs as.
        let newest = install::require(None)?;
        let user = ClusterUser::choose()?;
        let folder = Folder::prepare(purpose.name(), user)?;
        let installation = match made_by(&folder.data) {
            None => newest,
            Some(version) if version == newest.version => newest,
            Some(version) => install::require(Some(version)).map_err(|failure| {
                Failure::new(format!(
                    "{failure}\nOr remove {}, to begin anew.",
                    folder.home.display()
                ))
            })?,
        };
        stop_left_behind(&folder)?;
        if made_by(&folder.data).is_none() {
            create(&installation, user, &folder)?;
        }

        let log = folder.home.join("log");
        let mut command = Command::new(installation.programs.join("postgres"));
        user.apply(&mut command);
        command.arg("-D").arg(&folder.data);
        command.arg("-c").arg(format!("unix_socket_directories={}", folder.socket.display()));
        for setting in ["listen_addresses=", "port=5432", "logging_collector=off"]
            .iter()
            .chain(purpose.settings())
        {
            command.args(["-c", setting]);
        }
        let file = fs::File::create(&log).while_trying(format!("create {}", log.display()))?;
        command.stdout(Stdio::null()).stderr(file);
        let postgres = Service::start("PostgreSQL", &mut command, "INT", Duration::from_secs(20))?;

        let mut cluster = Self { installation, socket: folder.socket, log, postgres };
        cluster.wait_until_ready()?;
        cluster.create_database()?;
        println!(
            "PostgreSQL {} runs in {} ({:.1} s)",
            cluster.installation.version,
            folder.home.display(),
            begun.elapsed().as_secs_f32()
        );
        Ok(cluster)
    }

    /// The address of its database.
    pub(crate) fn url(&self) -> String {
        let host: String = self.socket.to_string_lossy().bytes().map(percent_encoded).collect();
        format!("postgres://{NAME}@{host}:5432/{NAME}")
    }

    /// The folder of its programs.
    pub(crate) fn programs(&self) -> &Path {
        &self.installation.programs
    }

    /// Fails when it has ended, or somebody asked to stop.
    pub(crate) fn check(&mut self) -> Outcome<()> {
        self.postgres.check().map_err(|failure| with_log(failure, &self.log))
    }

    fn wait_until_ready(&mut self) -> Outcome<()> {
        let mut ready = Command::new(self.installation.programs.join("pg_isready"));
        ready.arg("-h").arg(&self.socket).args(["-p", "5432"]).stdout(Stdio::null());
        self.postgres
            .wait_until(Duration::from_secs(60), || ready.status().is_ok_and(|it| it.success()))
            .map_err(|failure| with_log(failure, &self.log))
    }

    fn create_database(&self) -> Outcome<()> {
        let exists = format!("SELECT 1 FROM pg_database WHERE datname = '{NAME}'");
        if self.psql("postgres", &exists)?.is_empty() {
            self.psql("postgres", &format!("CREATE DATABASE {NAME}"))?;
        }
        Ok(())
    }

    /// What a statement gives in its database, as text.
    pub(crate) fn query(&self, statement: &str) -> Outcome<String> {
        self.psql(NAME, statement)
    }

    fn psql(&self, database: &str, statement: &str) -> Outcome<String> {
        let mut psql = Command::new(self.installation.programs.join("psql"));
        psql.args(["--no-psqlrc", "-At", "-p", "5432", "-U", NAME, "-d", database, "-h"]);
        process::output(psql.arg(&self.socket).args(["-c", statement]))
    }
}

fn percent_encoded(byte: u8) -> String {
    if byte.is_ascii_alphanumeric() || b"-_.".contains(&byte) {
        char::from(byte).to_string()
    } else {
        format!("%{byte:02X}")
    }
}

fn with_log(failure: Failure, log: &Path) -> Failure {
    let text = fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    let tail = lines[lines.len().saturating_sub(5)..].join("\n");
    Failure::new(format!("{failure}\n{tail}"))
}

/// The version of PostgreSQL that made these files, if they are whole.
fn made_by(data: &Path) -> Option<u32> {
    fs::read_to_string(data.join("PG_VERSION")).ok()?.trim().parse().ok()
}

/// Makes the files beside their place and moves them there when they are whole.
fn create(installation: &Installation, user: ClusterUser, folder: &Folder) -> Outcome<()> {
    let unfinished = folder.home.join("unfinished");
    if unfinished.exists() {
        fs::remove_dir_all(&unfinished).while_trying(format!("remove {}", unfinished.display()))?;
    }
    let mut command = Command::new(installation.programs.join("initdb"));
    user.apply(&mut command);
    command.arg("-D").arg(&unfinished).args(["-U", NAME, "-A", "trust", "-E", "UTF8", "--no-sync"]);
    // C.UTF-8 sorts by code point everywhere; where a system lacks it, C does for these bytes.
    command.arg(if cfg!(target_os = "linux") { "--locale=C.UTF-8" } else { "--locale=C" });
    process::output(&mut command)?;
    fs::rename(&unfinished, &folder.data).while_trying(format!("rename {}", unfinished.display()))
}

/// Stops the server of these files, if a run that was killed left it behind. Our caller holds the
/// lock of this cluster, so no living run can own it.
fn stop_left_behind(folder: &Folder) -> Outcome<()> {
    let file = fs::read_to_string(folder.data.join("postmaster.pid")).unwrap_or_default();
    let Some(pid) = file.lines().next().and_then(|line| line.trim().parse().ok()) else {
        return Ok(());
    };
    let data = folder.data.to_string_lossy();
    match process::command_line(pid) {
        Some(line) if line.contains(&*data) => {
            println!("stopping the PostgreSQL that an earlier run left behind");
            process::stop_left_behind("INT", pid)
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_socket_folder_becomes_a_host() {
        let host: String = "/tmp/a b/é".bytes().map(percent_encoded).collect();
        assert_eq!(host, "%2Ftmp%2Fa%20b%2F%C3%A9");
    }
}
