//! The servers that are measured: ours and its rivals, each started alone on a port of its own.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use serde_json::Value;
use tokio::process::Command;

use super::process::{Process, free_port};
use super::viewer;
use crate::error::BenchError;
use crate::rival::Rival;

/// How long a server may take until it answers.
const START_LIMIT: Duration = Duration::from_secs(60);

/// Where everything is that a measurement starts.
#[derive(Debug, Clone)]
pub(crate) struct Programs {
    /// Our server, built for release.
    pub(crate) agent_free: PathBuf,
    /// The folder with PostGraphile and its Node.
    pub(crate) postgraphile: PathBuf,
    /// Connections that every server may open.
    pub(crate) pool_size: u32,
    /// Whether our server says what each answer cost.
    pub(crate) expose_cost: bool,
    /// Where our server sends its traces, if it makes any.
    pub(crate) trace_collector: Option<String>,
}

/// Who is measured.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Contestant {
    /// Our server.
    AgentFree,
    /// Our server, with metrics.
    Measured,
    /// Our server, with metrics and a trace of every request.
    Traced,
    /// Our server, asked by somebody who is signed in.
    SignedIn,
    /// Our server, asked by somebody who may write everything.
    Writing,
    /// Our server, whose passwords are guessed at.
    Guessed,
    /// A handler or schema in this package.
    Rival(Rival),
    /// PostGraphile on Node.
    PostGraphile,
}

impl Contestant {
    /// What the tables call it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::AgentFree | Self::Writing | Self::Guessed => "agent-free",
            Self::SignedIn => "agent-free, signed in",
            Self::Measured => "agent-free, with metrics",
            Self::Traced => "agent-free, with metrics and a trace of every request",
            Self::Rival(rival) => rival.describe(),
            Self::PostGraphile => "PostGraphile 5, Node 22",
        }
    }

    /// The role of who asks, if it is somebody.
    fn role(self) -> Option<&'static str> {
        match self {
            Self::SignedIn => Some("buyer"),
            Self::Writing => Some("administrator"),
            _ => None,
        }
    }
}

/// A server that answers.
pub(crate) struct Server {
    /// Who it is.
    pub(crate) contestant: Contestant,
    /// Where it takes queries.
    pub(crate) url: String,
    /// What is said in `Authorization`, if anything.
    pub(crate) authorization: Option<String>,
    process: Process,
}

impl Server {
    /// Starts a contestant on a database and waits until it answers `body`. Gives the time that
    /// took, too: from the start of the process to its first answer.
    pub(crate) async fn start(
        contestant: Contestant,
        programs: &Programs,
        database: &str,
        body: &Value,
    ) -> Result<(Self, Duration), BenchError> {
        let port = free_port()?;
        let authorization = match contestant.role() {
            Some(role) => Some(viewer::authorization(database, role).await?),
            None => None,
        };
        let started = Instant::now();
        let process = Process::start(command(contestant, programs, database, port)?)?;
        let mut server = Self {
            contestant,
            url: format!("http://127.0.0.1:{port}/graphql"),
            authorization,
            process,
        };
        loop {
            match server.post(body) {
                Ok(_) => return Ok((server, started.elapsed())),
                Err(error) => {
                    if let Some(status) = server.process.ended() {
                        return Err(BenchError::program(
                            contestant.name(),
                            format!("ended while starting: {status}"),
                        ));
                    }
                    // A server that answers, but wrongly, will not get better by waiting.
                    if started.elapsed() > START_LIMIT || matches!(error, BenchError::Answer { .. })
                    {
                        return Err(error);
                    }
                }
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }

    /// The address behind its URL.
    pub(crate) fn address(&self) -> Result<SocketAddr, BenchError> {
        let place = self.url.trim_start_matches("http://").trim_end_matches("/graphql");
        place.parse().map_err(|error| BenchError::program(&self.url, error))
    }

    /// Its process id.
    pub(crate) fn id(&self) -> u32 {
        self.process.id
    }

    /// Posts a request and gives the answer, which must be without errors.
    pub(crate) fn post(&self, body: &Value) -> Result<Value, BenchError> {
        let agent: ureq::Agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(START_LIMIT))
            .build()
            .into();
        let mut post = agent.post(&self.url);
        if let Some(authorization) = &self.authorization {
            post = post.header("Authorization", authorization);
        }
        let mut response = post
            .send_json(body)
            .map_err(|error| BenchError::program(self.contestant.name(), error))?;
        let wrong = |reason: String| BenchError::answer(self.contestant.name(), reason);
        let text =
            response.body_mut().read_to_string().map_err(|error| wrong(error.to_string()))?;
        let answer: Value = serde_json::from_str(&text)
            .map_err(|_| wrong(format!("{}: {text}", response.status())))?;
        if answer.get("errors").is_some() || answer.get("data").is_none_or(Value::is_null) {
            return Err(wrong(format!("{}: {text}", response.status())));
        }
        Ok(answer)
    }

    /// Ends it, and with it its connections to the database.
    pub(crate) async fn stop(self) -> Result<(), BenchError> {
        self.process.stop().await
    }
}

fn command(
    contestant: Contestant,
    programs: &Programs,
    database: &str,
    port: u16,
) -> Result<Command, BenchError> {
    let mut command = match contestant {
        Contestant::AgentFree
        | Contestant::SignedIn
        | Contestant::Measured
        | Contestant::Traced
        | Contestant::Guessed
        | Contestant::Writing => {
            let mut command = Command::new(&programs.agent_free);
            command
                .arg("serve")
                .env("LISTEN_ADDRESS", format!("127.0.0.1:{port}"))
                .env("DATABASE_POOL_SIZE", programs.pool_size.to_string())
                // It protects nothing here.
                .env("SECRET_KEY", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=")
                // All requests come from one address: what is counted is never used up.
                .env("RATE_LIMIT_ADDRESS", "1000000000000/1m")
                .env("RATE_LIMIT_VIEWER", "1000000000000/1m")
                .env("EXPOSE_COST", if programs.expose_cost { "on" } else { "off" })
                .env("RUST_LOG", "warn");
            if matches!(contestant, Contestant::Measured | Contestant::Traced) {
                command.env("METRICS_ADDRESS", format!("127.0.0.1:{}", free_port()?));
            }
            if contestant == Contestant::Guessed {
                command.env("RATE_LIMIT_MUTATIONS", "signIn 1000000/1m");
                command.env("LOCKOUT_ADDRESS_AFTER", "10000");
            }
            if let (Contestant::Traced, Some(collector)) = (contestant, &programs.trace_collector) {
                command.env("OTEL_EXPORTER_OTLP_ENDPOINT", collector);
            }
            command
        }
        Contestant::Rival(rival) => {
            let own = std::env::current_exe().map_err(BenchError::file("this program"))?;
            let mut command = Command::new(own);
            command.args([
                "rival",
                rival.name(),
                "--port",
                &port.to_string(),
                "--pool-size",
                &programs.pool_size.to_string(),
            ]);
            command
        }
        Contestant::PostGraphile => {
            let folder = &programs.postgraphile;
            let mut command = Command::new(folder.join("node_modules/.bin/node"));
            command
                .arg(folder.join("server.mjs"))
                .args([port.to_string(), programs.pool_size.to_string()])
                .env("NODE_ENV", "production")
                .env("GRAPHILE_ENV", "production");
            command
        }
    };
    command.env("DATABASE_URL", database);
    Ok(command)
}
