//! The built program, as processes of its own.

use std::fs;
use std::process::Stdio;
use std::time::Duration;

use tempfile::NamedTempFile;
use tokio::net::TcpListener;
use tokio::process::{Child, Command};

use super::cluster::send;
use super::variable;

/// The program with these arguments and nothing in its environment but these variables.
pub fn agent_free(arguments: &[&str], variables: &[(&str, &str)]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_agent-free"));
    command.args(arguments).env_clear().envs(variables.iter().copied());
    // Where coverage is measured, this says where to.
    command.envs(variable("LLVM_PROFILE_FILE").map(|file| ("LLVM_PROFILE_FILE", file)));
    command.stdin(Stdio::null()).kill_on_drop(true);
    command
}

/// An address where nobody listens now.
pub async fn free_address() -> String {
    TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().to_string()
}

/// A server in a process of its own.
pub struct ServerProcess {
    /// Where it listens.
    pub address: String,
    child: Child,
    /// What it writes to standard error: a pipe that nobody reads would stop it.
    log: NamedTempFile,
    client: reqwest::Client,
}

impl ServerProcess {
    /// Starts one at this address and waits until it is ready.
    pub async fn start(address: &str, database: &str, variables: &[(&str, &str)]) -> Self {
        let own = [
            ("DATABASE_URL", database),
            ("LISTEN_ADDRESS", address),
            ("SECRET_KEY", super::SECRET_KEY),
        ];
        let log = NamedTempFile::new().unwrap();
        let mut command = agent_free(&["serve"], &[&own, variables].concat());
        let child = command.stderr(log.reopen().unwrap()).spawn().unwrap();
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let mut server = Self { address: address.to_owned(), child, log, client };
        for _ in 0..1200 {
            if server.ready().await == Some(200) {
                return server;
            }
            let ended = server.child.try_wait().unwrap();
            assert!(ended.is_none(), "the server does not start: {}", server.told());
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("the server at {address} is not ready");
    }

    /// The status of `/health/ready`; none where nobody listens.
    pub async fn ready(&self) -> Option<u16> {
        let answer = self.client.get(self.url("/health/ready")).send().await;
        answer.ok().map(|answer| answer.status().as_u16())
    }

    /// The address of something that it serves.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// A client that keeps its connections.
    pub fn client(&self) -> &reqwest::Client {
        &self.client
    }

    /// Its process id.
    pub fn id(&self) -> u32 {
        self.child.id().unwrap()
    }

    /// Sends it a signal.
    pub async fn signal(&self, signal: &str) {
        send(signal, self.id()).await;
    }

    /// What it has written to standard error.
    pub fn told(&self) -> String {
        fs::read_to_string(self.log.path()).unwrap()
    }

    /// Its exit code, and what it wrote to standard error.
    pub async fn ended(mut self) -> (Option<i32>, String) {
        let ended = tokio::time::timeout(Duration::from_secs(60), self.child.wait());
        let status = ended.await.expect("the server to end").unwrap();
        (status.code(), self.told())
    }
}
