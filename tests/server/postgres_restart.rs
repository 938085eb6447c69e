//! PostgreSQL is restarted, and loses connections, under load: callers are told that the store is
//! away and nothing else, the server needs no restart, and its connections stay bounded.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::{Value, json};

use crate::support::{Cluster, ServerProcess, agent_free, connect, free_address, send};

const QUERY: &str = "{ propertyTypes(first: 1) { code } }";
const POOL_SIZE: i64 = 4;
const WORKERS: i64 = 2;
/// Beside the workers' own.
const SPARE: i64 = 1;

/// What callers saw: answers, and how often each code.
#[derive(Default)]
struct Seen {
    stop: AtomicBool,
    answered: AtomicUsize,
    unavailable: AtomicUsize,
}

async fn load(client: reqwest::Client, url: String, seen: Arc<Seen>) -> BTreeMap<String, usize> {
    let mut others = BTreeMap::new();
    while !seen.stop.load(Ordering::Relaxed) {
        let request = client.post(&url).json(&json!({ "query": QUERY }));
        let answer = request.timeout(Duration::from_secs(60)).send().await;
        let told = match answer {
            Ok(answer) => match answer.json::<Value>().await {
                Ok(body) if body["data"]["propertyTypes"][0]["code"].is_string() => {
                    seen.answered.fetch_add(1, Ordering::Relaxed);
                    continue;
                }
                Ok(body) if body["errors"][0]["extensions"]["code"] == "STORE_UNAVAILABLE" => {
                    seen.unavailable.fetch_add(1, Ordering::Relaxed);
                    // A caller that asks at once again would take the processor from PostgreSQL.
                    tokio::time::sleep(Duration::from_millis(5)).await;
                    continue;
                }
                Ok(body) => body.to_string(),
                Err(error) => format!("{error:?}"),
            },
            Err(error) => format!("{error:?}"),
        };
        *others.entry(told).or_default() += 1;
    }
    others
}

/// Waits until callers get answers again.
async fn answers(seen: &Seen) {
    let enough = seen.answered.load(Ordering::Relaxed) + 50;
    for _ in 0..1200 {
        if seen.answered.load(Ordering::Relaxed) >= enough {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("no answers after a minute");
}

/// Waits until callers are told that the store is away.
async fn is_told(seen: &Seen) {
    let enough = seen.unavailable.load(Ordering::Relaxed) + 10;
    while seen.unavailable.load(Ordering::Relaxed) < enough {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// The server's connections: the pool's, those of the workers, and one that the probe looks through.
async fn assert_bounded(cluster: &Cluster) {
    let postgres = connect(&cluster.url()).await;
    let count = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'agent-free'";
    for _ in 0..10 {
        let connections: i64 = postgres.query_one(count, &[]).await.unwrap().get(0);
        assert!(connections <= POOL_SIZE + WORKERS + SPARE + 1, "{connections} connections");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restart_of_postgresql_is_told_and_outlived() {
    let mut cluster = Cluster::new().await;
    let url = cluster.url();
    let migrated = agent_free(&["migrate"], &[("DATABASE_URL", &url)]).output().await.unwrap();
    assert!(migrated.status.success(), "{}", String::from_utf8_lossy(&migrated.stderr));
    let pool_size = POOL_SIZE.to_string();
    let workers = WORKERS.to_string();
    let variables =
        [("DATABASE_POOL_SIZE", pool_size.as_str()), ("WORKERS", &workers), ("RUST_LOG", "off")];
    let server = ServerProcess::start(&free_address().await, &url, &variables).await;
    let seen = Arc::<Seen>::default();
    let workers: Vec<_> = (0..12)
        .map(|_| load(server.client().clone(), server.url("/graphql"), seen.clone()))
        .map(tokio::spawn)
        .collect();
    answers(&seen).await;

    // Shut down, and gone for a while.
    cluster.stop().await;
    is_told(&seen).await;
    while server.ready().await != Some(503) {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    cluster.start().await;
    answers(&seen).await;
    assert_bounded(&cluster).await;

    // A power cut.
    cluster.kill().await;
    is_told(&seen).await;
    cluster.start().await;
    answers(&seen).await;
    assert_bounded(&cluster).await;

    // One process of PostgreSQL dies, and takes all its sisters along.
    let postgres = connect(&url).await;
    let any = "SELECT pid FROM pg_stat_activity WHERE application_name = 'agent-free' LIMIT 1";
    let pid: i32 = postgres.query_one(any, &[]).await.unwrap().get(0);
    send("KILL", pid as u32).await;
    // It is back so soon that callers may not notice; our own connection does.
    while postgres.query_one("SELECT 1", &[]).await.is_ok() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    answers(&seen).await;
    assert_bounded(&cluster).await;

    seen.stop.store(true, Ordering::Relaxed);
    for worker in workers {
        assert_eq!(worker.await.unwrap(), BTreeMap::new());
    }
    while server.ready().await != Some(200) {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    server.signal("TERM").await;
    assert_eq!(server.ended().await.0, Some(0));
}
