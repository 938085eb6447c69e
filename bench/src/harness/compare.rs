//! Whether two servers gave the same answer: asked before anything is timed.
//!
//! Answers must be equal as JSON. PostGraphile alone gets some grace, since it writes the same
//! values in another form: ids as plain UUIDs and timestamps with an offset.

use chrono::DateTime;
use serde_json::Value;

use crate::rival::typed_id;

/// Where two answers differ first, with both values; `None` when they are equal.
pub(crate) fn difference(one: &Value, other: &Value) -> Option<String> {
    differ("", one, other)
}

/// The answer with every value in one form: typed ids as UUIDs, timestamps in UTC.
pub(crate) fn canonical(value: &Value) -> Value {
    match value {
        Value::String(text) => Value::String(canonical_text(text)),
        Value::Array(items) => items.iter().map(canonical).collect(),
        Value::Object(fields) => {
            fields.iter().map(|(name, value)| (name.clone(), canonical(value))).collect()
        }
        other => other.clone(),
    }
}

fn canonical_text(text: &str) -> String {
    if let Some(id) = text.rsplit_once('_').and_then(|(_, suffix)| typed_id::decode(suffix)) {
        return id.to_string();
    }
    match DateTime::parse_from_rfc3339(text) {
        Ok(moment) => moment.to_utc().to_rfc3339(),
        Err(_) => text.to_owned(),
    }
}

fn differ(place: &str, one: &Value, other: &Value) -> Option<String> {
    match (one, other) {
        (Value::Object(a), Value::Object(b)) => {
            if let Some(name) = b.keys().find(|name| !a.contains_key(*name)) {
                return Some(format!("{place}.{name} is only in the second"));
            }
            a.iter().find_map(|(name, value)| match b.get(name) {
                Some(other) => differ(&format!("{place}.{name}"), value, other),
                None => Some(format!("{place}.{name} is only in the first")),
            })
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => a
            .iter()
            .zip(b)
            .enumerate()
            .find_map(|(index, (one, other))| differ(&format!("{place}[{index}]"), one, other)),
        (Value::Array(a), Value::Array(b)) => {
            Some(format!("{place} has {} items and {} items", a.len(), b.len()))
        }
        _ if one == other => None,
        _ => Some(format!("{place} is {one} and {other}")),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_first_difference_is_named() {
        let one = json!({"data": {"nodes": [{"a": 1}, {"a": 2}]}});
        assert_eq!(difference(&one, &one), None);
        let other = json!({"data": {"nodes": [{"a": 1}, {"a": 3}]}});
        assert_eq!(difference(&one, &other).as_deref(), Some(".data.nodes[1].a is 2 and 3"));
        let shorter = json!({"data": {"nodes": [{"a": 1}]}});
        assert_eq!(
            difference(&one, &shorter).as_deref(),
            Some(".data.nodes has 2 items and 1 items")
        );
        assert!(difference(&json!({"a": 1}), &json!({})).is_some());
        assert!(difference(&json!({}), &json!({"a": null})).is_some());
    }

    #[test]
    fn one_value_in_two_forms_is_one_value() {
        let id = uuid::Uuid::now_v7();
        let ours = json!({"id": typed_id::encode("property", id), "at": "1998-06-30T00:00:00Z"});
        let theirs = json!({"id": id.to_string(), "at": "1998-06-30T02:00:00+02:00"});
        assert_ne!(difference(&ours, &theirs), None);
        assert_eq!(difference(&canonical(&ours), &canonical(&theirs)), None);
    }
}
