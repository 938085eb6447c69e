//! The engine: from a request's text to an answer's bytes.
//!
//! A document is parsed and validated once and planned once for each shape of its variables; both
//! are kept, bounded in bytes. A later request binds its variables and runs.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use async_graphql::parser::types::{DocumentOperations, FragmentDefinition, OperationDefinition};
use async_graphql::{Name, Positioned, ServerError, Variables as GivenVariables};
use quick_cache::Weighter;
use quick_cache::sync::Cache;
use serde_json::{Map, Value as Json, json};

use crate::bind::{self, Model};
use crate::catalog::Catalog;
use crate::contract::size::Size;
use crate::contract::{Contract, coerce, schema};
use crate::error::{Mistake, RequestError, StartError};
use crate::plan::Context;
use crate::plan::input::{self, Inputs, Variables};
use crate::plan::types::Plan;
use crate::policy::Viewer;
use crate::pool::{Connection, Pool};
use crate::registry::Registry;
use crate::run::write::TooLarge;
use crate::run::{AnswerError, PathSegment, Root, Run, write};

/// Limits and switches of an engine.
#[derive(Debug, Clone)]
pub struct EngineOptions {
    /// Rows of a page when the operation asks for no number.
    pub page_size_default: i64,
    /// Rows of a page at most, and ids that `nodes` takes.
    pub page_size_maximum: i64,
    /// Levels of fields at most.
    pub depth_maximum: usize,
    /// Fields of a document at most, its fragments opened.
    pub fields_maximum: usize,
    /// Fields at the root of a document at most.
    pub root_fields_maximum: usize,
    /// Bytes of an answer at most.
    pub answer_bytes_maximum: usize,
    /// Bytes that documents and their plans may take together, about.
    pub cache_bytes: u64,
    /// Answers say in `extensions.cost` how many statements and rows they took.
    pub expose_cost: bool,
}

impl Default for EngineOptions {
    fn default() -> Self {
        Self {
            page_size_default: 20,
            page_size_maximum: 1000,
            depth_maximum: 20,
            fields_maximum: 5000,
            root_fields_maximum: 100,
            answer_bytes_maximum: 32 << 20,
            cache_bytes: 64 << 20,
            expose_cost: false,
        }
    }
}

/// Introspection asks for members of types within members of types this often: twice what the
/// usual tools do.
const INTROSPECTION_MAXIMUM: usize = 3;

/// A buffer begins no larger than this, whatever the plan's last answer took.
const ANSWER_BYTES_EXPECTED: usize = 1 << 20;

/// A GraphQL request, as any transport brings it.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// The document.
    pub query: &'a str,
    /// Which of its operations, where it has several.
    pub operation_name: Option<&'a str>,
    /// The variables, not yet coerced.
    pub variables: &'a GivenVariables,
}

/// What became of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It ran; the answer has `data`, perhaps with errors beside it.
    Executed,
    /// It was wrong; nothing ran.
    Refused,
    /// The database is away or gave up.
    Failed,
}

/// An answer, ready to send.
#[derive(Debug)]
pub struct Answer {
    /// What became of the request.
    pub outcome: Outcome,
    /// The JSON body.
    pub body: Vec<u8>,
    /// Statements that it took.
    pub statements: usize,
    /// Rows that they gave.
    pub rows: usize,
    /// Why it, or a field of it, failed: for the log, never shown to the client.
    pub failure: Option<RequestError>,
}

/// Serves a contract from a database.
pub struct Engine {
    contract: Arc<Contract>,
    schema: schema::Schema,
    model: Model,
    pool: Pool,
    options: EngineOptions,
    documents: Cache<Box<str>, Arc<Document>, Weight>,
    plans: Cache<PlanKey, Arc<Plan>, Weight>,
    next_document: AtomicU64,
}

/// What a plan's statements gave.
struct ReadRows {
    roots: Vec<Root>,
    statements: usize,
    rows: usize,
    failure: Option<RequestError>,
}

/// A valid document.
struct Document {
    id: u64,
    operations: DocumentOperations,
    fragments: HashMap<Name, Positioned<FragmentDefinition>>,
    /// The variables that say how long a page is.
    page_sizes: HashSet<Name>,
}

#[derive(Clone, PartialEq, Eq, Hash)]
struct PlanKey {
    document: u64,
    operation: Option<Box<str>>,
    class: &'static str,
    shape: Box<str>,
}

#[derive(Clone)]
struct Weight;

impl Weighter<Box<str>, Arc<Document>> for Weight {
    // A parsed field of three letters takes some two hundred bytes.
    fn weight(&self, query: &Box<str>, _: &Arc<Document>) -> u64 {
        512 + 64 * query.len() as u64
    }
}

impl Weighter<PlanKey, Arc<Plan>> for Weight {
    fn weight(&self, key: &PlanKey, plan: &Arc<Plan>) -> u64 {
        256 + key.shape.len() as u64 + plan.weight
    }
}

impl Engine {
    /// Binds the contract against the live database.
    ///
    /// # Errors
    /// Everything in the contract that cannot be bound, each with its place; or the database is
    /// away.
    pub async fn start(
        sdl: &str,
        registry: Registry,
        pool: Pool,
        options: EngineOptions,
    ) -> Result<Self, StartError> {
        let contract = Contract::parse(sdl)?;
        let schema = schema::build(&contract)?;
        let mut connection =
            pool.take().await.map_err(|error| StartError::Store(Box::new(error)))?;
        let Some(Connection { session, wire }) = connection.connection() else {
            return Err(StartError::Store("no connection".into()));
        };
        let catalog = wire
            .drive(Catalog::read(&session.client))
            .await
            .map_err(|error| StartError::Store(Box::new(error)))?;
        drop(connection);
        let model = bind::bind(&contract, registry, &catalog)?;
        let half = options.cache_bytes / 2;
        Ok(Self {
            contract: Arc::new(contract),
            schema,
            model,
            pool,
            options,
            documents: Cache::with_weighter(1024, half, Weight),
            plans: Cache::with_weighter(1024, half, Weight),
            next_document: AtomicU64::new(0),
        })
    }

    /// The contract that it serves.
    pub fn contract(&self) -> &Contract {
        &self.contract
    }

    /// How many documents and how many plans are kept for the requests to come.
    pub fn cached(&self) -> (usize, usize) {
        (self.documents.len(), self.plans.len())
    }

    /// Answers a request as this viewer sees the data.
    pub async fn execute(&self, request: Request<'_>, viewer: &Viewer) -> Answer {
        match self.run(request, viewer).await {
            Ok(answer) => answer,
            Err(error) => Answer::of(error),
        }
    }

    async fn run(&self, request: Request<'_>, viewer: &Viewer) -> Result<Answer, RequestError> {
        let document = self.document(request.query).await?;
        let operation = document.operation(request.operation_name)?;
        let variables = self.variables(operation, request.variables)?;
        let plan = self.plan(&document, operation, request.operation_name, &variables, viewer)?;
        let introspection = if plan.introspection {
            self.introspection(&document, request).await
        } else {
            Map::new()
        };
        let ReadRows { roots, statements, rows, failure } =
            self.read(&plan, &variables, viewer).await?;
        let expected = plan.answer_bytes.load(Ordering::Relaxed).min(ANSWER_BYTES_EXPECTED);
        let mut out = Vec::with_capacity(expected + expected / 8);
        out.push(b'{');
        let maximum = self.options.answer_bytes_maximum;
        let (mut out, errors) = write::data(&plan, &roots, &introspection, out, maximum)
            .map_err(|TooLarge| too_large(maximum))?;
        if !errors.is_empty() {
            out.extend_from_slice(b",\"errors\":");
            let errors: Vec<Json> = errors.iter().map(field_error).collect();
            out.extend_from_slice(Json::from(errors).to_string().as_bytes());
        }
        if self.options.expose_cost {
            let cost = json!({ "cost": { "statements": statements, "rows": rows } });
            out.extend_from_slice(format!(",\"extensions\":{cost}").as_bytes());
        }
        out.push(b'}');
        plan.answer_bytes.store(out.len(), Ordering::Relaxed);
        Ok(Answer { outcome: Outcome::Executed, body: out, statements, rows, failure })
    }

    /// Runs the plan's statements; says how many they were and how many rows they gave.
    async fn read(
        &self,
        plan: &Plan,
        variables: &Variables,
        viewer: &Viewer,
    ) -> Result<ReadRows, RequestError> {
        if !plan.reads() {
            let roots = plan.roots.iter().map(|_| Root::Fixed).collect();
            return Ok(ReadRows { roots, statements: 0, rows: 0, failure: None });
        }
        let mut connection =
            self.pool.take().await.map_err(|error| RequestError::Store(Box::new(error)))?;
        let Some(Connection { session, wire }) = connection.connection() else {
            return Err(RequestError::Store("no connection".into()));
        };
        let run = Run {
            model: &self.model,
            options: &self.options,
            session,
            variables,
            viewer,
            statements: AtomicUsize::new(0),
            rows: AtomicUsize::new(0),
            failure: Mutex::new(None),
        };
        let roots = wire.drive(run.roots(plan)).await?;
        Ok(ReadRows {
            roots,
            statements: run.statements.into_inner(),
            rows: run.rows.into_inner(),
            failure: run.failure.into_inner().unwrap_or_else(PoisonError::into_inner),
        })
    }

    async fn document(&self, query: &str) -> Result<Arc<Document>, RequestError> {
        if let Some(document) = self.documents.get(query) {
            return Ok(document);
        }
        let refused = |errors: Vec<ServerError>| RequestError::Document(distinct(&errors));
        let parsed = schema::parse(query).map_err(refused)?;
        // Before validation, which walks every fragment as often as it is spread.
        let size = Size::of(&parsed);
        within(size.fields, self.options.fields_maximum, "fields, fragments opened")?;
        let valid =
            schema::validate_document(&self.schema, query, parsed).await.map_err(refused)?;
        let size = size.in_detail(&valid);
        within(size.root_fields, self.options.root_fields_maximum, "fields at its root")?;
        within(size.introspection, INTROSPECTION_MAXIMUM, "levels of members of types")?;
        let mut page_sizes = HashSet::new();
        valid.operations.iter().for_each(|(_, operation)| {
            input::page_sizes(&operation.node.selection_set.node, &mut page_sizes)
        });
        valid.fragments.values().for_each(|fragment| {
            input::page_sizes(&fragment.node.selection_set.node, &mut page_sizes)
        });
        let document = Arc::new(Document {
            page_sizes,
            id: self.next_document.fetch_add(1, Ordering::Relaxed),
            operations: valid.operations,
            fragments: valid.fragments,
        });
        self.documents.insert(query.into(), document.clone());
        Ok(document)
    }

    fn variables(
        &self,
        operation: &OperationDefinition,
        given: &GivenVariables,
    ) -> Result<Variables, RequestError> {
        let definitions = &operation.variable_definitions;
        if definitions.is_empty() {
            return Ok(Vec::new());
        }
        let mut coerced: HashMap<_, _> =
            coerce::coerce_variables(&self.contract, definitions, given)
                .map_err(|error| RequestError::Invalid {
                    code: "BAD_USER_INPUT",
                    message: error.to_string(),
                    locations: Vec::new(),
                })?
                .into_iter()
                .collect();
        Ok(definitions
            .iter()
            .map(|definition| {
                (
                    definition.node.name.node.clone(),
                    definition.node.var_type.node.clone(),
                    coerced.remove(&definition.node.name.node),
                )
            })
            .collect())
    }

    fn plan(
        &self,
        document: &Document,
        operation: &OperationDefinition,
        operation_name: Option<&str>,
        variables: &Variables,
        viewer: &Viewer,
    ) -> Result<Arc<Plan>, RequestError> {
        let shape =
            Inputs { contract: &self.contract, variables, page_sizes: &document.page_sizes }
                .shape()
                + &viewer.shape();
        let shape = shape.into_boxed_str();
        let key = PlanKey {
            document: document.id,
            operation: operation_name.map(Into::into),
            class: viewer.class,
            shape,
        };
        if let Some(plan) = self.plans.get(&key) {
            return Ok(plan);
        }
        let context = Context {
            contract: &self.contract,
            model: &self.model,
            options: &self.options,
            viewer,
            fragments: &document.fragments,
            variables,
            page_sizes: &document.page_sizes,
        };
        let plan = Arc::new(context.plan(operation)?);
        self.plans.insert(key, plan.clone());
        Ok(plan)
    }

    async fn introspection(&self, document: &Document, request: Request<'_>) -> Map<String, Json> {
        let document = async_graphql::parser::types::ExecutableDocument {
            operations: document.operations.clone(),
            fragments: document.fragments.clone(),
        };
        let response = schema::introspect(
            &self.schema,
            document,
            request.operation_name,
            request.variables.clone(),
        )
        .await;
        match response.data.into_json() {
            Ok(Json::Object(fields)) => fields,
            _ => Map::new(),
        }
    }
}

impl Document {
    fn operation(&self, name: Option<&str>) -> Result<&OperationDefinition, RequestError> {
        let invalid = |message: String| RequestError::Invalid {
            code: "OPERATION_NOT_FOUND",
            message,
            locations: Vec::new(),
        };
        match (&self.operations, name) {
            (DocumentOperations::Single(operation), None) => Ok(&operation.node),
            (DocumentOperations::Single(_), Some(name)) => Err(invalid(format!(
                "the document has one operation, without a name; leave `operationName` out (it was `{name}`)"
            ))),
            (DocumentOperations::Multiple(operations), Some(name)) => match operations.get(name) {
                Some(operation) => Ok(&operation.node),
                None => Err(invalid(format!("the document has no operation `{name}`"))),
            },
            (DocumentOperations::Multiple(operations), None) => match operations.len() {
                1 => operations
                    .values()
                    .next()
                    .map(|operation| &operation.node)
                    .ok_or_else(|| invalid("the document has no operation".to_string())),
                count => Err(invalid(format!(
                    "the document has {count} operations; say which in `operationName`"
                ))),
            },
        }
    }
}

impl Answer {
    fn of(error: RequestError) -> Self {
        let outcome = match &error {
            RequestError::Store(_) | RequestError::Statement(_) => Outcome::Failed,
            _ => Outcome::Refused,
        };
        let mut body = json!({ "errors": error.to_json() });
        if outcome == Outcome::Failed {
            body["data"] = Json::Null;
        }
        Self {
            outcome,
            body: body.to_string().into_bytes(),
            statements: 0,
            rows: 0,
            failure: Some(error),
        }
    }
}

fn field_error(error: &AnswerError) -> Json {
    let path: Vec<Json> = error
        .path
        .iter()
        .map(|segment| match segment {
            PathSegment::Key(name) => Json::from(&**name),
            PathSegment::Index(index) => Json::from(*index),
        })
        .collect();
    json!({ "message": error.error.message, "path": path, "extensions": { "code": error.error.code } })
}

fn too_large(maximum: usize) -> RequestError {
    RequestError::Invalid {
        code: "ANSWER_SIZE_LIMIT",
        message: format!(
            "the answer has more than {maximum} bytes; ask for fewer rows or fields at once"
        ),
        locations: Vec::new(),
    }
}

/// Refuses a document that has more of something than its limit.
fn within(measured: usize, limit: usize, what: &str) -> Result<(), RequestError> {
    if measured <= limit {
        return Ok(());
    }
    let measured =
        if measured == usize::MAX { "endlessly many".to_string() } else { measured.to_string() };
    Err(RequestError::Invalid {
        code: "COMPLEXITY_LIMIT",
        message: format!(
            "the document has {measured} {what}; at most {limit} are allowed: ask in several requests"
        ),
        locations: Vec::new(),
    })
}

/// What validation found, each once: some of its rules visit a selection twice.
fn distinct(errors: &[ServerError]) -> Vec<Mistake> {
    let mut mistakes: Vec<Mistake> = Vec::with_capacity(errors.len());
    for mistake in errors.iter().map(document_error) {
        if !mistakes.contains(&mistake) {
            mistakes.push(mistake);
        }
    }
    mistakes
}

fn document_error(error: &ServerError) -> Mistake {
    (
        error.message.clone(),
        error.locations.iter().map(|position| (position.line, position.column)).collect(),
    )
}
