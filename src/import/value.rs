//! Where a field's value comes from: a column, a constant, a sum or a pair of coordinates.

use std::collections::BTreeMap;

use serde::Deserialize;

/// The source of one field's value.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "Written")]
pub(crate) enum Value {
    /// A column as it is, or translated; a translation to the empty text is no value.
    Column { column: String, translation: Option<BTreeMap<String, String>> },
    /// The same for every row.
    Constant(String),
    /// Whole or decimal columns added up; absent as soon as one of them is.
    Sum(Vec<String>),
    /// A point on the earth, WGS 84.
    Point { longitude: String, latitude: String },
}

impl Value {
    /// The columns that the value is made from.
    pub(crate) fn columns(&self) -> Vec<&str> {
        match self {
            Value::Column { column, .. } => vec![column],
            Value::Constant(_) => Vec::new(),
            Value::Sum(columns) => columns.iter().map(String::as_str).collect(),
            Value::Point { longitude, latitude } => vec![longitude, latitude],
        }
    }
}

/// A value as people write it, before it is known which of the four it is.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    column: Option<String>,
    values: Option<BTreeMap<String, Constant>>,
    constant: Option<Constant>,
    sum: Option<Vec<String>>,
    longitude: Option<String>,
    latitude: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Constant {
    Text(String),
    Integer(i64),
    Boolean(bool),
}

impl Constant {
    fn into_text(self) -> String {
        match self {
            Constant::Text(text) => text,
            Constant::Integer(integer) => integer.to_string(),
            Constant::Boolean(boolean) => boolean.to_string(),
        }
    }
}

impl TryFrom<Written> for Value {
    type Error = &'static str;

    fn try_from(written: Written) -> Result<Self, Self::Error> {
        let Written { column, values, constant, sum, longitude, latitude } = written;
        match (column, values, constant, sum, longitude, latitude) {
            (Some(column), values, None, None, None, None) => Ok(Value::Column {
                column,
                translation: values.map(|values| {
                    let pairs = values.into_iter();
                    pairs.map(|(from, to)| (from, to.into_text())).collect()
                }),
            }),
            (None, None, Some(constant), None, None, None) => {
                Ok(Value::Constant(constant.into_text()))
            }
            (None, None, None, Some(columns), None, None) if !columns.is_empty() => {
                Ok(Value::Sum(columns))
            }
            (None, None, None, None, Some(longitude), Some(latitude)) => {
                Ok(Value::Point { longitude, latitude })
            }
            _ => Err("write one of { column = \"…\" } (with values = { … } to translate), \
                 { constant = … }, { sum = [\"…\", …] } or { longitude = \"…\", latitude = \"…\" }; \
                 a constant is a text, a whole number or a truth value"),
        }
    }
}
