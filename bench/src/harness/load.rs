//! Load from `wrk`: bodies in turn, a number of connections, a bounded time.

use std::path::Path;
use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;
use tokio::process::Command;

use super::server::Server;
use crate::error::BenchError;

const SCRIPT: &str = include_str!("post.lua");

/// What `wrk` counted.
#[derive(Debug, Deserialize)]
pub(crate) struct Load {
    /// Answers that arrived.
    pub(crate) requests: u64,
    micros: u64,
    /// Bytes of all answers.
    pub(crate) bytes: u64,
    failed: u64,
    p50: u64,
    p99: u64,
}

impl Load {
    /// Answers a second.
    pub(crate) fn throughput(&self) -> f64 {
        self.requests as f64 / (self.micros as f64 / 1e6)
    }

    /// Half of the answers came faster, in milliseconds.
    pub(crate) fn median_latency(&self) -> f64 {
        self.p50 as f64 / 1e3
    }

    /// 99 of 100 answers came faster, in milliseconds.
    pub(crate) fn p99(&self) -> f64 {
        self.p99 as f64 / 1e3
    }
}

/// Posts bodies in turn to a server for this long over this many connections, each with an idempotency
/// key of its own if `keyed`. An answer that is not 2xx, or a
/// connection that breaks, is a failure of the measurement.
pub(crate) async fn load(
    server: &Server,
    bodies: &[Value],
    keyed: bool,
    connections: u32,
    time: Duration,
) -> Result<Load, BenchError> {
    let folder = tempfile::tempdir().map_err(BenchError::file(std::env::temp_dir()))?;
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).map_err(BenchError::file(&path)).map(|()| path)
    };
    let script = write("post.lua", SCRIPT)?;
    let lines: String = bodies.iter().map(|body| format!("{body}\n")).collect();
    let bodies = write("bodies.jsonl", &lines)?;
    let output = Command::new("wrk")
        .arg("--threads=1")
        .arg(format!("--connections={connections}"))
        .arg(format!("--duration={}s", time.as_secs().max(1)))
        .arg("--timeout=10s")
        .args([Path::new("--script"), &script])
        .args(server.authorization.iter().flat_map(|authorization| {
            ["--header".to_owned(), format!("Authorization: {authorization}")]
        }))
        .args([server.url.as_str(), "--"])
        .arg(&bodies)
        .args(keyed.then_some("keyed"))
        .kill_on_drop(true)
        .output()
        .await
        .map_err(|error| {
            BenchError::program("wrk", format!("{error} (on Debian: apt-get install wrk)"))
        })?;
    let text = String::from_utf8_lossy(&output.stdout);
    let load: Load = text
        .lines()
        .rev()
        .find_map(|line| serde_json::from_str(line).ok())
        .ok_or_else(|| BenchError::program("wrk", String::from_utf8_lossy(&output.stderr)))?;
    if load.failed > 0 || load.requests == 0 {
        return Err(BenchError::answer(
            server.url.as_str(),
            format!("{} of {} requests failed", load.failed, load.requests),
        ));
    }
    Ok(load)
}
