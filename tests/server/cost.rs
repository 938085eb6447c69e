//! What operations may cost: those that people run are far below the limit, and what would take
//! the server long is refused before it runs.

use loaders::contract::drift;
use serde_json::{Value, json};

use crate::property::examples::{readme, tabs};
use crate::support::{TestDatabase, TestServer};

const NODE: &str = "property_01h2xcejqtf2nbrexx3vqjhp41";

async fn cost(server: &TestServer, query: &str, variables: &Value) -> u64 {
    let answer = server.query(query, variables.clone()).await;
    answer.cost("computed")
}

#[tokio::test]
async fn what_people_run_costs_little() {
    let database = TestDatabase::new().await;
    let server = TestServer::start(&database).await;
    for example in tabs(NODE).into_iter().chain(readme()) {
        let cost = cost(&server, &example.query, &example.variables).await;
        assert!(cost < 50_000, "{} costs {cost}", example.name);
    }
    let list = "query($first: Int!) { properties(first: $first) { nodes { id owner { displayName } \
                features(first: 20) { nodes { textValue featureType { name } } } \
                valuations(first: 1) { nodes { amount } } } } }";
    assert_eq!(cost(&server, list, &json!({ "first": 50 })).await, 50 * (1 + 1 + 20 * 2 + 1));
    assert_eq!(cost(&server, list, &json!({ "first": 1000 })).await, 43_000);
    let introspection = cost(&server, drift::INTROSPECTION, &Value::Null).await;
    assert!(introspection < 100_000, "introspection costs {introspection}");
    // Many times what tools ask for.
    let types = (0..90).map(|n| format!("a{n}: __schema {{ types {{ ...T }} }} "));
    let many = format!(
        "{{ {} }} fragment T on __Type {{ fields {{ args {{ type {{ name }} }} type {{ ofType {{ inputFields {{ name }} fields {{ name }} }} }} }} }}",
        types.collect::<String>()
    );
    let refused = server.query(&many, Value::Null).await;
    assert_eq!(refused.error_codes(), ["COST_LIMIT"]);
}
