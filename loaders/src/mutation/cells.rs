//! An input's fields as the columns that they set, checked as far as that can be done without the
//! row: what may be null, what fits the column, and whether what is referred to is there.

use std::collections::{BTreeMap, HashSet};

use async_graphql::Value;
use futures_util::future::try_join_all;
use tokio_postgres::types::Type;
use uuid::Uuid;

use super::Input;
use super::context::{WriteContext, words};
use super::convention;
use super::user_error::{UserError, UserErrorCode, WriteError};
use crate::bind::{Entity, Limits, Settable};
use crate::plan::sql::{Parts, Policies, Seen, where_clause};
use crate::plan::types::Parameter;
use crate::scalar::{Param, encode};

/// What one input sets.
pub(super) struct Cells<'a> {
    pub(super) input: Input,
    pub(super) cells: Vec<Cell<'a>>,
}

/// One field that is given.
pub(super) struct Cell<'a> {
    pub(super) name: &'a str,
    pub(super) settable: &'a Settable,
    pub(super) param: Param,
}

impl<'a> Cells<'a> {
    /// The value given for a field; null where there is none.
    pub(super) fn value(&self, field: &str) -> Value {
        self.input.get(field).cloned().unwrap_or(Value::Null)
    }

    /// The fields that are given although the database has a default for them, in order.
    pub(super) fn given_over_defaults(&self) -> Vec<&'a str> {
        let cells = self.cells.iter().filter(|cell| cell.settable.has_default);
        let mut names: Vec<&str> = cells.map(|cell| cell.name).collect();
        names.sort_unstable();
        names
    }
}

/// Reads an input. Fields that set no column are left out; mistakes are added to the others.
pub(super) fn cells<'a>(
    entity: &'a Entity,
    input: &Input,
    mistakes: &mut Vec<UserError>,
) -> Cells<'a> {
    let mut cells = Vec::new();
    for (name, value) in input.fields() {
        let Some((name, settable)) = entity.settable.get_key_value(name) else { continue };
        match param(settable, value) {
            Ok(param) => cells.push(Cell { name, settable, param }),
            Err((code, message)) => mistakes.push(input.mistake(code, name, message)),
        }
    }
    Cells { input: input.clone(), cells }
}

fn param(settable: &Settable, value: &Value) -> Result<Param, (UserErrorCode, String)> {
    let column = &settable.column;
    if *value == Value::Null && !column.nullable {
        return Err((UserErrorCode::Required, convention::REQUIRED.to_string()));
    }
    let allowed = match (&settable.limits, value) {
        (Limits::Digits { whole, places }, Value::String(number))
            if !fits(number, *whole, *places) =>
        {
            let message =
                format!("must have at most {whole} digits before the point and {places} after it");
            Err((UserErrorCode::OutOfRange, message))
        }
        (Limits::Shape(shape), Value::Object(geometry))
            if geometry.get("type") != Some(&Value::from(shape.as_str())) =>
        {
            Err((UserErrorCode::Invalid, format!("must be a GeoJSON {shape}")))
        }
        _ => Ok(()),
    };
    allowed?;
    encode(column.kind, value).map_err(|error| (UserErrorCode::Invalid, error.to_string()))
}

/// Whether a decimal is stored as it is, to its last digit.
fn fits(number: &str, whole: usize, places: usize) -> bool {
    let unsigned = number.trim_start_matches(['-', '+']);
    let (before, after) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    before.trim_start_matches('0').len() <= whole && after.trim_end_matches('0').len() <= places
}

/// One reference of an input: where it stands and to which row it leads.
struct Reference<'a> {
    input: &'a Input,
    field: &'a str,
    id: Uuid,
}

impl WriteContext<'_> {
    /// References that lead to nothing that the viewer sees. Each type of target costs one
    /// statement, however many rows refer to it.
    pub(super) async fn missing_references(
        &self,
        rows: &[Cells<'_>],
        inputs: &[Input],
    ) -> Result<Vec<UserError>, WriteError> {
        let mut targets: BTreeMap<usize, Vec<Reference<'_>>> = BTreeMap::new();
        for (row, input) in rows.iter().zip(inputs) {
            for cell in &row.cells {
                if let (Some(target), Param::Uuid(id)) = (cell.settable.target, &cell.param) {
                    let reference = Reference { input, field: cell.name, id: *id };
                    targets.entry(target).or_default().push(reference);
                }
            }
        }
        let missing = targets.into_iter().map(|(target, references)| async move {
            let seen = self.visible(target, &references).await?;
            let name = words(&self.run.model.entities[target].type_name);
            let missing = references.into_iter().filter(|reference| !seen.contains(&reference.id));
            Ok(missing
                .map(|Reference { input, field, .. }| {
                    let message = format!("there is no {name} with this id");
                    input.mistake(UserErrorCode::NotFound, field, message)
                })
                .collect::<Vec<_>>())
        });
        Ok(try_join_all(missing).await.map_err(|error: WriteError| error)?.concat())
    }

    async fn visible(
        &self,
        target: usize,
        references: &[Reference<'_>],
    ) -> Result<HashSet<Uuid>, WriteError> {
        let mut ids: Vec<Uuid> = references.iter().map(|reference| reference.id).collect();
        ids.sort_unstable();
        ids.dedup();
        let policies = Policies { model: self.run.model, viewer: self.run.viewer };
        let mut parts = Parts::default();
        let alias = parts.alias();
        let keys = parts.parameter(Parameter::Keys, Type::UUID_ARRAY);
        let mut conditions = vec![format!("{alias}.id = ANY({keys})")];
        conditions.extend(policies.conditions(target, &alias, Seen::default(), &mut parts));
        let table = &self.run.model.entities[target].table;
        let sql = format!("SELECT {alias}.id FROM {table} {alias}{}", where_clause(&conditions));
        let rows = self.run.query(&parts.statement(sql), &ids).await?;
        rows.iter().map(|row| row.try_get(0).map_err(WriteError::Database)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::fits;

    #[test]
    fn a_number_fits_if_no_digit_is_lost() {
        for number in ["0", "-0.10", "999.99", "000999.990", "+1", "0.01"] {
            assert!(fits(number, 3, 2), "{number}");
        }
        for number in ["1000", "-1000", "0.001", "999.999"] {
            assert!(!fits(number, 3, 2), "{number}");
        }
    }
}
