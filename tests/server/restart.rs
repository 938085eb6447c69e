//! Servers that are restarted in turn behind one address, and a PostgreSQL that is restarted below
//! them: what callers see, and how a server ends.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};

use crate::support::{ServerProcess, TestDatabase, connect, free_address};

const QUERY: &str = "{ propertyTypes(first: 1) { code } }";

/// One address for several servers: each new connection goes to the next one that is ready.
struct Proxy {
    address: String,
    backends: Arc<Vec<Backend>>,
}

struct Backend {
    address: String,
    is_ready: AtomicBool,
    served: AtomicUsize,
}

impl Proxy {
    async fn start(addresses: &[String]) -> Self {
        let backends = addresses.iter().map(|address| Backend {
            address: address.clone(),
            is_ready: AtomicBool::new(true),
            served: AtomicUsize::new(0),
        });
        let backends: Arc<Vec<Backend>> = Arc::new(backends.collect());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let client = reqwest::Client::builder().no_proxy().pool_max_idle_per_host(0).build();
        let client = client.unwrap();
        for index in 0..backends.len() {
            let (backends, client) = (backends.clone(), client.clone());
            tokio::spawn(async move {
                let backend = &backends[index];
                let url = format!("http://{}/health/ready", backend.address);
                loop {
                    let answer = client.get(&url).send().await;
                    let is_ready = answer.is_ok_and(|answer| answer.status() == 200);
                    backend.is_ready.store(is_ready, Ordering::Relaxed);
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            });
        }
        let chosen = backends.clone();
        tokio::spawn(async move {
            for turn in 0.. {
                let (mut caller, _) = listener.accept().await.unwrap();
                let backends = chosen.clone();
                tokio::spawn(async move {
                    if let Some(mut server) = choose(&backends, turn).await {
                        // Either side may close: the caller sees what became of its request.
                        let _ = tokio::io::copy_bidirectional(&mut caller, &mut server).await;
                    }
                });
            }
        });
        Self { address, backends }
    }
}

/// A connection to the next server that is ready, or to another where it refuses.
async fn choose(backends: &[Backend], turn: usize) -> Option<TcpStream> {
    for offset in 0..backends.len() {
        let backend = &backends[(turn + offset) % backends.len()];
        if backend.is_ready.load(Ordering::Relaxed)
            && let Ok(stream) = TcpStream::connect(&backend.address).await
        {
            backend.served.fetch_add(1, Ordering::Relaxed);
            return Some(stream);
        }
    }
    None
}

/// Asks without a pause until told to stop; gives what did not go well.
async fn load(url: String, stop: Arc<AtomicBool>, answered: Arc<AtomicUsize>) -> Vec<String> {
    let client = reqwest::Client::builder().no_proxy().pool_max_idle_per_host(0).build().unwrap();
    let mut lost = Vec::new();
    while !stop.load(Ordering::Relaxed) {
        let request = client.post(&url).json(&json!({ "query": QUERY }));
        match request.timeout(Duration::from_secs(60)).send().await {
            Err(error) => lost.push(format!("{error:?}")),
            Ok(answer) => match answer.json::<Value>().await {
                Ok(body) if body["data"]["propertyTypes"][0]["code"].is_string() => {
                    answered.fetch_add(1, Ordering::Relaxed);
                }
                Ok(body) => lost.push(body.to_string()),
                Err(error) => lost.push(format!("{error:?}")),
            },
        }
    }
    lost
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_request_is_lost_when_servers_are_restarted_in_turn() {
    let database = TestDatabase::new().await;
    let variables = [("SHUTDOWN_DELAY", "1s"), ("DATABASE_POOL_SIZE", "4")];
    let start =
        async |address: &str| ServerProcess::start(address, database.url(), &variables).await;
    let addresses = [free_address().await, free_address().await];
    let mut servers = Vec::new();
    for address in &addresses {
        servers.push(start(address).await);
    }
    let proxy = Proxy::start(&addresses).await;
    let (stop, answered) = (Arc::<AtomicBool>::default(), Arc::<AtomicUsize>::default());
    let url = format!("http://{}/graphql", proxy.address);
    let workers: Vec<_> =
        (0..6).map(|_| tokio::spawn(load(url.clone(), stop.clone(), answered.clone()))).collect();

    for round in 0..4 {
        let server = servers.remove(0);
        let before = answered.load(Ordering::Relaxed);
        server.signal("TERM").await;
        let address = server.address.clone();
        let (code, told) = server.ended().await;
        assert_eq!(code, Some(0), "{told}");
        servers.push(start(&address).await);
        // The one that was restarted must be in use again before the other goes.
        let backend = proxy.backends.iter().find(|backend| backend.address == address).unwrap();
        let served = backend.served.load(Ordering::Relaxed);
        while backend.served.load(Ordering::Relaxed) < served + 10 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        assert!(answered.load(Ordering::Relaxed) > before, "nothing was answered in {round}");
    }
    stop.store(true, Ordering::Relaxed);
    for worker in workers {
        assert_eq!(worker.await.unwrap(), Vec::<String>::new());
    }
}

/// A request that waits for a lock, which the test gives back when it likes.
struct Blocked {
    server: ServerProcess,
    lock: tokio_postgres::Client,
    request: tokio::task::JoinHandle<reqwest::Result<reqwest::Response>>,
    _database: TestDatabase,
}

async fn blocked(variables: &[(&str, &str)]) -> Blocked {
    let database = TestDatabase::new().await;
    let server = ServerProcess::start(&free_address().await, database.url(), variables).await;
    let lock = database.connect().await;
    let statements = "BEGIN; LOCK TABLE property_types IN ACCESS EXCLUSIVE MODE";
    lock.batch_execute(statements).await.unwrap();
    let request =
        server.client().post(server.url("/graphql")).json(&json!({ "query": QUERY })).send();
    let request = tokio::spawn(request);
    let watcher = connect(database.url()).await;
    let waiting = "SELECT FROM pg_stat_activity
                   WHERE datname = current_database() AND wait_event_type = 'Lock'";
    while watcher.query_opt(waiting, &[]).await.unwrap().is_none() {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    Blocked { server, lock, request, _database: database }
}

#[tokio::test]
async fn a_request_in_flight_is_finished() {
    let blocked = blocked(&[("SHUTDOWN_DELAY", "500ms")]).await;
    let server = blocked.server;
    server.signal("TERM").await;
    // It still answers, so that whoever sends it requests can learn to stop.
    while server.ready().await == Some(200) {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(server.ready().await, Some(503));
    // Then nobody listens any more, and the request still waits.
    while server.ready().await.is_some() {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(!blocked.request.is_finished());
    blocked.lock.batch_execute("COMMIT").await.unwrap();
    let answer: Value = blocked.request.await.unwrap().unwrap().json().await.unwrap();
    assert!(answer["data"]["propertyTypes"][0]["code"].is_string(), "{answer}");
    assert_eq!(server.ended().await.0, Some(0));
}

#[tokio::test]
async fn a_request_that_does_not_end_is_cut_off_and_told() {
    let blocked = blocked(&[("SHUTDOWN_TIMEOUT", "300ms")]).await;
    blocked.server.signal("TERM").await;
    let (code, told) = blocked.server.ended().await;
    assert_eq!(code, Some(1), "{told}");
    assert!(told.contains("1 connections were cut off"), "{told}");
    assert!(blocked.request.await.unwrap().is_err());
}

#[tokio::test]
async fn a_second_signal_does_not_wait() {
    let blocked = blocked(&[]).await;
    let server = blocked.server;
    server.signal("TERM").await;
    while server.ready().await.is_some() {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    server.signal("TERM").await;
    let (code, told) = server.ended().await;
    assert_eq!(code, Some(1), "{told}");
    assert!(told.contains("a second signal came"), "{told}");
}
