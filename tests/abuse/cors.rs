//! Pages of other origins: only those that are listed may call, and none other may use cookies.

use reqwest::header::HeaderMap;
use reqwest::{Method, Response};
use serde_json::{Value, json};

use crate::support::{TestDatabase, TestServer};

const LISTED: &str = "https://deals.example";

async fn listing(database: &TestDatabase) -> TestServer {
    TestServer::start_with(database, |config| {
        config.cors.origins = vec![LISTED.into(), "http://localhost:5173".into()];
        config.access.public_url = "https://own.example".into();
    })
    .await
}

async fn preflight(server: &TestServer, origin: &str) -> Response {
    let request = server.client().request(Method::OPTIONS, server.url("/graphql"));
    let request = request
        .header("origin", origin)
        .header("access-control-request-method", "POST")
        .header("access-control-request-headers", "authorization,content-type");
    request.send().await.unwrap()
}

async fn query(server: &TestServer, headers: &[(&str, &str)]) -> Response {
    let mut request = server.client().post(server.url("/graphql"));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.json(&json!({ "query": "{ __typename }" })).send().await.unwrap()
}

fn has_cors_headers(headers: &HeaderMap) -> bool {
    headers.keys().any(|name| name.as_str().starts_with("access-control-"))
}

fn header<'a>(answer: &'a Response, name: &str) -> &'a str {
    answer.headers().get(name).map_or("", |value| value.to_str().unwrap())
}

#[tokio::test]
async fn nobody_may_by_default() {
    let database = TestDatabase::new().await;
    let server = TestServer::start(&database).await;
    for answer in [preflight(&server, LISTED).await, query(&server, &[("origin", LISTED)]).await] {
        assert!(!has_cors_headers(answer.headers()), "{:?}", answer.headers());
    }
    assert_eq!(preflight(&server, LISTED).await.status(), 405);
}

#[tokio::test]
async fn a_listed_origin_may() {
    let database = TestDatabase::new().await;
    let server = listing(&database).await;
    for origin in [LISTED, "http://localhost:5173"] {
        let asked = preflight(&server, origin).await;
        assert_eq!(asked.status(), 204);
        assert_eq!(header(&asked, "access-control-allow-origin"), origin);
        assert_eq!(header(&asked, "access-control-allow-methods"), "GET, POST");
        assert_eq!(header(&asked, "access-control-max-age"), "600");
        for sent in ["authorization", "content-type", "idempotency-key", "x-csrf-token"] {
            let allowed = header(&asked, "access-control-allow-headers");
            assert!(allowed.split(", ").any(|name| name == sent), "{sent}: {allowed}");
        }
        let answer = query(&server, &[("origin", origin)]).await;
        assert_eq!(answer.status(), 200);
        assert_eq!(header(&answer, "access-control-allow-origin"), origin);
        assert_eq!(header(&answer, "access-control-allow-credentials"), "true");
        let exposed = header(&answer, "access-control-expose-headers");
        for read in ["position", "x-request-id", "ratelimit", "retry-after"] {
            assert!(exposed.split(", ").any(|name| name == read), "{read}: {exposed}");
        }
    }
    let refused = server.client().get(server.url("/graphql")).header("origin", LISTED);
    let refused = refused.send().await.unwrap();
    assert_eq!(header(&refused, "access-control-allow-origin"), LISTED, "errors can be read too");
}

#[tokio::test]
async fn an_origin_that_is_like_a_listed_one_may_not() {
    let database = TestDatabase::new().await;
    let server = listing(&database).await;
    for origin in [
        "http://deals.example",
        "https://deals.example:444",
        "https://deals.example.attacker.test",
        "https://attacker.test",
        "https://attackerdeals.example",
        "https://sub.deals.example",
        "https://DEALS.example",
        "https://deals.example/",
        "https://deals.example ,https://attacker.test",
        "https://own.example",
        "null",
        "*",
        "",
    ] {
        for answer in
            [preflight(&server, origin).await, query(&server, &[("origin", origin)]).await]
        {
            assert!(!has_cors_headers(answer.headers()), "{origin}: {:?}", answer.headers());
            let mut varies = answer.headers().get_all("vary").iter();
            assert!(varies.any(|value| value == "origin"), "{origin}");
        }
    }
}

#[tokio::test]
async fn cookies_count_from_known_pages_only() {
    let database = TestDatabase::new().await;
    let server = listing(&database).await;
    let cookies = [
        "__Host-agent-free-access=a",
        "other=b; __Host-agent-free-refresh=c",
        "a=b;__Host-agent-free-access=",
    ];
    let code = async |origin: &str, cookie: &str, bearer: bool| {
        let mut headers = vec![("origin", origin), ("cookie", cookie)];
        if bearer {
            headers.push(("authorization", "Bearer nonsense"));
        }
        let answer: Value = query(&server, &headers).await.json().await.unwrap();
        answer["errors"][0]["extensions"]["code"].as_str().unwrap_or_default().to_owned()
    };
    for cookie in cookies {
        for origin in ["https://attacker.test", "null", "http://own.example"] {
            assert_eq!(
                code(origin, cookie, false).await,
                "CSRF_TOKEN_INVALID",
                "{origin} {cookie}"
            );
            assert_eq!(code(origin, cookie, true).await, "UNAUTHENTICATED", "{origin} {cookie}");
        }
        for origin in [LISTED, "https://own.example"] {
            assert_ne!(
                code(origin, cookie, false).await,
                "CSRF_TOKEN_INVALID",
                "{origin} {cookie}"
            );
        }
    }
    assert_eq!(code("https://attacker.test", "other=1", false).await, "", "no cookie of ours");
}
