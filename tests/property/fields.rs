//! Each value and each reference of each type, read through `node`, is what the database has.

use std::collections::BTreeSet;

use async_graphql::parser::types::BaseType;
use chrono::DateTime;
use loaders::contract::model::base_name;
use loaders::contract::{FieldDef, Shape};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Factory, id, kinds, server_for, snake_case};
use crate::support::{Asking, TestDatabase};

/// What a field is read from, as an expression over its table that gives it in the form of JSON.
fn expression(factory: &Factory, field: &FieldDef) -> Option<String> {
    let column = snake_case(&field.name);
    match factory.contract.shape(field) {
        Shape::ToOne(target) => kinds::is_known(target).then(|| format!("{column}_id")),
        Shape::Scalar("ID" | "Decimal" | "Date") => Some(format!("{column}::text")),
        Shape::Scalar("GeoJSON") => Some(format!("ST_AsGeoJSON({column})::jsonb")),
        Shape::Scalar(_) | Shape::Enum(_) => Some(column),
        // A list of values; any other list has arguments.
        Shape::Other if field.arguments.is_empty() && !field.has_directive("computed") => {
            matches!(field.ty.base, BaseType::List(_)).then_some(column)
        }
        _ => None,
    }
}

/// Ids in the client's form, moments in one form.
fn normal(factory: &Factory, type_name: &str, field: &FieldDef, value: &Value) -> Value {
    let Some(text) = value.as_str() else { return value.clone() };
    match (factory.contract.shape(field), base_name(&field.ty)) {
        (Shape::ToOne(target), _) => json!({ "id": id(target, text.parse().unwrap()) }),
        (_, "ID") => json!(id(type_name, text.parse().unwrap())),
        (_, "DateTime") => json!(DateTime::parse_from_rfc3339(text).unwrap().to_utc()),
        _ => value.clone(),
    }
}

/// What the database has for each of these fields.
async fn stored(
    factory: &Factory,
    type_name: &str,
    uuid: Uuid,
    fields: &[(&FieldDef, String)],
) -> Value {
    let columns: Vec<_> =
        fields.iter().map(|(f, sql)| format!("{sql} AS \"{}\"", f.name)).collect();
    let (columns, table) = (columns.join(", "), kinds::table(type_name));
    let statement =
        format!("SELECT to_jsonb(r)::text FROM (SELECT {columns} FROM {table} WHERE id = $1) AS r");
    let row = factory.client.query_one(&statement, &[&uuid]).await.unwrap();
    let mut stored: Value = serde_json::from_str(row.get(0)).unwrap();
    for (field, _) in fields {
        stored[&field.name] = normal(factory, type_name, field, &stored[&field.name]);
    }
    stored
}

#[tokio::test]
async fn each_field_of_each_type_is_what_the_database_has() {
    let database = TestDatabase::new().await;
    let server = server_for(&database, Asking::Administrator).await;
    let factory = Factory::new(&database).await;
    for type_name in kinds::types() {
        let fields: Vec<_> = factory.contract.fields(type_name).iter().collect();
        let fields: Vec<_> =
            fields.iter().filter_map(|f| Some((*f, expression(&factory, f)?))).collect();
        let selection: String = fields
            .iter()
            .map(|(field, _)| match factory.contract.shape(field) {
                Shape::ToOne(_) => format!("{} {{ id }} ", field.name),
                _ => format!("{} ", field.name),
            })
            .collect();
        let query = format!(
            "query ($id: ID!) {{ node(id: $id) {{ ... on {type_name} {{ {selection} }} }} }}"
        );
        let mut seen = BTreeSet::new();
        for mut values in kinds::variants(type_name) {
            if type_name == "PropertyFeature" {
                let kind = json!({ "value_kind": kinds::feature_kind(&values) });
                values["feature_type_id"] = json!(factory.make("PropertyFeatureType", kind).await);
            }
            let uuid = factory.full(type_name, values).await;
            let answer = server.query(&query, json!({ "id": id(type_name, uuid) })).await;
            let mut node = answer.data()["node"].clone();
            for (field, _) in &fields {
                if base_name(&field.ty) == "DateTime" {
                    node[&field.name] = normal(&factory, type_name, field, &node[&field.name]);
                }
                if !node[&field.name].is_null() {
                    seen.insert(field.name.clone());
                }
            }
            assert_eq!(node, stored(&factory, type_name, uuid, &fields).await, "{type_name}");
        }
        let all: BTreeSet<_> = fields.iter().map(|(field, _)| field.name.clone()).collect();
        assert_eq!(seen, all, "{type_name}: fields that were never more than null");
    }
}
