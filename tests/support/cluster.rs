//! A PostgreSQL of one test's own, which it may stop, start and harm. Its programs come from PATH.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, chown};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tempfile::TempDir;
use tokio::process::{Child, Command};
use tokio_postgres::{Client, NoTls};

/// The role that owns everything, and its database.
const NAME: &str = "agent_free";

/// A cluster in a temporary folder, reached through a Unix socket only.
pub struct Cluster {
    folder: TempDir,
    user: Option<(u32, u32)>,
    postgres: Option<Child>,
}

impl Cluster {
    /// An empty one that runs.
    pub async fn new() -> Self {
        let mut cluster = Self::prepare();
        let data = cluster.data();
        let locale = if cfg!(target_os = "linux") { "--locale=C.UTF-8" } else { "--locale=C" };
        let mut initdb = cluster.program("initdb");
        initdb.arg("-D").arg(data).args(["-U", NAME, "-A", "trust", "-E", "UTF8", "--no-sync"]);
        let made = initdb.arg(locale).output().await.unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        cluster.start().await;
        let server = connect(&cluster.url_of("postgres")).await.unwrap();
        server.batch_execute(&format!("CREATE DATABASE {NAME}")).await.unwrap();
        cluster
    }

    /// The folder alone, for a cluster whose files come from elsewhere.
    pub fn prepare() -> Self {
        let folder = tempfile::tempdir().unwrap();
        // Whoever made the folder owns it.
        let is_root = fs::metadata(folder.path()).unwrap().uid() == 0;
        let user = is_root.then(unprivileged_user);
        if let Some((user, group)) = user {
            chown(folder.path(), Some(user), Some(group)).unwrap();
        }
        Self { folder, user, postgres: None }
    }

    /// Where its files are.
    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// Where its socket is.
    pub fn socket(&self) -> &Path {
        self.folder.path()
    }

    /// The address of its database.
    pub fn url(&self) -> String {
        self.url_of(NAME)
    }

    fn url_of(&self, database: &str) -> String {
        let folder = self.socket().to_str().unwrap().replace('/', "%2F");
        format!("postgres://{NAME}@{folder}:5432/{database}")
    }

    /// A program of PostgreSQL, as the user that the cluster runs as.
    pub fn program(&self, name: &str) -> Command {
        let mut command = Command::new(name);
        command.current_dir("/").stdin(Stdio::null()).kill_on_drop(true);
        if let Some((user, group)) = self.user {
            command.uid(user).gid(group);
        }
        command
    }

    /// Starts it, and waits until it takes connections.
    pub async fn start(&mut self) {
        let mut postgres = self.program("postgres");
        postgres.arg("-D").arg(self.data()).arg("-c");
        postgres.arg(format!("unix_socket_directories={}", self.socket().display()));
        for setting in ["listen_addresses=", "fsync=off", "full_page_writes=off"] {
            postgres.args(["-c", setting]);
        }
        postgres.stdout(Stdio::null()).stderr(Stdio::null());
        self.postgres = Some(postgres.spawn().unwrap());
        for _ in 0..600 {
            if connect(&self.url_of("postgres")).await.is_ok() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("PostgreSQL does not start in {}", self.folder.path().display());
    }

    /// Stops it as an operator does: connections are ended, transactions taken back.
    pub async fn stop(&mut self) {
        self.end("INT").await;
    }

    /// Ends it as a power cut does, to be started again.
    pub async fn kill(&mut self) {
        self.end("QUIT").await;
    }

    async fn end(&mut self, signal: &str) {
        let Some(mut postgres) = self.postgres.take() else { return };
        send(signal, postgres.id().unwrap()).await;
        postgres.wait().await.unwrap();
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        // Killed alone, the first process would leave the others behind for a moment, with their
        // hands in the folder: so it is asked to end them, and given the time.
        let Some(pid) = self.postgres.as_ref().and_then(Child::id) else { return };
        let asked = std::process::Command::new("kill").args(["-QUIT", &pid.to_string()]).status();
        if asked.is_ok_and(|status| status.success()) {
            let gone = || !self.data().join("postmaster.pid").exists();
            for _ in 0..100 {
                if gone() {
                    break;
                }
                std::thread::park_timeout(Duration::from_millis(20));
            }
        }
    }
}

/// Sends a signal to a process.
pub async fn send(signal: &str, pid: u32) {
    let sent = Command::new("kill").args([&format!("-{signal}"), &pid.to_string()]).status().await;
    assert!(sent.unwrap().success());
}

/// One connection, if there is somebody.
async fn connect(url: &str) -> Result<Client, tokio_postgres::Error> {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
    tokio::spawn(async move {
        // Its end fails the statement that waits for it; the test sees that.
        let _ = connection.await;
    });
    Ok(client)
}

/// PostgreSQL refuses to run as root, which lends it another user: by user and group id.
fn unprivileged_user() -> (u32, u32) {
    let users = fs::read_to_string("/etc/passwd").unwrap();
    let find = |name: &&str| {
        users.lines().find_map(|line| {
            let fields: Vec<&str> = line.split(':').collect();
            (fields[0] == *name).then(|| (fields[2].parse().unwrap(), fields[3].parse().unwrap()))
        })
    };
    let found = ["postgres", "nobody"].iter().find_map(find);
    found.expect("a user postgres or nobody, because PostgreSQL does not run as root")
}
