//! The staging table: where the file's good rows wait, and are recognised, before
//! anything is written. It is temporary and ends with the import's transaction.

use std::{pin::pin, time::Duration};

use futures_util::SinkExt;
use indicatif::{ProgressBar, ProgressStyle};
use tokio::sync::mpsc;
use tokio_postgres::Transaction;

use super::{
    ImportError,
    file::{self, Records},
    mapping::{Identifier, SourceFile},
    plan::{Mistake, Plan},
    reader::{self, Read},
    report::{Difference, Rejection, Report},
};

/// A report shows this many differences and counts the rest.
const DIFFERENCES_SHOWN: i64 = 1000;

/// What is known of the rows so far.
pub(crate) struct Outcome {
    read: u64,
    rejections: Vec<Rejection>,
    limit: usize,
}

impl Outcome {
    pub(crate) fn new(limit: usize) -> Self {
        Self { read: 0, rejections: Vec::new(), limit }
    }

    /// Notes why a row was refused, until there are too many.
    pub(crate) fn reject(
        &mut self,
        rejections: impl IntoIterator<Item = Rejection>,
    ) -> Result<(), ImportError> {
        self.rejections.extend(rejections);
        if self.rejections.len() > self.limit {
            self.rejections.truncate(self.limit);
            return Err(ImportError::TooManyRejections(std::mem::take(&mut self.rejections)));
        }
        Ok(())
    }

    /// The report, from what was refused and what the staging table still holds.
    pub(crate) async fn report(
        mut self,
        transaction: &Transaction<'_>,
        updated: bool,
    ) -> Result<Report, ImportError> {
        let counts = transaction
            .query_one(
                "SELECT count(*) FILTER (WHERE is_new), count(*) FILTER (WHERE NOT is_new),
                        (SELECT count(DISTINCT line) FROM import_differences)
                   FROM import_rows",
                &[],
            )
            .await?;
        let count = |index| u64::try_from(counts.get::<_, i64>(index)).unwrap_or_default();
        let differences = transaction
            .query(
                "SELECT line, field, database, file FROM import_differences
                  ORDER BY line, field LIMIT $1",
                &[&DIFFERENCES_SHOWN],
            )
            .await?;
        self.rejections.sort_by(|a, b| (a.line, &a.column).cmp(&(b.line, &b.column)));
        let mut lines: Vec<_> = self.rejections.iter().map(|rejection| rejection.line).collect();
        lines.dedup();
        Ok(Report {
            read: self.read,
            inserted: count(0),
            unchanged: count(1) - count(2),
            differing: count(2),
            rejected: lines.len() as u64,
            rejections: self.rejections,
            differences: differences
                .iter()
                .map(|row| Difference {
                    line: row.get::<_, i64>(0).unsigned_abs(),
                    field: row.get(1),
                    database: row.get(2),
                    file: row.get(3),
                })
                .collect(),
            trends_changed: 0,
            updated,
            committed: false,
        })
    }
}

/// Opens the data file and reads its header.
pub(crate) async fn open(
    file: &SourceFile,
    progress: &ProgressBar,
) -> Result<(Records, Vec<String>), ImportError> {
    let delimiter = u8::try_from(file.delimiter).map_err(|_| {
        ImportError::Mapping(vec![Mistake {
            place: "file.delimiter".to_owned(),
            problem: format!("`{}` is no ASCII character", file.delimiter),
            remedy: "write , or ; or \\t, for example".to_owned(),
        }])
    })?;
    let (path, progress) = (file.path.clone(), progress.clone());
    tokio::task::spawn_blocking(move || {
        let mut records = file::open(&path, delimiter, &progress)
            .map_err(|source| ImportError::File { path, source })?;
        let header = records.byte_headers().map_err(ImportError::Record)?;
        let header =
            header.iter().map(|name| String::from_utf8_lossy(name).trim().to_owned()).collect();
        Ok((records, header))
    })
    .await?
}

/// Reads the whole file into the staging table, without the rows that are refused.
///
/// The index on lines is made first: one made after the rows have been updated could
/// not be used before the transaction's end.
pub(crate) async fn fill(
    transaction: &Transaction<'_>,
    records: Records,
    plan: &Plan,
    progress: &ProgressBar,
    outcome: &mut Outcome,
) -> Result<(), ImportError> {
    transaction
        .batch_execute(&format!(
            "CREATE TEMPORARY TABLE import_rows (line bigint PRIMARY KEY, {}, identifier text, property_id uuid,
                 is_new boolean, differs boolean NOT NULL DEFAULT false, owner_id uuid, market_area_id uuid) ON COMMIT DROP;
             CREATE TEMPORARY TABLE import_differences (line bigint, field text,
                 database text, file text) ON COMMIT DROP",
            plan.staging
        ))
        .await?;
    let columns: Vec<_> = (0..plan.expected.len()).map(|place| format!("c{place}")).collect();
    let copy = format!("COPY import_rows (line, {}) FROM STDIN", columns.join(", "));
    let mut sink = pin!(transaction.copy_in(&copy).await?);

    let (to, mut from) = mpsc::channel(8);
    let (expected, width) = (plan.expected.clone(), plan.width);
    let reading = tokio::task::spawn_blocking(move || reader::read(records, &expected, width, &to));
    while let Some(read) = from.recv().await {
        match read {
            Read::Rows(bytes) => sink.send(bytes).await?,
            Read::Rejected(rejections) => outcome.reject(rejections)?,
        }
    }
    outcome.read = reading.await??;
    sink.finish().await?;
    progress.finish_and_clear();
    transaction
        .batch_execute(&format!(
            "UPDATE import_rows s SET identifier = {};
             ANALYZE import_rows",
            plan.identifier
        ))
        .await?;
    Ok(())
}

/// Refuses what only the whole file or the database can show: a second row for one
/// identifier, and codes that their tables do not have.
pub(crate) async fn refuse(
    transaction: &Transaction<'_>,
    identifier: &Identifier,
    plan: &Plan,
    outcome: &mut Outcome,
) -> Result<(), ImportError> {
    let repeated = "
        DELETE FROM import_rows r USING (SELECT line, identifier,
               first_value(line) OVER (PARTITION BY identifier ORDER BY line) AS first
          FROM import_rows) AS seen
         WHERE r.line = seen.line AND seen.line > seen.first
        RETURNING seen.line, seen.identifier, seen.first";
    for row in transaction.query(repeated, &[]).await? {
        outcome.reject([Rejection {
            line: row.get::<_, i64>(0).unsigned_abs(),
            column: Some(identifier.column.clone()),
            value: row.get(1),
            reason: format!("is the identifier of line {} already", row.get::<_, i64>(2)),
        }])?;
    }
    for code in &plan.codes {
        let unknown = format!(
            "DELETE FROM import_rows s WHERE {code} IS NOT NULL
                AND NOT EXISTS (SELECT FROM {table} t WHERE t.code = {code})
             RETURNING line, {code}",
            code = code.expression,
            table = code.table
        );
        for row in transaction.query(&unknown, &[]).await? {
            outcome.reject([Rejection {
                line: row.get::<_, i64>(0).unsigned_abs(),
                column: Some(code.column.clone()),
                value: row.get(1),
                reason: format!("is no code of {}", code.table),
            }])?;
        }
    }
    Ok(())
}

/// Finds the properties that are known already, and gives the others their ids.
pub(crate) async fn recognise(
    transaction: &Transaction<'_>,
    identifier: &Identifier,
) -> Result<(), ImportError> {
    transaction
        .execute(
            "UPDATE import_rows s SET property_id = i.property_id
               FROM property_identifiers i
              WHERE i.kind = $1 AND i.issuing_system = $2
                AND i.jurisdiction IS NOT DISTINCT FROM $3
                AND i.normalized_value = s.identifier",
            &[&identifier.kind, &identifier.issuing_system, &identifier.jurisdiction],
        )
        .await?;
    transaction
        .batch_execute(
            "UPDATE import_rows SET is_new = property_id IS NULL,
                    property_id = coalesce(property_id, uuid_v7());
             ANALYZE import_rows",
        )
        .await?;
    Ok(())
}

/// A bar for the bytes of the file; drawn only on a terminal.
pub(crate) fn reading_bar() -> ProgressBar {
    bar("reading {wide_bar} {binary_bytes}/{binary_total_bytes} {eta}")
}

/// A bar for the lines written; drawn only on a terminal.
pub(crate) fn writing_bar() -> ProgressBar {
    bar("writing {wide_bar} {human_pos}/{human_len} lines {eta}")
}

fn bar(template: &str) -> ProgressBar {
    let style =
        ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
    let bar = ProgressBar::new(0).with_style(style);
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}
