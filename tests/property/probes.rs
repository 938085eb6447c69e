//! Every place in which a row could show: read by its id, in lists, counts, figures, groups and
//! filters, from the root and from each row that it belongs to.

use loaders::contract::{Contract, FieldDef, Shape, base_name};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::factory::Values;
use super::{Factory, id, kinds, snake_case};
use crate::support::TestServer;

/// Fields of one query, by alias; each is a place where the row could show.
pub struct Probes(Vec<String>);

impl Probes {
    /// The places where a row of this type, with this id and these values, could show.
    pub fn of(factory: &Factory, type_name: &str, uuid: Uuid, values: &Values) -> Self {
        let contract = &factory.contract;
        let known = id(type_name, uuid);
        let mut probes = Self(vec![
            format!("node(id: {known:?}) {{ __typename id }}"),
            format!("nodes(ids: [{known:?}]) {{ __typename id }}"),
        ]);
        for field in contract.fields("Query") {
            if base_name(&field.ty) == type_name && field.arguments.len() == 1 {
                probes.0.push(format!("{}(id: {known:?}) {{ id }}", field.name));
            } else if leads_to(contract, field, type_name) {
                probes.list(contract, field, |list| list);
            }
        }
        let itself = format!("{{ id: {{ eq: {known:?} }} }}");
        probes.0.extend(filtered(contract, type_name, &itself));
        for owner in kinds::types() {
            let lists = contract.fields(owner).iter();
            for field in lists.filter(|field| leads_to(contract, field, type_name)) {
                let column = factory.column_to(type_name, owner);
                let Some(parent) = values.get(column).and_then(Value::as_str) else { continue };
                let parent = id(owner, parent.parse().unwrap());
                probes.list(contract, field, |list| {
                    format!("node(id: {parent:?}) {{ ... on {owner} {{ {list} }} }}")
                });
                for condition in conditions(&field.name, &known) {
                    let condition = format!("{{ id: {{ eq: {parent:?} }}, {condition} }}");
                    probes.0.extend(filtered(contract, owner, &condition));
                }
            }
        }
        probes
    }

    /// The list's rows and, of a connection, everything that is told of it.
    fn list(&mut self, contract: &Contract, field: &FieldDef, within: impl Fn(String) -> String) {
        let name = &field.name;
        let Shape::Connection(_) = contract.shape(field) else {
            self.0.push(within(format!("{name} {{ id }}")));
            return;
        };
        let aggregate = "aggregate { count createdAt { max } }";
        for (arguments, selection) in [
            ("(first: 1000)", "nodes { id }"),
            ("(last: 1000)", "edges { cursor node { id } }"),
            ("(first: 1000)", "pageInfo { startCursor endCursor }"),
            ("", "totalCount"),
            ("", "aggregate { count }"),
            ("", &format!("groups(by: [{{ createdAt: YEAR }}]) {{ {aggregate} }}")),
        ] {
            self.0.push(within(format!("{name}{arguments} {{ {selection} }}")));
        }
    }

    /// What the server answers in each place, by what was asked.
    pub async fn ask(&self, server: &TestServer) -> Vec<(String, Value)> {
        let fields = self.0.iter().enumerate();
        let fields: String = fields.map(|(place, probe)| format!("p{place}: {probe}\n")).collect();
        let answer = server.query(&format!("{{ {fields} }}"), json!({})).await;
        let empty = Map::new();
        let data = answer.data().as_object().unwrap_or(&empty);
        let answers = self.0.iter().enumerate();
        answers.map(|(place, probe)| (probe.clone(), data[&format!("p{place}")].clone())).collect()
    }
}

/// Whether a field is a list of this type.
fn leads_to(contract: &Contract, field: &FieldDef, type_name: &str) -> bool {
    matches!(contract.shape(field), Shape::Connection(target) | Shape::List(target) if target == type_name)
}

/// Conditions on a list that each depend on whether it has the row.
fn conditions(list: &str, known: &str) -> [String; 4] {
    let (it, others) =
        (format!("{{ id: {{ eq: {known:?} }} }}"), format!("{{ id: {{ ne: {known:?} }} }}"));
    [
        format!("{list}: {{ some: {it} }}"),
        format!("{list}: {{ none: {it} }}"),
        format!("{list}: {{ every: {others} }}"),
        format!("not: {{ {list}: {{ some: {it} }} }}"),
    ]
}

/// Fields of `Query` that tell whether a row of the type meets the condition; where the type has
/// no list of its own, through what it belongs to.
pub fn filtered(contract: &Contract, type_name: &str, condition: &str) -> Vec<String> {
    let roots = contract.fields("Query").iter();
    let direct: Vec<_> = roots
        .filter(|field| leads_to(contract, field, type_name))
        .map(|field| match contract.shape(field) {
            Shape::Connection(_) => format!("{}(filter: {condition}) {{ totalCount }}", field.name),
            _ => format!("{}(filter: {condition}) {{ id }}", field.name),
        })
        .collect();
    if !direct.is_empty() {
        return direct;
    }
    // The nearest above it that has a list: a property or a listing, or a row of theirs.
    let owners = kinds::types();
    owners
        .filter(|owner| *owner != type_name)
        .flat_map(|owner| contract.fields(owner).iter().map(move |field| (owner, field)))
        .filter(|(_, field)| leads_to(contract, field, type_name))
        .flat_map(|(owner, field)| {
            filtered(contract, owner, &format!("{{ {}: {{ some: {condition} }} }}", field.name))
        })
        .collect()
}

/// Every to-one relation that may lead to a row of this type without falling with it: the type
/// that has it, the field, and its column.
pub fn references<'a>(
    contract: &'a Contract,
    target: &str,
) -> Vec<(&'a str, &'a FieldDef, String)> {
    let owners = kinds::types();
    owners
        .flat_map(|owner| contract.fields(owner).iter().map(move |field| (owner, field)))
        .filter(|(_, field)| contract.shape(field) == Shape::ToOne(target))
        .map(|(owner, field)| (owner, field, format!("{}_id", snake_case(&field.name))))
        .filter(|(owner, _, column)| !super::hiding::is_hidden_with(owner, column))
        .collect()
}
