//! Random rows of every type, those who ask about them, and what is left for each.

use std::collections::BTreeMap;
use std::sync::Arc;

use loaders::contract::Contract;
use loaders::{Grant, Permissions, Viewer};
use serde_json::json;
use tokio_postgres::Client;
use uuid::Uuid;

use crate::policy::rows::Tables;
use crate::property::{Factory, id, kinds};
use crate::support::TestDatabase;

/// Rows that the factory makes of each type.
const ROWS: usize = 8;

/// Makes rows of every type and mixes them up; gives the ids of all, as clients know them, by type.
pub(super) async fn fill(database: &TestDatabase) -> BTreeMap<String, Vec<String>> {
    let factory = Factory::new(database).await;
    for _ in 0..ROWS {
        for type_name in kinds::types() {
            factory.full(type_name, json!({})).await;
        }
    }
    // The seed of PostgreSQL's own generator.
    factory.execute("SELECT setseed(0.261123)").await;
    factory.execute(include_str!("random_rows.sql")).await;
    factory.execute(include_str!("random_people.sql")).await;
    let tables = Tables::read(&factory.client).await;
    let contract = Contract::parse(agent_free::server::CONTRACT).unwrap();
    let mut ids = BTreeMap::new();
    for type_name in contract.possible_types("Node") {
        let table = tables.of_type(type_name);
        let rows = format!("SELECT id FROM {table} ORDER BY created_at, id");
        let rows = factory.client.query(&rows, &[]).await.unwrap();
        assert!(rows.len() > 1, "no rows of {type_name}");
        let of_type = rows.iter().map(|row| id(type_name, row.get(0))).collect();
        ids.insert(type_name.to_owned(), of_type);
    }
    ids
}

/// Nobody, and every user.
pub(super) async fn viewers(client: &Client) -> Vec<Viewer> {
    let mut viewers = vec![Viewer::of_class("anonymous")];
    let users = "SELECT id FROM users WHERE deleted_at IS NULL ORDER BY created_at, id";
    for row in client.query(users, &[]).await.unwrap() {
        let user: Uuid = row.get(0);
        viewers.push(Viewer::user(user, Arc::new(permissions(client, user).await)));
    }
    viewers
}

async fn permissions(client: &Client, user: Uuid) -> Permissions {
    let effective = "SELECT permission, scope_id, effect = 'ALLOW' FROM effective_permissions($1)";
    let rows = client.query(effective, &[&user]).await.unwrap();
    Permissions::new(rows.iter().map(|row| Grant {
        permission: row.get(0),
        scope: row.get(1),
        allowed: row.get(2),
    }))
}

/// Takes out of a database what the viewer does not see.
pub(super) async fn leave_only(database: &TestDatabase, viewer: &Viewer) {
    let client = database.connect().await;
    let me = viewer.id().map_or("NULL".to_owned(), |id| format!("'{id}'"));
    let me = format!("CREATE TEMP TABLE me AS SELECT {me}::uuid AS id");
    let rows = include_str!("visible_rows.sql");
    let people = include_str!("visible_people.sql");
    for statements in [me.as_str(), rows, people] {
        client.batch_execute(statements).await.unwrap();
    }
}
