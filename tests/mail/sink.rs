//! A mail server that others have made, in a process of its own: `web/mail`.

use std::process::Stdio;

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};

/// Takes mail until it is dropped.
pub struct Sink {
    /// Where it listens.
    pub port: u64,
    lines: Lines<BufReader<ChildStdout>>,
    _child: Child,
}

impl Sink {
    /// One that offers encryption.
    pub async fn start() -> Self {
        Self::start_with(&["0"]).await
    }

    /// See the script for what its arguments mean.
    pub async fn start_with(arguments: &[&str]) -> Self {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/web/mail/sink.mjs");
        let mut command = Command::new("node");
        command.arg(script).args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.kill_on_drop(true).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut sink = Self { port: 0, lines, _child: child };
        let told = sink.next().await;
        sink.port = told["port"].as_u64().unwrap_or_else(|| panic!("no port in {told}"));
        sink
    }

    /// What it tells next: a mail that it took, or who has named himself.
    pub async fn next(&mut self) -> Value {
        let line = tokio::time::timeout(std::time::Duration::from_secs(60), self.lines.next_line());
        let line = line.await.expect("the sink to tell something").unwrap();
        serde_json::from_str(&line.expect("the sink to run: npm ci in web/mail")).unwrap()
    }
}

/// A mail as it waits in the queue.
pub fn invitation(to: &str, values: &Value) -> Value {
    json!({ "template": "invitation_colleague", "to": to, "values": values, "token": {
        "purpose": "ACCEPT_INVITATION", "user_id": null, "subject_id": null, "expires_at": null,
    } })
}

/// The same, of somebody with nothing special.
pub fn plain_invitation(to: &str) -> Value {
    invitation(to, &json!({ "inviter": "Ada", "firm": "Oak & Sons" }))
}
