//! Connections: what they speak, how many there may be, and how long they may keep silent.

use std::net::SocketAddr;
use std::time::Duration;

use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::code;
use crate::support::{TestDatabase, TestServer};

/// Whatever hangs longer than this hangs for ever.
const GUARD: Duration = Duration::from_secs(60);

async fn connect(server: &TestServer) -> TcpStream {
    let address: SocketAddr = server.url("").trim_start_matches("http://").parse().unwrap();
    TcpStream::connect(address).await.unwrap()
}

/// All that comes until the server closes; what came before the connection broke, if it did.
async fn rest(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    let ended = tokio::time::timeout(GUARD, stream.read_to_end(&mut bytes)).await;
    drop(ended.expect("the server closes the connection"));
    String::from_utf8_lossy(&bytes).into_owned()
}

fn request(body: &str) -> String {
    format!(
        "POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n\
         content-length: {}\r\n\r\n{body}",
        body.len()
    )
}

/// The body of an answer that was read raw.
fn body_of(answer: &str) -> serde_json::Value {
    let (_, body) = answer.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no body: {answer:?}"));
    serde_json::from_str(body).unwrap_or_else(|error| panic!("{error}: {answer}"))
}

#[tokio::test]
async fn both_versions_of_http_are_spoken_on_one_socket() {
    let database = TestDatabase::new().await;
    let server = TestServer::start(&database).await;
    let prior = reqwest::Client::builder().no_proxy().http2_prior_knowledge().build().unwrap();
    let requests = (0..50).map(|number| {
        let query = format!("{{ a{number}: __typename }}");
        prior.post(server.url("/graphql")).json(&json!({ "query": query })).send()
    });
    for (number, answer) in futures_util::future::join_all(requests).await.into_iter().enumerate() {
        let answer = answer.unwrap();
        assert_eq!(answer.version(), reqwest::Version::HTTP_2);
        let body: serde_json::Value = answer.json().await.unwrap();
        assert_eq!(body["data"][format!("a{number}")], "Query");
    }
    let answer = server.client().get(server.url("/health/live")).send().await.unwrap();
    assert_eq!(answer.version(), reqwest::Version::HTTP_11);
}

#[tokio::test]
async fn a_connection_that_brings_no_request_is_closed() {
    let database = TestDatabase::new().await;
    let server = TestServer::start_with(&database, |config| {
        config.limits.header_read_timeout = Duration::from_millis(200);
    })
    .await;
    // Silence; the beginning of either protocol; a head without an end; HTTP/2 without a request.
    for start in [
        "",
        "PRI * HTTP/2.0\r\n",
        "POST /graphql HT",
        "POST /graphql HTTP/1.1\r\nhost: x\r\n",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0",
    ] {
        let mut stream = connect(&server).await;
        stream.write_all(start.as_bytes()).await.unwrap();
        rest(&mut stream).await;
    }
    // One that drips is no better than one that is silent.
    let mut stream = connect(&server).await;
    stream.write_all(b"POST /graphql HTTP/1.1\r\n").await.unwrap();
    let drip = async {
        while stream.write_all(b"x: y\r\n").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(GUARD, drip).await.expect("the server closes the connection");
    // One that is used now and then stays open.
    let mut stream = connect(&server).await;
    for _ in 0..4 {
        stream.write_all(request("{}").as_bytes()).await.unwrap();
        let mut answer = [0; 12];
        stream.read_exact(&mut answer).await.unwrap();
        assert_eq!(&answer, b"HTTP/1.1 400");
        let mut left = [0; 4096];
        assert!(stream.read(&mut left).await.unwrap() > 0);
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// A long answer does not stay in memory for a client that does not read it.
#[tokio::test]
async fn an_answer_that_nobody_reads_is_dropped() {
    let database = TestDatabase::new().await;
    let server = TestServer::start_with(&database, |config| {
        config.limits.header_read_timeout = Duration::from_millis(300);
    })
    .await;
    let schema = "types { name description fields { name description } }";
    let aliases: String =
        (0..28).map(|number| format!("a{number}: __schema {{ {schema} }} ")).collect();
    let query = json!({ "query": format!("{{ {aliases} }}") }).to_string();
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    let address = server.url("").trim_start_matches("http://").parse().unwrap();
    let mut stream = socket.connect(address).await.unwrap();
    stream.write_all(request(&query).as_bytes()).await.unwrap();
    let mut head = [0; 2048];
    let read = stream.read(&mut head).await.unwrap();
    let head = String::from_utf8_lossy(&head[..read]).into_owned();
    let length = head.split("content-length: ").nth(1).unwrap().split("\r\n").next().unwrap();
    let length: usize = length.parse().unwrap();
    assert!(length > 6 << 20, "{length} bytes may fit into the buffers of the system");
    // Two looks find that nothing moves; then the rest of the answer is gone.
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert!(rest(&mut stream).await.len() < length - read);
}

/// A proxy that uses an old connection does not find it closed.
#[tokio::test]
async fn a_proxy_may_keep_its_connections() {
    let database = TestDatabase::new().await;
    let server = TestServer::start_with(&database, |config| {
        config.limits.header_read_timeout = Duration::from_millis(100);
        config.http.trusted_proxies = vec!["127.0.0.1/32".parse().unwrap()];
    })
    .await;
    let mut stream = connect(&server).await;
    for _ in 0..2 {
        tokio::time::sleep(Duration::from_millis(500)).await;
        stream.write_all(b"GET /health/live HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
        let mut answer = [0; 1024];
        assert!(stream.read(&mut answer).await.unwrap() > 0);
        assert!(answer.starts_with(b"HTTP/1.1 200"));
    }
}

#[tokio::test]
async fn a_body_that_comes_too_slowly_is_refused() {
    let database = TestDatabase::new().await;
    let server = TestServer::start_with(&database, |config| {
        config.limits.body_read_timeout = Duration::from_millis(200);
    })
    .await;
    let mut stream = connect(&server).await;
    let whole = request(&json!({ "query": "{ __typename }" }).to_string());
    stream.write_all(&whole.as_bytes()[..whole.len() - 5]).await.unwrap();
    let answer = rest(&mut stream).await;
    assert!(answer.starts_with("HTTP/1.1 408"), "{answer}");
    let body = body_of(&answer);
    assert_eq!(code(&body), "BODY_TIME_LIMIT");
    assert_eq!(body["errors"][0]["extensions"]["limit"], 200);
    // A body that is cut off runs nothing either.
    let mut stream = connect(&server).await;
    stream.write_all(&whole.as_bytes()[..whole.len() - 5]).await.unwrap();
    stream.shutdown().await.unwrap();
    let answer = rest(&mut stream).await;
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 400"), "{answer}");
}

#[tokio::test]
async fn connections_beyond_their_number_are_refused() {
    let database = TestDatabase::new().await;
    let start = async |all: usize, per_address: usize, proxies: &[&str]| {
        let proxies = proxies.iter().map(|network| network.parse().unwrap()).collect();
        TestServer::start_with(&database, |config| {
            config.limits.connections_max = all;
            config.limits.connections_per_address_max = per_address;
            config.http.trusted_proxies = proxies;
        })
        .await
    };
    for (all, per_address, proxies, setting) in [
        (3, 3, &[][..], "CONNECTIONS_MAX"),
        (100, 3, &[][..], "CONNECTIONS_PER_ADDRESS_MAX"),
        (3, 1, &["127.0.0.0/8"][..], "CONNECTIONS_MAX"),
    ] {
        let server = start(all, per_address, proxies).await;
        let mut open = Vec::new();
        let mut refused = None;
        // The harness itself may hold one.
        for _ in 0..4 {
            let mut stream = connect(&server).await;
            let mut answer = [0; 1024];
            let first = tokio::time::timeout(Duration::from_millis(300), stream.read(&mut answer));
            match first.await {
                Ok(read) => {
                    refused = Some(String::from_utf8_lossy(&answer[..read.unwrap()]).into_owned());
                    break;
                }
                Err(_) => open.push(stream),
            }
        }
        assert!(open.len() >= 2, "{setting}: {}", open.len());
        let refused = refused.unwrap_or_else(|| panic!("{setting}: nothing was refused"));
        assert!(refused.starts_with("HTTP/1.1 503") && refused.contains("retry-after: 1"));
        let body = body_of(&refused);
        assert_eq!(code(&body), "OVERLOADED");
        assert_eq!(body["errors"][0]["extensions"]["limit"], 3);
        let message = body["errors"][0]["message"].as_str().unwrap();
        assert!(message.contains(setting), "{setting}: {message}");
        // A place that becomes free is given again.
        drop(open.pop());
        let query = server.query("{ __typename }", json!({})).await;
        assert_eq!(query.data()["__typename"], "Query");
    }
}

#[tokio::test]
async fn a_stop_lets_requests_finish_and_closes_what_is_idle() {
    let database = TestDatabase::new().await;
    let server = TestServer::start(&database).await;
    let mut idle = connect(&server).await;
    let mut blocker = database.connect().await;
    let lock = blocker.transaction().await.unwrap();
    lock.batch_execute("LOCK TABLE property_types IN ACCESS EXCLUSIVE MODE").await.unwrap();
    let mut busy = connect(&server).await;
    let asked = request(&json!({ "query": "{ propertyTypes(first: 1) { code } }" }).to_string());
    busy.write_all(asked.as_bytes()).await.unwrap();
    let watcher = database.connect().await;
    while !is_waiting(&watcher).await {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let url = server.url("/health/live");
    let stopping = tokio::spawn(server.stop());
    rest(&mut idle).await;
    let late = reqwest::Client::builder().no_proxy().build().unwrap().get(url).send().await;
    assert!(late.unwrap_err().is_connect());
    assert!(!stopping.is_finished());
    lock.rollback().await.unwrap();
    let answer = rest(&mut busy).await;
    assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("BUSINESS_OPPORTUNITY"));
    tokio::time::timeout(GUARD, stopping).await.unwrap().unwrap().unwrap();
}

#[tokio::test]
async fn a_stop_waits_no_longer_than_it_may() {
    let database = TestDatabase::new().await;
    let server = TestServer::start_with(&database, |config| {
        config.operations.shutdown_timeout = Duration::from_millis(300);
    })
    .await;
    let mut blocker = database.connect().await;
    let lock = blocker.transaction().await.unwrap();
    lock.batch_execute("LOCK TABLE property_types IN ACCESS EXCLUSIVE MODE").await.unwrap();
    let mut busy = connect(&server).await;
    let asked = request(&json!({ "query": "{ propertyTypes(first: 1) { code } }" }).to_string());
    busy.write_all(asked.as_bytes()).await.unwrap();
    let watcher = database.connect().await;
    while !is_waiting(&watcher).await {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let stopped = tokio::time::timeout(GUARD, server.stop()).await.unwrap();
    let error = stopped.unwrap_err().to_string();
    assert!(error.starts_with("1 connections were cut off"), "{error}");
    lock.rollback().await.unwrap();
}

/// Whether a statement of the server waits for the lock.
async fn is_waiting(watcher: &tokio_postgres::Client) -> bool {
    let waiting = "SELECT count(*) > 0 FROM pg_stat_activity
        WHERE datname = current_database() AND wait_event_type = 'Lock'";
    watcher.query_one(waiting, &[]).await.unwrap().get(0)
}
