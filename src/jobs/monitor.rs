//! How much waits, for metrics: looked up now and then, whoever does the jobs.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use loaders::{Pool, RequestError};
use tokio::task::JoinHandle;

/// How often it looks.
const INTERVAL: Duration = Duration::from_secs(5);

/// The jobs of one name.
#[derive(Debug, Clone, PartialEq)]
pub struct Waiting {
    /// Their name.
    pub name: String,
    /// How many are due.
    pub due: i64,
    /// How long the first of them has been due.
    pub oldest_seconds: f64,
    /// How many were given up.
    pub failed: i64,
}

/// Looks until it is dropped.
#[derive(Clone)]
pub struct Monitor(Arc<Inner>);

struct Inner {
    seen: Arc<Mutex<Vec<Waiting>>>,
    task: JoinHandle<()>,
}

impl Monitor {
    /// Begins to look.
    pub fn start(pool: Pool) -> Self {
        let seen = Arc::new(Mutex::default());
        let task = tokio::spawn(watch(pool, seen.clone()));
        Self(Arc::new(Inner { seen, task }))
    }

    /// What was seen last: each name that has a job, or had one since the start.
    pub fn seen(&self) -> Vec<Waiting> {
        self.0.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn watch(pool: Pool, seen: Arc<Mutex<Vec<Waiting>>>) {
    loop {
        match look(&pool).await {
            Ok(found) => merge(&mut seen.lock().unwrap_or_else(PoisonError::into_inner), found),
            Err(error) => {
                let error = &error as &dyn std::error::Error;
                tracing::debug!(error, "the table of jobs cannot be looked at");
            }
        }
        tokio::time::sleep(INTERVAL).await;
    }
}

/// What is gone is 0, not absent: an alert sees it end.
fn merge(seen: &mut Vec<Waiting>, found: Vec<Waiting>) {
    for known in std::mem::take(seen) {
        if !found.iter().any(|it| it.name == known.name) {
            seen.push(Waiting { due: 0, oldest_seconds: 0.0, failed: 0, ..known });
        }
    }
    seen.extend(found);
    seen.sort_by(|one, other| one.name.cmp(&other.name));
}

async fn look(pool: &Pool) -> Result<Vec<Waiting>, RequestError> {
    let sql = "
        SELECT name,
            count(*) FILTER (WHERE failed_at IS NULL AND run_at <= now()),
            coalesce(extract(epoch FROM now() - min(run_at)
                FILTER (WHERE failed_at IS NULL AND run_at <= now())), 0)::float8,
            count(*) FILTER (WHERE failed_at IS NOT NULL)
        FROM jobs GROUP BY name";
    let rows = pool.query(sql, &[]).await?;
    let waiting = rows.iter().map(|row| Waiting {
        name: row.get(0),
        due: row.get(1),
        oldest_seconds: row.get(2),
        failed: row.get(3),
    });
    Ok(waiting.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_gone_is_nothing() {
        let of = |name: &str, due| Waiting {
            name: name.to_owned(),
            due,
            oldest_seconds: due as f64,
            failed: 0,
        };
        let mut seen = vec![of("a", 1), of("b", 2)];
        merge(&mut seen, vec![of("c", 3), of("b", 1)]);
        assert_eq!(seen, [of("a", 0), of("b", 1), of("c", 3)]);
    }
}
