//! Section 3: the list query on a small database and on a large one.

use serde_json::{Value, json};

use super::measure::{Pace, Turn, measure};
use super::report::{Table, verdict};
use super::request;
use super::server::{Contestant, Programs, Server};
use crate::error::BenchError;

/// The aim for a hundred times the rows.
const AIM: f64 = 1.2;

/// How far into the list the deep page starts, in pages.
const DEEP_PAGES: usize = 20;

/// A database and its number of properties.
pub(crate) struct Volume<'a> {
    /// Its address.
    pub(crate) database: &'a str,
    /// Properties in it.
    pub(crate) properties: u64,
}

/// Measures our server on both: the first page, and one far into the list, by its cursor.
pub(crate) async fn scale(
    volumes: [Volume<'_>; 2],
    programs: &Programs,
    postmaster: u32,
    pace: Pace,
) -> Result<Table, BenchError> {
    let mut servers = Vec::new();
    for volume in &volumes {
        let first = request::LIST.body(json!({"first": 50, "after": null}));
        let (server, _) =
            Server::start(Contestant::AgentFree, programs, volume.database, &first).await?;
        let deep = request::LIST.body(json!({"first": 50, "after": deep_cursor(&server)?}));
        servers.push((server, first, deep));
    }
    let turns: Vec<Turn<'_>> = servers
        .iter()
        .flat_map(|(server, first, deep)| {
            [first, deep].map(|body| Turn {
                server,
                bodies: std::slice::from_ref(body),
                keyed: false,
            })
        })
        .collect();
    let figures = measure(&turns, postmaster, pace).await?;
    for (server, ..) in servers {
        server.stop().await?;
    }

    let mut table = Table::new(&[
        "page",
        "properties",
        "server ms",
        "database ms",
        "total ms",
        "requests/s",
        "p99 ms",
        "large ÷ small",
    ]);
    for (page, name) in ["first", "by cursor, 1,000 rows in"].into_iter().enumerate() {
        let small = figures[page].total;
        for (volume, figures) in volumes.iter().zip([&figures[page], &figures[page + 2]]) {
            let ratio = figures.total / small;
            table.row(&[
                name.to_owned(),
                volume.properties.to_string(),
                format!("{:.3}", figures.server),
                format!("{:.3}", figures.database),
                format!("{:.3}", figures.total),
                format!("{:.0}", figures.throughput),
                format!("{:.1}", figures.p99),
                if volume.properties == volumes[0].properties {
                    String::new()
                } else {
                    verdict(ratio, AIM)
                },
            ]);
        }
    }
    Ok(table)
}

/// The cursor of a page far into the list, found as a client finds it: page by page.
fn deep_cursor(server: &Server) -> Result<Value, BenchError> {
    let mut cursor = Value::Null;
    for _ in 0..DEEP_PAGES {
        let answer = server.post(&request::CURSOR.body(json!({"first": 50, "after": cursor})))?;
        cursor = answer["data"]["properties"]["pageInfo"]["endCursor"].clone();
        if cursor.is_null() {
            return Err(BenchError::answer(
                server.contestant.name(),
                "the list ended before the deep page",
            ));
        }
    }
    Ok(cursor)
}
