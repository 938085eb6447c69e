//! A mutation's `input`: coerced to the contract's types, with absent and null kept apart.

use async_graphql::indexmap::IndexMap;
use async_graphql::{Name, Value};
use uuid::Uuid;

use super::user_error::{UserError, UserErrorCode};
use crate::scalar::{Kind, Param, encode, type_id};

/// An input object, and where it stands in the whole input.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Input {
    path: Vec<String>,
    fields: IndexMap<Name, Value>,
}

impl Input {
    /// The input of a mutation.
    pub fn new(value: Value) -> Self {
        Self::at(Vec::new(), value)
    }

    fn at(path: Vec<String>, value: Value) -> Self {
        let fields = match value {
            Value::Object(fields) => fields,
            _ => IndexMap::new(),
        };
        Self { path, fields }
    }

    /// Its fields that were given, null ones among them.
    pub fn fields(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.fields.iter().map(|(name, value)| (name.as_str(), value))
    }

    /// A field's value: none where it was not given.
    pub fn get(&self, field: &str) -> Option<&Value> {
        self.fields.get(field)
    }

    /// Whether the field was given, be it as null.
    pub fn has(&self, field: &str) -> bool {
        self.fields.contains_key(field)
    }

    /// A text or an enum value; none where it is absent or null.
    pub fn text(&self, field: &str) -> Option<&str> {
        match self.get(field)? {
            Value::String(text) => Some(text),
            Value::Enum(name) => Some(name.as_str()),
            _ => None,
        }
    }

    /// A whole number; none where it is absent or null.
    pub fn int(&self, field: &str) -> Option<i64> {
        match self.get(field)? {
            Value::Number(number) => number.as_i64(),
            _ => None,
        }
    }

    /// True or false; none where it is absent or null.
    pub fn boolean(&self, field: &str) -> Option<bool> {
        match self.get(field)? {
            Value::Boolean(truth) => Some(*truth),
            _ => None,
        }
    }

    /// The version that the caller has seen, if it said so.
    pub fn expected_version(&self) -> Option<i64> {
        self.int("expectedVersion")
    }

    /// The id of a thing of this type (a type's name of the contract).
    ///
    /// # Errors
    /// `REQUIRED` where it is absent or null, `INVALID` where it is the id of something else.
    pub fn id(&self, field: &str, type_name: &str) -> Result<Uuid, UserError> {
        self.optional_id(field, type_name)?
            .ok_or_else(|| self.mistake(UserErrorCode::Required, field, "is required"))
    }

    /// The same; none where it is absent or null.
    ///
    /// # Errors
    /// `INVALID` where it is the id of something else.
    pub fn optional_id(&self, field: &str, type_name: &str) -> Result<Option<Uuid>, UserError> {
        let Some(text) = self.text(field) else { return Ok(None) };
        type_id::expect(&crate::registry::snake_case(type_name), text)
            .map(Some)
            .map_err(|error| self.mistake(UserErrorCode::Invalid, field, error.to_string()))
    }

    /// A scalar as the parameter of a statement, NULL where it is absent or null. Give its place
    /// the kind's type, by a cast if need be: `$2::numeric`.
    ///
    /// # Errors
    /// `INVALID` where the value does not fit the kind.
    pub fn param(&self, field: &str, kind: Kind) -> Result<Param, UserError> {
        encode(kind, self.get(field).unwrap_or(&Value::Null))
            .map_err(|error| self.mistake(UserErrorCode::Invalid, field, error.to_string()))
    }

    /// An input object in a field; none where it is absent or null.
    pub fn object(&self, field: &str) -> Option<Input> {
        let value = self.get(field)?;
        matches!(value, Value::Object(_)).then(|| Self::at(self.path_to(field), value.clone()))
    }

    /// The input objects of a list; none where it is absent or null.
    pub fn items(&self, field: &str) -> Vec<Input> {
        match self.get(field) {
            Some(Value::List(items)) => items
                .iter()
                .enumerate()
                .map(|(index, item)| {
                    let mut path = self.path_to(field);
                    path.push(index.to_string());
                    Self::at(path, item.clone())
                })
                .collect(),
            _ => Vec::new(),
        }
    }

    /// Where a field of this object stands in the whole input.
    pub fn path_to(&self, field: &str) -> Vec<String> {
        let mut path = self.path.clone();
        path.push(field.to_string());
        path
    }

    /// With another field, or another value for one.
    pub fn with(mut self, field: &str, value: Value) -> Self {
        self.fields.insert(Name::new(field), value);
        self
    }

    /// A mistake that was found in this object, with its place in the whole input.
    pub fn holding(&self, mut mistake: UserError) -> UserError {
        mistake.path.splice(0..0, self.path.iter().cloned());
        mistake
    }

    /// A mistake at a field of this object.
    pub fn mistake(
        &self,
        code: UserErrorCode,
        field: &str,
        message: impl Into<String>,
    ) -> UserError {
        UserError { code, path: self.path_to(field), message: message.into() }
    }
}
