//! From the staging table to the tables: in ranges of lines, each in its savepoint.
//! A range that the database refuses is halved until the row at fault stands alone.

use std::collections::BTreeSet;

use tokio_postgres::{Error, Statement, Transaction, error::SqlState};

use super::{
    ImportError,
    plan::Plan,
    report::Rejection,
    staging::{self, Outcome},
    target::Target,
};

/// How many lines are written at once: enough to be fast, few enough for a lively bar.
const RANGE: i64 = 4000;

/// Notes how properties that are known already differ from the file.
pub(crate) async fn compare(transaction: &Transaction<'_>, plan: &Plan) -> Result<(), ImportError> {
    for statement in plan.targets.iter().filter_map(Target::compare) {
        transaction.batch_execute(&statement).await?;
    }
    transaction
        .batch_execute(
            "UPDATE import_rows SET differs = true
              WHERE line IN (SELECT line FROM import_differences);
             ANALYZE import_rows",
        )
        .await?;
    Ok(())
}

/// Writes all staged rows; rows that the database refuses leave the staging table.
pub(crate) async fn write(
    transaction: &Transaction<'_>,
    plan: &Plan,
    update: bool,
    outcome: &mut Outcome,
) -> Result<(), ImportError> {
    let last: i64 =
        transaction.query_one("SELECT coalesce(max(line), 0) FROM import_rows", &[]).await?.get(0);
    let statements = prepare(transaction, plan, update).await?;
    let progress = staging::writing_bar();
    progress.set_length(last.unsigned_abs());
    let mut from = 1;
    while from <= last {
        let to = (from + RANGE - 1).min(last);
        let mut ranges = vec![(from, to)];
        while let Some((from, to)) = ranges.pop() {
            transaction.batch_execute("SAVEPOINT import_range").await?;
            let Err((target, error)) = write_range(transaction, &statements, from, to).await else {
                transaction.batch_execute("RELEASE SAVEPOINT import_range").await?;
                continue;
            };
            if !is_refusal(&error) {
                return Err(error.into());
            }
            transaction
                .batch_execute("ROLLBACK TO SAVEPOINT import_range; RELEASE SAVEPOINT import_range")
                .await?;
            if from < to {
                let middle = from + (to - from) / 2;
                ranges.push((middle + 1, to));
                ranges.push((from, middle));
                continue;
            }
            let rejection = blame(transaction, &plan.targets[target], from, &error).await?;
            outcome.reject([rejection])?;
            transaction.execute("DELETE FROM import_rows WHERE line = $1", &[&from]).await?;
            transaction.execute("DELETE FROM import_differences WHERE line = $1", &[&from]).await?;
        }
        progress.set_position(to.unsigned_abs());
        from = to + 1;
    }
    progress.finish_and_clear();
    Ok(())
}

/// Each statement with the target that it writes. Ranges are halved often where rows are
/// bad, so the statements are parsed once.
async fn prepare(
    transaction: &Transaction<'_>,
    plan: &Plan,
    update: bool,
) -> Result<Vec<(usize, Statement)>, ImportError> {
    let mut statements = Vec::new();
    for (index, target) in plan.targets.iter().enumerate() {
        let mut texts = vec![target.insert()];
        if update {
            texts.extend(target.update());
            texts.extend(target.insert_missing());
        }
        for text in texts {
            statements.push((index, transaction.prepare(&text).await?));
        }
    }
    Ok(statements)
}

async fn write_range(
    transaction: &Transaction<'_>,
    statements: &[(usize, Statement)],
    from: i64,
    to: i64,
) -> Result<(), (usize, Error)> {
    for (target, statement) in statements {
        let written = transaction.execute(statement, &[&from, &to]).await;
        written.map_err(|error| (*target, error))?;
    }
    Ok(())
}

/// Whether a row is at fault: bad data, a broken constraint, or a trigger that objects.
fn is_refusal(error: &Error) -> bool {
    error.code().is_some_and(|code| {
        let code = code.code();
        code.starts_with("22") || code.starts_with("23") || code == "P0001"
    })
}

/// Finds the columns of the file that made the database refuse a row.
async fn blame(
    transaction: &Transaction<'_>,
    target: &Target,
    line: i64,
    error: &Error,
) -> Result<Rejection, ImportError> {
    // Only an error about a table's row or constraint names the table; what a value's
    // type refuses is found by asking for each value alone.
    let mut columns = if error.as_db_error().is_some_and(|refusal| refusal.table().is_some()) {
        let names = constrained(transaction, target, error).await?;
        let fields = target.fields.iter().filter(|field| names.contains(&field.name));
        fields.flat_map(|field| field.columns.clone()).collect()
    } else {
        unreadable(transaction, target, line).await?
    };
    columns.sort();
    columns.dedup();
    if columns.is_empty() {
        // A target that one column fills, such as a feature, has no other to blame.
        let all: BTreeSet<_> = target.fields.iter().flat_map(|field| &field.columns).collect();
        if all.len() == 1 {
            columns = all.into_iter().cloned().collect();
        }
    }
    let reason = match error.as_db_error() {
        None => error.to_string(),
        Some(refusal) => match refusal.detail() {
            // The detail of a broken check is the whole row, which nobody can read.
            Some(detail) if *refusal.code() == SqlState::UNIQUE_VIOLATION => {
                format!("{}: {} ({detail})", target.label, refusal.message())
            }
            _ => format!("{}: {}", target.label, refusal.message()),
        },
    };
    Ok(Rejection {
        line: line.unsigned_abs(),
        column: (!columns.is_empty()).then(|| columns.join(", ")),
        value: None,
        reason,
    })
}

/// The columns of the first field whose value its type does not take.
async fn unreadable(
    transaction: &Transaction<'_>,
    target: &Target,
    line: i64,
) -> Result<Vec<String>, ImportError> {
    for field in &target.fields {
        transaction.batch_execute("SAVEPOINT import_field").await?;
        let statement = format!(
            "SELECT ({})::text FROM import_rows s WHERE s.line = $1 AND {}",
            field.expression, target.present
        );
        let refused = transaction.query_opt(&statement, &[&line]).await.is_err();
        transaction
            .batch_execute("ROLLBACK TO SAVEPOINT import_field; RELEASE SAVEPOINT import_field")
            .await?;
        if refused {
            return Ok(field.columns.clone());
        }
    }
    Ok(Vec::new())
}

/// The table's columns that an error is about, by its column or its constraint.
async fn constrained(
    transaction: &Transaction<'_>,
    target: &Target,
    error: &Error,
) -> Result<Vec<String>, ImportError> {
    let Some(refusal) = error.as_db_error() else {
        return Ok(Vec::new());
    };
    if let Some(column) = refusal.column() {
        return Ok(vec![column.to_owned()]);
    }
    let names = transaction
        .query(
            "SELECT a.attname::text FROM pg_constraint c
               JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = ANY (c.conkey)
              WHERE c.conname = $1 AND c.conrelid = to_regclass(quote_ident($2))",
            &[&refusal.constraint().unwrap_or_default(), &target.table],
        )
        .await?;
    Ok(names.iter().map(|row| row.get(0)).collect())
}
