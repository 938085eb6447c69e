//! A real streaming replica that is paused, killed and promoted: no read is older than the write
//! that it names, and none fails because of the replica.

use std::ffi::OsString;
use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use agent_free::config;
use loaders::mutation::Position;
use serde_json::{Value, json};
use tokio_postgres::Client;

use crate::support::{Cluster, SECRET_KEY, TestServer, agent_free, connect, send};

const QUERY: &str = "{ propertyTypes(first: 1) { description } }";
const DESCRIBE: &str = "UPDATE property_types SET description = $1";

/// A primary with our tables, and a replica that does not run yet.
struct Pair {
    primary: Cluster,
    replica: Cluster,
}

impl Pair {
    async fn new() -> Self {
        let primary = Cluster::new().await;
        let migrated = agent_free(&["migrate"], &[("DATABASE_URL", &primary.url())]).output().await;
        assert!(migrated.unwrap().status.success());
        Self { primary, replica: Cluster::prepare() }
    }

    /// Copies the primary and streams what it writes from then on.
    async fn start_replica(&mut self) {
        let mut copy = self.replica.program("pg_basebackup");
        copy.arg("-h").arg(self.primary.socket()).args(["-p", "5432", "-U", "agent_free", "-D"]);
        copy.arg(self.replica.data()).args(["-R", "-X", "stream", "-c", "fast", "--no-sync"]);
        let copied = copy.output().await.unwrap();
        assert!(copied.status.success(), "{}", String::from_utf8_lossy(&copied.stderr));
        // A read that is in the way of what is to be replayed is cancelled at once.
        let settings = self.replica.data().join("postgresql.auto.conf");
        let mut text = fs::read_to_string(&settings).unwrap();
        text.push_str("max_standby_streaming_delay = 0\n");
        fs::write(&settings, text).unwrap();
        self.replica.start().await;
    }

    /// A server with these settings; to it no lag is too much unless they say so.
    async fn server(&self, settings: &[(&str, &str)]) -> TestServer {
        let (primary, replica) = (self.primary.url(), self.replica.url());
        let examination = config::examine(|name| {
            let chosen = settings.iter().find(|(setting, _)| *setting == name);
            let value = chosen.map(|(_, value)| *value).or(match name {
                "DATABASE_URL" => Some(primary.as_str()),
                "DATABASE_READ_URLS" => Some(replica.as_str()),
                "REPLICA_LAG_MAX" => Some("60m"),
                "STATEMENT_TIMEOUT" => Some("30s"),
                "LISTEN_ADDRESS" => Some("127.0.0.1:0"),
                "EXPOSE_COST" => Some("on"),
                "SECRET_KEY" => Some(SECRET_KEY),
                _ => None,
            });
            value.map(OsString::from)
        });
        TestServer::of(examination.config.unwrap()).await
    }

    /// Writes on the primary; says where the write stands.
    async fn describe(&self, text: &str) -> Position {
        let mut primary = connect(&self.primary.url()).await;
        let write = primary.transaction().await.unwrap();
        write.execute(DESCRIBE, &[&text]).await.unwrap();
        let transaction = "SELECT pg_current_xact_id()::text::int8";
        let transaction: i64 = write.query_one(transaction, &[]).await.unwrap().get(0);
        write.commit().await.unwrap();
        let wal = "SELECT (pg_current_wal_insert_lsn() - '0/0')::int8";
        let wal: i64 = primary.query_one(wal, &[]).await.unwrap().get(0);
        Position { wal: wal as u64, transaction: transaction as u64 }
    }

    /// Keeps the replica where it is, though it goes on receiving.
    async fn pause(&self) {
        let replica = connect(&self.replica.url()).await;
        replica.batch_execute("SELECT pg_wal_replay_pause()").await.unwrap();
        let state = "SELECT pg_get_wal_replay_pause_state() = 'paused'";
        until("the replica pauses", async || holds(&replica, state).await).await;
    }

    async fn resume(&self) {
        let replica = connect(&self.replica.url()).await;
        replica.batch_execute("SELECT pg_wal_replay_resume()").await.unwrap();
    }
}

/// A mutation stays on the primary with all that it gives back; its position leads reads there too.
#[tokio::test]
async fn what_was_written_through_the_server_is_read_back() {
    let mut pair = Pair::new().await;
    pair.start_replica().await;
    let server = pair.server(&[]).await;
    pair.describe("Text").await;
    until("the replica answers", async || read(&server, None).await == from_replica("Text")).await;
    pair.pause().await;
    let kind = server.query("{ propertyTypes(first: 1) { id } }", json!({})).await;
    let input = json!({
        "propertyTypeId": kind.data()["propertyTypes"][0]["id"],
        "city": "Toledo",
    });
    let create = "mutation ($input: CreatePropertyInput!) { createProperty(input: $input) {
        property { id city propertyType { description } } errors { code path message } position } }";
    let post = json!({ "query": create, "variables": { "input": input } });
    let post = server.as_administrator().post(&post).await.send().await.unwrap();
    let told = post.headers().get("Position").unwrap().to_str().unwrap().to_owned();
    let answer: Value = post.json().await.unwrap();
    assert_eq!(answer["extensions"]["cost"]["replica"], false, "{answer}");
    let created = &answer["data"]["createProperty"];
    assert_eq!(created["errors"], json!([]));
    assert_eq!(created["position"], told);
    assert_eq!(created["property"]["propertyType"]["description"], "Text");

    let id = created["property"]["id"].as_str().unwrap();
    let query = format!("{{ node(id: \"{id}\") {{ id }} }}");
    let post = server.as_administrator().post(&json!({ "query": query })).await;
    let post = post.header("Read-After", &told).send().await.unwrap();
    let answer: Value = post.json().await.unwrap();
    assert_eq!(answer["data"]["node"]["id"], id, "{answer}");
    assert_eq!(answer["extensions"]["cost"]["replica"], false);
    let answer = server.query(&query, json!({})).await;
    assert_eq!(answer.data(), &json!({ "node": null }), "the replica is paused");
    pair.resume().await;
}

/// What a read saw, and whether a replica answered it.
#[derive(Debug, PartialEq)]
struct Read {
    text: String,
    from_replica: bool,
}

async fn read(server: &TestServer, after: Option<Position>) -> Read {
    let mut post = server.client().post(server.url("/graphql")).json(&json!({ "query": QUERY }));
    if let Some(position) = after {
        post = post.header("Read-After", position.to_string());
    }
    let answer: Value = post.send().await.unwrap().json().await.unwrap();
    let text = answer["data"]["propertyTypes"][0]["description"].as_str();
    let text = text.unwrap_or_else(|| panic!("the read failed: {answer}")).to_owned();
    assert!(answer.get("errors").is_none(), "{answer}");
    Read { text, from_replica: answer["extensions"]["cost"]["replica"].as_bool().unwrap() }
}

fn from_replica(text: &str) -> Read {
    Read { text: text.to_owned(), from_replica: true }
}

fn from_primary(text: &str) -> Read {
    Read { text: text.to_owned(), from_replica: false }
}

async fn holds(client: &Client, condition: &str) -> bool {
    client.query_one(condition, &[]).await.unwrap().get(0)
}

/// Waits for what must come, if not at once.
async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let come = async {
        while !holds().await {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let guarded = tokio::time::timeout(Duration::from_secs(60), come).await;
    assert!(guarded.is_ok(), "in vain: {what}");
}

#[tokio::test]
async fn a_read_is_never_older_than_the_write_that_it_names() {
    let mut pair = Pair::new().await;
    pair.start_replica().await;
    let server = pair.server(&[]).await;
    let first = pair.describe("First").await;
    until("the replica answers", async || {
        read(&server, Some(first)).await == from_replica("First")
    })
    .await;

    // As it is with a client that reads what it has just written.
    let mut answered = 0;
    for number in 0..30 {
        let text = number.to_string();
        let position = pair.describe(&text).await;
        let seen = read(&server, Some(position)).await;
        assert_eq!(seen.text, text);
        answered += usize::from(seen.from_replica);
    }
    assert!(answered > 0, "the replica was never there in time");

    let old = pair.describe("Old").await;
    until("the replica has it", async || read(&server, Some(old)).await == from_replica("Old"))
        .await;
    pair.pause().await;
    let new = pair.describe("New").await;
    for _ in 0..5 {
        assert_eq!(read(&server, Some(new)).await, from_primary("New"));
        assert_eq!(read(&server, Some(old)).await, from_replica("Old"));
        assert_eq!(read(&server, None).await, from_replica("Old"));
    }
    pair.resume().await;
    until("the replica follows", async || read(&server, Some(new)).await == from_replica("New"))
        .await;
}

#[tokio::test]
async fn a_replica_that_lags_too_far_is_left_out() {
    let mut pair = Pair::new().await;
    pair.start_replica().await;
    let server = pair.server(&[("REPLICA_LAG_MAX", "2s")]).await;
    pair.describe("Old").await;
    until("the replica answers", async || read(&server, None).await == from_replica("Old")).await;
    pair.pause().await;
    pair.describe("New").await;
    until("it is left out", async || read(&server, None).await == from_primary("New")).await;
    pair.resume().await;
    until("it is used again", async || read(&server, None).await == from_replica("New")).await;
}

#[tokio::test]
async fn a_replica_that_dies_costs_no_read() {
    let mut pair = Pair::new().await;
    // Nobody is there when the server starts.
    let server = Arc::new(pair.server(&[]).await);
    pair.describe("Text").await;
    assert_eq!(read(&server, None).await, from_primary("Text"));
    pair.start_replica().await;
    until("it is found", async || read(&server, None).await == from_replica("Text")).await;

    let load = Load::start(&server);
    for _ in 0..3 {
        load.goes_on().await;
        let all = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
            WHERE application_name = 'agent-free'";
        connect(&pair.replica.url()).await.batch_execute(all).await.unwrap();
    }
    load.goes_on().await;
    let file = fs::read_to_string(pair.replica.data().join("postmaster.pid")).unwrap();
    send("KILL", file.lines().next().unwrap().parse().unwrap()).await;
    until("the primary answers", async || !read(&server, None).await.from_replica).await;
    load.goes_on().await;
    pair.replica.start().await;
    until("it is used again", async || read(&server, None).await.from_replica).await;
    load.goes_on().await;

    // From now on it has a history of its own.
    connect(&pair.replica.url()).await.batch_execute("SELECT pg_promote()").await.unwrap();
    until("it is no replica", async || !read(&server, None).await.from_replica).await;
    connect(&pair.replica.url()).await.execute(DESCRIBE, &[&"Strange"]).await.unwrap();
    load.goes_on().await;
    load.stop().await;
}

/// Reads that go on until they are told to stop, and must all be answered.
struct Load {
    reads: Arc<AtomicUsize>,
    over: Arc<AtomicBool>,
    tasks: Vec<tokio::task::JoinHandle<()>>,
}

impl Load {
    fn start(server: &Arc<TestServer>) -> Self {
        let (reads, over) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(false)));
        let tasks = (0..8).map(|_| {
            let (server, reads, over) = (server.clone(), reads.clone(), over.clone());
            tokio::spawn(async move {
                while !over.load(Ordering::Relaxed) {
                    assert_eq!(read(&server, None).await.text, "Text");
                    reads.fetch_add(1, Ordering::Relaxed);
                }
            })
        });
        Self { tasks: tasks.collect(), reads, over }
    }

    async fn goes_on(&self) {
        let aim = self.reads.load(Ordering::Relaxed) + 300;
        until("reads go on", async || {
            assert!(self.tasks.iter().all(|task| !task.is_finished()), "a read failed");
            self.reads.load(Ordering::Relaxed) >= aim
        })
        .await;
    }

    async fn stop(self) {
        self.over.store(true, Ordering::Relaxed);
        for task in self.tasks {
            task.await.unwrap();
        }
    }
}

/// What replicas do to reads that hold up what is to be replayed.
#[tokio::test]
async fn a_read_that_a_replica_cancels_is_answered_by_the_primary() {
    let mut pair = Pair::new().await;
    pair.start_replica().await;
    let server = pair.server(&[]).await;
    pair.describe("Text").await;
    until("the replica answers", async || read(&server, None).await == from_replica("Text")).await;

    // Under its policy, a read of listings asks for the public statuses while it holds them.
    let replica = connect(&pair.replica.url()).await;
    let mut primary = connect(&pair.primary.url()).await;
    let lock = primary.transaction().await.unwrap();
    lock.batch_execute("LOCK TABLE listing_statuses IN ACCESS EXCLUSIVE MODE").await.unwrap();
    // A commit sends at once what else is in the log.
    pair.describe("Sent").await;
    let locked = "SELECT EXISTS (SELECT FROM pg_locks
        WHERE relation = 'listing_statuses'::regclass AND mode = 'AccessExclusiveLock')";
    until("the lock is replayed", async || holds(&replica, locked).await).await;

    let waiting = "SELECT EXISTS (SELECT FROM pg_stat_activity
        WHERE application_name = 'agent-free' AND wait_event_type = 'Lock')";
    let cancel = async {
        until("a read waits there", async || holds(&replica, waiting).await).await;
        lock.batch_execute("LOCK TABLE listings IN ACCESS EXCLUSIVE MODE").await.unwrap();
        pair.describe("Sent too").await;
        let here = connect(&pair.primary.url()).await;
        until("it waits on the primary", async || holds(&here, waiting).await).await;
        lock.rollback().await.unwrap();
    };
    let query = "{ node(id: \"listing_01h2xcejqtf2nbrexx3vqjhp41\") { id } }";
    let anonymous = server.anonymous();
    let read = anonymous.query(query, json!({}));
    let (answer, ()) = tokio::join!(read, cancel);
    assert_eq!(answer.data(), &json!({ "node": null }));
}
