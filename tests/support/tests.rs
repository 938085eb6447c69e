//! The harness keeps its own promises.

use serde_json::{Value, json};

use super::{TestDatabase, TestServer};

#[tokio::test]
async fn a_query_is_answered_with_its_cost() {
    let database = TestDatabase::new().await;
    let server = TestServer::start(&database).await;
    let answer =
        server.query("query ($n: Int) { propertyTypes(first: $n) { code } }", json!({ "n": 1 }));
    let answer = answer.await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.data()["propertyTypes"].as_array().map(Vec::len), Some(1));
    assert_eq!(answer.count_statements(), 1);
}

#[tokio::test]
async fn errors_stand_beside_the_data() {
    let database = TestDatabase::new().await;
    let server = TestServer::start(&database).await;
    let answer =
        server.query("{ property(id: \"user_01h2xcejqtf2nbrexx3vqjhp41\") { id } }", json!({}));
    let answer = answer.await;
    assert_eq!(answer.partial_data(), &json!({ "property": null }));
    assert_eq!(answer.error_codes().len(), 1);
}

#[tokio::test]
async fn databases_are_apart() {
    let (one, other) = tokio::join!(TestDatabase::new(), TestDatabase::new());
    one.execute("CREATE TABLE only_here ()").await;
    let there = "SELECT to_regclass('only_here') IS NOT NULL";
    let other = other.connect().await.query_one(there, &[]).await.unwrap();
    assert!(!other.get::<_, bool>(0));
}

#[tokio::test]
async fn a_server_stops_when_asked() {
    let database = TestDatabase::new().await;
    let server = TestServer::start_with(&database, |config| config.http.expose_cost = false).await;
    let request = json!({ "query": "{ __typename }" });
    let response = server.client().post(server.url("/graphql")).json(&request).send().await;
    let body: Value = response.unwrap().json().await.unwrap();
    assert_eq!(body, json!({ "data": { "__typename": "Query" } }));
    server.stop().await.unwrap();
}
