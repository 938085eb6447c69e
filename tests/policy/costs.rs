//! What something cost is for those who manage it, and nobody learns it by asking otherwise.

use serde_json::{Value, json};

use super::rows::Tables;
use super::world::World;
use crate::support::{TestDatabase, TestServer};

#[tokio::test]
async fn a_cost_is_null_and_refused_at_its_path() {
    let database = TestDatabase::new().await;
    let (server, client) = tokio::join!(TestServer::start(&database), database.connect());
    let tables = Tables::read(&client).await;
    let mut world = World::new(&client, &tables).await;
    let row = world.id("PropertyImprovement").await;
    database
        .execute(
            "UPDATE property_improvements SET cost = 1234.50;
             UPDATE properties SET published_at = now()",
        )
        .await;
    let query = "query ($id: ID!) { node(id: $id) { ... on PropertyImprovement { title cost } } }";
    let stranger = server.user("buyer").await;
    for asker in [server.anonymous(), server.as_user(&stranger)] {
        let answer = asker.query(query, json!({ "id": row })).await;
        assert_eq!(answer.error_codes(), ["FORBIDDEN"]);
        assert_eq!(answer.errors()[0]["path"], json!(["node", "cost"]));
        assert_eq!(answer.partial_data()["node"]["cost"], Value::Null);
        assert!(answer.partial_data()["node"]["title"].is_string());
    }
    for asker in [server.as_administrator(), server.as_user(&world.owner)] {
        let answer = asker.query(query, json!({ "id": row })).await;
        assert_eq!(answer.data()["node"]["cost"], "1234.50");
    }
}

#[tokio::test]
async fn nothing_is_found_or_ordered_by_a_cost() {
    let database = TestDatabase::new().await;
    let server = TestServer::start(&database).await;
    for (input, fields) in [
        ("PropertyImprovementFilter", "inputFields"),
        ("PropertyImprovementOrder", "inputFields"),
        ("PropertyMaintenanceRecordFilter", "inputFields"),
        ("PropertyConditionFilter", "inputFields"),
    ] {
        let query = format!("{{ __type(name: {input:?}) {{ {fields} {{ name }} }} }}");
        let answer = server.query(&query, json!({})).await;
        let names = answer.data()["__type"][fields].to_string();
        assert!(!names.to_lowercase().contains("cost"), "{input}: {names}");
    }
}
