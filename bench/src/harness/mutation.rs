//! Section 7: a keyed mutation, checked, read back and remembered, against a handler that sends the
//! same statements in a bare transaction.

use serde_json::{Value, json};
use tokio_postgres::Client;
use uuid::Uuid;

use super::measure::{Pace, Turn, measure};
use super::report::{Table, verdict};
use super::request;
use super::server::{Contestant, Programs, Server};
use crate::error::BenchError;
use crate::rival::{Rival, typed_id};

/// The aim against the bare transaction.
const AIM: f64 = 1.5;

/// Rows that are written in turn, so that requests at the same time seldom wait for each other.
const ROWS: i64 = 1000;

const CONTESTANTS: [Contestant; 2] = [Contestant::Writing, Contestant::Rival(Rival::BareWrite)];

/// Measures both on one database.
pub(crate) async fn mutation(
    programs: &Programs,
    database: &str,
    client: &Client,
    postmaster: u32,
    pace: Pace,
) -> Result<Table, BenchError> {
    let bodies = bodies(client).await?;
    let mut servers = Vec::new();
    for contestant in CONTESTANTS {
        let (server, _) = Server::start(contestant, programs, database, &bodies[0]).await?;
        let answer = server.post(&bodies[0])?;
        let property = &answer["data"]["updateProperty"]["property"];
        if property["yearBuilt"] != bodies[0]["variables"]["input"]["yearBuilt"] {
            return Err(BenchError::answer(contestant.name(), answer));
        }
        servers.push(server);
    }
    let turns: Vec<Turn<'_>> =
        servers.iter().map(|server| Turn { server, bodies: &bodies, keyed: true }).collect();
    let figures = measure(&turns, postmaster, pace).await?;
    for server in servers {
        server.stop().await?;
    }
    let mut table = Table::new(&[
        "how",
        "server ms",
        "database ms",
        "total ms",
        "requests/s",
        "p50 ms",
        "p99 ms",
        "agent-free ÷ this",
    ]);
    for (contestant, measured) in CONTESTANTS.iter().zip(&figures) {
        let ratio = figures[0].total / measured.total;
        table.row(&[
            contestant.name().to_owned(),
            format!("{:.3}", measured.server),
            format!("{:.3}", measured.database),
            format!("{:.3}", measured.total),
            format!("{:.0}", measured.throughput),
            format!("{:.1}", measured.p50),
            format!("{:.1}", measured.p99),
            match contestant {
                Contestant::Rival(_) => verdict(ratio, AIM),
                _ => String::new(),
            },
        ]);
    }
    Ok(table)
}

/// One change for each of some properties.
async fn bodies(client: &Client) -> Result<Vec<Value>, BenchError> {
    let rows = client
        .query(
            "SELECT id FROM properties WHERE deleted_at IS NULL ORDER BY created_at, id LIMIT $1",
            &[&ROWS],
        )
        .await
        .map_err(BenchError::database("choosing properties"))?;
    let body = |(place, id): (usize, Uuid)| {
        let id = typed_id::encode("property", id);
        request::UPDATE_PROPERTY.body(json!({"input": {"id": id, "yearBuilt": 1900 + place % 100}}))
    };
    Ok(rows.iter().map(|row| row.get(0)).enumerate().map(body).collect())
}
