//! Documents: parsed, held against their limits and validated once, then kept.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_graphql::parser::types::{
    DocumentOperations, ExecutableDocument, FragmentDefinition, OperationDefinition,
};
use async_graphql::{Name, Positioned, ServerError};
use quick_cache::Weighter;
use quick_cache::sync::Cache;

use crate::contract::schema::{self, Schema};
use crate::engine::EngineOptions;
use crate::error::{Mistake, RequestError};
use crate::error_code::ErrorCode;
use crate::limits;
use crate::plan::input;

/// A valid document.
pub(crate) struct Document {
    pub(crate) id: u64,
    operations: DocumentOperations,
    pub(crate) fragments: HashMap<Name, Positioned<FragmentDefinition>>,
    /// The variables that say how long a page is.
    pub(crate) page_sizes: HashSet<Name>,
}

/// The documents that were seen lately, bounded in bytes.
pub(crate) struct Documents {
    cache: Cache<Box<str>, Arc<Document>, Weight>,
    next: AtomicU64,
}

#[derive(Clone)]
struct Weight;

impl Weighter<Box<str>, Arc<Document>> for Weight {
    // A parsed field of three letters takes some two hundred bytes.
    fn weight(&self, query: &Box<str>, _: &Arc<Document>) -> u64 {
        512 + 64 * query.len() as u64
    }
}

impl Documents {
    pub(crate) fn new(bytes: u64) -> Self {
        Self { cache: Cache::with_weighter(1024, bytes, Weight), next: AtomicU64::new(0) }
    }

    pub(crate) fn len(&self) -> usize {
        self.cache.len()
    }

    /// The document of this text, valid and within its limits.
    pub(crate) async fn get(
        &self,
        query: &str,
        schema: &Schema,
        options: &EngineOptions,
    ) -> Result<Arc<Document>, RequestError> {
        if let Some(document) = self.cache.get(query) {
            return Ok(document);
        }
        let valid = read(query, schema, options).await?;
        let document = Arc::new(Document::new(self.next.fetch_add(1, Ordering::Relaxed), valid));
        self.cache.insert(query.into(), document.clone());
        Ok(document)
    }
}

/// Parses and validates; what is too large is refused before the step that would suffer from it.
async fn read(
    query: &str,
    schema: &Schema,
    options: &EngineOptions,
) -> Result<ExecutableDocument, RequestError> {
    let refused = |errors: Vec<ServerError>| {
        let mut mistakes = distinct(&errors);
        if !options.disclosure {
            mistakes.iter_mut().for_each(|(message, _)| without_suggestion(message));
        }
        RequestError::Document(mistakes)
    };
    limits::text(query, options)?;
    let parsed = schema::parse(query).map_err(refused)?;
    limits::document(&parsed, options)?;
    schema::validate_document(schema, query, parsed).await.map_err(refused)
}

impl Document {
    fn new(id: u64, valid: ExecutableDocument) -> Self {
        let mut page_sizes = HashSet::new();
        valid.operations.iter().for_each(|(_, operation)| {
            input::page_sizes(&operation.node.selection_set.node, &mut page_sizes)
        });
        valid.fragments.values().for_each(|fragment| {
            input::page_sizes(&fragment.node.selection_set.node, &mut page_sizes)
        });
        Self { id, operations: valid.operations, fragments: valid.fragments, page_sizes }
    }

    /// The operation that a request means, with its name if it has one.
    pub(crate) fn operation(
        &self,
        name: Option<&str>,
    ) -> Result<(Option<&Name>, &OperationDefinition), RequestError> {
        let invalid =
            |message: String| RequestError::invalid(ErrorCode::OperationNotFound, message);
        match (&self.operations, name) {
            (DocumentOperations::Single(operation), None) => Ok((None, &operation.node)),
            (DocumentOperations::Single(_), Some(name)) => Err(invalid(format!(
                "the document has one operation, without a name; leave `operationName` out (it was `{name}`)"
            ))),
            (DocumentOperations::Multiple(operations), Some(name)) => {
                match operations.get_key_value(name) {
                    Some((name, operation)) => Ok((Some(name), &operation.node)),
                    None => Err(invalid(format!("the document has no operation `{name}`"))),
                }
            }
            (DocumentOperations::Multiple(operations), None) => {
                let mut all = operations.iter();
                match (all.next(), all.next()) {
                    (Some((name, operation)), None) => Ok((Some(name), &operation.node)),
                    (None, _) => Err(invalid("the document has no operation".to_string())),
                    _ => Err(invalid(format!(
                        "the document has {} operations; say which in `operationName`",
                        operations.len()
                    ))),
                }
            }
        }
    }

    /// The document as async-graphql takes it.
    pub(crate) fn parsed(&self) -> ExecutableDocument {
        ExecutableDocument {
            operations: self.operations.clone(),
            fragments: self.fragments.clone(),
        }
    }
}

/// Mistakes that one answer lists at most, and how much is said of each: a name may be as long as
/// the document.
const MISTAKES_MAXIMUM: usize = 100;
const MESSAGE_LETTERS: usize = 500;

/// What validation found, each once: some of its rules visit a selection twice.
fn distinct(errors: &[ServerError]) -> Vec<Mistake> {
    let mut mistakes: Vec<Mistake> = Vec::new();
    for mistake in errors.iter().map(document_error) {
        if mistakes.len() == MISTAKES_MAXIMUM {
            break;
        }
        if !mistakes.contains(&mistake) {
            mistakes.push(mistake);
        }
    }
    mistakes
}

/// Cuts off what would tell names of the contract.
fn without_suggestion(message: &mut String) {
    if let Some(end) = message.find(" Did you mean") {
        message.truncate(end);
    }
}

fn document_error(error: &ServerError) -> Mistake {
    (
        told(&error.message),
        error.locations.iter().map(|position| (position.line, position.column)).collect(),
    )
}

/// What to say of a mistake. The parser draws the line where it is, which may be the whole
/// document: what it expected there is enough beside the location.
fn told(message: &str) -> String {
    let message = match message.rsplit_once("\n  = ") {
        Some((_, expected)) if message.starts_with(" --> ") => expected,
        _ => message,
    };
    match message.char_indices().nth(MESSAGE_LETTERS) {
        Some((end, _)) => format!("{}…", &message[..end]),
        None => message.to_owned(),
    }
}
