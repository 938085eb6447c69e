//! Each list of each type, and each field of `Query`: what hangs together in the database, all of
//! it, in the order that the contract states.

use async_graphql::Value as Literal;
use loaders::contract::{FieldDef, Shape, base_name};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Factory, id, ids, kinds, server_for, snake_case, uuids};
use crate::support::{Asking, TestDatabase};

/// The type of a list's items, and whether it is a connection.
fn items<'a>(factory: &'a Factory, field: &'a FieldDef) -> Option<(&'a str, bool)> {
    match factory.contract.shape(field) {
        Shape::Connection(target) if kinds::is_known(target) => Some((target, true)),
        Shape::List(target) if kinds::is_known(target) => Some((target, false)),
        _ => None,
    }
}

/// What to select of a list.
fn selection(connection: bool) -> &'static str {
    if connection { "{ nodes { id } edges { node { id } } totalCount }" } else { "{ id }" }
}

/// What such a list should answer.
fn expected(type_name: &str, uuids: &[Uuid], connection: bool) -> Value {
    let rows = ids(type_name, uuids);
    if !connection {
        return rows;
    }
    let edges: Value = rows.as_array().unwrap().iter().map(|row| json!({ "node": row })).collect();
    json!({ "nodes": rows, "edges": edges, "totalCount": uuids.len() })
}

/// The default of `orderBy` in SQL; the id decides between equals, in the last direction.
fn default_order(field: &FieldDef) -> String {
    let argument = field.arguments.iter().find(|argument| argument.name == "orderBy").unwrap();
    let Some(Literal::List(terms)) = &argument.default else { panic!("{}: no order", field.name) };
    let mut order: Vec<_> = terms
        .iter()
        .map(|term| {
            let Literal::Object(term) = term else { panic!("{}: {term}", field.name) };
            let (column, direction) = term.iter().next().unwrap();
            format!("{} {}", snake_case(column), direction.to_string().replacen('_', " ", 2))
        })
        .collect();
    let descending = order.last().unwrap().contains("DESC");
    order.push(if descending { "id DESC".to_string() } else { "id".to_string() });
    order.join(", ")
}

#[tokio::test]
async fn each_list_of_each_type_has_what_refers_to_the_row() {
    let database = TestDatabase::new().await;
    let server = server_for(&database, Asking::Administrator).await;
    let factory = Factory::new(&database).await;
    let mut lists = 0;
    for type_name in kinds::types() {
        for field in factory.contract.fields(type_name) {
            let Some((target, connection)) = items(&factory, field) else { continue };
            lists += 1;
            let column = factory.column_to(target, type_name);
            let (parent, other) = (
                factory.make(type_name, json!({})).await,
                factory.make(type_name, json!({})).await,
            );
            for uuid in [parent, other, parent, parent] {
                factory.full(target, json!({ column: uuid })).await;
            }
            let table = kinds::table(target);
            let statement = format!(
                "SELECT id FROM {table} WHERE {column} = '{parent}' ORDER BY {}",
                default_order(field)
            );
            let children = uuids(&factory, &statement).await;
            assert_eq!(children.len(), 3 + already(target), "{type_name}.{}", field.name);
            let query = format!(
                "query ($id: ID!) {{ node(id: $id) {{ ... on {type_name} {{ list: {} {} }} }} }}",
                field.name,
                selection(connection)
            );
            let answer = server.query(&query, json!({ "id": id(type_name, parent) })).await;
            let list = &answer.data()["node"]["list"];
            assert_eq!(
                *list,
                expected(target, &children, connection),
                "{type_name}.{}",
                field.name
            );
        }
    }
    assert!(lists > 20, "only {lists} lists");
}

/// Rows that a listing has from the beginning: its first status.
fn already(target: &str) -> usize {
    usize::from(target == "ListingStatusChange")
}

#[tokio::test]
async fn each_field_of_the_query_answers() {
    let database = TestDatabase::new().await;
    let server = server_for(&database, Asking::Administrator).await;
    let factory = Factory::new(&database).await;
    let fields = factory.contract.fields("Query").iter();
    let fields = fields
        .filter(|field| kinds::is_known(base_name(&field.ty)) || items(&factory, field).is_some());
    let (by_id, lists): (Vec<_>, Vec<_>) =
        fields.partition(|field| field.arguments.iter().any(|a| a.name == "id" || a.name == "ids"));

    for field in by_id {
        let type_name = base_name(&field.ty);
        let uuid = factory.make(type_name, json!({})).await;
        let query = format!("query ($id: ID!) {{ found: {}(id: $id) {{ id }} }}", field.name);
        let known = id(type_name, uuid);
        let answer = server.query(&query, json!({ "id": known })).await;
        assert_eq!(answer.data(), &json!({ "found": { "id": known } }), "{}", field.name);
        let unknown = id(type_name, Uuid::now_v7());
        let answer = server.query(&query, json!({ "id": unknown })).await;
        assert_eq!(answer.data(), &json!({ "found": null }), "{}", field.name);
        // An id of another kind is a mistake, not a thing that is missing.
        let wrong = id(if type_name == "User" { "Property" } else { "User" }, uuid);
        let answer = server.query(&query, json!({ "id": wrong })).await;
        assert_eq!(answer.error_codes(), ["BAD_USER_INPUT"], "{}", field.name);
        let message = answer.errors()[0]["message"].as_str().unwrap();
        assert!(message.contains(&format!("`{}`", snake_case(type_name))), "{message}");
    }

    for field in lists {
        let (type_name, connection) = items(&factory, field).unwrap();
        for _ in 0..3 {
            factory.full(type_name, json!({})).await;
        }
        let statement =
            format!("SELECT id FROM {} ORDER BY {}", kinds::table(type_name), default_order(field));
        let rows = uuids(&factory, &statement).await;
        let page = if connection { "(first: 1000)" } else { "" };
        let query = format!("{{ list: {}{page} {} }}", field.name, selection(connection));
        let answer = server.query(&query, json!({})).await;
        assert_eq!(answer.data()["list"], expected(type_name, &rows, connection), "{}", field.name);
    }
}

#[tokio::test]
async fn nodes_come_in_the_order_asked_for() {
    let database = TestDatabase::new().await;
    let server = server_for(&database, Asking::Administrator).await;
    let factory = Factory::new(&database).await;
    let property = id("Property", factory.make("Property", json!({})).await);
    let user = id("User", factory.make("User", json!({})).await);
    let missing = id("Listing", Uuid::now_v7());
    let query = "query ($ids: [ID!]!) { nodes(ids: $ids) { __typename id } }";
    let asked = json!({ "ids": [user, missing, property, user] });
    let (property, user) = (
        json!({ "__typename": "Property", "id": property }),
        json!({ "__typename": "User", "id": user }),
    );
    let answer = server.query(query, asked).await;
    assert_eq!(answer.data(), &json!({ "nodes": [user, null, property, user] }));
}
