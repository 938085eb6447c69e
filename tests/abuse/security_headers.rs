//! Every answer tells browsers what not to do with it.

use crate::support::{TestDatabase, TestServer};

#[tokio::test]
async fn every_answer_has_them() {
    let database = TestDatabase::new().await;
    let server = TestServer::start(&database).await;
    for (path, status) in [
        ("/graphql?query=%7B__typename%7D", 200),
        ("/graphql", 400),
        ("/graphiql", 200),
        ("/health/live", 200),
        ("/health/ready", 200),
        ("/.well-known/jwks.json", 200),
        ("/nothing", 404),
    ] {
        let request = server.client().get(server.url(path));
        let request = request.header("accept", "application/graphql-response+json, */*");
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), status, "{path}");
        let header = |name: &str| {
            let mut values = answer.headers().get_all(name).iter();
            let value = values.next().map_or("", |value| value.to_str().unwrap());
            assert!(values.next().is_none(), "{path}: {name} twice");
            value
        };
        assert_eq!(header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(header("referrer-policy"), "no-referrer", "{path}");
        assert_eq!(header("cross-origin-opener-policy"), "same-origin", "{path}");
        assert_eq!(header("cross-origin-resource-policy"), "same-origin", "{path}");
        assert_eq!(header("cross-origin-embedder-policy"), "require-corp", "{path}");
        assert!(header("permissions-policy").contains("geolocation=()"), "{path}");
        let content = header("content-security-policy");
        assert!(content.contains("frame-ancestors 'none'"), "{path}: {content}");
        let runs_scripts = content.contains("script-src");
        assert_eq!(runs_scripts, path == "/graphiql", "{path}: {content}");
        assert_eq!(header("strict-transport-security"), "", "{path}: not reached by TLS");
    }
}

#[tokio::test]
async fn who_is_reached_by_tls_says_to_come_by_tls_only() {
    let database = TestDatabase::new().await;
    let server = TestServer::start_with(&database, |config| {
        config.access.public_url = "https://deals.example".into();
    })
    .await;
    let answer = server.client().get(server.url("/health/live")).send().await.unwrap();
    assert_eq!(answer.headers()["strict-transport-security"], "max-age=31536000");
}
