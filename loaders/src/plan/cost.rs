//! What an operation may cost, computed from its plan before anything runs.
//!
//! The unit is a row that is read and written. A page counts its whole size, whatever it finds;
//! what hangs from a row counts once for each. What is looked at and not answered is weighed: by
//! how it compares with rows, since how much there is of it is not part of an operation's shape.

use super::input::{Input, Leaf, Variables};
use super::types::{
    ChildPlan, ConnectionPlan, MutationPlan, OutputPlan, OutputsPlan, PageSize, Plan,
    ReferencePlan, ResolverCall, ResolverPlan, RootSource, RowsPlan, Statement, View,
};
use crate::resolver::Arguments;
use async_graphql::Value;

/// Counts, aggregates and groups of a whole list look at every row of a table. A million of them
/// take PostgreSQL about as long as it takes us to answer this many.
const FIGURES: u64 = 5_000;

/// Those of the list of one row above look at what an index finds for it.
const FIGURES_BELOW: u64 = 20;

/// A relation or a place in a filter is looked at for each row that is tried, until the page is
/// full: perhaps for a good part of the table.
const SEARCH: u64 = 1_000;

/// The same in the list of one row above.
const SEARCH_BELOW: u64 = 5;

/// What is written takes a transaction, several statements, and triggers besides.
const WRITE: u64 = 50;

/// What a plan's requests may cost.
#[derive(Debug, Default)]
pub(crate) struct Cost {
    fixed: u64,
    /// Lists of ids, which requests of one shape may give in any length, and what one id costs.
    for_each: Vec<(Leaf, u64)>,
}

impl Cost {
    /// Of a plan, and of the fields that its introspection answers: each counts as a row.
    pub(crate) fn of(plan: &Plan, introspected: u64) -> Self {
        let mut cost = Self { fixed: introspected, for_each: Vec::new() };
        for root in &plan.roots {
            let by_type = |by_type: &[(usize, usize)]| {
                by_type.iter().map(|(_, place)| reference(&plan.references[*place])).max()
            };
            let fixed = match &root.source {
                RootSource::Typename(_) | RootSource::Introspection | RootSource::Forbidden(_) => 0,
                RootSource::Point { by_type: types, .. } => by_type(types).unwrap_or(1),
                RootSource::Points { ids, by_type: types } => {
                    cost.for_each.push((ids.clone(), by_type(types).unwrap_or(1)));
                    0
                }
                RootSource::Connection(plan) => connection(plan, FIGURES, SEARCH),
                RootSource::List(plan) => rows(plan, SEARCH),
                RootSource::Resolver(plan) => resolver(plan),
                RootSource::Mutation(plan) => mutation(plan),
            };
            cost.fixed = cost.fixed.saturating_add(fixed);
        }
        cost
    }

    /// What a request with these variables may cost.
    pub(crate) fn with(&self, variables: &Variables) -> u64 {
        self.for_each.iter().fold(self.fixed, |cost, (leaf, each)| {
            let ids = match leaf.value(variables) {
                Value::List(ids) => ids.len() as u64,
                _ => 1,
            };
            cost.saturating_add(ids.saturating_mul(*each))
        })
    }
}

fn connection(plan: &ConnectionPlan, figures: u64, search: u64) -> u64 {
    let page = plan.rows.as_ref().map_or(0, |plan| rows(plan, search));
    let beside = plan.figures.iter().chain(&plan.outside);
    let beside = beside.map(|statement| figures.saturating_add(searches(statement, search)));
    let groups = plan.groups.iter().map(|groups| {
        let looked_at = figures.saturating_add(searches(&groups.statement, search));
        looked_at.saturating_add(size(&groups.page))
    });
    sum(beside.chain(groups).chain([page]))
}

fn rows(plan: &RowsPlan, search: u64) -> u64 {
    let each = sum(plan.views.iter().map(children)).saturating_add(1);
    size(&plan.page).saturating_mul(each).saturating_add(searches(&plan.statement, search))
}

/// What hangs from one row.
fn children(view: &View) -> u64 {
    sum(view.children.iter().map(|child| match &**child {
        ChildPlan::ToOne { view, .. } => children(view).saturating_add(1),
        ChildPlan::List { rows: plan, .. } => rows(plan, SEARCH_BELOW),
        ChildPlan::Connection { plan, .. } => connection(plan, FIGURES_BELOW, SEARCH_BELOW),
        ChildPlan::Resolver { plan, .. } => resolver(plan),
    }))
}

fn reference(plan: &ReferencePlan) -> u64 {
    children(&plan.view).saturating_add(1)
}

fn resolver(plan: &ResolverPlan) -> u64 {
    call(&plan.call).saturating_mul(outputs(&plan.outputs).saturating_add(1))
}

fn call(call: &ResolverCall) -> u64 {
    let constant = |input: &Input| input.constant().cloned().unwrap_or(Value::Null);
    let arguments =
        call.arguments.iter().map(|(name, input)| (name.clone(), constant(input))).collect();
    call.resolver.cost(&Arguments(arguments))
}

fn mutation(plan: &MutationPlan) -> u64 {
    let each = outputs(&plan.outputs).saturating_add(WRITE);
    items(&plan.input).max(1).saturating_mul(each)
}

/// The items of all lists in an input: as many rows may be written.
fn items(input: &Input) -> u64 {
    match input {
        Input::List(list) => sum(list.iter().map(items)).saturating_add(list.len() as u64),
        Input::Object(fields) => sum(fields.iter().map(|(_, input)| items(input))),
        Input::Null | Input::Leaf(_) => 0,
    }
}

/// What hangs from one output.
fn outputs(plan: &OutputsPlan) -> u64 {
    output(&plan.output, &plan.references)
}

fn output(plan: &OutputPlan, references: &[ReferencePlan]) -> u64 {
    match plan {
        OutputPlan::Leaf => 0,
        OutputPlan::List { item, .. } => output(item, references),
        OutputPlan::Composite { references: by_type, objects } => {
            let entities = by_type.iter().map(|(_, place)| reference(&references[*place]));
            let objects = objects.iter().map(|(_, fields)| {
                sum(fields.iter().map(|field| {
                    let below = field.plan.as_ref().map_or(0, |plan| output(plan, references));
                    match &field.call {
                        Some((_, made)) => call(made).saturating_mul(below.saturating_add(1)),
                        None => below,
                    }
                }))
            });
            entities.chain(objects).max().unwrap_or(0)
        }
    }
}

fn searches(statement: &Statement, each: u64) -> u64 {
    u64::from(statement.searches).saturating_mul(each)
}

fn size(page: &PageSize) -> u64 {
    let size = page.constant().ok().flatten().unwrap_or(page.maximum);
    u64::try_from(size).unwrap_or(0)
}

fn sum(costs: impl Iterator<Item = u64>) -> u64 {
    costs.fold(0, u64::saturating_add)
}
