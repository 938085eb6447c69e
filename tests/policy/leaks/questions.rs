//! What is asked: every field of every row, every list, every list by each of its relations; then
//! what chance makes of the contract.

use std::collections::BTreeMap;

use fastrand::Rng;
use fuzz::{Input, Operations};
use loaders::contract::model::{TypeKind, base_name};
use loaders::contract::{Contract, FieldDef};

/// How many rows are asked for at once.
const CHUNK: usize = 40;

/// Types of which everyone sees everything: nothing is asked of them alone.
const OPEN: [&str; 14] = [
    "Amenity",
    "AmenityCategory",
    "CommunityAmenity",
    "ListingStatus",
    "MarketArea",
    "MarketTrend",
    "MarketingChannel",
    "Permission",
    "PropertyFeatureType",
    "PropertySubType",
    "PropertyType",
    "PropertyUseCategory",
    "Specialization",
    "ZoningCode",
];

pub(super) struct Questions {
    systematic: Vec<Input>,
    operations: Operations,
}

impl Questions {
    /// About these rows: ids by type.
    pub(super) fn about(ids: &BTreeMap<String, Vec<String>>) -> Self {
        let contract = Contract::parse(agent_free::server::CONTRACT).unwrap();
        let mut documents = Vec::new();
        for (type_name, ids) in ids {
            if OPEN.contains(&type_name.as_str()) {
                continue;
            }
            let fields = every_field(&contract, type_name);
            documents.extend(
                ids.chunks(CHUNK).map(|ids| {
                    format!("nodes(ids: {ids:?}) {{ ... on {type_name} {{ {fields} }} }}")
                }),
            );
        }
        for field in contract.fields(&contract.query).iter().filter(|field| !is_open(field)) {
            let (name, selection) = (&field.name, selection(&contract, field));
            if let Some(filter) = field.arguments.iter().find(|argument| argument.name == "filter")
            {
                documents.push(format!("{name} {selection}"));
                documents.push(filtered(&contract, field, base_name(&filter.ty)));
            } else if let Some(ids) = ids.get(base_name(&field.ty)) {
                let by_id = |(place, id)| format!("a{place}: {name}(id: {id:?}) {selection} ");
                documents.push(ids.iter().enumerate().map(by_id).collect());
            }
        }
        let input = |fields: String| Input {
            document: format!("{{ {fields} }}"),
            variables: serde_json::Value::Null,
            operation_name: None,
        };
        let systematic = documents.into_iter().map(input).collect();
        let ids = ids.values().flatten().cloned().collect();
        Self { systematic, operations: Operations::new(telling(contract), ids) }
    }

    pub(super) fn systematic(&self) -> &[Input] {
        &self.systematic
    }

    pub(super) fn random(&self, random: &mut Rng) -> Input {
        loop {
            let bytes: Vec<u8> = (0..400).map(|_| random.u8(..)).collect();
            let input = self.operations.choose(&bytes);
            // Of these the seeds know.
            if !["mutation", "viewer", "__schema"].iter().any(|word| input.document.contains(word))
            {
                return input;
            }
        }
    }
}

/// The contract as far as chance asks: without what writes, what is about the viewer himself, what
/// is the same for everyone, and what wants an id of one type.
fn telling(mut contract: Contract) -> Contract {
    contract.mutation = None;
    contract.subscription = None;
    let query = contract.query.clone();
    if let Some(TypeKind::Object { fields, .. }) =
        contract.types.get_mut(&query).map(|query| &mut query.kind)
    {
        fields.retain(|field| {
            let by_id = field.arguments.iter().any(|argument| argument.name == "id");
            field.name != "viewer" && !is_open(field) && (!by_id || field.name == "node")
        });
    }
    contract
}

fn is_open(field: &FieldDef) -> bool {
    let type_name = base_name(&field.ty);
    OPEN.contains(&type_name.strip_suffix("Connection").unwrap_or(type_name))
}

/// All fields of a type that need no argument: values, and of what they lead to the ids.
fn every_field(contract: &Contract, type_name: &str) -> String {
    let fields = contract.fields(type_name).iter();
    let plain =
        fields.filter(|field| !field.arguments.iter().any(|argument| argument.is_required()));
    plain.map(|field| format!("{} {} ", field.name, selection(contract, field))).collect()
}

fn selection(contract: &Contract, field: &FieldDef) -> &'static str {
    let type_name = base_name(&field.ty);
    if contract.possible_types(type_name).is_empty() {
        ""
    } else if contract.is_entity(type_name) {
        "{ id }"
    } else if type_name.ends_with("Connection") {
        "{ totalCount nodes { id } }"
    } else {
        "{ __typename }"
    }
}

/// A list of what has something, by each of its relations, and of what has not.
fn filtered(contract: &Contract, list: &FieldDef, filter: &str) -> String {
    let Some(TypeKind::Input { fields: conditions, .. }) =
        contract.get(filter).map(|filter| &filter.kind)
    else {
        panic!("{filter} is no input")
    };
    let is_connection = base_name(&list.ty).ends_with("Connection");
    let selection = if is_connection { "{ aggregate { count } }" } else { "{ id }" };
    let mut text = "__typename ".to_owned();
    for condition in conditions {
        let type_name = base_name(&condition.ty);
        let of = type_name.strip_suffix("Filter").unwrap_or_default();
        let any = match of.strip_suffix("List") {
            Some(of) if contract.is_entity(of) => "{ some: {} }",
            _ if contract.is_entity(of) => "{ version: { gte: 0 } }",
            _ => continue,
        };
        let (list, name) = (&list.name, &condition.name);
        text += &format!(
            "with_{name}: {list}(filter: {{ {name}: {any} }}) {selection}
             without_{name}: {list}(filter: {{ not: {{ {name}: {any} }} }}) {selection} "
        );
    }
    text
}
