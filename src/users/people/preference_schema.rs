//! What a preference may be: JSON Schemas that users write, and values held against them.
//!
//! A schema comes from anybody, so it must not cost more than it is long: it refers to nothing, not
//! even to itself, and its patterns are matched in linear time.

use jsonschema::{Draft, PatternOptions, Validator};
use loaders::mutation::Input;
use loaders::{UserError, UserErrorCode};
use serde_json::Value;

/// How long a schema or a value is at most, as compact JSON.
const LENGTH_MAXIMUM: usize = 16 * 1024;

/// How deep a schema or a value is at most.
const DEPTH_MAXIMUM: usize = 16;

/// How much memory a pattern may take once compiled.
const PATTERN_SIZE_MAXIMUM: usize = 64 * 1024;

/// References, which may form circles, and what looks at everything below once more at each level.
const REFUSED: [&str; 10] = [
    "$ref",
    "$dynamicRef",
    "$recursiveRef",
    "$id",
    "$schema",
    "$vocabulary",
    "$anchor",
    "$dynamicAnchor",
    "unevaluatedItems",
    "unevaluatedProperties",
];

/// A schema that values can be held against.
pub(super) struct PreferenceSchema(Validator);

impl PreferenceSchema {
    /// Reads a schema.
    ///
    /// # Errors
    /// What is wrong with it, at `field`.
    pub(super) fn new(field: &str, schema: &Value) -> Result<Self, UserError> {
        bounded(field, schema)?;
        if !schema.is_object() {
            return Err(UserError::new(UserErrorCode::Invalid, &[field], "must be an object"));
        }
        if let Some(refused) = refused(schema) {
            let message = format!(
                "must not have `{refused}` in it: a schema stands by itself, and is short to check"
            );
            return Err(UserError::new(UserErrorCode::Invalid, &[field], message));
        }
        let patterns = PatternOptions::regex()
            .size_limit(PATTERN_SIZE_MAXIMUM)
            .dfa_size_limit(PATTERN_SIZE_MAXIMUM);
        let built = jsonschema::options()
            .with_draft(Draft::Draft202012)
            .with_pattern_options(patterns)
            .build(schema);
        built.map(Self).map_err(|error| {
            let message = format!("is not a JSON Schema: {}", told(&error));
            UserError::new(UserErrorCode::Invalid, &[field], message)
        })
    }

    /// Holds a value against the schema.
    ///
    /// # Errors
    /// The first thing that is wrong with it, at `field`.
    pub(super) fn check(&self, field: &str, value: &Value) -> Result<(), UserError> {
        bounded(field, value)?;
        self.0.validate(value).map_err(|error| {
            let place = error.instance_path().to_string();
            let place = if place.is_empty() { String::new() } else { format!("at {place}: ") };
            UserError::new(UserErrorCode::Invalid, &[field], format!("{place}{}", told(&error)))
        })
    }
}

/// A field of an input as JSON; null where it is absent.
pub(super) fn json(input: &Input, field: &str) -> Value {
    input.get(field).and_then(|value| value.clone().into_json().ok()).unwrap_or_default()
}

/// A message that does not repeat the value.
fn told(error: &jsonschema::ValidationError<'_>) -> String {
    error.masked().to_string()
}

fn bounded(field: &str, value: &Value) -> Result<(), UserError> {
    let refused = |code, message: String| Err(UserError::new(code, &[field], message));
    if depth(value) > DEPTH_MAXIMUM {
        let message = format!("has more than {DEPTH_MAXIMUM} levels");
        return refused(UserErrorCode::Invalid, message);
    }
    if value.to_string().len() > LENGTH_MAXIMUM {
        let message = format!("is longer than {LENGTH_MAXIMUM} bytes of JSON");
        return refused(UserErrorCode::TooLong, message);
    }
    Ok(())
}

fn children(value: &Value) -> Vec<&Value> {
    match value {
        Value::Array(items) => items.iter().collect(),
        Value::Object(fields) => fields.values().collect(),
        _ => Vec::new(),
    }
}

/// How many levels there are. The parser has bounded them before, so this can call itself.
fn depth(value: &Value) -> usize {
    1 + children(value).into_iter().map(depth).max().unwrap_or_default()
}

/// A key that is not taken, wherever it stands: also as the name of a property, which is no loss.
fn refused(schema: &Value) -> Option<&'static str> {
    let own = match schema {
        Value::Object(fields) => REFUSED.into_iter().find(|key| fields.contains_key(*key)),
        _ => None,
    };
    own.or_else(|| children(schema).into_iter().find_map(refused))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn mistake(schema: Value) -> String {
        PreferenceSchema::new("valueSchema", &schema).err().unwrap().message
    }

    #[test]
    fn values_are_held_against_a_schema() {
        let schema = json!({"type": "object", "additionalProperties": false,
            "properties": {"theme": {"enum": ["LIGHT", "DARK"]}, "size": {"type": "integer", "maximum": 9}}});
        let schema = PreferenceSchema::new("valueSchema", &schema).unwrap_or_else(|_| panic!());
        assert_eq!(schema.check("value", &json!({"theme": "DARK", "size": 9})), Ok(()));
        for value in [json!({"theme": "PINK"}), json!({"size": 10}), json!({"other": 1}), json!(1)]
        {
            let error = schema.check("value", &value).unwrap_err();
            assert_eq!(
                (error.code, error.path),
                (UserErrorCode::Invalid, vec!["value".to_owned()])
            );
        }
        let error = schema.check("value", &json!({"size": 10})).unwrap_err();
        assert!(error.message.starts_with("at /size: "), "{}", error.message);
    }

    #[test]
    fn what_is_no_schema_or_costs_too_much_is_refused() {
        assert!(mistake(json!(true)).contains("object"));
        assert!(mistake(json!({"type": "nothing"})).contains("JSON Schema"));
        assert!(mistake(json!({"$ref": "#"})).contains("$ref"));
        assert!(mistake(json!({"allOf": [{"$dynamicRef": "#"}]})).contains("$dynamicRef"));
        assert!(mistake(json!({"pattern": "(a+)+\\1"})).contains("JSON Schema"));
        assert!(mistake(json!({"pattern": "(a{1000}){1000}"})).contains("JSON Schema"));
        assert!(mistake(json!({"description": "x".repeat(20_000)})).contains("longer"));
        let deep = (0..40).fold(json!({}), |inner, _| json!({"not": inner}));
        assert!(mistake(deep).contains("levels"));
    }

    #[test]
    fn a_pattern_takes_linear_time() {
        let schema = json!({"pattern": "^(a+)+$"});
        let schema = PreferenceSchema::new("valueSchema", &schema).unwrap_or_else(|_| panic!());
        assert!(schema.check("value", &json!("a".repeat(5_000) + "!")).is_err());
    }
}
