//! The mapping's values bound to the columns of a table.

use std::collections::BTreeMap;

use tokio_postgres::GenericClient;

use super::{
    super::{
        ImportError,
        catalog::{self, Table, TargetColumn},
        expression::Misfit,
        target::Field,
        value::Value,
    },
    CodeColumn, Planner,
};

impl<C: GenericClient> Planner<'_, C> {
    /// Binds values to a table's columns.
    pub(super) async fn fields(
        &mut self,
        place: &str,
        table_name: &str,
        table: &Table,
        values: &BTreeMap<String, Value>,
    ) -> Result<Vec<Field>, ImportError> {
        let mut fields = Vec::new();
        for (name, value) in values {
            let place = format!("{place}.{name}");
            let Some(target) = table.get(name) else {
                let known: Vec<_> = table
                    .iter()
                    .filter(|(_, column)| !column.computed)
                    .map(|(name, _)| name.as_str())
                    .collect();
                self.mistake(
                    &place,
                    format!("{table_name} has no such column"),
                    format!("write one of {}", known.join(", ")),
                );
                continue;
            };
            if target.computed {
                self.mistake(
                    &place,
                    format!("{table_name}.{name} is filled by the database"),
                    "leave it out",
                );
                continue;
            }
            match self.staged.expression(value, target) {
                Err(Misfit { problem, remedy }) => self.mistake(&place, problem, remedy),
                Ok(expression) => {
                    self.check_literals(&place, value, target).await?;
                    self.note_codes(value, target);
                    fields.push(Field {
                        name: name.clone(),
                        expression,
                        columns: value.columns().into_iter().map(str::to_owned).collect(),
                        compared: true,
                        is_place: target.base_type == "geography",
                    });
                }
            }
        }
        Ok(fields)
    }

    /// Holds constants and translations against the target's type or code table.
    async fn check_literals(
        &mut self,
        place: &str,
        value: &Value,
        target: &TargetColumn,
    ) -> Result<(), ImportError> {
        for literal in literals(value).unwrap_or_default() {
            if let Some(codes) = &target.codes {
                if !catalog::has_code(self.client, codes, literal).await? {
                    self.mistake(
                        place,
                        format!("`{literal}` is no code of {codes}"),
                        format!("write a code that {codes} has, or add it there first"),
                    );
                }
            } else if let Some(refusal) =
                catalog::refusal(self.client, literal, &target.type_name).await?
            {
                self.mistake(
                    place,
                    format!("`{literal}` is no {}: {refusal}", target.type_name),
                    "write a value of that type",
                );
            }
        }
        Ok(())
    }

    fn note_codes(&mut self, value: &Value, target: &TargetColumn) {
        if let (Some(table), Value::Column { column, translation: None }) = (&target.codes, value)
            && let Some(name) = self.staged.name(column)
        {
            self.codes.push(CodeColumn {
                column: column.clone(),
                expression: format!("CAST({name} AS text)"),
                table: table.clone(),
            });
        }
    }

    /// A column that a row cannot do without must have a field.
    pub(super) fn require(
        &mut self,
        place: &str,
        table_name: &str,
        table: &Table,
        fields: &[Field],
    ) {
        let missing: Vec<_> = table
            .iter()
            .filter(|(name, column)| {
                column.required
                    && !column.computed
                    && !fields.iter().any(|field| field.name == **name)
            })
            .map(|(name, _)| name.clone())
            .collect();
        for name in missing {
            self.mistake(
                place,
                format!("{table_name} needs a value for `{name}`"),
                format!("add {place}.{name}"),
            );
        }
    }
}

/// What a value can be, if the mapping itself says so.
pub(super) fn literals(value: &Value) -> Option<Vec<&String>> {
    match value {
        Value::Constant(text) => Some(vec![text]),
        Value::Column { translation: Some(translation), .. } => {
            Some(translation.values().filter(|text| !text.is_empty()).collect())
        }
        _ => None,
    }
}
