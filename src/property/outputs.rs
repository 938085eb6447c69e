//! What the property domain's resolvers share: arguments within limits, and rows back to parents.

use loaders::{Arguments, ErrorCode, FieldError, Output};
use tokio_postgres::Row;

/// An integer argument between 0 and its limit.
pub(super) fn limited(arguments: &Arguments, name: &str, maximum: i64) -> Result<i64, FieldError> {
    match arguments.int(name) {
        Some(value) if (0..=maximum).contains(&value) => Ok(value),
        value => Err(FieldError::new(
            ErrorCode::ArgumentLimit,
            format!("`{name}` is {}; it goes from 0 to {maximum}", value.unwrap_or_default()),
        )),
    }
}

/// A list for each parent from rows whose first column is the parent's place, counted from 1.
pub(super) fn per_parent(
    parents: usize,
    rows: &[Row],
    output: impl Fn(&Row) -> Result<Output, FieldError>,
) -> Result<Vec<Output>, FieldError> {
    let mut lists = vec![Vec::new(); parents];
    for row in rows {
        lists[place(row)?].push(output(row)?);
    }
    Ok(lists.into_iter().map(Output::List).collect())
}

/// One output for each parent; null for a parent without a row.
pub(super) fn one_per_parent(
    parents: usize,
    rows: &[Row],
    output: impl Fn(&Row) -> Result<Output, FieldError>,
) -> Result<Vec<Output>, FieldError> {
    let mut outputs = vec![Output::Null; parents];
    for row in rows {
        outputs[place(row)?] = output(row)?;
    }
    Ok(outputs)
}

fn place(row: &Row) -> Result<usize, FieldError> {
    let ordinal: i64 = row.try_get(0).map_err(failed)?;
    usize::try_from(ordinal - 1)
        .map_err(|_| FieldError::new(ErrorCode::Internal, "a row without a parent"))
}

/// A row of another form than the statement promised.
pub(super) fn failed(error: tokio_postgres::Error) -> FieldError {
    tracing::error!(error = &error as &dyn std::error::Error, "a resolver could not read its row");
    FieldError::new(ErrorCode::Internal, "the field could not be computed")
}
