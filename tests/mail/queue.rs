//! What the queue promises: done after the commit, at least once, by one at a time; tried again,
//! and given up where an operator sees it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use agent_free::config::JobsConfig;
use agent_free::jobs::{Job, JobError, Jobs, Monitor, Waiting, Work, Worker};
use async_trait::async_trait;
use loaders::Pool;
use serde_json::json;

use super::{enqueue, has_job, until};
use crate::support::{TestDatabase, default_config};

/// Does as its payload says, and counts how often it was called.
#[derive(Clone, Default)]
struct Puppet(Arc<AtomicU64>);

impl Puppet {
    fn called(&self) -> u64 {
        self.0.load(Ordering::SeqCst)
    }

    fn jobs(&self) -> Jobs {
        let mut jobs = Jobs::default();
        jobs.add("puppet", self.clone());
        jobs
    }
}

#[async_trait]
impl Job for Puppet {
    async fn run(&self, work: &Work<'_>) -> Result<(), JobError> {
        let call = self.0.fetch_add(1, Ordering::SeqCst);
        match work.payload["do"].as_str() {
            Some("fail") => Err(JobError::Failed("no luck", "the cause".into())),
            Some("fail once") if call == 0 => Err(JobError::Failed("no luck", "yet".into())),
            Some("refuse") => Err(JobError::Hopeless("no way", "the cause".into())),
            Some("panic") => panic!("the puppet fell"),
            Some("hang") => {
                std::future::pending::<()>().await;
                Ok(())
            }
            _ => Ok(()),
        }
    }
}

const CONFIG: JobsConfig =
    JobsConfig { workers: 4, timeout: Duration::from_secs(10), attempts_max: 2 };

fn pool(database: &TestDatabase) -> Pool {
    Pool::new(database.url().parse().unwrap(), 5, Duration::from_secs(10)).unwrap()
}

fn start(database: &TestDatabase, jobs: Jobs, config: &JobsConfig) -> Worker {
    let url = default_config(database).database.url;
    Worker::start(pool(database), url, jobs, config)
}

#[tokio::test]
async fn a_job_is_done_after_the_commit_and_never_without_one() {
    let database = TestDatabase::new().await;
    let (puppet, client) = (Puppet::default(), database.connect().await);
    let worker = start(&database, puppet.jobs(), &CONFIG);
    let mut writer = database.connect().await;
    let insert = "INSERT INTO jobs (name) VALUES ('puppet')";

    let transaction = writer.transaction().await.unwrap();
    transaction.execute(insert, &[]).await.unwrap();
    transaction.rollback().await.unwrap();
    let transaction = writer.transaction().await.unwrap();
    transaction.execute(insert, &[]).await.unwrap();
    // Another is done meanwhile: this one is not overlooked, it does not exist yet.
    enqueue(&client, "puppet", &json!({})).await;
    until("the other one is done", async || puppet.called() == 1).await;
    transaction.commit().await.unwrap();
    until("the committed one is done", async || puppet.called() == 2).await;
    until("nothing is left", async || !has_job(&client, "true").await).await;
    worker.stop(Duration::from_secs(10)).await;
    assert_eq!(puppet.called(), 2);
}

#[tokio::test]
async fn a_job_that_fails_is_tried_again() {
    let database = TestDatabase::new().await;
    let (puppet, client) = (Puppet::default(), database.connect().await);
    enqueue(&client, "puppet", &json!({ "do": "fail once" })).await;
    let _worker = start(&database, puppet.jobs(), &CONFIG);
    until("it is done", async || !has_job(&client, "true").await).await;
    assert_eq!(puppet.called(), 2);
}

#[tokio::test]
async fn a_job_that_goes_on_failing_is_given_up_with_its_reason() {
    let database = TestDatabase::new().await;
    let (puppet, client) = (Puppet::default(), database.connect().await);
    let config = JobsConfig { timeout: Duration::from_millis(200), ..CONFIG };
    for what in ["fail", "refuse", "panic", "hang"] {
        enqueue(&client, "puppet", &json!({ "do": what })).await;
    }
    let _worker = start(&database, puppet.jobs(), &config);
    until("all are given up", async || !has_job(&client, "failed_at IS NULL").await).await;
    let sql = "SELECT payload ->> 'do', attempts, last_error FROM jobs ORDER BY 1";
    let rows = client.query(sql, &[]).await.unwrap();
    let told: Vec<(String, i32, String)> =
        rows.iter().map(|row| (row.get(0), row.get(1), row.get(2))).collect();
    let table = [
        ("fail", 2, "no luck: the cause"),
        ("hang", 2, "it took longer than JOB_TIMEOUT"),
        ("panic", 2, "it panicked: the puppet fell"),
        ("refuse", 1, "no way: the cause"),
    ];
    assert_eq!(told, table.map(|(what, tries, error)| (what.into(), tries, error.into())));

    let monitor = Monitor::start(pool(&database));
    until("the monitor has looked", async || !monitor.seen().is_empty()).await;
    let told = Waiting { name: "puppet".into(), due: 0, oldest_seconds: 0.0, failed: 4 };
    assert_eq!(monitor.seen(), [told]);
}

#[tokio::test]
async fn workers_share_jobs_and_do_each_once() {
    let database = TestDatabase::new().await;
    let (puppet, client) = (Puppet::default(), database.connect().await);
    let sql = "INSERT INTO jobs (name) SELECT 'puppet' FROM generate_series(1, 200)";
    client.execute(sql, &[]).await.unwrap();
    enqueue(&client, "of_a_newer_version", &json!({})).await;
    let _workers = [(), ()].map(|()| start(&database, puppet.jobs(), &CONFIG));
    until("all are done", async || !has_job(&client, "name = 'puppet'").await).await;
    assert_eq!(puppet.called(), 200);
    assert!(has_job(&client, "name = 'of_a_newer_version' AND attempts = 0").await);
}

#[tokio::test]
async fn what_is_periodic_is_done_by_one_and_again_when_it_is_time() {
    let database = TestDatabase::new().await;
    let (puppet, client) = (Puppet::default(), database.connect().await);
    let jobs = || {
        let mut jobs = Jobs::default();
        jobs.add_periodic("puppet", Duration::from_secs(3600), puppet.clone());
        jobs
    };
    let _workers = [(), ()].map(|()| start(&database, jobs(), &CONFIG));
    let rests = "is_periodic AND attempts = 0 AND run_at > now() + interval '50 minutes'";
    until("it rests", async || has_job(&client, rests).await).await;
    assert_eq!(puppet.called(), 1);
    client.execute("UPDATE jobs SET run_at = now()", &[]).await.unwrap();
    until("it is done again", async || puppet.called() == 2).await;
    until("it rests again", async || has_job(&client, rests).await).await;
    let rows = client.query("SELECT FROM jobs", &[]).await.unwrap();
    assert_eq!((rows.len(), puppet.called()), (1, 2));
}

#[tokio::test]
async fn an_attempt_that_comes_back_too_late_changes_nothing() {
    let database = TestDatabase::new().await;
    let (puppet, client) = (Puppet::default(), database.connect().await);
    enqueue(&client, "puppet", &json!({ "do": "hang" })).await;
    let config = JobsConfig { timeout: Duration::from_secs(1), ..CONFIG };
    let _worker = start(&database, puppet.jobs(), &config);
    until("it runs", async || puppet.called() == 1).await;
    // As if another process had taken it meanwhile, and was at it still.
    let taken = "UPDATE jobs SET attempts = 7, run_at = now() + interval '1 hour'";
    client.execute(taken, &[]).await.unwrap();
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert!(has_job(&client, "attempts = 7 AND last_error IS NULL").await);
}

#[tokio::test]
async fn a_worker_outlives_its_connections() {
    let database = TestDatabase::new().await;
    let (puppet, client) = (Puppet::default(), database.connect().await);
    let _worker = start(&database, puppet.jobs(), &CONFIG);
    enqueue(&client, "puppet", &json!({})).await;
    until("the first is done", async || puppet.called() == 1).await;
    let sql = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
               WHERE datname = current_database() AND pid <> pg_backend_pid()";
    client.query(sql, &[]).await.unwrap();
    enqueue(&client, "puppet", &json!({})).await;
    until("the second is done", async || puppet.called() == 2).await;
}
