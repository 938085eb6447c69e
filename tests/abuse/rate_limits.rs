//! Who asks for more than his share is told to wait, whatever he calls himself and however he asks.

use std::time::Duration;

use agent_free::config::{self, Config};
use agent_free::server;
use reqwest::header::HeaderMap;
use serde_json::{Value, json};
use stores::rate_limits::{Bucket, RedisUrl};

use crate::support::{RedisServer, TestDatabase, TestServer, TestUser, default_config};

const HOUR: Duration = Duration::from_secs(60 * 60);

/// So much, and nothing comes back while a test runs.
fn only(capacity: u64) -> Bucket {
    Bucket { capacity, period: 1000 * HOUR }
}

struct Told {
    status: u16,
    headers: HeaderMap,
    body: Value,
}

impl Told {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// What is left by one policy.
    fn left(&self, policy: &str) -> Option<u64> {
        let all = self.header("ratelimit");
        let mine = all.split(", ").find(|item| item.starts_with(&format!("\"{policy}\";")))?;
        mine.split(';').find_map(|part| part.strip_prefix("r="))?.parse().ok()
    }

    fn is_refused(&self) -> bool {
        let code = &self.body["errors"][0]["extensions"]["code"];
        assert_eq!(self.status == 429, code == "RATE_LIMIT", "{}", self.body);
        self.status == 429
    }
}

/// Sends an operation with these headers; as nobody if none of them says otherwise.
async fn send(server: &TestServer, text: &str, headers: &[(&str, &str)]) -> Told {
    let mut request = server.client().post(server.url("/graphql"));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let response = request.json(&json!({ "query": text })).send().await.unwrap();
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    Told { status, headers, body: response.json().await.unwrap() }
}

const LIST: &str = "{ properties(first: 50) { nodes { id } } }";

#[tokio::test]
async fn every_answer_says_what_is_left() {
    let database = TestDatabase::new().await;
    let server = TestServer::start_with(&database, |config| {
        config.rate_limits.address = Some(Bucket { capacity: 10_000, period: HOUR });
        config.rate_limits.viewer = Some(Bucket { capacity: 5_000, period: HOUR });
    })
    .await;
    let told = send(&server, "{ __typename }", &[]).await;
    assert_eq!(told.header("ratelimit-policy"), "\"address\";q=10000;w=3600");
    assert!(told.header("ratelimit").starts_with("\"address\";r=99"), "{:?}", told.headers);
    assert!(told.left("address") < Some(10_000) && told.left("viewer").is_none());

    let user = server.user("buyer").await;
    let bearer = user.authorization();
    let first = send(&server, LIST, &[("authorization", &bearer)]).await;
    let policy = "\"address\";q=10000;w=3600, \"viewer\";q=5000;w=3600";
    assert_eq!(first.header("ratelimit-policy"), policy);
    let second = send(&server, LIST, &[("authorization", &bearer)]).await;
    let used = first.left("viewer").unwrap() - second.left("viewer").unwrap();
    assert!((50..1000).contains(&used), "it costs what it may read: {used}");

    let refused = send(&server, "{ nothing }", &[]).await;
    assert!(refused.left("address") < second.left("address"), "also what is refused");
}

#[tokio::test]
async fn an_address_has_its_share() {
    let database = TestDatabase::new().await;
    let server = TestServer::start_with(&database, |config| {
        config.rate_limits.address = Some(only(1000));
    })
    .await;
    let mut sent = 0;
    let refused = loop {
        let told = send(&server, LIST, &[]).await;
        sent += 1;
        if told.is_refused() {
            break told;
        }
    };
    assert!((3..20).contains(&sent), "{sent}");
    assert!(refused.header("retry-after").parse::<u64>().unwrap() > 0);
    let error = &refused.body["errors"][0];
    assert!(error["message"].as_str().unwrap().contains("RATE_LIMIT_ADDRESS"), "{error}");
    assert_eq!(error["extensions"]["limit"], 1000);
    // Both media types say it by their status, and nonsense is not even read.
    for accept in ["application/json", "application/graphql-response+json"] {
        while !send(&server, LIST, &[("accept", accept)]).await.is_refused() {}
        while !send(&server, "nonsense", &[("accept", accept)]).await.is_refused() {}
    }
}

#[tokio::test]
async fn what_a_stranger_writes_into_a_header_makes_him_nobody_else() {
    let database = TestDatabase::new().await;
    let set = |config: &mut Config| config.rate_limits.address = Some(only(500));
    let server = TestServer::start_with(&database, set).await;
    let sent = async |server: &TestServer, number: usize| {
        let other = format!("192.0.2.{number}");
        let forwarded = format!("for={other}");
        let headers = [("x-forwarded-for", &*other), ("forwarded", &*forwarded)];
        send(server, LIST, &headers).await.is_refused()
    };
    let mut refused = 0;
    for number in 1..20 {
        refused += u32::from(sent(&server, number).await);
    }
    assert!(refused >= 15, "{refused}");

    // Behind a proxy that is trusted each of its clients has a share, a network of IPv6 one.
    let server = TestServer::start_with(&database, |config| {
        set(config);
        config.http.trusted_proxies = vec!["127.0.0.1/32".parse().unwrap()];
    })
    .await;
    for number in 1..20 {
        assert!(!sent(&server, number).await);
    }
    let mut refused = 0;
    for number in 1..20 {
        let other = format!("2001:db8::{number}");
        refused +=
            u32::from(send(&server, LIST, &[("x-forwarded-for", &other)]).await.is_refused());
    }
    assert!(refused >= 15, "{refused}");
}

#[tokio::test]
async fn a_viewer_has_his_share_wherever_he_comes_from() {
    let database = TestDatabase::new().await;
    let server = TestServer::start_with(&database, |config| {
        config.rate_limits.viewer = Some(only(500));
        config.http.trusted_proxies = vec!["127.0.0.1/32".parse().unwrap()];
    })
    .await;
    let (ada, bob) = (server.user("buyer").await, server.user("buyer").await);
    let ask = async |user: &TestUser, address: &str| {
        let bearer = user.authorization();
        send(&server, LIST, &[("authorization", &bearer), ("x-forwarded-for", address)]).await
    };
    for number in 1.. {
        if ask(&ada, &format!("192.0.2.{number}")).await.is_refused() {
            break;
        }
    }
    assert!(ask(&ada, "198.51.100.1").await.is_refused());
    assert!(!ask(&bob, "198.51.100.1").await.is_refused());
}

/// Sent by an administrator, to a listing that there is not: what counts is the call.
fn calls(count: usize) -> String {
    let call = |number| {
        format!(
            "a{number}: changeListingPrice(input: {{id: \"listing_00000000000000000000000000\", \
             listPrice: \"1\"}}) {{ errors {{ code }} }}"
        )
    };
    let calls: Vec<String> = (0..count).map(call).collect();
    format!("mutation {{ {} }}", calls.join(" "))
}

#[tokio::test]
async fn aliases_are_calls() {
    let database = TestDatabase::new().await;
    let server = TestServer::start_with(&database, |config| {
        config.rate_limits.mutations = vec![("changeListingPrice".into(), only(5))];
    })
    .await;
    let bearer = server.administrator().await.authorization();
    let mine = [("authorization", &*bearer)];
    let many = send(&server, &calls(100), &mine).await;
    assert!(many.is_refused());
    assert!(many.body.get("data").is_none(), "none of them ran: {}", many.body);
    let told = send(&server, &calls(3), &mine).await;
    assert_eq!(told.body["data"]["a2"]["errors"][0]["code"], "NOT_FOUND", "{}", told.body);
    assert_eq!((told.left("changeListingPrice"), told.status), (Some(2), 200));
    let refused = send(&server, &calls(3), &mine).await;
    assert!(refused.is_refused());
    assert_eq!(refused.left("changeListingPrice"), Some(2), "what is refused takes nothing");
    assert!(!send(&server, &calls(2), &mine).await.is_refused());
    // Through a fragment, by another name, from the same address: the same bucket.
    let fragment = calls(1).replace("mutation {", "mutation { ...f } fragment f on Mutation {");
    let other = server.user("buyer").await.authorization();
    assert!(send(&server, &fragment, &[("authorization", &other)]).await.is_refused());
    assert!(!send(&server, LIST, &mine).await.is_refused(), "other things may be done");
}

#[tokio::test]
async fn servers_with_one_redis_count_together_and_go_on_without_it() {
    let database = TestDatabase::new().await;
    let mut redis = RedisServer::new().await;
    let set = |config: &mut Config| {
        config.rate_limits.address = Some(only(100_000));
        config.rate_limits.redis_url = Some(RedisUrl::parse(&redis.url()).unwrap());
    };
    let (one, other) = (
        TestServer::start_with(&database, set).await,
        TestServer::start_with(&database, set).await,
    );
    let first = send(&one, LIST, &[]).await.left("address").unwrap();
    let second = send(&other, LIST, &[]).await.left("address").unwrap();
    assert!(second < first, "{first} {second}");

    let ready = async || {
        let answer = one.client().get(one.url("/health/ready")).send().await.unwrap();
        assert_eq!(answer.status(), 200);
        answer.json::<Value>().await.unwrap()["stores"]["rateLimits"].clone()
    };
    assert_eq!(ready().await, json!({ "adapter": "redis", "state": "ready" }));
    redis.kill().await;
    let alone = send(&one, LIST, &[]).await;
    assert!(alone.status == 200 && alone.left("address").unwrap() > second, "a full bucket");
    assert_eq!(ready().await, json!({ "adapter": "redis", "state": "degraded" }));
    redis.start().await;
    while ready().await["state"] == "degraded" {
        send(&one, "{ __typename }", &[]).await;
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn a_limit_for_a_mutation_that_there_is_not_stops_the_start() {
    let database = TestDatabase::new().await;
    let mut config = default_config(&database);
    config.rate_limits.mutations.push(("singIn".into(), only(1)));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let refused = server::serve(&config, listener, async {}).await.unwrap_err().to_string();
    assert!(refused.contains("RATE_LIMIT_MUTATIONS") && refused.contains("singIn"), "{refused}");
}

#[test]
fn limits_can_be_switched_off() {
    let examined = config::examine(|name| match name {
        "DATABASE_URL" => Some("postgres://h/d".into()),
        "RATE_LIMIT_ADDRESS" | "RATE_LIMIT_VIEWER" => Some("off".into()),
        _ => None,
    });
    let limits = examined.config.unwrap().rate_limits;
    assert_eq!((limits.address, limits.viewer), (None, None));
}
