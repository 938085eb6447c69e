//! `agent-free worker`: does jobs and answers no requests, until told to stop.

use super::serve::StopSignal;
use super::{CommandError, logging};
use crate::config::Config;
use crate::{database, server};

/// Works until the first SIGTERM or SIGINT, then until the jobs that run are done. A second signal
/// does not wait for them: they are tried again later.
pub(super) async fn run(config: Config) -> Result<(), CommandError> {
    logging::start(&config);
    let problems =
        database::examine(&database::connect(&config.database.url).await?).await?.problems();
    if !problems.is_empty() {
        return Err(CommandError::UnfitDatabase(problems));
    }
    let mut first = StopSignal::new().map_err(CommandError::Process)?;
    let mut second = StopSignal::new().map_err(CommandError::Process)?;
    let shutdown = async move {
        let name = first.received().await;
        tracing::info!(signal = name, "stopping: jobs that run are finished first");
    };
    let impatient = async move {
        second.received().await;
        second.received().await;
    };
    tokio::select! {
        worked = server::work(&config, shutdown) => Ok(worked?),
        () = impatient => Err(CommandError::Impatient),
    }
}
