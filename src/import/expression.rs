//! A mapping's value as an SQL expression over a staged row, fit for its target column.
//!
//! Pure. Whether a literal suits its column's type is asked of the database, in `plan`.

use std::collections::BTreeMap;

use postgres_protocol::escape::escape_literal;

use super::{catalog::TargetColumn, mapping::Kind, value::Value};

/// The file's columns by name, as the staging table holds them.
pub(crate) struct Staged {
    columns: BTreeMap<String, (usize, Kind)>,
    time_zone: String,
}

impl Staged {
    pub(crate) fn new<'a>(
        columns: impl Iterator<Item = (&'a String, Kind)>,
        time_zone: &str,
    ) -> Self {
        Self {
            columns: columns
                .enumerate()
                .map(|(place, (name, kind))| (name.clone(), (place, kind)))
                .collect(),
            time_zone: time_zone.to_owned(),
        }
    }

    /// How SQL names a column of the file; headers may be longer than SQL's names.
    pub(crate) fn name(&self, column: &str) -> Option<String> {
        self.columns.get(column).map(|(place, _)| format!("s.c{place}"))
    }

    /// The staging table's columns for the file's columns.
    pub(crate) fn definitions(&self) -> String {
        let mut columns: Vec<_> = self.columns.values().collect();
        columns.sort_by_key(|(place, _)| *place);
        columns
            .iter()
            .map(|(place, kind)| format!("c{place} {}", kind.staging_type()))
            .collect::<Vec<_>>()
            .join(", ")
    }

    fn find(&self, column: &str) -> Result<(String, Kind), Misfit> {
        let known = || self.columns.keys().cloned().collect::<Vec<_>>().join(", ");
        match self.columns.get(column) {
            Some((place, kind)) => Ok((format!("s.c{place}"), *kind)),
            None => Err(Misfit {
                problem: format!("there is no column `{column}`"),
                remedy: format!("write one of {}", known()),
            }),
        }
    }

    /// The expression for a value, of the type of its target.
    pub(crate) fn expression(
        &self,
        value: &Value,
        target: &TargetColumn,
    ) -> Result<String, Misfit> {
        // A foreign key to a code table is written as the code.
        let (type_name, base_type) = match &target.codes {
            Some(_) => ("text", "text"),
            None => (target.type_name.as_str(), target.base_type.as_str()),
        };
        let plain = match value {
            Value::Constant(text) => format!("CAST({} AS {type_name})", escape_literal(text)),
            Value::Column { column, translation: Some(translation) } => {
                let (name, _) = self.find(column)?;
                translate(&name, translation, type_name)
            }
            Value::Column { column, translation: None } => {
                let (name, kind) = self.find(column)?;
                fits(column, kind, base_type)?;
                self.cast(&name, kind, type_name, base_type)
            }
            Value::Sum(columns) => {
                let mut names = Vec::new();
                for column in columns {
                    let (name, kind) = self.find(column)?;
                    if !matches!(kind, Kind::Integer | Kind::Decimal) {
                        return Err(Misfit {
                            problem: format!(
                                "column `{column}` is no number, so it cannot be added"
                            ),
                            remedy: "add up integer and decimal columns only".to_owned(),
                        });
                    }
                    fits(column, kind, base_type)?;
                    names.push(name);
                }
                format!("CAST({} AS {type_name})", names.join(" + "))
            }
            Value::Point { longitude, latitude } => {
                let (x, _) = self.find(longitude)?;
                let (y, _) = self.find(latitude)?;
                if base_type != "geography" {
                    return Err(Misfit {
                        problem: format!("a point does not fit a column of type {type_name}"),
                        remedy: "use { column = \"…\" } here".to_owned(),
                    });
                }
                format!(
                    "CAST(ST_SetSRID(ST_MakePoint(CAST({x} AS float8), CAST({y} AS float8)), 4326) \
                     AS {type_name})"
                )
            }
        };
        Ok(match &target.codes {
            Some(table) => format!("(SELECT code.id FROM {table} code WHERE code.code = {plain})"),
            None => plain,
        })
    }

    fn cast(&self, name: &str, kind: Kind, type_name: &str, base_type: &str) -> String {
        if kind == Kind::Date && base_type.starts_with("timestamp with") {
            let zone = escape_literal(&self.time_zone);
            return format!("(CAST({name} AS timestamp) AT TIME ZONE {zone})");
        }
        format!("CAST({name} AS {type_name})")
    }
}

/// A value that does not suit its field: what is wrong, and what to do.
#[derive(Debug)]
pub(crate) struct Misfit {
    pub(crate) problem: String,
    pub(crate) remedy: String,
}

fn translate(name: &str, translation: &BTreeMap<String, String>, type_name: &str) -> String {
    let mut cases = String::new();
    for (from, to) in translation {
        let from = escape_literal(from);
        if to.is_empty() {
            cases.push_str(&format!(" WHEN {from} THEN NULL"));
        } else {
            cases.push_str(&format!(" WHEN {from} THEN {}", escape_literal(to)));
        }
    }
    format!("CAST(CASE CAST({name} AS text){cases} END AS {type_name})")
}

/// Whether values of a kind can stand in a column of a type.
fn fits(column: &str, kind: Kind, base_type: &str) -> Result<(), Misfit> {
    let number = ["numeric", "double precision", "real"];
    let whole = ["integer", "bigint", "smallint"];
    let text = ["text", "character varying"];
    let fits = match kind {
        Kind::Text => text.contains(&base_type),
        Kind::Integer => {
            whole.contains(&base_type) || number.contains(&base_type) || text.contains(&base_type)
        }
        Kind::Decimal => number.contains(&base_type),
        Kind::Date => base_type == "date" || base_type.starts_with("timestamp with time zone"),
        Kind::Boolean => base_type == "boolean",
    };
    if fits {
        return Ok(());
    }
    Err(Misfit {
        problem: format!(
            "column `{column}` is declared {}, which does not fit a field of type {base_type}",
            format!("{kind:?}").to_lowercase()
        ),
        remedy: "change the column's kind, translate its values, or choose another field"
            .to_owned(),
    })
}
