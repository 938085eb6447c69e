//! Planning: an operation becomes statements whose text is ready, for every later request whose
//! variables have the same shape.
//!
//! Nothing here talks to a database. What a request brings reaches a statement as parameters
//! only; its text is made of the contract's and the catalog's names.

mod cost;
mod figures;
mod filter;
pub(crate) mod input;
mod introspection;
mod list;
mod order;
mod output;
mod select;
pub(crate) mod sql;
pub(crate) mod types;
mod view;

use std::collections::{HashMap, HashSet};
use std::sync::atomic::AtomicUsize;

use async_graphql::parser::types::{FragmentDefinition, OperationDefinition, OperationType};
use async_graphql::{Name, Positioned};

use crate::bind::{ListForm, Model, RootField};
use crate::contract::Contract;
use crate::engine::EngineOptions;
use crate::error::RequestError;
use crate::error_code::ErrorCode;
use crate::viewer::Viewer;
use cost::Cost;
use input::{Input, Inputs, Leaf, Variables, invalid, located};
use select::Selected;
use sql::Policies;
use types::{Key, MutationPlan, Plan, ReferencePlan, RootPlan, RootSource, typename};

/// What planning reads.
pub(crate) struct Context<'a> {
    pub(crate) contract: &'a Contract,
    pub(crate) model: &'a Model,
    pub(crate) options: &'a EngineOptions,
    pub(crate) viewer: &'a Viewer,
    pub(crate) fragments: &'a HashMap<Name, Positioned<FragmentDefinition>>,
    pub(crate) variables: &'a Variables,
    pub(crate) page_sizes: &'a HashSet<Name>,
}

impl<'a> Context<'a> {
    /// Plans a query or a mutation.
    pub(crate) fn plan(&self, operation: &'a OperationDefinition) -> Result<Plan, RequestError> {
        let root = match (operation.ty, &self.contract.mutation) {
            (OperationType::Query, _) => Some(&self.contract.query),
            (OperationType::Mutation, Some(root)) => Some(root),
            _ => None,
        };
        let Some(root) = root else {
            return Err(RequestError::Invalid {
                code: ErrorCode::OperationNotSupported,
                message: format!("this server runs no {} here; send a query", operation.ty),
                locations: Vec::new(),
            });
        };
        let mut plan = Plan {
            roots: Vec::new(),
            references: Vec::new(),
            introspection: false,
            cost: Cost::default(),
            weight: 0,
            answer_bytes: AtomicUsize::new(1024),
        };
        let mut introspected = 0u64;
        for selected in self.selected(&[&operation.selection_set.node], root) {
            let name = selected.field.node.name.node.as_str();
            let (nullable, source) = match name {
                "__typename" => (false, RootSource::Typename(typename(root))),
                "__schema" | "__type" => {
                    plan.introspection = true;
                    let maximum = self.options.cost_maximum;
                    let fields = self.introspected(&selected.sets, name, maximum);
                    introspected = introspected.saturating_add(fields);
                    (name == "__type", RootSource::Introspection)
                }
                _ if let Some(permission) = self.withheld(root, name) => {
                    (true, RootSource::Forbidden(permission.into()))
                }
                _ if operation.ty == OperationType::Mutation => {
                    self.mutation(root, name, &selected)?
                }
                _ => self.root(name, &selected, &mut plan.references)?,
            };
            plan.roots.push(RootPlan { key: Key::new(selected.key), nullable, source });
        }
        plan.cost = Cost::of(&plan, introspected);
        plan.weight = plan.estimate();
        Ok(plan)
    }

    fn root(
        &self,
        name: &str,
        selected: &Selected<'a>,
        references: &mut Vec<ReferencePlan>,
    ) -> Result<(bool, RootSource), RequestError> {
        let (Some(def), Some(field)) =
            (self.contract.field(&self.contract.query, name), self.model.query.get(name))
        else {
            return Err(located(invalid(name, "is not part of the contract"), selected.field));
        };
        let argument = |name: &str| -> Result<Leaf, RequestError> {
            let given = match def.arguments.iter().find(|argument| argument.name == name) {
                Some(argument) => self
                    .inputs()
                    .argument(argument, &selected.field.node.arguments)
                    .map_err(|error| located(error, selected.field))?,
                None => None,
            };
            match given {
                Some(Input::Leaf(leaf)) => Ok(leaf),
                Some(Input::List(items)) if items.is_empty() => Ok(Leaf::List(Vec::new())),
                _ => Err(located(invalid(name, "is required"), selected.field)),
            }
        };
        let depth = 1;
        let mut by_type = |entities: &mut dyn Iterator<Item = usize>| -> Result<Vec<(usize, usize)>, RequestError> {
            entities.map(|entity| Ok((entity, output::shared(references, self.reference(entity, &selected.sets, depth)?)))).collect()
        };
        let source = match field {
            RootField::Node => RootSource::Point {
                id: argument("id")?,
                by_type: by_type(&mut (0..self.model.entities.len()))?,
            },
            RootField::Nodes => RootSource::Points {
                ids: argument("ids")?,
                by_type: by_type(&mut (0..self.model.entities.len()))?,
            },
            RootField::Point(entity) => RootSource::Point {
                id: argument("id")?,
                by_type: by_type(&mut std::iter::once(*entity))?,
            },
            RootField::List(entity, ListForm::Connection) => {
                RootSource::Connection(self.connection(*entity, def, selected, None, depth)?)
            }
            RootField::List(entity, ListForm::Plain) => {
                RootSource::List(self.plain_list(*entity, def, selected, None, depth)?)
            }
            RootField::Resolver(resolver) => {
                RootSource::Resolver(self.resolver(resolver, def, selected, depth)?)
            }
        };
        Ok((def.ty.nullable, source))
    }

    fn mutation(
        &self,
        root: &str,
        name: &str,
        selected: &Selected<'a>,
    ) -> Result<(bool, RootSource), RequestError> {
        let (Some(def), Some(bound)) =
            (self.contract.field(root, name), self.model.mutations.get(name))
        else {
            return Err(located(invalid(name, "is not part of the contract"), selected.field));
        };
        let input = match def.arguments.first() {
            Some(argument) => self
                .inputs()
                .argument(argument, &selected.field.node.arguments)
                .map_err(|error| located(error, selected.field))?,
            None => None,
        };
        let plan = MutationPlan {
            name: name.into(),
            mutation: bound.mutation.clone(),
            payload: bound.payload,
            input: input.unwrap_or(Input::Null),
            outputs: self.outputs(&def.ty, selected, 1)?,
        };
        Ok((def.ty.nullable, RootSource::Mutation(plan)))
    }

    /// The permission that a field of a root needs, and that the viewer has for nothing.
    fn withheld(&self, root: &str, name: &str) -> Option<&'a str> {
        let permission = self.contract.field(root, name)?.permission()?;
        (!self.viewer.permissions.somewhere(permission)).then_some(permission)
    }

    pub(crate) fn inputs(&self) -> Inputs<'a> {
        Inputs { contract: self.contract, variables: self.variables, page_sizes: self.page_sizes }
    }

    pub(crate) fn policies(&self) -> Policies<'a> {
        Policies { model: self.model, viewer: self.viewer }
    }
}

impl Plan {
    /// Whether it asks the database anything.
    pub(crate) fn reads(&self) -> bool {
        self.roots.iter().any(|root| {
            !matches!(
                root.source,
                RootSource::Typename(_) | RootSource::Introspection | RootSource::Forbidden(_)
            )
        })
    }

    /// The names of its mutations, as often as they are called.
    pub(crate) fn mutations(&self) -> Vec<&str> {
        let names = self.roots.iter().filter_map(|root| match &root.source {
            RootSource::Mutation(plan) => Some(&*plan.name),
            _ => None,
        });
        names.collect()
    }

    /// About how many bytes it holds: its debug form is long where the plan is.
    fn estimate(&self) -> u64 {
        let length = format!("{self:?}").len();
        u64::try_from(length).unwrap_or(u64::MAX)
    }
}
