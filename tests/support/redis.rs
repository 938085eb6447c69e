//! A Redis of one test's own, which it may stop and start. Its program comes from PATH.

use std::process::Stdio;
use std::time::Duration;

use stores::rate_limits::{Redis, RedisUrl};
use tempfile::TempDir;
use tokio::process::{Child, Command};

/// A server in a temporary folder, reached through a Unix socket only. It keeps nothing.
pub struct RedisServer {
    folder: TempDir,
    process: Option<Child>,
}

impl RedisServer {
    /// An empty one that runs.
    pub async fn new() -> Self {
        let mut server = Self { folder: tempfile::tempdir().unwrap(), process: None };
        server.start().await;
        server
    }

    /// Its address.
    pub fn url(&self) -> String {
        format!("redis+unix://{}", self.socket().display())
    }

    /// An adapter over it.
    pub fn adapter(&self) -> Redis {
        Redis::new(&RedisUrl::parse(&self.url()).unwrap()).unwrap()
    }

    fn socket(&self) -> std::path::PathBuf {
        self.folder.path().join("redis.sock")
    }

    /// Starts it, and waits until it takes connections.
    pub async fn start(&mut self) {
        let mut redis = Command::new("redis-server");
        redis.args(["--port", "0", "--save", "", "--appendonly", "no", "--unixsocket"]);
        redis.arg(self.socket()).arg("--dir").arg(self.folder.path());
        redis.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
        self.process = Some(redis.spawn().expect("redis-server, which cargo xtask test installs"));
        for _ in 0..600 {
            if tokio::net::UnixStream::connect(self.socket()).await.is_ok() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("Redis does not start in {}", self.folder.path().display());
    }

    /// Ends it as a power cut does.
    pub async fn kill(&mut self) {
        let mut process = self.process.take().expect("it runs");
        process.kill().await.unwrap();
        // Nobody takes it for one that is there.
        std::fs::remove_file(self.socket()).unwrap();
    }
}
