//! Answers by GET: confirmed by their tag, and never kept for somebody else.

use reqwest::header::{ACCEPT, HeaderMap, HeaderValue, IF_NONE_MATCH};
use reqwest::{Method, Response};

use crate::support::{TestDatabase, TestServer};

const QUERY: &str = "{ propertyTypes(first: 1) { name } }";

async fn get(
    server: &TestServer,
    method: Method,
    query: &str,
    headers: &[(&str, &str)],
) -> Response {
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        let name: reqwest::header::HeaderName = name.parse().unwrap();
        map.append(name, value.parse().unwrap());
    }
    let request =
        server.client().request(method, server.url("/graphql")).query(&[("query", query)]);
    request.headers(map).send().await.unwrap()
}

fn header<'a>(response: &'a Response, name: &str) -> &'a str {
    response.headers().get(name).map_or("", |value| value.to_str().unwrap())
}

#[tokio::test]
async fn what_has_not_changed_is_not_sent_again() {
    let database = TestDatabase::new().await;
    let server = TestServer::start(&database).await;
    let first = get(&server, Method::GET, QUERY, &[]).await;
    assert_eq!(header(&first, "cache-control"), "no-cache, private");
    assert_eq!(header(&first, "vary"), "accept, accept-encoding, authorization, cookie");
    let etag = header(&first, "etag").to_owned();
    assert!(etag.starts_with("W/\""), "{etag}");
    assert!(first.text().await.unwrap().contains("\"data\""));

    let strong = etag.trim_start_matches("W/").to_owned();
    for known in [etag.clone(), strong, format!("\"other\", {etag}"), "*".into()] {
        let again = get(&server, Method::GET, QUERY, &[("if-none-match", &known)]).await;
        assert_eq!(again.status(), 304, "{known}");
        assert_eq!(header(&again, "etag"), etag);
        assert_eq!(header(&again, "vary"), "accept, accept-encoding, authorization, cookie");
        assert!(again.text().await.unwrap().is_empty());
    }
    let head = get(&server, Method::HEAD, QUERY, &[]).await;
    assert_eq!((head.status().as_u16(), header(&head, "etag")), (200, &*etag));

    // Another form and other rows are another answer.
    let graphql = HeaderValue::from_static("application/graphql-response+json");
    let request = server.client().get(server.url("/graphql")).query(&[("query", QUERY)]);
    let request = request.header(ACCEPT, graphql).header(IF_NONE_MATCH, &etag);
    assert_eq!(request.send().await.unwrap().status(), 200);
    database.execute("UPDATE property_types SET name = name || '!'").await;
    let changed = get(&server, Method::GET, QUERY, &[("if-none-match", &etag)]).await;
    assert_eq!(changed.status(), 200);
    assert_ne!(header(&changed, "etag"), etag);
}

#[tokio::test]
async fn what_went_wrong_is_not_kept() {
    let database = TestDatabase::new().await;
    let server = TestServer::start(&database).await;
    let refused = get(&server, Method::GET, "{ nothing }", &[("if-none-match", "*")]).await;
    assert_eq!(refused.status(), 200);
    assert_eq!((header(&refused, "cache-control"), header(&refused, "etag")), ("no-store", ""));
    let posted = server.client().post(server.url("/graphql"));
    let posted = posted.json(&serde_json::json!({ "query": QUERY })).send().await.unwrap();
    assert_eq!((header(&posted, "cache-control"), header(&posted, "etag")), ("", ""));
}
