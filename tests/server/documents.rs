//! Documents that need not be sent, documents that alone may run, and what strangers are told.

use std::fs;

use serde_json::{Value, json};

use super::{code, codes, read};
use crate::support::{TestDatabase, TestServer};

const QUERY: &str = "query Kinds($n: Int) { propertyTypes(first: $n) { code } }";
const HASH: &str = "288ce7c6ba2939010196f83038dcef485c267d64a7ce38006e52f3b22dc842a9";

/// Of `{ nothing }`.
const HASH_OF_BROKEN: &str = "919c0b7aa452b0b2fb42688461501bb8b0c3ef3b9d05ce7b9afd4f28bbe96ceb";

async fn post(server: &TestServer, body: Value) -> (u16, Value) {
    let request = server.client().post(server.url("/graphql")).json(&body);
    let request = request.header("accept", "application/graphql-response+json");
    let (status, _, body) = read(request.send().await.unwrap()).await;
    (status, body)
}

fn persisted(hash: &str) -> Value {
    json!({ "persistedQuery": { "version": 1, "sha256Hash": hash } })
}

#[tokio::test]
async fn a_query_is_sent_once_and_then_named_by_its_hash() {
    let database = TestDatabase::new().await;
    let server = TestServer::start(&database).await;
    let named = json!({ "extensions": persisted(HASH), "variables": { "n": 1 } });
    let (status, body) = post(&server, named.clone()).await;
    assert_eq!((status, code(&body)), (200, "PERSISTED_QUERY_NOT_FOUND"));
    assert_eq!(body["errors"][0]["message"], "PersistedQueryNotFound");

    let wrong = json!({ "query": "{ __typename }", "extensions": persisted(HASH) });
    let (status, body) = post(&server, wrong).await;
    assert_eq!((status, code(&body)), (400, "PERSISTED_QUERY_MISMATCH"));

    // What is no valid document is not kept.
    let mut broken = json!({ "query": "{ nothing }", "extensions": persisted(HASH_OF_BROKEN) });
    assert_eq!(code(&post(&server, broken.clone()).await.1), "INVALID_DOCUMENT");
    broken.as_object_mut().unwrap().remove("query");
    assert_eq!(code(&post(&server, broken).await.1), "PERSISTED_QUERY_NOT_FOUND");

    let mut sent = named.clone();
    sent["query"] = QUERY.into();
    let expected = json!({ "propertyTypes": [{ "code": "BUSINESS_OPPORTUNITY" }] });
    assert_eq!(post(&server, sent).await.1["data"], expected);
    assert_eq!(post(&server, named).await.1["data"], expected);
    let parameters =
        [("extensions", persisted(HASH).to_string()), ("variables", json!({ "n": 1 }).to_string())];
    let got = server.client().get(server.url("/graphql")).query(&parameters).send().await.unwrap();
    assert_eq!(got.headers()["cache-control"], "no-cache, private");
    assert_eq!(read(got).await.2["data"], expected);

    let server = TestServer::start_with(&database, |config| config.http.persisted_queries = false);
    let server = server.await;
    let (status, body) = post(&server, json!({ "extensions": persisted(HASH) })).await;
    assert_eq!((status, code(&body)), (200, "PERSISTED_QUERY_NOT_SUPPORTED"));
}

#[tokio::test]
async fn a_hash_that_is_none_is_refused() {
    let database = TestDatabase::new().await;
    let server = TestServer::start(&database).await;
    for extensions in [
        persisted("abc"),
        persisted(&"x".repeat(64)),
        json!({ "persistedQuery": { "version": 2, "sha256Hash": HASH } }),
        json!({ "persistedQuery": { "version": 1 } }),
        json!({ "persistedQuery": [1, HASH] }),
    ] {
        let (status, body) = post(&server, json!({ "extensions": extensions })).await;
        assert_eq!((status, code(&body)), (400, "MALFORMED_REQUEST"), "{extensions}");
    }
}

#[tokio::test]
async fn only_trusted_documents_run_where_there_are_some() {
    let database = TestDatabase::new().await;
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("kinds")).unwrap();
    fs::write(folder.path().join("kinds/list.graphql"), QUERY).unwrap();
    let manifest = json!({ "names": "{ propertyTypes(first: 1) { name } }" });
    fs::write(folder.path().join("manifest.json"), manifest.to_string()).unwrap();
    let server = TestServer::start_with(&database, |config| {
        config.http.trusted_documents = Some(folder.path().to_owned());
    });
    let server = server.await;
    let kinds = json!({ "propertyTypes": [{ "code": "BUSINESS_OPPORTUNITY" }] });
    for mut asked in [
        json!({ "documentId": "kinds/list" }),
        json!({ "documentId": format!("sha256:{HASH}") }),
        json!({ "extensions": persisted(HASH) }),
        json!({ "query": QUERY }),
    ] {
        asked["variables"] = json!({ "n": 1 });
        let (status, body) = post(&server, asked).await;
        assert_eq!((status, &body["data"]), (200, &kinds), "{body}");
    }
    let by_get = server.client().get(server.url("/graphql")).query(&[("documentId", "names")]);
    let (status, _, body) = read(by_get.send().await.unwrap()).await;
    assert_eq!(status, 200);
    assert!(body["data"]["propertyTypes"][0]["name"].is_string());
    for asked in [
        json!({ "query": "{ __typename }" }),
        json!({ "query": format!("{QUERY} ") }),
        json!({ "query": "{ nothing }" }),
        json!({ "documentId": "kinds" }),
        json!({ "documentId": "kinds/list.graphql" }),
        json!({ "extensions": persisted(&"0".repeat(64)) }),
    ] {
        let (status, body) = post(&server, asked.clone()).await;
        assert_eq!((status, code(&body)), (400, "DOCUMENT_NOT_TRUSTED"), "{asked}");
    }
    let page = server.client().get(server.url("/graphiql")).send().await.unwrap();
    assert_eq!(page.status(), 404);
}

/// Off, nothing tells of the contract; what is known can be used as ever.
#[tokio::test]
async fn strangers_are_told_nothing_where_disclosure_is_off() {
    let database = TestDatabase::new().await;
    let misspelt = json!({ "query": "{ propertyType(first: 1) { code } }" });
    let server = TestServer::start(&database).await;
    let (_, body) = post(&server, misspelt.clone()).await;
    assert!(body.to_string().contains("Did you mean"), "{body}");

    let server = TestServer::start_with(&database, |config| config.http.disclosure = false).await;
    for query in [
        "{ __schema { queryType { name } } }",
        "{ __type(name: \"Property\") { name } }",
        "query A { ...F } fragment F on Query { s: __schema { types { name } } }",
    ] {
        let (status, body) = post(&server, json!({ "query": query })).await;
        assert_eq!((status, code(&body)), (400, "INTROSPECTION_DISABLED"), "{query}");
        assert!(body.get("data").is_none());
    }
    for query in [
        misspelt["query"].as_str().unwrap(),
        "{ propertyTypes(frist: 1) { code } }",
        "{ propertyTypes(first: 1) { cod } }",
        "{ propertyTypes(first: 1) @skp(if: true) { code } }",
        "{ propertyTypes(first: 1) @skip(iff: true) { code } }",
        "{ ...F } fragment F on Propert { id }",
        "query ($n: Itn) { propertyTypes(first: $n) { code } }",
    ] {
        let (status, body) = post(&server, json!({ "query": query })).await;
        assert_eq!(status, 400, "{query}");
        assert!(codes(&body).contains("INVALID_DOCUMENT"), "{body}");
        assert!(!body.to_string().to_lowercase().contains("did you mean"), "{body}");
    }
    let (status, body) = post(&server, json!({ "query": QUERY, "variables": { "n": 1 } })).await;
    assert_eq!((status, body["errors"].is_null()), (200, true), "{body}");
    let (_, body) = post(&server, json!({ "query": "{ __typename }" })).await;
    assert_eq!(body["data"]["__typename"], "Query");
    let page = server.client().get(server.url("/graphiql")).send().await.unwrap();
    assert_eq!(page.status(), 404);
}
