//! What the domain's resolvers share: rows back to their parents.

use loaders::{ErrorCode, FieldError, Output};
use tokio_postgres::{Error, Row};

/// One output for each parent from rows whose first column is the parent's place, counted from 1;
/// null for a parent without a row.
pub(super) fn one_per_parent(
    parents: usize,
    rows: &[Row],
    output: impl Fn(&Row) -> Result<Output, Error>,
) -> Result<Vec<Output>, FieldError> {
    let mut outputs = vec![Output::Null; parents];
    for row in rows {
        let ordinal: i64 = row.try_get(0).map_err(failed)?;
        let place = usize::try_from(ordinal - 1).unwrap_or(usize::MAX);
        if let Some(slot) = outputs.get_mut(place) {
            *slot = output(row).map_err(failed)?;
        }
    }
    Ok(outputs)
}

/// A row of another form than the statement promised.
fn failed(error: Error) -> FieldError {
    tracing::error!(error = &error as &dyn std::error::Error, "a resolver could not read its row");
    FieldError::new(ErrorCode::Internal, "the field could not be computed")
}
