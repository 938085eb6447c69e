//! What a registered resolver works with, and how its outputs are followed.

use std::sync::PoisonError;

use async_graphql::Value;
use tokio_postgres::Row;
use tokio_postgres::types::Type;
use uuid::Uuid;

use super::Run;
use super::data::{Child, raw};
use crate::error::{FieldError, RequestError};
use crate::error_code::ErrorCode;
use crate::panic::caught;
use crate::plan::input::Leaf;
use crate::plan::sql::{Parts, Policies, Seen};
use crate::plan::types::{OutputPlan, OutputsPlan, Parameter, ResolverPlan};
use crate::policy::Viewer;
use crate::resolver::{Arguments, Output, Parents};
use crate::scalar::{Kind, to_value};

/// A resolver's way to the database: the request's own connection, counted with its statements.
pub struct ResolveContext<'a> {
    run: &'a Run<'a>,
}

impl ResolveContext<'_> {
    /// Who is asking.
    pub fn viewer(&self) -> &Viewer {
        self.run.viewer
    }

    /// Begins a statement.
    pub fn statement(&self) -> ResolverStatement<'_> {
        ResolverStatement { run: self.run, parts: Parts::default() }
    }
}

/// A statement of a resolver: its parameters, and the policies of the tables it names.
pub struct ResolverStatement<'a> {
    run: &'a Run<'a>,
    parts: Parts,
}

impl ResolverStatement<'_> {
    /// The placeholder of the ids handed to [`Self::rows`], a `uuid[]`.
    pub fn keys(&mut self) -> String {
        self.parts.parameter(Parameter::Keys, Type::UUID_ARRAY)
    }

    /// The placeholder of an integer.
    pub fn integer(&mut self, value: i64) -> String {
        self.parts.parameter(
            Parameter::Value(Leaf::Constant(Value::from(value)), Kind::Int8, String::new()),
            Type::INT8,
        )
    }

    /// The placeholder of a text.
    pub fn text(&mut self, value: &str) -> String {
        self.parts.parameter(
            Parameter::Value(Leaf::Constant(Value::from(value)), Kind::Text, String::new()),
            Type::TEXT,
        )
    }

    /// The condition that the viewer sees the row of this type under this alias: every table that
    /// a resolver reads stands under it. A type that is not bound is seen by nobody.
    pub fn visible(&mut self, type_name: &str, alias: &str) -> String {
        let Some((entity, _)) = self.run.model.entity(type_name) else {
            return "FALSE".to_string();
        };
        let policies = Policies { model: self.run.model, viewer: self.run.viewer };
        let conditions = policies.conditions(entity, alias, Seen::default(), &mut self.parts);
        if conditions.is_empty() { "TRUE".to_string() } else { conditions.join(" AND ") }
    }

    /// Runs the statement.
    ///
    /// # Errors
    /// `STORE_UNAVAILABLE` when the database is away, `INTERNAL` when it refuses the statement.
    pub async fn rows(self, sql: String, keys: &[Uuid]) -> Result<Vec<Row>, FieldError> {
        let statement = self.parts.statement(sql);
        self.run.query(&statement, keys).await.map_err(|error| self.run.failed(error))
    }
}

impl Run<'_> {
    /// Remembers why a field failed, for the log; gives what the client may know of it.
    fn failed(&self, error: RequestError) -> FieldError {
        let shown = error.as_field_error();
        self.failure.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
        shown
    }

    /// Calls a resolver once for all parents and reads the entities that its outputs name.
    pub(crate) async fn outputs(
        &self,
        needs: &[(usize, Kind)],
        plan: &ResolverPlan,
        rows: &[Row],
    ) -> Result<Child, RequestError> {
        let mut parents = Parents { len: rows.len(), ..Parents::default() };
        for ((column, kind), need) in needs.iter().zip(plan.resolver.needs()) {
            if *need == "id" {
                parents.ids =
                    rows.iter().filter_map(|row| super::data::uuid_at(row, *column)).collect();
            }
            parents.columns.push(
                rows.iter()
                    .map(|row| {
                        raw(row, *column)
                            .and_then(|bytes| to_value(*kind, bytes).ok())
                            .unwrap_or(Value::Null)
                    })
                    .collect(),
            );
        }
        self.resolved(plan, parents).await
    }

    pub(crate) async fn resolved(
        &self,
        plan: &ResolverPlan,
        parents: Parents,
    ) -> Result<Child, RequestError> {
        let wanted = parents.len();
        let arguments = Arguments(
            plan.arguments
                .iter()
                .map(|(name, input)| (name.clone(), input.value(self.variables)))
                .collect(),
        );
        let context = ResolveContext { run: self };
        let resolved = caught(|| format!("the resolver of `{}`", plan.field), async {
            plan.resolver.resolve(&context, &parents, &arguments).await
        });
        let mut outputs = match resolved.await {
            Ok(Ok(outputs)) => outputs,
            Ok(Err(error)) => vec![Output::Failed(error); wanted],
            Err(panic) => {
                let error = self.failed(RequestError::Panic(Box::new(panic)));
                vec![Output::Failed(error); wanted]
            }
        };
        let missing = || {
            Output::Failed(FieldError::new(
                ErrorCode::Internal,
                "the field's resolver gave no output",
            ))
        };
        outputs.resize_with(wanted, missing);
        self.read_outputs(&plan.outputs, outputs).await
    }

    /// Reads the entities that outputs name.
    pub(crate) async fn read_outputs(
        &self,
        plan: &OutputsPlan,
        outputs: Vec<Output>,
    ) -> Result<Child, RequestError> {
        let mut ids: Vec<Vec<Uuid>> = vec![Vec::new(); plan.references.len()];
        outputs.iter().for_each(|output| gather(&plan.output, output, &mut ids));
        for ids in &mut ids {
            ids.sort_unstable();
            ids.dedup();
        }
        let references =
            plan.references.iter().zip(&ids).map(|(plan, ids)| self.references(plan, ids));
        let references = futures_util::future::try_join_all(references).await?;
        Ok(Child::Outputs { outputs, references })
    }
}

/// The entities that an output names, for each reference plan.
fn gather(plan: &OutputPlan, output: &Output, ids: &mut [Vec<Uuid>]) {
    match (plan, output) {
        (OutputPlan::List { item, .. }, Output::List(items)) => {
            items.iter().for_each(|output| gather(item, output, ids))
        }
        (OutputPlan::Composite { references, .. }, Output::Entity { type_name, id }) => {
            if let Some((_, reference)) = references.iter().find(|(name, _)| name == type_name) {
                ids[*reference].push(*id);
            }
        }
        (OutputPlan::Composite { objects, .. }, Output::Object { type_name, fields }) => {
            let Some((_, wanted)) = objects.iter().find(|(name, _)| name == type_name) else {
                return;
            };
            for field in wanted {
                if let (Ok(plan), Some((_, output))) =
                    (&field.plan, fields.iter().find(|(name, _)| *name == field.name))
                {
                    gather(plan, output, ids);
                }
            }
        }
        _ => {}
    }
}
