//! Section 4: deep, near and grouped queries: how many statements they take, and that none of
//! them reads a big table from end to end.
//!
//! Sequential scans are counted by PostgreSQL itself, table by table. A connection adds its counts
//! when it ends at the latest, so the server is stopped before they are read. Each query runs more
//! often than PostgreSQL takes to settle on a generic plan, so both kinds of plan are counted.

use serde_json::Value;
use tokio_postgres::Client;

use super::measure::median;
use super::report::Table;
use super::request::{self, Request};
use super::server::{Contestant, Programs, Server};
use crate::error::BenchError;
use crate::volume::execute;

/// PostgreSQL considers a generic plan after five runs of a prepared statement on a connection.
const RUNS: usize = 100;

/// Tables with fewer rows may be read from end to end: that is the cheapest way.
const BIG: f32 = 10_000.0;

/// Runs each query, counts, and gives the table.
pub(crate) async fn plans(
    programs: &Programs,
    database: &str,
    client: &Client,
) -> Result<Table, BenchError> {
    let mut table = Table::new(&[
        "query",
        "statements",
        "rows read",
        "ms, median",
        "big tables scanned from end to end",
    ]);
    let requests = request::plans(client).await?;
    // What choosing the variables read must be counted before the counting begins.
    execute(client, "SELECT pg_stat_force_next_flush()").await?;
    for (request, variables) in requests {
        let body = request.body(variables);
        let before = scans(client).await?;
        let (answer, milliseconds) = run(programs, database, &request, &body).await?;
        disconnected(client).await?;
        let scanned = scanned_since(&before, &scans(client).await?);
        let cost = &answer["extensions"]["cost"];
        table.row(&[
            request.name.to_owned(),
            cost["statements"].to_string(),
            cost["rows"].to_string(),
            format!("{milliseconds:.1}"),
            if scanned.is_empty() {
                "none".to_owned()
            } else {
                format!("**{}**", scanned.join(", "))
            },
        ]);
    }
    Ok(table)
}

async fn run(
    programs: &Programs,
    database: &str,
    request: &Request,
    body: &Value,
) -> Result<(Value, f64), BenchError> {
    let programs = Programs { expose_cost: true, ..programs.clone() };
    let (server, _) = Server::start(Contestant::AgentFree, &programs, database, body).await?;
    let mut times = Vec::new();
    let mut answer = Value::Null;
    for _ in 0..RUNS {
        let started = std::time::Instant::now();
        answer = server.post(body)?;
        times.push(started.elapsed().as_secs_f64() * 1e3);
    }
    server.stop().await?;
    if request.is_empty(&answer) {
        return Err(BenchError::answer(
            "agent-free",
            format!("the query {} found nothing, so its plan proves nothing", request.name),
        ));
    }
    Ok((answer, median(times)))
}

/// Waits until the only connection to this database is ours: all others have added their counts.
async fn disconnected(client: &Client) -> Result<(), BenchError> {
    let others = "SELECT count(*) FROM pg_stat_activity
                  WHERE datname = current_database() AND backend_type IN ('client backend', 'parallel worker') AND pid <> pg_backend_pid()";
    for _ in 0..500 {
        let count: i64 = client
            .query_one(others, &[])
            .await
            .map_err(BenchError::database("waiting for connections to end"))?
            .get(0);
        if count == 0 {
            return Ok(());
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    Err(BenchError::program(
        "PostgreSQL",
        "somebody else is connected to the database of the benchmark",
    ))
}

async fn scans(client: &Client) -> Result<Vec<(String, i64)>, BenchError> {
    let statement = "SELECT pg_class.relname::text, seq_scan FROM pg_stat_user_tables JOIN pg_class ON pg_class.oid = relid
                     WHERE reltuples >= $1 ORDER BY pg_class.relname";
    let rows = client
        .query(statement, &[&BIG])
        .await
        .map_err(BenchError::database("reading the counts of scans"))?;
    Ok(rows.iter().map(|row| (row.get(0), row.get(1))).collect())
}

fn scanned_since(before: &[(String, i64)], after: &[(String, i64)]) -> Vec<String> {
    let count = |counts: &[(String, i64)], table: &str| {
        counts.iter().find(|(name, _)| name == table).map_or(0, |(_, count)| *count)
    };
    let grown = after.iter().filter(|(table, scans)| *scans > count(before, table));
    grown
        .map(|(table, scans)| format!("{table} ({} times)", scans - count(before, table)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scan_since_then_is_named() {
        let before = [("listings".to_owned(), 3), ("properties".to_owned(), 5)];
        let after = [("listings".to_owned(), 3), ("properties".to_owned(), 7)];
        assert_eq!(scanned_since(&before, &after), ["properties (2 times)"]);
        assert!(scanned_since(&before, &before).is_empty());
    }
}
