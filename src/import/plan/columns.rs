//! The mapping's columns against the file's header, and against themselves.

use chrono::format::{Item, StrftimeItems};
use tokio_postgres::GenericClient;

use super::{
    super::{
        ImportError,
        mapping::{Column, Kind, Mapping},
        reader::Expected,
        value::Value,
    },
    Planner,
};

impl<C: GenericClient> Planner<'_, C> {
    /// Holds the mapping's columns against the header, and says how to read each.
    pub(super) fn expect(&mut self, mapping: &Mapping, header: &[String]) -> Vec<Expected> {
        for name in header {
            if !mapping.columns.contains_key(name) {
                self.mistake(
                    "columns",
                    format!("the file has a column `{name}` that the mapping does not describe"),
                    format!("add [columns.{name}], even if nothing uses it"),
                );
            }
            if header.iter().filter(|other| *other == name).count() > 1 {
                self.mistake(
                    "columns",
                    format!("the file's header has `{name}` more than once"),
                    "give the columns of the file different names",
                );
            }
        }
        let mut expected = Vec::new();
        for (name, column) in &mapping.columns {
            let Some(place) = header.iter().position(|other| other == name) else {
                self.mistake(
                    &format!("columns.{name}"),
                    "the file has no such column",
                    format!(
                        "it should hold: {}; the header has {}",
                        column.meaning,
                        header.join(", ")
                    ),
                );
                continue;
            };
            self.check_column(name, column);
            expected.push(Expected {
                name: name.clone(),
                column: column.clone(),
                translations: translations(mapping, name),
                place,
            });
        }
        expected
    }

    /// Finds bounds that a column's kind does not know, and dates that cannot be read.
    fn check_column(&mut self, name: &str, column: &Column) {
        let place = format!("columns.{name}");
        let number = matches!(column.kind, Kind::Integer | Kind::Decimal);
        if !number && (column.min.is_some() || column.max.is_some()) {
            self.mistake(
                &place,
                "min and max are bounds for numbers",
                "leave them out, or make the column an integer or a decimal",
            );
        }
        if column.kind != Kind::Date && (column.earliest.is_some() || column.latest.is_some()) {
            self.mistake(
                &place,
                "earliest and latest are bounds for dates",
                "leave them out, or make the column a date",
            );
        }
        if StrftimeItems::new(&column.format).any(|item| matches!(item, Item::Error)) {
            self.mistake(
                &format!("{place}.format"),
                format!("`{}` is no way to write a date", column.format),
                "write, for example, %Y-%m-%d or %m/%d/%Y",
            );
        }
    }

    pub(super) async fn check_time_zone(&mut self, zone: &str) -> Result<(), ImportError> {
        let known = self
            .client
            .query_opt("SELECT FROM pg_timezone_names WHERE name = $1", &[&zone])
            .await?;
        if known.is_none() {
            self.mistake(
                "file.time_zone",
                format!("`{zone}` is no time zone"),
                "write a name such as America/New_York",
            );
        }
        Ok(())
    }
}

/// What each translation of a column knows.
fn translations(mapping: &Mapping, name: &str) -> Vec<Vec<String>> {
    let properties = mapping.property.fields.values();
    let features = mapping.features.iter().map(|feature| &feature.value);
    let records = mapping.records.iter().flat_map(|record| record.fields.values());
    properties
        .chain(features)
        .chain(records)
        .filter_map(|value| match value {
            Value::Column { column, translation: Some(translation) } if column == name => {
                Some(translation.keys().cloned().collect())
            }
            _ => None,
        })
        .collect()
}
