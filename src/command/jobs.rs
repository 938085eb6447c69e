//! `agent-free jobs`: the jobs that were given up, and another chance for them.

use clap::Args;

use super::CommandError;
use crate::config::DatabaseUrl;
use crate::database::{self, DatabaseError};
use crate::jobs;

#[derive(Debug, Args)]
pub(super) struct JobsArguments {
    /// Let them all begin anew
    #[arg(long)]
    retry: bool,
}

pub(super) async fn run(arguments: &JobsArguments, url: &DatabaseUrl) -> Result<(), CommandError> {
    let client = database::connect(url).await?;
    if arguments.retry {
        let retried = jobs::retry_failed(&client).await.map_err(DatabaseError::Statement)?;
        println!("{retried} jobs begin anew.");
        return Ok(());
    }
    let failed = jobs::list_failed(&client).await.map_err(DatabaseError::Statement)?;
    for job in &failed {
        let when = job.failed_at.format("%Y-%m-%d %H:%M:%S UTC");
        println!(
            "{when}  {}  {}  attempts: {}  {}",
            job.id, job.name, job.attempts, job.last_error
        );
    }
    println!("{} jobs were given up.", failed.len());
    Ok(())
}
