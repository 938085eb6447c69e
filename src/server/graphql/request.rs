//! What a client asks, read from a body or a query string. Nothing is looked up yet.

use std::fmt;
use std::marker::PhantomData;

use async_graphql::Variables;
use axum::extract::Query;
use axum::http::Uri;
use loaders::{ErrorCode, Measure, RequestError};
use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::lists;

/// How deep JSON may be nested.
pub(super) const JSON_LEVELS: usize = 127;

/// One operation and how it is to run.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Asked {
    /// The document's text.
    pub(super) query: Option<String>,
    /// The document by the name under which the server trusts it.
    pub(super) document_id: Option<String>,
    /// Which operation of the document.
    pub(super) operation_name: Option<String>,
    variables: Option<Variables>,
    extensions: Option<Object<Extensions>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Extensions {
    persisted_query: Option<Object<PersistedQuery>>,
}

/// The document by its hash.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PersistedQuery {
    pub(super) version: u64,
    pub(super) sha256_hash: String,
}

/// What one body asks.
#[derive(Debug)]
pub(super) enum Body {
    /// One request.
    One(Asked),
    /// Several, to be answered in their order.
    Batch(Vec<Asked>),
}

/// The query string of a GET.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Parameters {
    query: Option<String>,
    document_id: Option<String>,
    operation_name: Option<String>,
    variables: Option<String>,
    extensions: Option<String>,
}

impl Asked {
    /// What a query string asks. Empty parameters count as absent: forms cannot leave one out.
    pub(super) fn from_uri(uri: &Uri) -> Result<Self, RequestError> {
        let parameters = Query::<Parameters>::try_from_uri(uri)
            .map_err(|error| malformed(format!("the query string: {}", error.body_text())))?;
        let Query(Parameters { query, document_id, operation_name, variables, extensions }) =
            parameters;
        let json = |text: Option<String>| text.filter(|text| !text.is_empty());
        let variables = json(variables)
            .map(|text| serde_json::from_str(&text).map_err(|error| wrong("variables", &error)))
            .transpose()?;
        let extensions = json(extensions)
            .map(|text| serde_json::from_str(&text).map_err(|error| wrong("extensions", &error)))
            .transpose()?;
        let document_id = document_id.filter(|id| !id.is_empty());
        Ok(Self { query, document_id, operation_name, variables, extensions })
    }

    /// The variables; none were sent is as good as an empty object.
    pub(super) fn variables(&mut self) -> Variables {
        self.variables.take().unwrap_or_default()
    }

    /// The operation's name; an empty one is none.
    pub(super) fn operation_name(&self) -> Option<&str> {
        self.operation_name.as_deref().filter(|name| !name.is_empty())
    }

    /// The hash that the document is named by.
    pub(super) fn persisted_query(&self) -> Option<&PersistedQuery> {
        Some(&self.extensions.as_ref()?.0.persisted_query.as_ref()?.0)
    }
}

impl Body {
    /// What a body in JSON asks; an array of up to `batch_max` requests where batches are taken.
    ///
    /// Lists are counted before they are read: as values they take many times the memory.
    pub(super) fn from_json(
        bytes: &[u8],
        batch_max: usize,
        list_items_max: usize,
    ) -> Result<Self, RequestError> {
        let items = lists::longest(bytes, list_items_max);
        if items > list_items_max {
            return Err(RequestError::limit(
                ErrorCode::ListItemLimit,
                Measure::of(list_items_max, items),
                format!(
                    "the body has a list of {items} items, those of the lists in it counted; at \
                     most {list_items_max} are taken (LIST_ITEMS_MAX): send them in several requests"
                ),
            ));
        }
        if bytes.trim_ascii_start().first() != Some(&b'[') {
            let asked = serde_json::from_slice::<Object<Asked>>(bytes);
            return asked
                .map(|Object(asked)| Self::One(asked))
                .map_err(|error| wrong("body", &error));
        }
        let mut reader = serde_json::Deserializer::from_slice(bytes);
        let batch = Batch { max: batch_max }.deserialize(&mut reader);
        let batch = batch.and_then(|batch| reader.end().map(|()| batch));
        let (batch, count) = batch.map_err(|error| wrong("body", &error))?;
        if count == 0 {
            return Err(malformed("the body: an array without a request".into()));
        }
        if count > batch_max {
            let message = match batch_max {
                0 => "the server takes one request a body (BATCH_MAX): send them one by one".into(),
                _ => format!(
                    "the body has {count} requests; at most {batch_max} are taken (BATCH_MAX): \
                     send several bodies"
                ),
            };
            let measure = Measure::of(batch_max, count);
            return Err(RequestError::limit(ErrorCode::BatchSizeLimit, measure, message));
        }
        Ok(Self::Batch(batch))
    }
}

fn malformed(message: String) -> RequestError {
    RequestError::invalid(ErrorCode::MalformedRequest, message)
}

/// JSON that cannot be read, told with its line and column.
fn wrong(what: &str, error: &serde_json::Error) -> RequestError {
    let message = format!("the {what}: {error}");
    // The reader itself refuses what is nested deeper; it has no name for that but its words.
    if message.contains("recursion limit exceeded") {
        let measure = Measure::of(JSON_LEVELS, JSON_LEVELS + 1);
        let message = format!("{message}; at most {JSON_LEVELS} levels are read");
        return RequestError::limit(ErrorCode::NestingLimit, measure, message);
    }
    malformed(message)
}

/// A JSON object. What is derived would take an array of the fields' values as well.
#[derive(Debug)]
struct Object<T>(T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Fields<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for Fields<T> {
            type Value = T;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<T, A::Error> {
                T::deserialize(MapAccessDeserializer::new(map))
            }
        }

        deserializer.deserialize_map(Fields(PhantomData)).map(Object)
    }
}

/// Reads as many requests as a batch may have and counts the others.
struct Batch {
    max: usize,
}

impl<'de> DeserializeSeed<'de> for Batch {
    type Value = (Vec<Asked>, usize);

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Batch {
    type Value = (Vec<Asked>, usize);

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an array of requests")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut requests: A) -> Result<Self::Value, A::Error> {
        let mut batch = Vec::new();
        while batch.len() < self.max {
            match requests.next_element::<Object<Asked>>()? {
                Some(Object(asked)) => batch.push(asked),
                None => break,
            }
        }
        let mut count = batch.len();
        while requests.next_element::<IgnoredAny>()?.is_some() {
            count += 1;
        }
        Ok((batch, count))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, batch_max: usize) -> Result<Body, (ErrorCode, String)> {
        let read = Body::from_json(text.as_bytes(), batch_max, 1000);
        read.map_err(|error| (error.code(), error.to_string()))
    }

    #[test]
    fn an_object_is_one_request() {
        let text = r#"{"query":"{a}","operationName":"","variables":null,"extensions":{
            "persistedQuery":{"version":1,"sha256Hash":"ab"},"other":1},"unknown":[]}"#;
        let Ok(Body::One(mut asked)) = read(text, 0) else { panic!("{text}") };
        assert_eq!((asked.query.as_deref(), asked.operation_name()), (Some("{a}"), None));
        assert_eq!(asked.persisted_query().map(|persisted| &*persisted.sha256_hash), Some("ab"));
        assert!(asked.variables().is_empty());
    }

    #[test]
    fn other_values_are_no_requests() {
        let deep = format!(r#"{{"query":"","variables":{{"a":{}}}}}"#, "[".repeat(200));
        for (text, code, told) in [
            ("", ErrorCode::MalformedRequest, "EOF"),
            ("null", ErrorCode::MalformedRequest, "expected an object"),
            ("\"{a}\"", ErrorCode::MalformedRequest, "expected an object"),
            (r#"{"query":"{a}","query":"{b}"}"#, ErrorCode::MalformedRequest, "duplicate field"),
            (r#"{"extensions":[]}"#, ErrorCode::MalformedRequest, "expected an object"),
            (r#"{"extensions":{"persistedQuery":[1,"a"]}}"#, ErrorCode::MalformedRequest, "object"),
            (r#"{"query":"{a}"} x"#, ErrorCode::MalformedRequest, "trailing"),
            ("[]", ErrorCode::MalformedRequest, "without a request"),
            (r#"[["{a}"]]"#, ErrorCode::MalformedRequest, "expected an object"),
            (r#"[{"query":"{a}"}"#, ErrorCode::MalformedRequest, "EOF"),
            (r#"[{},{},{}]"#, ErrorCode::BatchSizeLimit, "has 3 requests; at most 2"),
            (&deep, ErrorCode::NestingLimit, "recursion limit"),
        ] {
            let (found, message) = read(text, 2).unwrap_err();
            assert_eq!(found, code, "{text}");
            assert!(message.contains(told), "{text}: {message}");
        }
        let (code, message) = read("[{}]", 0).unwrap_err();
        assert_eq!(code, ErrorCode::BatchSizeLimit);
        assert!(message.contains("one request a body"), "{message}");
    }

    #[test]
    fn json_is_read_as_deep_as_it_is_told() {
        let nested = |levels: usize| {
            let (open, close) = ("[".repeat(levels - 2), "]".repeat(levels - 2));
            format!(r#"{{"query":"","variables":{{"a":{open}{close}}}}}"#)
        };
        assert!(read(&nested(JSON_LEVELS), 0).is_ok());
        assert_eq!(read(&nested(JSON_LEVELS + 1), 0).unwrap_err().0, ErrorCode::NestingLimit);
    }

    #[test]
    fn an_array_is_a_batch() {
        let Ok(Body::Batch(batch)) = read(r#" [{"query":"{a}"},{"documentId":"b"}] "#, 2) else {
            panic!("no batch");
        };
        assert_eq!(batch[0].query.as_deref(), Some("{a}"));
        assert_eq!(batch[1].document_id.as_deref(), Some("b"));
    }
}
