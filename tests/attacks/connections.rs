//! Clients that hold on to connections, send for ever, take nothing or leave at once, over
//! HTTP/1.1: each is shown out, and everybody else is served.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};

use super::memory::Memory;
use crate::support::{ServerProcess, TestDatabase, free_address};

/// Only against hanging: nothing here takes seconds.
const PATIENCE: Duration = Duration::from_secs(120);

/// So that a slow client is shown out soon.
const IMPATIENT: [(&str, &str); 2] =
    [("HEADER_READ_TIMEOUT", "300ms"), ("BODY_READ_TIMEOUT", "300ms")];

pub async fn connect(server: &ServerProcess) -> TcpStream {
    TcpStream::connect(&server.address).await.unwrap()
}

/// What comes until the server closes the connection.
async fn rest(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    // A reset is an end as well; what came before it counts.
    let _ = timeout(PATIENCE, stream.read_to_end(&mut bytes)).await.expect("the connection ends");
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The status and the first error of an answer.
fn error(answer: &str) -> (u16, Value) {
    let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok());
    let (_, body) =
        answer.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no answer: {answer:?}"));
    let body: Value = serde_json::from_str(body).unwrap_or_else(|_| panic!("{answer}"));
    (status.unwrap(), body["errors"][0].clone())
}

pub async fn answers(server: &ServerProcess) {
    let request = server.client().post(server.url("/graphql"));
    let request = request.json(&json!({ "query": "{ __typename }" })).timeout(PATIENCE);
    assert_eq!(request.send().await.unwrap().status(), 200);
}

fn head(length: usize) -> String {
    format!(
        "POST /graphql HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\n\
         content-length: {length}\r\n\r\n"
    )
}

#[tokio::test]
async fn heads_that_never_end() {
    let database = TestDatabase::new().await;
    let server = ServerProcess::start(&free_address().await, database.url(), &IMPATIENT).await;
    let slow = (0..50).map(|_| async {
        let mut stream = connect(&server).await;
        stream.write_all(b"POST /graphql HTTP/1.1\r\nhost: a\r\nx-slow: ").await.unwrap();
        let (mut from, mut to) = stream.split();
        let drip = async {
            // Until the server has closed the connection.
            while to.write_all(b"a").await.is_ok() {
                sleep(Duration::from_millis(20)).await;
            }
        };
        let mut bytes = Vec::new();
        let closed = async { from.read_to_end(&mut bytes).await.map(|_| ()) };
        let ended = async {
            tokio::select! { _ = closed => {}, () = drip => {} }
        };
        timeout(PATIENCE, ended).await.expect("a slow head is cut off");
        assert!(!bytes.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&bytes));
    });
    let all = futures_util::future::join_all(slow);
    tokio::join!(all, answers(&server));
    // Those that say nothing at all are not kept either.
    assert_eq!(rest(&mut connect(&server).await).await, "");
}

#[tokio::test]
async fn bodies_a_byte_at_a_time() {
    let database = TestDatabase::new().await;
    let server = ServerProcess::start(&free_address().await, database.url(), &IMPATIENT).await;
    let slow = (0..50).map(|_| async {
        let mut stream = connect(&server).await;
        stream.write_all(head(1000).as_bytes()).await.unwrap();
        let (mut from, mut to) = stream.split();
        let mut answer = vec![0; 4096];
        let drip = async {
            while to.write_all(b" ").await.is_ok() {
                sleep(Duration::from_millis(20)).await;
            }
            std::future::pending::<usize>().await
        };
        let read = async { from.read(&mut answer).await.unwrap_or(0) };
        let length = timeout(PATIENCE, async {
            tokio::select! { length = read => length, length = drip => length }
        });
        let length = length.await.expect("a slow body is cut off");
        let (status, error) = error(&String::from_utf8_lossy(&answer[..length]));
        assert_eq!((status, &error["extensions"]["code"]), (408, &json!("BODY_TIME_LIMIT")));
        assert_eq!(error["extensions"]["limit"], 300);
    });
    let all = futures_util::future::join_all(slow);
    tokio::join!(all, answers(&server));
}

#[tokio::test]
async fn bodies_without_end() {
    let database = TestDatabase::new().await;
    let server = ServerProcess::start(&free_address().await, database.url(), &[]).await;
    let memory = Memory::of(server.id());
    for _ in 0..5 {
        let mut stream = connect(&server).await;
        let head = "POST /graphql HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\n\
                    transfer-encoding: chunked\r\n\r\n";
        stream.write_all(head.as_bytes()).await.unwrap();
        let (mut from, mut to) = stream.split();
        let chunk = format!("10000\r\n{}\r\n", " ".repeat(0x10000));
        let send = async {
            while to.write_all(chunk.as_bytes()).await.is_ok() {}
            std::future::pending::<usize>().await
        };
        let mut answer = vec![0; 4096];
        let read = async { from.read(&mut answer).await.unwrap_or(0) };
        let length = timeout(PATIENCE, async {
            tokio::select! { length = read => length, length = send => length }
        });
        let length = length.await.expect("an endless body is cut off");
        let (status, error) = error(&String::from_utf8_lossy(&answer[..length]));
        assert_eq!((status, &error["extensions"]["code"]), (413, &json!("BODY_SIZE_LIMIT")));
    }
    assert!(memory.grown_at_most() <= 64 << 20, "{} bytes", memory.grown_at_most());
    answers(&server).await;
}

#[tokio::test]
async fn long_bodies_that_stop_before_their_end() {
    let database = TestDatabase::new().await;
    let server = ServerProcess::start(&free_address().await, database.url(), &[]).await;
    let memory = Memory::of(server.id());
    let length = 1 << 20;
    let body = vec![b' '; length - 1];
    let sent = (0..200).map(|_| async {
        let mut stream = connect(&server).await;
        // One that is refused closes the connection before it has read all.
        let _ = stream.write_all(head(length).as_bytes()).await;
        let _ = stream.write_all(&body).await;
        stream
    });
    let streams = timeout(PATIENCE, futures_util::future::join_all(sent)).await.unwrap();
    answers(&server).await;
    // As many as may run keep theirs; the others were turned away.
    assert!(memory.grown_at_most() <= 256 << 20, "{} bytes", memory.grown_at_most());
    drop(streams);
}

#[tokio::test]
async fn heads_of_megabytes() {
    let database = TestDatabase::new().await;
    let server = ServerProcess::start(&free_address().await, database.url(), &[]).await;
    let memory = Memory::of(server.id());
    let long_value = format!("x-long: {}\r\n", "a".repeat(4 << 20));
    let many = "x-many: a\r\n".repeat(200_000);
    let long_path = format!("/?{}", "a".repeat(4 << 20));
    for (path, headers) in [("/graphql", &*long_value), ("/graphql", &many), (&long_path, "")] {
        let mut stream = connect(&server).await;
        let head = format!("GET {path} HTTP/1.1\r\nhost: a\r\n{headers}\r\n");
        // The server closes before it has read all of it.
        let _ = timeout(PATIENCE, stream.write_all(head.as_bytes())).await.unwrap();
        let answer = rest(&mut stream).await;
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 4"), "{answer}");
    }
    assert!(memory.grown_at_most() <= 32 << 20, "{} bytes", memory.grown_at_most());
    answers(&server).await;
}

#[tokio::test]
async fn heads_that_two_servers_would_read_differently() {
    let database = TestDatabase::new().await;
    let server = ServerProcess::start(&free_address().await, database.url(), &IMPATIENT).await;
    let inner = "GET /health/live HTTP/1.1\r\nhost: a\r\n\r\n";
    for lengths in [
        "content-length: 4\r\ncontent-length: 40\r\n",
        "content-length: -1\r\n",
        "content-length: 99999999999999999999999\r\n",
        "content-length: 4\r\ntransfer-encoding: chunked\r\n",
        "transfer-encoding: chunked, identity\r\n",
        "transfer-encoding : chunked\r\n",
    ] {
        let mut stream = connect(&server).await;
        let head = "POST /graphql HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\n";
        let request = format!("{head}{lengths}\r\n0\r\n\r\n{inner}");
        stream.write_all(request.as_bytes()).await.unwrap();
        let answer = rest(&mut stream).await;
        assert!(!answer.contains("HTTP/1.1 200"), "{lengths}: {answer}");
    }
    answers(&server).await;
}

#[tokio::test]
async fn more_connections_than_one_address_may_have() {
    let database = TestDatabase::new().await;
    let limits = [("CONNECTIONS_PER_ADDRESS_MAX", "20")];
    let server = ServerProcess::start(&free_address().await, database.url(), &limits).await;
    let mut streams = Vec::new();
    for _ in 0..40 {
        streams.push(connect(&server).await);
    }
    let mut last = streams.pop().unwrap();
    let (status, error) = error(&rest(&mut last).await);
    assert_eq!((status, &error["extensions"]["code"]), (503, &json!("OVERLOADED")));
    assert_eq!(error["extensions"]["limit"], 20);
    drop(streams);
    // Their places come free as soon as the server has seen them go.
    let again = async {
        loop {
            let request = server.client().get(server.url("/health/live"));
            if request.send().await.is_ok_and(|answer| answer.status() == 200) {
                return;
            }
            sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(PATIENCE, again).await.expect("a place");
}

#[tokio::test]
async fn a_body_that_would_unpack_to_much() {
    use std::io::Write as _;
    let database = TestDatabase::new().await;
    let server = ServerProcess::start(&free_address().await, database.url(), &[]).await;
    let memory = Memory::of(server.id());
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    for _ in 0..24 {
        packer.write_all(&[b' '; 1 << 20]).unwrap();
    }
    let bomb = packer.finish().unwrap();
    for encoding in ["gzip", "deflate", "br", "zstd", "gzip, gzip"] {
        let request = server.client().post(server.url("/graphql")).body(bomb.clone());
        let request = request.header("content-type", "application/json");
        let response = request.header("content-encoding", encoding).send().await.unwrap();
        assert_eq!(response.status(), 415, "{encoding}");
        let text = response.text().await.unwrap();
        assert!(text.contains("UNSUPPORTED_MEDIA_TYPE"), "{text}");
    }
    assert!(memory.grown_at_most() <= 12 << 20, "{} bytes", memory.grown_at_most());
}

#[tokio::test]
async fn requests_given_up_at_once() {
    let database = TestDatabase::new().await;
    let server = ServerProcess::start(&free_address().await, database.url(), &[]).await;
    // Whoever reads properties has to wait.
    let mut blocking = database.connect().await;
    let lock = blocking.transaction().await.unwrap();
    lock.batch_execute("LOCK TABLE properties IN ACCESS EXCLUSIVE MODE").await.unwrap();
    let body = json!({ "query": "{ properties { nodes { id } } }" }).to_string();
    let request = format!("{}{body}", head(body.len()));
    let mut given_up = Vec::new();
    for _ in 0..200 {
        let mut stream = connect(&server).await;
        stream.write_all(request.as_bytes()).await.unwrap();
        given_up.push(stream);
    }
    let waiting = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() \
                   AND wait_event_type = 'Lock'";
    let watch = database.connect().await;
    let until = async |enough: fn(i64) -> bool| {
        while !enough(watch.query_one(waiting, &[]).await.unwrap().get(0)) {
            sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(PATIENCE, until(|waiting| waiting > 0)).await.expect("somebody waits");
    drop(given_up);
    // The database has been told, while the lock still stands.
    timeout(PATIENCE, until(|waiting| waiting == 0)).await.expect("nobody waits any more");
    lock.rollback().await.unwrap();
    answers(&server).await;
}

#[tokio::test]
async fn answers_that_nobody_takes() {
    let database = TestDatabase::new().await;
    let server = ServerProcess::start(&free_address().await, database.url(), &[]).await;
    let memory = Memory::of(server.id());
    let query = loaders::contract::drift::INTROSPECTION;
    let body = json!({ "query": query }).to_string();
    let requests = format!("{}{body}", head(body.len())).repeat(10);
    let asked = (0..12).map(|_| async {
        let mut stream = connect(&server).await;
        // The server stops reading where nobody takes what it has written.
        let _ = timeout(Duration::from_secs(1), stream.write_all(requests.as_bytes())).await;
        stream
    });
    let streams = futures_util::future::join_all(asked).await;
    answers(&server).await;
    assert!(memory.grown_at_most() <= 256 << 20, "{} bytes", memory.grown_at_most());
    drop(streams);
}
