//! What a registered resolver works with, and how its outputs are followed.

use std::sync::PoisonError;

use async_graphql::Value;
use futures_util::future::BoxFuture;
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
use crate::plan::types::{
    CALLED, OutputField, OutputPlan, OutputsPlan, Parameter, ResolverCall, ResolverPlan,
};
use crate::resolver::{Arguments, Output, Parents};
use crate::scalar::{Kind, to_value, type_id};
use crate::viewer::Viewer;

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

    /// What the transport knows of the request, if it is of this type.
    pub fn context<T: 'static>(&self) -> Option<&T> {
        self.run.context?.downcast_ref()
    }

    /// The type's name and the id behind an id of the contract.
    ///
    /// # Errors
    /// `BAD_USER_INPUT` for what is not the id of anything.
    pub fn identified(&self, id: &str) -> Result<(&str, Uuid), FieldError> {
        let bad = |message| FieldError::new(ErrorCode::BadUserInput, message);
        let (prefix, uuid) = type_id::decode(id).map_err(|error| bad(error.to_string()))?;
        let model = self.run.model;
        let entity = model.by_prefix.get(prefix).ok_or_else(|| {
            bad(format!("`{prefix}` is not a kind of thing that can be looked up by id"))
        })?;
        Ok((&model.entities[*entity].type_name, uuid))
    }

    /// Whether the viewer has a permission on a row, by his roles or by the row's policy; none for a
    /// row that is absent or that he does not see.
    ///
    /// # Errors
    /// The database is away.
    pub async fn permitted(
        &self,
        type_name: &str,
        id: Uuid,
        permission: &str,
    ) -> Result<Option<bool>, FieldError> {
        let Some((entity, bound)) = self.run.model.entity(type_name) else { return Ok(None) };
        let policies = Policies { model: self.run.model, viewer: self.run.viewer };
        let mut statement = self.statement();
        let (keys, alias) = (statement.keys(), statement.parts.alias());
        let permitted = policies.permitted(entity, &alias, permission, &mut statement.parts).sql();
        let seen = statement.visible(type_name, &alias);
        let sql = format!(
            "SELECT {permitted} FROM {} {alias} WHERE {alias}.id = ANY({keys}) AND {seen}",
            bound.table
        );
        let rows = statement.rows(sql, &[id]).await?;
        // A condition over what is absent is NULL: not permitted.
        Ok(rows.first().map(|row| row.try_get::<_, Option<bool>>(0).ok().flatten() == Some(true)))
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

    /// The placeholder of an id.
    pub fn id(&mut self, id: Uuid) -> String {
        let id = Leaf::Constant(Value::from(id.to_string()));
        self.parts.parameter(Parameter::Value(id, Kind::Uuid, String::new()), Type::UUID)
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
        for ((column, kind), need) in needs.iter().zip(plan.call.resolver.needs()) {
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
        let outputs = self.called(&plan.call, parents).await;
        self.read_outputs(&plan.outputs, outputs).await
    }

    /// Calls a resolver once for all parents.
    async fn called(&self, call: &ResolverCall, parents: Parents) -> Vec<Output> {
        let wanted = parents.len();
        let arguments = Arguments(
            call.arguments
                .iter()
                .map(|(name, input)| (name.clone(), input.value(self.variables)))
                .collect(),
        );
        let context = ResolveContext { run: self };
        let resolved = caught(|| format!("the resolver of `{}`", call.field), async {
            call.resolver.resolve(&context, &parents, &arguments).await
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
        outputs
    }

    /// Calls the resolvers of fields of objects, once for all objects of a list.
    fn expand<'r>(
        &'r self,
        plan: &'r OutputPlan,
        mut outputs: Vec<&'r mut Output>,
    ) -> BoxFuture<'r, ()> {
        Box::pin(async move {
            match plan {
                OutputPlan::Leaf => {}
                OutputPlan::List { item, .. } => {
                    let items = outputs.into_iter().filter_map(|output| match output {
                        Output::List(items) => Some(items),
                        _ => None,
                    });
                    self.expand(item, items.flatten().collect()).await;
                }
                OutputPlan::Composite { objects, .. } => {
                    for (type_name, wanted) in objects {
                        let objects = outputs.iter_mut().filter_map(|output| match output {
                            Output::Object { type_name: of, fields } if of == type_name => {
                                Some(fields)
                            }
                            _ => None,
                        });
                        self.expand_objects(wanted, objects.collect()).await;
                    }
                }
            }
        })
    }

    async fn expand_objects(
        &self,
        wanted: &[OutputField],
        mut objects: Vec<&mut Vec<(&'static str, Output)>>,
    ) {
        for field in wanted {
            let Ok(plan) = &field.plan else { continue };
            if let Some((_, call)) = &field.call {
                let parents = Parents { len: objects.len(), ..Parents::default() };
                let called = self.called(call, parents).await;
                for (fields, output) in objects.iter_mut().zip(called) {
                    fields.push((CALLED, output));
                }
            }
            let values = objects.iter_mut().filter_map(|fields| {
                let place = field.place_in(fields)?;
                Some(&mut fields[place].1)
            });
            self.expand(plan, values.collect()).await;
        }
    }

    /// Reads the entities that outputs name.
    pub(crate) async fn read_outputs(
        &self,
        plan: &OutputsPlan,
        mut outputs: Vec<Output>,
    ) -> Result<Child, RequestError> {
        if plan.calls {
            self.expand(&plan.output, outputs.iter_mut().collect()).await;
        }
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
                if let (Ok(plan), Some(place)) = (&field.plan, field.place_in(fields)) {
                    gather(plan, &fields[place].1, ids);
                }
            }
        }
        _ => {}
    }
}
