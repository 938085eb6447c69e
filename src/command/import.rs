//! `agent-free import`: hands its arguments to the importer and prints its report. Rows that were
//! refused are a failure, also when the others were kept.

use super::{CommandError, logging};
use crate::config::Config;
use crate::import::{self, ImportArguments};

pub(super) async fn run(arguments: ImportArguments, config: Config) -> Result<(), CommandError> {
    logging::start(&config);
    let report = import::run(arguments, config.database.url.expose()).await?;
    println!("{report}");
    if report.is_clean() { Ok(()) } else { Err(CommandError::RejectedRows(report.rejected)) }
}
