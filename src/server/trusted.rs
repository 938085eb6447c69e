//! Trusted documents: the operations of a front end, known to the server before they are sent.
//!
//! They come from a folder or a manifest. In a folder each file `NAME.graphql` is one document,
//! whose id is its path below the folder without that ending; each file `NAME.json` is a manifest:
//! an object of ids and documents, as graphql-codegen and relay-compiler write it, or Apollo's
//! list of operations. Each document can also be named by the SHA-256 of its text.

use std::collections::HashMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use thiserror::Error;

/// Why the documents of a folder cannot be had.
#[derive(Debug, Error)]
pub enum TrustedError {
    /// A file or folder cannot be read.
    #[error("{} cannot be read", path.display())]
    Read {
        /// Which one.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file holds no manifest.
    #[error(
        "{} is no manifest: it is neither an object of ids and documents nor Apollo's list of \
         operations",
        path.display()
    )]
    Manifest {
        /// Which one.
        path: PathBuf,
        /// Where it leaves the form.
        source: serde_json::Error,
    },
    /// Two documents have the same id.
    #[error("the id {id} means one document in {first} and another in {second}")]
    Twice {
        /// The id.
        id: String,
        /// Where it stands first.
        first: String,
        /// Where it stands again.
        second: String,
    },
    /// There is nothing to trust.
    #[error("{} has neither .graphql files nor manifests with documents", .0.display())]
    Empty(PathBuf),
}

/// A document that may run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrustedDocument {
    /// What clients may call it.
    pub id: String,
    /// Its text.
    pub text: String,
    /// Where it came from, for people.
    pub origin: String,
}

/// The documents of a folder or a manifest, in the order of their origins.
///
/// # Errors
/// See [`TrustedError`].
pub fn read(path: &Path) -> Result<Vec<TrustedDocument>, TrustedError> {
    let mut documents = Vec::new();
    if path.is_dir() {
        read_folder(path, path, &mut documents)?;
    } else {
        read_manifest(path, &path.display().to_string(), &mut documents)?;
    }
    if documents.is_empty() {
        return Err(TrustedError::Empty(path.to_owned()));
    }
    let mut seen: HashMap<&str, &TrustedDocument> = HashMap::with_capacity(documents.len());
    for document in &documents {
        let before = seen.insert(&document.id, document);
        if let Some(before) = before.filter(|before| before.text != document.text) {
            return Err(TrustedError::Twice {
                id: document.id.clone(),
                first: before.origin.clone(),
                second: document.origin.clone(),
            });
        }
    }
    Ok(documents)
}

fn read_folder(
    root: &Path,
    folder: &Path,
    documents: &mut Vec<TrustedDocument>,
) -> Result<(), TrustedError> {
    let failed = |source| TrustedError::Read { path: folder.to_owned(), source };
    let entries = fs::read_dir(folder).map_err(failed)?;
    let mut paths = entries
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<Vec<_>, _>>()
        .map_err(failed)?;
    paths.sort();
    for path in paths {
        let below = path.strip_prefix(root).unwrap_or(&path).display().to_string();
        if path.is_dir() {
            read_folder(root, &path, documents)?;
        } else if let Some(id) = below.strip_suffix(".graphql") {
            let text = text_of(&path)?;
            documents.push(TrustedDocument { id: id.to_owned(), text, origin: below.clone() });
        } else if below.ends_with(".json") {
            read_manifest(&path, &below, documents)?;
        }
    }
    Ok(())
}

/// The forms that manifests have.
#[derive(Deserialize)]
#[serde(untagged)]
enum Manifest {
    Apollo { format: ApolloFormat, operations: Vec<ApolloOperation> },
    Plain(std::collections::BTreeMap<String, String>),
}

#[derive(Deserialize)]
enum ApolloFormat {
    #[serde(rename = "apollo-persisted-query-manifest")]
    Manifest,
}

#[derive(Deserialize)]
struct ApolloOperation {
    id: String,
    body: String,
}

fn read_manifest(
    path: &Path,
    name: &str,
    documents: &mut Vec<TrustedDocument>,
) -> Result<(), TrustedError> {
    let manifest = serde_json::from_str(&text_of(path)?)
        .map_err(|source| TrustedError::Manifest { path: path.to_owned(), source })?;
    let mut push = |id: String, text| {
        let origin = format!("{name}: {id}");
        documents.push(TrustedDocument { id, text, origin });
    };
    match manifest {
        Manifest::Apollo { format: ApolloFormat::Manifest, operations } => {
            operations.into_iter().for_each(|operation| push(operation.id, operation.body));
        }
        Manifest::Plain(texts) => texts.into_iter().for_each(|(id, text)| push(id, text)),
    }
    Ok(())
}

fn text_of(path: &Path) -> Result<String, TrustedError> {
    fs::read_to_string(path).map_err(|source| TrustedError::Read { path: path.to_owned(), source })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        folder
    }

    fn ids(path: &Path) -> Vec<(String, String)> {
        read(path).unwrap().into_iter().map(|document| (document.id, document.text)).collect()
    }

    #[test]
    fn a_folder_gives_its_files_and_manifests() {
        let apollo = r#"{ "format": "apollo-persisted-query-manifest", "version": 1, "operations":
            [{ "id": "c", "name": "C", "type": "query", "body": "{c}" }] }"#;
        let folder = folder(&[
            ("home.graphql", "{h}"),
            ("listing/open.graphql", "{o}"),
            ("listing/README.md", "nothing"),
            ("persisted.json", r#"{ "a": "{a}", "b": "{b}" }"#),
            ("zapollo.json", apollo),
        ]);
        let expected =
            [("home", "{h}"), ("listing/open", "{o}"), ("a", "{a}"), ("b", "{b}"), ("c", "{c}")];
        let expected = expected.map(|(id, text)| (id.to_owned(), text.to_owned()));
        assert_eq!(ids(folder.path()), expected);
        assert_eq!(ids(&folder.path().join("zapollo.json")), expected[4..]);
    }

    #[test]
    fn what_cannot_be_trusted_is_told_with_its_place() {
        let table: [(&[(&str, &str)], &str); 4] = [
            (&[], "has neither .graphql files nor manifests"),
            (&[("a.json", "{")], "a.json is no manifest"),
            (&[("a.json", r#"{ "a": 1 }"#)], "a.json is no manifest"),
            (
                &[("a.graphql", "{a}"), ("b.json", r#"{ "a": "{b}" }"#)],
                "the id a means one document in a.graphql and another in b.json: a",
            ),
        ];
        for (files, told) in table {
            let folder = folder(files);
            let error = read(folder.path()).unwrap_err().to_string();
            assert!(error.contains(told), "{error}");
        }
        let missing = read(Path::new("/nowhere/at/all")).unwrap_err().to_string();
        assert_eq!(missing, "/nowhere/at/all cannot be read");
    }
}
