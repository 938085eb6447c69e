//! Every attack that has a name, sent to the program as it is run: the answer names the limit and
//! what was measured, is short itself, and leaves the server as it was.

use fuzz::{Attack, attacks};
use reqwest::header::CONTENT_TYPE;
use serde_json::{Value, json};

use super::memory::Memory;
use super::world;
use crate::support::{ServerProcess, TestDatabase, TestServer, free_address};

/// How much longer than the request a refusal may be; it may quote a little of it.
const REFUSAL_BYTES: usize = 64 << 10;

async fn post(server: &ServerProcess, body: Vec<u8>) -> (u16, String) {
    let request = server.client().post(server.url("/graphql")).body(body);
    let request = request.header(CONTENT_TYPE, "application/json");
    // Only against hanging.
    let response = request.timeout(std::time::Duration::from_secs(120)).send().await.unwrap();
    (response.status().as_u16(), response.text().await.unwrap())
}

/// What is wrong with the answer to an attack; nothing, if all is well.
fn mistake(attack: &Attack, status: u16, text: &str) -> Option<String> {
    let Ok(answer) = serde_json::from_str::<Value>(text) else { return Some("no JSON".into()) };
    if status >= 500 {
        return Some(format!("status {status}"));
    }
    if text.len() > REFUSAL_BYTES {
        return Some(format!("an answer of {} bytes", text.len()));
    }
    let Some(code) = attack.code else {
        let defects = ["INTERNAL", "STORE_UNAVAILABLE", "TIME_LIMIT"];
        let codes = answer["errors"].as_array().into_iter().flatten();
        let mut codes = codes.filter_map(|error| error["extensions"]["code"].as_str());
        return codes.find(|code| defects.contains(code)).map(|code| format!("a defect, {code}"));
    };
    let error = &answer["errors"][0];
    let extensions = &error["extensions"];
    if extensions["code"] != code.as_str() {
        return Some(format!("{} and not {code}", extensions["code"]));
    }
    if answer.get("data").is_some() {
        return Some("refused, with data".into());
    }
    if !code.is_limit() {
        return None;
    }
    let [Some(limit), Some(measured)] = ["limit", "measured"].map(|name| extensions[name].as_u64())
    else {
        return Some("neither limit nor measured value".into());
    };
    let message = error["message"].as_str().unwrap_or_default();
    // A limit of nothing is told in words.
    let told = limit == 0 || message.contains(&limit.to_string());
    (measured <= limit || !told).then(|| format!("{measured} measured against {limit}"))
}

#[tokio::test]
async fn each_is_refused_by_its_limit_in_bounded_memory() {
    let database = TestDatabase::new().await;
    world::make(&database).await;
    let server = ServerProcess::start(&free_address().await, database.url(), &[]).await;
    let mut mistakes = Vec::new();
    let mut before = 0;
    let memory = Memory::of(server.id());
    for attack in attacks() {
        // Twice: the first may be parsed and kept, the second is found.
        for _ in 0..2 {
            let (status, text) = post(&server, attack.body.clone()).await;
            if let Some(mistake) = mistake(&attack, status, &text) {
                let shown: String = text.chars().take(600).collect();
                mistakes.push(format!("{}: {mistake}: {shown}", attack.name));
            }
        }
        let peak = memory.grown_at_most();
        let more = peak.saturating_sub(before);
        if more > 64 << 20 {
            mistakes.push(format!("{}: {more} bytes of memory", attack.name));
        }
        before = peak.max(before);
    }
    assert!(mistakes.is_empty(), "{}", mistakes.join("\n"));
    assert!(before <= 192 << 20, "{before} bytes more at the worst moment of all");
    let (status, text) =
        post(&server, json!({ "query": "{ __typename }" }).to_string().into()).await;
    assert_eq!((status, text.as_str()), (200, r#"{"data":{"__typename":"Query"}}"#));
    assert!(!server.told().contains("panicked"), "{}", server.told());
}

#[tokio::test]
async fn many_at_once_take_no_more_than_their_turn() {
    let database = TestDatabase::new().await;
    let server = ServerProcess::start(&free_address().await, database.url(), &[]).await;
    let memory = Memory::of(server.id());
    let attacks = attacks();
    let posts = attacks.iter().cycle().take(200).map(|attack| post(&server, attack.body.clone()));
    for (status, text) in futures_util::future::join_all(posts).await {
        let overloaded = status == 503 && text.contains("OVERLOADED");
        assert!(overloaded || status < 500, "{status}: {}", &text[..text.len().min(600)]);
    }
    let grown = memory.grown_at_most();
    assert!(grown <= 256 << 20, "{grown} bytes more at the worst moment");
}

#[tokio::test]
async fn a_mutation_that_is_selected_twice_runs_once() {
    let database = TestDatabase::new().await;
    world::make(&database).await;
    let server = TestServer::start(&database).await;
    let query = "mutation ($input: CreatePropertyMaintenanceRecordInput!) {
        made: createPropertyMaintenanceRecord(input: $input) { errors { code } }
        made: createPropertyMaintenanceRecord(input: $input) { position }
        ... { made: createPropertyMaintenanceRecord(input: $input) {
            propertyMaintenanceRecord { title }
        } }
    }";
    let found = server.query("{ properties(first: 1) { nodes { id } } }", json!({})).await;
    let property = &found.data()["properties"]["nodes"][0]["id"];
    let input = json!({
        "propertyId": property, "component": "ROOF", "title": "Only once", "performedOn": "2026-11-23",
    });
    let answer = server.query(query, json!({ "input": input })).await;
    assert_eq!(answer.data()["made"]["propertyMaintenanceRecord"]["title"], "Only once");
    assert_eq!(answer.data()["made"]["errors"], json!([]));
    let count = "SELECT count(*) FROM property_maintenance_records WHERE title = 'Only once'";
    let made: i64 = database.connect().await.query_one(count, &[]).await.unwrap().get(0);
    assert_eq!(made, 1);
}
