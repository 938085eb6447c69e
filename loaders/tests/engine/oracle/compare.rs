//! Compares an answer with the oracle's: exactly, but for measured distances, whose last digits
//! may differ, and for cursors, whose text is the engine's own.

use std::collections::HashMap;

use serde_json::Value as Json;

/// Which text stands for which row in which order; one for each, and each for one.
#[derive(Default)]
pub(crate) struct Cursors {
    by_mark: HashMap<String, String>,
    by_text: HashMap<String, String>,
}

impl Cursors {
    fn agree(&mut self, mark: &str, text: &str) -> bool {
        let known = self.by_mark.entry(mark.to_string()).or_insert_with(|| text.to_string());
        let meant = self.by_text.entry(text.to_string()).or_insert_with(|| mark.to_string());
        known == text && meant == mark
    }
}

/// The first place where two answers differ, and how.
pub(crate) fn difference(expected: &Json, given: &Json, cursors: &mut Cursors) -> Option<String> {
    let at = |place: &str, difference: String| {
        Some(format!("{place}{}{difference}", if difference.starts_with(':') { "" } else { "." }))
    };
    match (expected, given) {
        (Json::Object(expected), Json::Object(given)) if expected.keys().eq(given.keys()) => {
            let mut fields = expected.iter().zip(given.values());
            fields
                .find_map(|((key, expected), given)| at(key, difference(expected, given, cursors)?))
        }
        (Json::Array(expected), Json::Array(given)) if expected.len() == given.len() => {
            let mut items = expected.iter().zip(given).enumerate();
            items.find_map(|(index, (expected, given))| {
                at(&index.to_string(), difference(expected, given, cursors)?)
            })
        }
        (Json::String(mark), Json::String(text))
            if mark.starts_with('\u{e000}') && cursors.agree(mark, text) =>
        {
            None
        }
        (Json::Number(expected), Json::Number(given)) if expected.is_f64() && given.is_f64() => {
            let (expected, given) = (expected.as_f64()?, given.as_f64()?);
            let close = (expected - given).abs() <= 1e-6 * expected.abs().max(1.0);
            (!close).then(|| format!(": expected {expected}, given {given}"))
        }
        _ => (expected != given).then(|| format!(": expected {expected}, given {given}")),
    }
}
