//! A request as text: the document, then the variables as JSON, then the operation's name, with a
//! line of `%%` between them. No GraphQL document has such a line outside of its strings.

use std::path::Path;

use serde_json::Value;

const SEPARATOR: &str = "\n%%\n";

/// A request that a fuzzer made.
#[derive(Debug, Clone, PartialEq)]
pub struct Input {
    /// The document, which may be no document at all.
    pub document: String,
    /// The variables; null for none.
    pub variables: Value,
    /// Which operation is asked for.
    pub operation_name: Option<String>,
}

impl Input {
    /// Any bytes are a request; what is not UTF-8 is replaced, what is not JSON left out.
    pub fn from_bytes(bytes: &[u8]) -> Self {
        let text = String::from_utf8_lossy(bytes);
        let mut parts = text.splitn(3, SEPARATOR);
        let document = parts.next().unwrap_or_default().to_owned();
        let variables = parts.next().and_then(|part| serde_json::from_str(part).ok());
        let operation_name = parts.next().map(|part| part.trim().to_owned());
        Self { document, variables: variables.unwrap_or_default(), operation_name }
    }

    /// As bytes that [`Self::from_bytes`] reads, to keep what was found.
    pub fn to_text(&self) -> String {
        let mut text = format!("{}{SEPARATOR}{}", self.document.trim_end(), self.variables);
        if let Some(name) = &self.operation_name {
            text.extend([SEPARATOR, name]);
        }
        text
    }
}

/// The requests in `fuzz/seeds`, each with the name of its file, in the order of their names.
///
/// # Panics
/// When the folder cannot be read: no round begins without its seeds.
#[expect(clippy::unwrap_used, reason = "no round begins without its seeds")]
pub fn seeds() -> Vec<(String, Input)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("seeds");
    let mut files: Vec<_> = folder.read_dir().unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let seed = |path: &std::path::PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        (name, Input::from_bytes(&std::fs::read(path).unwrap()))
    };
    files.iter().map(seed).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_was_found_can_be_kept() {
        let input = Input {
            document: "query A($id: ID!) { node(id: $id) { id } }".into(),
            variables: json!({ "id": "user_1" }),
            operation_name: Some("A".into()),
        };
        assert_eq!(Input::from_bytes(input.to_text().as_bytes()), input);
        let bare = Input::from_bytes(b"{ \xff }");
        assert_eq!((bare.document.as_str(), bare.variables), ("{ \u{fffd} }", Value::Null));
    }
}
