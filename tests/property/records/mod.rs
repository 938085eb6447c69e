//! Plain records: what `@writable` gives each type, asked of every type that has it.

mod cases;
mod refused;
mod written;

use serde_json::{Map, Value, json};

use super::{Factory, id, kinds, server_for, uuids};
use crate::support::{Answer, Asking, TestDatabase, TestServer};

/// What a test knows of one type.
struct Record {
    type_name: &'static str,
    plural: &'static str,
    /// An input that is taken; another one for each number.
    create: fn(&Parents, usize) -> Value,
    change: Value,
    /// A field that may be null.
    optional: &'static str,
    /// A field that may not.
    required: &'static str,
    /// A value that only the database refuses, with the field where it says so.
    refused: (Value, &'static str, &'static str),
}

/// What records hang on.
struct Parents {
    property: String,
    listing: String,
    channel: String,
    user: String,
    feature_types: Vec<String>,
    amenities: Vec<String>,
}

impl Parents {
    async fn new(factory: &Factory) -> Self {
        let all = async |type_name, filter: &str| {
            let table = kinds::table(type_name);
            let statement = format!("SELECT id FROM {table} WHERE {filter} ORDER BY id");
            let rows = uuids(factory, &statement).await;
            rows.into_iter().map(|row| id(type_name, row)).collect::<Vec<_>>()
        };
        Self {
            property: id("Property", factory.make("Property", json!({})).await),
            listing: id("Listing", factory.make("Listing", json!({})).await),
            channel: all("MarketingChannel", "true").await[0].clone(),
            user: id("User", factory.make("User", json!({})).await),
            feature_types: all("PropertyFeatureType", "value_kind = 'NUMBER'").await,
            amenities: all("Amenity", "true").await,
        }
    }
}

impl Record {
    /// The payload's field for one record.
    fn field(&self) -> String {
        lower_first(self.type_name)
    }

    /// A selection of `id`, `version` and everything that an input of this type can set.
    fn selection(&self, factory: &Factory) -> String {
        let input = format!("Create{}Input", self.type_name);
        let mut selection = String::from("id version");
        for (name, relation) in input_fields(factory, &input) {
            match relation {
                Some(relation) => selection.push_str(&format!(" {relation} {{ id }}")),
                None => selection.push_str(&format!(" {name}")),
            }
        }
        selection
    }
}

/// The fields of an input, each with the relation that it sets, if it sets one.
fn input_fields(factory: &Factory, input: &str) -> Vec<(String, Option<String>)> {
    let Some(loaders::contract::TypeKind::Input { fields, .. }) =
        factory.contract.get(input).map(|ty| &ty.kind)
    else {
        panic!("the contract has no input {input}");
    };
    let named = fields.iter().map(|field| {
        let relation =
            field.name.strip_suffix("Id").filter(|_| field.ty.to_string().starts_with("ID"));
        (field.name.clone(), relation.map(str::to_string))
    });
    named.collect()
}

fn lower_first(name: &str) -> String {
    name[..1].to_lowercase() + &name[1..]
}

/// Runs one mutation; `selection` is what the payload has beside errors and position.
async fn run(server: &TestServer, name: &str, selection: &str, input: &Value) -> Answer {
    let input_type = format!("{}{}Input", name[..1].to_uppercase(), &name[1..]);
    let query = format!(
        "mutation($input: {input_type}!) {{ {name}(input: $input) {{ {selection} errors {{ code path message }} position }} }}"
    );
    server.query(&query, json!({ "input": input })).await
}

/// The payload of a mutation that was executed.
#[track_caller]
fn payload<'a>(answer: &'a Answer, name: &str) -> &'a Value {
    &answer.data()[name]
}

/// The codes and paths of a payload's errors, when nothing else is in it.
#[track_caller]
fn refusals(answer: &Answer, name: &str) -> Vec<(String, String)> {
    let payload = payload(answer, name);
    let rest = payload.as_object().unwrap().iter().filter(|(field, _)| *field != "errors");
    assert!(rest.clone().all(|(_, value)| value.is_null()), "{payload}");
    let errors = payload["errors"].as_array().unwrap().iter();
    let steps = |path: &Value| {
        let steps: Vec<&str> =
            path.as_array().unwrap().iter().map(|step| step.as_str().unwrap()).collect();
        steps.join(".")
    };
    errors
        .map(|error| (error["code"].as_str().unwrap().to_string(), steps(&error["path"])))
        .collect()
}

fn refusal(code: &str, path: &str) -> Vec<(String, String)> {
    vec![(code.to_string(), path.to_string())]
}

/// Whether a record has the values of an input.
#[track_caller]
fn assert_has(record: &Value, input: &Value) {
    for (name, value) in input.as_object().unwrap() {
        let relation = name.strip_suffix("Id").filter(|relation| record.get(relation).is_some());
        let found = match relation {
            Some(relation) if value.is_null() => &record[relation],
            Some(relation) => &record[relation]["id"],
            None => &record[name],
        };
        assert_eq!(found, value, "{name} of {record}");
    }
}

fn merged(first: &Value, second: &Value) -> Value {
    let mut fields: Map<String, Value> = first.as_object().unwrap().clone();
    fields.extend(second.as_object().unwrap().clone());
    Value::Object(fields)
}

/// A database with what records hang on, and a server on which everything may be written.
async fn arranged() -> (TestDatabase, Factory, Parents, TestServer) {
    let database = TestDatabase::new().await;
    let factory = Factory::new(&database).await;
    let parents = Parents::new(&factory).await;
    let server = server_for(&database, Asking::Administrator).await;
    (database, factory, parents, server)
}

async fn count(factory: &Factory, type_name: &str) -> i64 {
    let statement = format!("SELECT count(*) FROM {}", kinds::table(type_name));
    factory.client.query_one(&statement, &[]).await.unwrap().get(0)
}
