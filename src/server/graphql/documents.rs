//! From what a request names to a document's text: sent whole, by a hash, or by a trusted name.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use loaders::{ErrorCode, RequestError};
use quick_cache::Weighter;
use quick_cache::sync::Cache;
use sha2::{Digest, Sha256};

use super::request::{Asked, PersistedQuery};
use crate::server::trusted::TrustedDocument;

/// SHA-256 of a document's text.
type Hash = [u8; 32];

/// Which documents run, and which of them need not be sent.
pub(crate) enum Documents {
    /// Any; those that ran can be named by their hash, as long as there is room.
    Any { persisted: Option<Cache<Hash, Arc<str>, Weight>> },
    /// These and no others.
    Trusted { by_id: HashMap<String, Arc<str>>, by_hash: HashMap<Hash, Arc<str>> },
}

/// The text of a document.
pub(super) struct Found<'a> {
    pub(super) text: Cow<'a, str>,
    /// The hash to keep it under, once it has proved to be valid.
    keep: Option<Hash>,
}

#[derive(Clone)]
pub(crate) struct Weight;

impl Weighter<Hash, Arc<str>> for Weight {
    fn weight(&self, _: &Hash, text: &Arc<str>) -> u64 {
        128 + text.len() as u64
    }
}

impl Documents {
    /// Any document runs. With `persisted_bytes`, so many bytes of them are kept by their hash.
    pub(crate) fn any(persisted_bytes: Option<u64>) -> Self {
        let persisted = persisted_bytes.map(|bytes| Cache::with_weighter(1024, bytes, Weight));
        Self::Any { persisted }
    }

    /// Only these run.
    pub(crate) fn trusted(documents: Vec<TrustedDocument>) -> Self {
        let mut by_id = HashMap::with_capacity(documents.len());
        let mut by_hash = HashMap::with_capacity(documents.len());
        for TrustedDocument { id, text, .. } in documents {
            let text: Arc<str> = text.into();
            by_hash.insert(hash_of(&text), text.clone());
            by_id.insert(id, text);
        }
        Self::Trusted { by_id, by_hash }
    }

    /// The document that is asked for.
    pub(super) fn find<'a>(&'a self, asked: &'a Asked) -> Result<Found<'a>, RequestError> {
        let query = asked.query.as_deref();
        let persisted = asked.persisted_query();
        if let (Some(text), Some(named)) = (query, persisted)
            && hash(named)? != hash_of(text)
        {
            let message = "the hash is not the SHA-256 of the query that came with it";
            return Err(RequestError::invalid(ErrorCode::PersistedQueryMismatch, message));
        }
        if asked.document_id.is_some() && (query.is_some() || persisted.is_some()) {
            return Err(malformed("`documentId` names the document: send nothing else for it"));
        }
        match self {
            Self::Trusted { by_id, by_hash } => {
                let text = match (&asked.document_id, persisted, query) {
                    (Some(id), ..) => by_id.get(id).or_else(|| by_hash.get(&read_hash(id)?)),
                    (None, Some(named), _) => by_hash.get(&hash(named)?),
                    (None, None, Some(text)) => by_hash.get(&hash_of(text)),
                    (None, None, None) => return Err(malformed("a request needs `documentId`")),
                };
                let text = text.ok_or_else(not_trusted)?;
                Ok(Found { text: Cow::Borrowed(text), keep: None })
            }
            Self::Any { persisted: kept } => match (query, persisted, kept) {
                (Some(text), Some(named), Some(_)) => {
                    Ok(Found { text: Cow::Borrowed(text), keep: Some(hash(named)?) })
                }
                (Some(text), ..) => Ok(Found { text: Cow::Borrowed(text), keep: None }),
                (None, Some(named), Some(kept)) => {
                    let text = kept.get(&hash(named)?).ok_or_else(not_found)?;
                    Ok(Found { text: Cow::Owned(text.to_string()), keep: None })
                }
                (None, Some(_), None) => Err(not_supported()),
                (None, None, _) if asked.document_id.is_some() => Err(not_trusted()),
                (None, None, _) => Err(malformed("a request needs a `query`")),
            },
        }
    }

    /// Keeps a document that was valid, if it came with its hash.
    pub(super) fn keep(&self, found: &Found<'_>) {
        if let (Self::Any { persisted: Some(kept) }, Some(hash)) = (self, found.keep)
            && kept.get(&hash).is_none()
        {
            kept.insert(hash, Arc::from(&*found.text));
        }
    }
}

fn hash_of(text: &str) -> Hash {
    Sha256::digest(text.as_bytes()).into()
}

fn hash(named: &PersistedQuery) -> Result<Hash, RequestError> {
    if named.version != 1 {
        return Err(malformed("`persistedQuery` has a version that is not known: send 1"));
    }
    read_hash(&named.sha256_hash)
        .ok_or_else(|| malformed("`sha256Hash` is no SHA-256: send 64 signs from 0 to f"))
}

/// A hash in hexadecimal, perhaps with its kind before it.
fn read_hash(text: &str) -> Option<Hash> {
    let digits = text.strip_prefix("sha256:").unwrap_or(text).as_bytes();
    let mut hash = [0; 32];
    if digits.len() != 64 {
        return None;
    }
    for (byte, pair) in hash.iter_mut().zip(digits.chunks_exact(2)) {
        let digit = |sign: u8| char::from(sign).to_digit(16);
        *byte = u8::try_from(digit(pair[0])? * 16 + digit(pair[1])?).ok()?;
    }
    Some(hash)
}

fn malformed(message: &str) -> RequestError {
    RequestError::invalid(ErrorCode::MalformedRequest, message)
}

/// Some clients look at this message and not at the code.
fn not_found() -> RequestError {
    RequestError::invalid(ErrorCode::PersistedQueryNotFound, "PersistedQueryNotFound")
}

/// Some clients look at this message and not at the code.
fn not_supported() -> RequestError {
    RequestError::invalid(ErrorCode::PersistedQueryNotSupported, "PersistedQueryNotSupported")
}

fn not_trusted() -> RequestError {
    let message = "the server trusts no such document: only those it knows run";
    RequestError::invalid(ErrorCode::DocumentNotTrusted, message)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const QUERY: &str = "{ __typename }";
    const HASH: &str = "7f56e67dd21ab3f30d1ff8b7bed08893f0a0db86449836189b361dd1e56ddb4b";

    fn find(documents: &Documents, asked: Value) -> Result<String, ErrorCode> {
        let asked: Asked = serde_json::from_value(asked).unwrap();
        let found = documents.find(&asked).map_err(|error| error.code())?;
        documents.keep(&found);
        Ok(found.text.into_owned())
    }

    fn by_hash(hash: &str) -> Value {
        json!({ "extensions": { "persistedQuery": { "version": 1, "sha256Hash": hash } } })
    }

    fn with_query(mut asked: Value, query: &str) -> Value {
        asked["query"] = query.into();
        asked
    }

    #[test]
    fn what_ran_can_be_named_by_its_hash() {
        let documents = Documents::any(Some(1 << 20));
        let hashed = by_hash(HASH);
        assert_eq!(find(&documents, hashed.clone()), Err(ErrorCode::PersistedQueryNotFound));
        assert_eq!(find(&documents, with_query(json!({}), QUERY)).as_deref(), Ok(QUERY));
        assert_eq!(find(&documents, hashed.clone()), Err(ErrorCode::PersistedQueryNotFound));
        let wrong = with_query(hashed.clone(), "{ other }");
        assert_eq!(find(&documents, wrong), Err(ErrorCode::PersistedQueryMismatch));
        assert_eq!(find(&documents, with_query(hashed.clone(), QUERY)).as_deref(), Ok(QUERY));
        assert_eq!(find(&documents, hashed).as_deref(), Ok(QUERY));
        assert_eq!(find(&documents, by_hash(&HASH.to_uppercase())).as_deref(), Ok(QUERY));
    }

    #[test]
    fn what_is_kept_is_bounded() {
        let documents = Documents::any(Some(10_000));
        for number in 0..1000 {
            let query = format!("{{ a{number}: __typename }}");
            let hash = hash_of(&query).iter().map(|byte| format!("{byte:02x}")).collect::<String>();
            find(&documents, with_query(by_hash(&hash), &query)).unwrap();
        }
        let Documents::Any { persisted: Some(kept) } = &documents else { unreachable!() };
        assert!(kept.weight() <= 10_000 && !kept.is_empty());
    }

    #[test]
    fn requests_that_name_nothing_are_told_so() {
        let any = Documents::any(Some(1 << 20));
        let none = Documents::any(None);
        let trusted = Documents::trusted(Vec::new());
        let short = by_hash("abc");
        let mut second = by_hash(HASH);
        second["extensions"]["persistedQuery"]["version"] = json!(2);
        for (documents, asked, code) in [
            (&any, json!({}), ErrorCode::MalformedRequest),
            (&any, json!({ "query": null }), ErrorCode::MalformedRequest),
            (&any, short, ErrorCode::MalformedRequest),
            (&any, second, ErrorCode::MalformedRequest),
            (&any, json!({ "documentId": "a" }), ErrorCode::DocumentNotTrusted),
            (&any, json!({ "documentId": "a", "query": "{a}" }), ErrorCode::MalformedRequest),
            (&none, by_hash(HASH), ErrorCode::PersistedQueryNotSupported),
            (&trusted, json!({}), ErrorCode::MalformedRequest),
        ] {
            assert_eq!(find(documents, asked.clone()), Err(code), "{asked}");
        }
        assert_eq!(find(&none, with_query(by_hash(HASH), QUERY)).as_deref(), Ok(QUERY));
    }

    #[test]
    fn only_what_is_trusted_runs() {
        let document = |id: &str, text: &str| TrustedDocument {
            id: id.into(),
            text: text.into(),
            origin: String::new(),
        };
        let documents = Documents::trusted(vec![document("home", QUERY)]);
        for asked in [
            json!({ "documentId": "home" }),
            json!({ "documentId": HASH }),
            json!({ "documentId": format!("sha256:{HASH}") }),
            json!({ "query": QUERY }),
            by_hash(HASH),
            with_query(by_hash(HASH), QUERY),
        ] {
            assert_eq!(find(&documents, asked.clone()).as_deref(), Ok(QUERY), "{asked}");
        }
        for asked in [
            json!({ "documentId": "away" }),
            json!({ "query": "{ __typename  }" }),
            by_hash(&HASH.replace('e', "f")),
        ] {
            assert_eq!(find(&documents, asked.clone()), Err(ErrorCode::DocumentNotTrusted));
        }
    }
}
