//! `agent-free serve`: answers requests until told to stop, and finishes those it has begun.

use std::io;

use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};

use super::{CommandError, logging};
use crate::config::Config;
use crate::{database, server};

/// Serves until the first SIGTERM or SIGINT, then until every request in flight has its answer.
/// A second signal does not wait for them.
pub(super) async fn run(config: Config) -> Result<(), CommandError> {
    logging::start(&config);
    let problems =
        database::examine(&database::connect(&config.database.url).await?).await?.problems();
    if !problems.is_empty() {
        return Err(CommandError::UnfitDatabase(problems));
    }
    let address = config.http.listen_address;
    let listener = TcpListener::bind(address)
        .await
        .map_err(|source| CommandError::Listen { address, source })?;

    let mut first = StopSignal::new().map_err(CommandError::Process)?;
    let mut second = StopSignal::new().map_err(CommandError::Process)?;
    let shutdown = async move {
        let name = first.received().await;
        tracing::info!(signal = name, "stopping: requests in flight are finished first");
    };
    let impatient = async move {
        second.received().await;
        second.received().await;
    };
    tokio::select! {
        served = server::serve(&config, listener, shutdown) => Ok(served?),
        () = impatient => Err(CommandError::Impatient),
    }
}

/// SIGTERM, as a service manager sends it, or SIGINT, as Ctrl-C does.
pub(super) struct StopSignal {
    terminate: Signal,
    interrupt: Signal,
}

impl StopSignal {
    pub(super) fn new() -> io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    pub(super) async fn received(&mut self) -> &'static str {
        tokio::select! {
            _ = self.terminate.recv() => "SIGTERM",
            _ = self.interrupt.recv() => "SIGINT",
        }
    }
}
