//! What HTTP brings: content types, methods, malformed requests, statuses.

use std::collections::BTreeSet;

use reqwest::header::{ACCEPT, CONTENT_TYPE};
use serde_json::{Value, json};

use super::{assert_discreet, code, codes, read};
use crate::support::{TestDatabase, TestServer};

const JSON: &str = "application/json";
const GRAPHQL: &str = "application/graphql-response+json";
const QUERY: &str = "{ propertyTypes(first: 1) { code } }";

#[tokio::test]
async fn only_json_is_executed() {
    let database = TestDatabase::new().await;
    let server = TestServer::start(&database).await;
    let body = json!({ "query": QUERY }).to_string();
    for content_type in [
        "text/plain",
        "text/plain; charset=utf-8",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/jsonx",
        "application/graphql",
        "",
    ] {
        let request = server.client().post(server.url("/graphql")).body(body.clone());
        let response = request.header(CONTENT_TYPE, content_type).send().await.unwrap();
        let (status, kind, body) = read(response).await;
        assert_eq!((status, kind.as_str()), (415, JSON), "{content_type}");
        assert_eq!(code(&body), "UNSUPPORTED_MEDIA_TYPE");
        assert!(body.get("data").is_none(), "{body}");
    }
    let request = server.client().post(server.url("/graphql")).body(body.clone());
    let (status, _, _) = read(request.send().await.unwrap()).await;
    assert_eq!(status, 415, "without a content type");
    for content_type in [JSON, "Application/JSON; charset=utf-8"] {
        let request = server.client().post(server.url("/graphql")).body(body.clone());
        let response = request.header(CONTENT_TYPE, content_type).send().await.unwrap();
        let (status, _, body) = read(response).await;
        assert_eq!(
            (status, &body["data"]["propertyTypes"][0]["code"]),
            (200, &json!("BUSINESS_OPPORTUNITY"))
        );
    }
}

#[tokio::test]
async fn a_body_that_is_no_request_is_refused() {
    let database = TestDatabase::new().await;
    let server = TestServer::start(&database).await;
    for body in [
        "",
        "{",
        "null",
        "[]",
        "\"{ __typename }\"",
        "{}",
        r#"{ "query": null }"#,
        r#"{ "query": 1 }"#,
        r#"{ "query": "{ __typename }", "variables": [] }"#,
        r#"{ "query": "{ __typename }", "variables": "{}" }"#,
        r#"{ "query": "{ __typename }", "operationName": 1 }"#,
        "{ \"query\": \"\u{0}\" }",
    ] {
        for accept in [JSON, GRAPHQL] {
            let request = server.client().post(server.url("/graphql")).body(body);
            let request = request.header(CONTENT_TYPE, JSON).header(ACCEPT, accept);
            let (status, _, answer) = read(request.send().await.unwrap()).await;
            assert_eq!((status, code(&answer)), (400, "MALFORMED_REQUEST"), "{body}");
            assert!(answer.get("data").is_none(), "{answer}");
        }
    }
    let bytes = b"{ \"query\": \"\xff\" }".to_vec();
    let request = server.client().post(server.url("/graphql")).body(bytes);
    let (status, _, answer) = read(request.header(CONTENT_TYPE, JSON).send().await.unwrap()).await;
    assert_eq!((status, code(&answer)), (400, "MALFORMED_REQUEST"));
}

#[tokio::test]
async fn a_query_can_be_got() {
    let database = TestDatabase::new().await;
    let server = TestServer::start(&database).await;
    let get = async |parameters: &[(&str, &str)]| {
        let request = server.client().get(server.url("/graphql")).query(parameters);
        read(request.send().await.unwrap()).await
    };
    let two = "query A { a: __typename } query B($n: Int!) { propertyTypes(first: $n) { code } }";
    let types = json!({ "propertyTypes": [{ "code": "BUSINESS_OPPORTUNITY" }] });
    for (parameters, expected) in [
        (vec![("query", QUERY)], types.clone()),
        (vec![("query", QUERY), ("variables", ""), ("operationName", "")], types.clone()),
        (vec![("query", two), ("operationName", "A")], json!({ "a": "Query" })),
        (
            vec![("query", two), ("operationName", "B"), ("variables", r#"{ "n": 1 }"#)],
            types.clone(),
        ),
    ] {
        let (status, _, answer) = get(&parameters).await;
        assert_eq!((status, &answer["data"]), (200, &expected), "{answer}");
    }
    for parameters in [
        vec![],
        vec![("operationName", "A")],
        vec![("query", QUERY), ("variables", "{")],
        vec![("query", QUERY), ("variables", "[1]")],
    ] {
        let (status, _, answer) = get(&parameters).await;
        assert_eq!((status, code(&answer)), (400, "MALFORMED_REQUEST"), "{parameters:?}");
    }
    for method in ["PUT", "DELETE", "PATCH"] {
        let request = server.client().request(method.parse().unwrap(), server.url("/graphql"));
        assert_eq!(request.send().await.unwrap().status(), 405, "{method}");
    }
}

/// `application/json` is for clients that expect 200; the other type has statuses that mean
/// something.
#[tokio::test]
async fn the_status_tells_what_became_of_a_request() {
    let database = TestDatabase::new().await;
    let server = TestServer::start(&database).await;
    let wrong_kind = "{ property(id: \"user_01h2xcejqtf2nbrexx3vqjhp41\") { id } __typename }";
    let too_many = "{ properties(first: 1001) { nodes { id } } }";
    let two = "query A { a: __typename } query B { b: __typename }";
    for (request, status, expected) in [
        (json!({ "query": QUERY }), 200, None),
        (json!({ "query": wrong_kind }), 200, Some("BAD_USER_INPUT")),
        (json!({ "query": "{" }), 400, Some("INVALID_DOCUMENT")),
        (json!({ "query": "" }), 400, Some("INVALID_DOCUMENT")),
        (json!({ "query": "{ nothing }" }), 400, Some("INVALID_DOCUMENT")),
        (json!({ "query": "{ properties { nodes } }" }), 400, Some("INVALID_DOCUMENT")),
        (json!({ "query": too_many }), 400, Some("PAGE_SIZE_LIMIT")),
        (json!({ "query": two }), 400, Some("OPERATION_NOT_FOUND")),
        (json!({ "query": two, "operationName": "C" }), 400, Some("OPERATION_NOT_FOUND")),
        (
            json!({ "query": "query A { __typename }", "operationName": "B" }),
            400,
            Some("OPERATION_NOT_FOUND"),
        ),
        (
            json!({ "query": "query ($n: Int!) { propertyTypes(first: $n) { id } }" }),
            400,
            Some("BAD_USER_INPUT"),
        ),
        (json!({ "query": "mutation { nothing }" }), 400, Some("INVALID_DOCUMENT")),
    ] {
        for (accept, kind, status) in [
            (JSON, JSON, 200),
            ("*/*", JSON, 200),
            (GRAPHQL, GRAPHQL, status),
            (
                "application/graphql-response+json; charset=utf-8, application/json; q=0.9",
                GRAPHQL,
                status,
            ),
        ] {
            let post = server.client().post(server.url("/graphql")).json(&request);
            let response = post.header(ACCEPT, accept).send().await.unwrap();
            let (told, content_type, answer) = read(response).await;
            assert_eq!(
                (told, content_type.as_str()),
                (status, kind),
                "{request} {accept}: {answer}"
            );
            match expected {
                Some(expected) => {
                    assert_eq!(codes(&answer), BTreeSet::from([expected]), "{request}")
                }
                None => assert!(answer.get("errors").is_none(), "{answer}"),
            }
            // What was refused has no data; what ran has, if only in part.
            let ran = expected.is_none() || request["query"] == wrong_kind;
            assert_eq!(answer.get("data").is_some(), ran, "{answer}");
            assert_discreet(&answer);
        }
    }
}

#[tokio::test]
async fn a_body_that_is_too_large_is_refused() {
    let database = TestDatabase::new().await;
    let server =
        TestServer::start_with(&database, |config| config.limits.request_body_bytes = 2000).await;
    for (spaces, status) in [(1000, 200), (2000, 413), (5_000_000, 413)] {
        let body = json!({ "query": format!("{{{}__typename }}", " ".repeat(spaces)) });
        // The client gets the answer, though it is still sending when it is refused.
        let post = server.client().post(server.url("/graphql")).json(&body);
        assert_eq!(post.send().await.unwrap().status().as_u16(), status, "{spaces}");
        let post = server.client().post(server.url("/graphql")).body(body.to_string());
        assert_eq!(post.send().await.unwrap().status().as_u16(), 415, "{spaces}");
    }
    let answer = server.query("{ __typename }", Value::Null).await;
    assert_eq!(answer.data(), &json!({ "__typename": "Query" }));
}
