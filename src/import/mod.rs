//! Import of sales files: a CSV file and a mapping become properties and their records.
//!
//! Promises: the file is streamed, never held in memory; every bad row is reported
//! with line, column and reason; a file is imported in one transaction, whole or not
//! at all (with `keep_going`: its good rows, all or none of them), so that an
//! interrupted import leaves nothing behind; importing the same file again changes
//! nothing, not even a version; what the database has otherwise than the file is
//! reported, and written over only with `update`; nothing is ever deleted.
//!
//! The way of a row: `file` → `reader` (checks each field by `cell`) → `staging`
//! → `write`, by the statements of each `target` in the `plan`, which is the
//! `mapping` held against the file's header and the database's `catalog`.

mod catalog;
mod cell;
mod expression;
mod file;
mod mapping;
mod market_areas;
mod plan;
mod reader;
mod report;
mod sample_owners;
mod staging;
mod target;
mod value;
mod write;

use std::{io, path::PathBuf};

use tokio_postgres::{NoTls, Transaction};

pub use plan::Mistake;
pub use report::{Difference, Rejection, Report};

use crate::property::market_trends;

/// What to import, and how.
#[derive(Debug, Clone, clap::Args)]
pub struct ImportArguments {
    /// The mapping file, which names the data file and says what its columns become
    pub mapping: PathBuf,
    /// Keep the good rows of a file that has bad ones
    #[arg(long)]
    pub keep_going: bool,
    /// Do everything, report everything, keep nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Write the file's values over those of properties imported before
    #[arg(long)]
    pub update: bool,
    /// Give up after this many reasons for refusing rows
    #[arg(long, default_value_t = 1000)]
    pub max_rejections: usize,
}

/// Why an import could not run to its end; nothing was kept.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The mapping file cannot be read.
    #[error("the mapping {} cannot be read", path.display())]
    MappingFile {
        /// The mapping file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// The mapping file is not written as a mapping.
    #[error("the mapping {} cannot be understood: {source}", path.display())]
    MappingSyntax {
        /// The mapping file.
        path: PathBuf,
        /// Where and why not.
        source: Box<toml::de::Error>,
    },
    /// The mapping does not fit itself, the file or the database.
    #[error("the mapping has {} mistake(s):{}", .0.len(), lines(.0))]
    Mapping(Vec<Mistake>),
    /// The data file cannot be read.
    #[error("the data file {} cannot be read", path.display())]
    File {
        /// The data file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// The data file breaks off or is no CSV.
    #[error("the data file cannot be read to its end")]
    Record(#[source] csv::Error),
    /// So many rows are bad that the mapping, or the file, must be the wrong one.
    #[error(
        "gave up after {} rejections (--max-rejections); is this the right mapping for the file?{}",
        .0.len(),
        lines(&.0[..(.0.len()).min(20)])
    )]
    TooManyRejections(Vec<Rejection>),
    /// The database was not migrated.
    #[error("the database has no tables for an import: run agent-free migrate")]
    NoTables,
    /// The database cannot be reached, or failed in a way that is no row's fault.
    #[error("the database failed")]
    Database(#[from] tokio_postgres::Error),
    /// The reading thread ended without an answer.
    #[error("reading the data file was interrupted")]
    Interrupted(#[from] tokio::task::JoinError),
}

/// Imports a file; see the module for what that promises.
pub async fn run(arguments: ImportArguments, database_url: &str) -> Result<Report, ImportError> {
    let mapping = mapping::Mapping::read(&arguments.mapping)?;
    let progress = staging::reading_bar();
    let (records, header) = staging::open(&mapping.file, &progress).await?;
    let (mut client, connection) = tokio_postgres::connect(database_url, NoTls).await?;
    // The connection ends with its client; its error is what the client's next call returns.
    tokio::spawn(connection);
    let transaction = client.transaction().await?;
    prepare(&transaction).await?;

    let plan = plan::Plan::new(&transaction, &mapping, &header).await?;
    let mut outcome = staging::Outcome::new(arguments.max_rejections);
    staging::fill(&transaction, records, &plan, &progress, &mut outcome).await?;
    staging::refuse(&transaction, &mapping.identifier, &plan, &mut outcome).await?;
    staging::recognise(&transaction, &mapping.identifier).await?;
    if let Some(owners) = &mapping.sample_owners {
        sample_owners::assign(&transaction, owners).await?;
    }
    if let (Some(areas), Some(location)) = (&mapping.market_areas, &plan.location) {
        market_areas::assign(&transaction, areas, location).await?;
    }
    write::compare(&transaction, &plan).await?;
    write::write(&transaction, &plan, arguments.update, &mut outcome).await?;
    let mut report = outcome.report(&transaction, arguments.update).await?;
    if report.inserted > 0 || (report.updated && report.differing > 0) {
        report.trends_changed = market_trends::refresh(&transaction).await?;
    }
    report.committed = !arguments.dry_run && (report.is_clean() || arguments.keep_going);
    if report.committed {
        transaction.commit().await?;
        // Until the planner knows how many rows there are now, a search nearby walks them all.
        client.batch_execute("SET client_min_messages = error; ANALYZE").await?;
    } else {
        transaction.rollback().await?;
    }
    Ok(report)
}

/// One import at a time; no time limit on its long statements; one way to write dates;
/// every promise of the database held at once, so that a broken one is found with its row.
async fn prepare(transaction: &Transaction<'_>) -> Result<(), ImportError> {
    transaction
        .batch_execute(
            "SET LOCAL statement_timeout = 0;
             SET LOCAL client_min_messages = warning;
             SET LOCAL TimeZone = 'UTC';
             SET LOCAL DateStyle = 'ISO';
             SET CONSTRAINTS ALL IMMEDIATE;
             SELECT pg_advisory_xact_lock(hashtextextended('agent-free import', 0))",
        )
        .await?;
    let tables = transaction.query_one("SELECT to_regclass('market_trends') IS NOT NULL", &[]);
    if tables.await?.get(0) { Ok(()) } else { Err(ImportError::NoTables) }
}

fn lines<T: std::fmt::Display>(items: &[T]) -> String {
    items.iter().map(|item| format!("\n  {item}")).collect()
}
