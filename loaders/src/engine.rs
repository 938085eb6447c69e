//! The engine: from a request's text to an answer's bytes.
//!
//! A document is parsed and validated once and planned once for each shape of its variables; both
//! are kept, bounded in bytes. A later request binds its variables and runs.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use async_graphql::Variables as GivenVariables;
use async_graphql::parser::types::{OperationDefinition, OperationType};
use quick_cache::Weighter;
use quick_cache::sync::Cache;
use serde_json::{Map, Value as Json, json};

use crate::answer::{Answer, OperationReport, Request, StatementTrace, field_error};
use crate::bind::{self, Model};
use crate::catalog::Catalog;
use crate::contract::{Contract, coerce, schema};
use crate::document::{Document, Documents};
use crate::error::{FieldError, Measure, RequestError, StartError};
use crate::error_code::ErrorCode;
use crate::limits;
use crate::mutation::UserError;
use crate::mutation::{self, Mutate, at_field, check_key};
use crate::panic::caught;
use crate::plan::Context;
use crate::plan::input::{Inputs, Variables};
use crate::plan::types::{Plan, RootSource};
use crate::pool::{Connection, Pool, PoolError, PoolState, Taken};
use crate::registry::Registry;
use crate::replica::{Lease, ReplicaOptions, ReplicaStatus, Replicas, is_worth_another_try};
use crate::run::write::TooLarge;
use crate::run::{Root, Run, Told, write};
use crate::viewer::Viewer;

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
    /// Tokens of a document at most.
    pub tokens_maximum: usize,
    /// Aliases of a document at most.
    pub aliases_maximum: usize,
    /// Directives of a document at most.
    pub directives_maximum: usize,
    /// Items of one list at most, in a document or a variable, with those of the lists in it.
    pub list_items_maximum: usize,
    /// What an operation may cost at most, by the rows that it could read.
    pub cost_maximum: u64,
    /// Bytes of an answer at most.
    pub answer_bytes_maximum: usize,
    /// How long the answer to an `Idempotency-Key` is kept.
    pub idempotency_key_lifetime: Duration,
    /// Bytes that documents and their plans may take together, about.
    pub cache_bytes: u64,
    /// Answers say in `extensions.cost` what they might have cost, and how many statements and
    /// rows they took.
    pub expose_cost: bool,
    /// The contract can be explored: introspection runs, and messages suggest names.
    pub disclosure: bool,
}

impl Default for EngineOptions {
    fn default() -> Self {
        Self {
            page_size_default: 20,
            page_size_maximum: 1000,
            depth_maximum: 20,
            fields_maximum: 5000,
            root_fields_maximum: 100,
            tokens_maximum: 10_000,
            aliases_maximum: 200,
            directives_maximum: 200,
            list_items_maximum: 1000,
            cost_maximum: 500_000,
            answer_bytes_maximum: 32 << 20,
            idempotency_key_lifetime: Duration::from_secs(24 * 60 * 60),
            cache_bytes: 64 << 20,
            expose_cost: false,
            disclosure: true,
        }
    }
}

/// A buffer begins no larger than this, whatever the plan's last answer took.
const ANSWER_BYTES_EXPECTED: usize = 1 << 20;

/// Serves a contract from a database.
pub struct Engine {
    contract: Arc<Contract>,
    schema: schema::Schema,
    model: Model,
    pool: Pool,
    replicas: Replicas,
    options: EngineOptions,
    documents: Documents,
    plans: Cache<PlanKey, Arc<Plan>, Weight>,
}

/// What a plan's statements gave.
#[derive(Default)]
struct ReadRows {
    roots: Vec<Root>,
    rows: usize,
    trace: Vec<StatementTrace>,
    failure: Option<RequestError>,
    from_replica: bool,
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
            replicas: Replicas::default(),
            options,
            documents: Documents::new(half),
            plans: Cache::with_weighter(1024, half, Weight),
        })
    }

    /// Lets replicas of its database answer reads, and watches them for as long as it lives. One
    /// that is away is used when it comes back.
    ///
    /// # Errors
    /// When the runtime has no timer.
    pub async fn with_replicas(
        self,
        replicas: Vec<Pool>,
        options: ReplicaOptions,
    ) -> Result<Self, PoolError> {
        let replicas = Replicas::start(&self.pool, replicas, options).await?;
        Ok(Self { replicas, ..self })
    }

    /// What is known of its replicas.
    pub fn replicas(&self) -> Vec<ReplicaStatus> {
        self.replicas.status()
    }

    /// The contract that it serves.
    pub fn contract(&self) -> &Contract {
        &self.contract
    }

    /// Every constraint of the database by name, with the mistake in an input that its violation
    /// is; none where neither its name nor an entry of the registry says so.
    pub fn constraints(&self) -> impl Iterator<Item = (&str, Option<&UserError>)> {
        self.model.constraints.iter()
    }

    /// How many documents and how many plans are kept for the requests to come.
    pub fn cached(&self) -> (usize, usize) {
        (self.documents.len(), self.plans.len())
    }

    /// How full its pool of connections is.
    pub fn pool(&self) -> PoolState {
        self.pool.state()
    }

    /// Its pool of connections, for statements of the server's own.
    pub fn pool_handle(&self) -> Pool {
        self.pool.clone()
    }

    /// Whether a document could run, whatever its variables. It is kept for the requests to come.
    ///
    /// # Errors
    /// What is wrong with it.
    pub async fn validate(&self, query: &str) -> Result<(), RequestError> {
        self.documents.get(query, &self.schema, &self.options).await.map(|_| ())
    }

    /// The operation that a request means, if it has one: for a request that was given up.
    pub async fn operation(&self, request: Request<'_>) -> Option<OperationReport> {
        let document = self.documents.get(request.query, &self.schema, &self.options).await.ok()?;
        let (name, operation) = document.operation(request.operation_name).ok()?;
        Some(OperationReport::of(name, operation))
    }

    /// Answers a request as this viewer sees the data.
    pub async fn execute(&self, request: Request<'_>, viewer: &Viewer) -> Answer {
        let mut report = None;
        let ran = caught(|| "the engine".to_string(), self.run(request, viewer, &mut report)).await;
        match ran.unwrap_or_else(|panic| Err(RequestError::Panic(Box::new(panic)))) {
            Ok(answer) => answer,
            Err(error) => Answer { operation: report, ..Answer::of(error, request.id) },
        }
    }

    /// Removes answers under idempotency keys whose time is over, a bounded number at once. Says
    /// how many there were: call again while there are any.
    ///
    /// # Errors
    /// The database is away.
    pub async fn sweep_idempotency_keys(&self) -> Result<usize, RequestError> {
        let swept = self.pool.write(mutation::SWEEP, &[]).await?;
        Ok(swept.len())
    }

    async fn run(
        &self,
        request: Request<'_>,
        viewer: &Viewer,
        report: &mut Option<OperationReport>,
    ) -> Result<Answer, RequestError> {
        let document = self.documents.get(request.query, &self.schema, &self.options).await?;
        let (name, operation) = document.operation(request.operation_name)?;
        let report = report.insert(OperationReport::of(name, operation));
        if request.only_query && operation.ty != OperationType::Query {
            let message = format!("a {} goes by POST, not by GET", operation.ty);
            return Err(RequestError::invalid(ErrorCode::MethodNotAllowed, message));
        }
        let variables = self.variables(operation, request.variables)?;
        let plan = self.plan(&document, operation, request.operation_name, &variables, viewer)?;
        report.cost = plan.cost.with(&variables);
        limits::cost(report.cost, &self.options)?;
        let report = report.clone();
        if let Some(admit) = request.admit {
            admit.admit(&report, &plan.mutations()).await?;
        }
        match operation.ty {
            OperationType::Mutation => {
                self.answer_mutation(request, &plan, &variables, viewer, report).await
            }
            _ => self.answer_query(request, &document, &plan, &variables, viewer, report).await,
        }
    }

    /// Runs each mutation by itself, one after the other, as GraphQL wants it.
    async fn answer_mutation(
        &self,
        request: Request<'_>,
        plan: &Plan,
        variables: &Variables,
        viewer: &Viewer,
        report: OperationReport,
    ) -> Result<Answer, RequestError> {
        if let Some(key) = request.idempotency_key {
            check_key(key).map_err(|error| {
                RequestError::invalid(ErrorCode::IdempotencyKeyInvalid, error.to_string())
            })?;
        }
        let mutate = Mutate {
            model: &self.model,
            options: &self.options,
            pool: &self.pool,
            viewer,
            variables,
            request,
        };
        let mut answer = Answer::executed(report);
        let (mut data, mut errors) = (vec![b'{'], Vec::new());
        for (place, root) in plan.roots.iter().enumerate() {
            if place > 0 {
                data.push(b',');
            }
            data.extend_from_slice(&root.key.bytes);
            let mutation = match &root.source {
                RootSource::Typename(name) => {
                    data.extend_from_slice(name);
                    continue;
                }
                RootSource::Forbidden(permission) => {
                    data.extend_from_slice(b"null");
                    let lacks = FieldError::lacks(permission);
                    errors.push(at_field(&root.key.name, lacks, request.id));
                    continue;
                }
                RootSource::Mutation(mutation) => mutation,
                _ => continue,
            };
            match mutate.field(plan, place, mutation).await {
                Ok(mutated) => {
                    data.extend_from_slice(mutated.value.as_bytes());
                    errors.extend(mutated.errors);
                    answer.rows += mutated.rows;
                    answer.trace.extend(mutated.trace);
                    answer.position = answer.position.max(mutated.position);
                    answer.failure = answer.failure.or(mutated.failure);
                }
                // Where nothing was written yet, there is nothing to tell but this.
                Err(error) if place == 0 => return Err(error),
                Err(error) => {
                    data.extend_from_slice(b"null");
                    errors.push(at_field(&root.key.name, error.as_field_error(), request.id));
                    answer.failure = answer.failure.or(Some(error));
                }
            }
        }
        data.push(b'}');
        answer.statements = answer.trace.len();
        answer.body = self.body(&data, errors, &answer);
        Ok(answer)
    }

    /// An answer's body from its data.
    fn body(&self, data: &[u8], errors: Vec<Json>, answer: &Answer) -> Vec<u8> {
        let mut out = Vec::with_capacity(data.len() + 64);
        out.extend_from_slice(b"{\"data\":");
        out.extend_from_slice(data);
        self.finish(&mut out, errors, answer);
        out
    }

    /// What follows an answer's data: its errors, and what it took.
    fn finish(&self, out: &mut Vec<u8>, errors: Vec<Json>, answer: &Answer) {
        if !errors.is_empty() {
            out.extend_from_slice(b",\"errors\":");
            out.extend_from_slice(Json::from(errors).to_string().as_bytes());
        }
        if self.options.expose_cost {
            let computed = answer.operation.as_ref().map_or(0, |operation| operation.cost);
            let mut cost = json!({ "cost": { "computed": computed, "statements": answer.statements, "rows": answer.rows } });
            if !self.replicas.is_empty() {
                cost["cost"]["replica"] = Json::from(answer.from_replica);
            }
            out.extend_from_slice(format!(",\"extensions\":{cost}").as_bytes());
        }
        out.push(b'}');
    }

    async fn answer_query(
        &self,
        request: Request<'_>,
        document: &Document,
        plan: &Plan,
        variables: &Variables,
        viewer: &Viewer,
        report: OperationReport,
    ) -> Result<Answer, RequestError> {
        let introspection = if plan.introspection {
            self.introspection(document, request).await
        } else {
            Map::new()
        };
        let ReadRows { roots, rows, trace, failure, from_replica } =
            self.read(plan, variables, viewer, request).await?;
        let statements = trace.len();
        let answer =
            Answer { statements, rows, failure, trace, from_replica, ..Answer::executed(report) };
        let expected = plan.answer_bytes.load(Ordering::Relaxed).min(ANSWER_BYTES_EXPECTED);
        let mut out = Vec::with_capacity(expected + expected / 8);
        out.push(b'{');
        let maximum = self.options.answer_bytes_maximum;
        let (mut out, errors) = write::data(plan, &roots, &introspection, out, maximum)
            .map_err(|TooLarge(bytes)| too_large(maximum, bytes))?;
        let errors = errors.iter().map(|error| field_error(error, request.id)).collect();
        self.finish(&mut out, errors, &answer);
        plan.answer_bytes.store(out.len(), Ordering::Relaxed);
        Ok(Answer { body: out, ..answer })
    }

    /// Runs the plan's statements on a replica that has reached this position, or on the primary.
    /// Reading twice does no harm: what fails on a replica is read from the primary.
    async fn read(
        &self,
        plan: &Plan,
        variables: &Variables,
        viewer: &Viewer,
        request: Request<'_>,
    ) -> Result<ReadRows, RequestError> {
        if !plan.reads() {
            let roots = plan.roots.iter().map(|_| Root::Fixed).collect();
            return Ok(ReadRows { roots, ..ReadRows::default() });
        }
        if let Some(Lease { replica, mut connection }) = self.replicas.lease(request.after).await {
            let read = self.read_over(&mut connection, plan, variables, viewer, request);
            let read = replica.while_there(read).await;
            let error = match &read {
                Ok(rows) => rows.failure.as_ref(),
                Err(error) => Some(error),
            };
            match error.filter(|error| is_worth_another_try(error)) {
                Some(error) => replica.failed(error),
                None => {
                    replica.answered();
                    return read.map(|rows| ReadRows { from_replica: true, ..rows });
                }
            }
        }
        let mut connection = self.pool.take().await.map_err(RequestError::away)?;
        self.read_over(&mut connection, plan, variables, viewer, request).await
    }

    /// Runs the plan's statements; says how many they were and how many rows they gave.
    async fn read_over(
        &self,
        connection: &mut Taken,
        plan: &Plan,
        variables: &Variables,
        viewer: &Viewer,
        request: Request<'_>,
    ) -> Result<ReadRows, RequestError> {
        let Some(Connection { session, wire }) = connection.connection() else {
            return Err(RequestError::Store("no connection".into()));
        };
        let run = Run::new(&self.model, &self.options, session, variables, viewer, request.context);
        let roots = wire.drive(run.roots(plan)).await?;
        let Told { trace, rows, failure } = run.told();
        Ok(ReadRows { roots, rows, trace, failure, from_replica: false })
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
        limits::variables(definitions, given, &self.options)?;
        let mut coerced: HashMap<_, _> =
            coerce::coerce_variables(&self.contract, definitions, given)
                .map_err(|error| RequestError::invalid(ErrorCode::BadUserInput, error.to_string()))?
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
        if plan.introspection && !self.options.disclosure {
            let message = "this server does not tell its schema: read it where it is published";
            return Err(RequestError::invalid(ErrorCode::IntrospectionDisabled, message));
        }
        self.plans.insert(key, plan.clone());
        Ok(plan)
    }

    async fn introspection(&self, document: &Document, request: Request<'_>) -> Map<String, Json> {
        let response = schema::introspect(
            &self.schema,
            document.parsed(),
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

fn too_large(maximum: usize, bytes: usize) -> RequestError {
    RequestError::limit(
        ErrorCode::AnswerSizeLimit,
        Measure::of(maximum, bytes),
        format!("the answer has more than {maximum} bytes; ask for fewer rows or fields at once"),
    )
}
