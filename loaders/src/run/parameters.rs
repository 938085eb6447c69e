//! From a statement's parameters to the values that go over the wire.

use async_graphql::Value as ConstValue;
use uuid::Uuid;

use super::Run;
use crate::error::RequestError;
use crate::error_code::ErrorCode;
use crate::plan::input::invalid;
use crate::plan::types::{Parameter, Pattern, Statement};
use crate::scalar::{BadValue, Kind, Param, cursor, encode, encode_array};
use crate::viewer::ViewerValue;

/// The values of one cursor, each in its binary form.
type Position = Vec<Option<Vec<u8>>>;

impl Run<'_> {
    pub(crate) fn parameters(
        &self,
        statement: &Statement,
        keys: &[Uuid],
    ) -> Result<Vec<Param>, RequestError> {
        let mut cursors: Vec<Position> = Vec::with_capacity(statement.cursors.len());
        for plan in &statement.cursors {
            let ConstValue::String(text) = plan.leaf.value(self.variables) else {
                return Err(invalid(plan.argument, "expected a cursor"));
            };
            let position =
                cursor::decode(plan.fingerprint, &plan.kinds, &text).map_err(|error| {
                    RequestError::Invalid {
                        code: ErrorCode::InvalidCursor,
                        message: format!("{}: {error}", plan.argument),
                        locations: Vec::new(),
                    }
                })?;
            cursors.push(position);
        }
        statement
            .parameters
            .iter()
            .map(|parameter| self.parameter(parameter, keys, &cursors))
            .collect()
    }

    fn parameter(
        &self,
        parameter: &Parameter,
        keys: &[Uuid],
        cursors: &[Position],
    ) -> Result<Param, RequestError> {
        Ok(match parameter {
            Parameter::Keys => Param::UuidArray(keys.to_vec()),
            Parameter::Value(leaf, kind, path) => {
                encode(*kind, &leaf.value(self.variables)).map_err(bad(path))?
            }
            Parameter::Values(leaf, kind, path) => match leaf.value(self.variables) {
                ConstValue::List(items) => encode_array(*kind, &items).map_err(bad(path))?,
                single => encode_array(*kind, &[single]).map_err(bad(path))?,
            },
            Parameter::Pattern(leaf, pattern) => match leaf.value(self.variables) {
                ConstValue::String(text) => {
                    encode(Kind::Text, &ConstValue::String(pattern.around(&text)))
                        .map_err(bad("filter"))?
                }
                _ => Param::Null,
            },
            Parameter::Bounded(leaf, low, high, name) => {
                let value = match leaf.value(self.variables) {
                    ConstValue::Number(number) => number.as_f64().unwrap_or(f64::NAN),
                    _ => f64::NAN,
                };
                if !(*low..=*high).contains(&value) {
                    return Err(invalid(name, &format!("{value} lies outside {low} to {high}")));
                }
                Param::Float8(value)
            }
            Parameter::Polygon(leaf) => {
                let value = leaf.value(self.variables);
                if !matches!(&value, ConstValue::Object(object) if is_area(object.get("type"))) {
                    return Err(invalid("within.polygon", "expected a Polygon or a MultiPolygon"));
                }
                encode(Kind::Raw, &value).map_err(bad("within.polygon"))?
            }
            Parameter::Limit(page, extra) => {
                let size = match &page.leaf {
                    Some(leaf) => page.checked(&leaf.value(self.variables))?,
                    None => page.default,
                };
                Param::Int8(size + extra)
            }
            Parameter::Cursor(cursor, term) => match &cursors[*cursor][*term] {
                Some(raw) => Param::Raw(raw.clone()),
                None => Param::Null,
            },
            Parameter::Viewer(name) => match self.viewer.value(name).as_deref() {
                Some(ViewerValue::Uuid(id)) => Param::Uuid(*id),
                Some(ViewerValue::Uuids(ids)) => Param::UuidArray(ids.clone()),
                Some(ViewerValue::Text(text)) => Param::Text(text.clone()),
                Some(ViewerValue::Texts(texts)) => Param::TextArray(texts.clone()),
                None => Param::Null,
            },
        })
    }
}

impl Pattern {
    /// The text as a LIKE pattern, its own `%`, `_` and `\` taken literally.
    fn around(self, text: &str) -> String {
        let mut pattern = String::with_capacity(text.len() + 2);
        if self != Self::StartsWith {
            pattern.push('%');
        }
        for character in text.chars() {
            if matches!(character, '%' | '_' | '\\') {
                pattern.push('\\');
            }
            pattern.push(character);
        }
        if self != Self::EndsWith {
            pattern.push('%');
        }
        pattern
    }
}

fn is_area(kind: Option<&ConstValue>) -> bool {
    matches!(kind, Some(ConstValue::String(kind)) if kind == "Polygon" || kind == "MultiPolygon")
}

fn bad(path: &str) -> impl Fn(BadValue) -> RequestError {
    move |error| invalid(path, &error.to_string())
}
