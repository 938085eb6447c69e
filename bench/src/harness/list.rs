//! Sections 1 and 2: the list query against its rivals, all on one database.

use std::path::Path;

use serde_json::{Value, json};
use tokio::process::Command;

use super::compare::{canonical, difference};
use super::measure::{Figures, Pace, Turn, measure};
use super::report::{Table, verdict};
use super::request;
use super::server::{Contestant, Programs, Server};
use crate::error::BenchError;
use crate::rival::Rival;

/// The aim against the hand-written handler.
const AIM_HANDWRITTEN: f64 = 0.8;
/// The aim against PostGraphile.
const AIM_POSTGRAPHILE: f64 = 0.2;

/// Measures these contestants; the first is what the others are held against.
pub(crate) async fn list(
    contestants: &[Contestant],
    programs: &Programs,
    database: &str,
    postmaster: u32,
    pace: Pace,
) -> Result<Table, BenchError> {
    let mut servers = Vec::new();
    for &contestant in contestants {
        let body = body(contestant);
        let (server, _) = Server::start(contestant, programs, database, &body).await?;
        servers.push((server, body));
    }
    agree(&servers)?;
    let turns: Vec<Turn<'_>> = servers
        .iter()
        .map(|(server, body)| Turn { server, bodies: std::slice::from_ref(body), keyed: false })
        .collect();
    let figures = measure(&turns, postmaster, pace).await?;
    for (server, _) in servers {
        server.stop().await?;
    }
    let measured: Vec<(Contestant, Figures)> = contestants.iter().copied().zip(figures).collect();
    Ok(table(&measured))
}

/// Contestants that are there on this machine: PostGraphile only where npm can install it.
pub(crate) async fn contestants(postgraphile: &Path) -> Vec<Contestant> {
    let mut contestants = vec![
        Contestant::AgentFree,
        Contestant::SignedIn,
        Contestant::Rival(Rival::TokioPostgres),
        Contestant::Rival(Rival::Sqlx),
        Contestant::Rival(Rival::SimpleObject),
    ];
    let node = postgraphile.join("node_modules/.bin/node");
    if !node.exists() {
        let install = Command::new("npm")
            .arg("ci")
            .current_dir(postgraphile)
            .kill_on_drop(true)
            .status()
            .await;
        if let Err(error) = install {
            eprintln!("npm: {error}");
        }
    }
    if node.exists() {
        contestants.push(Contestant::PostGraphile);
    } else {
        eprintln!(
            "PostGraphile is left out: `npm ci` in {} does not install it here",
            postgraphile.display()
        );
    }
    contestants
}

fn body(contestant: Contestant) -> Value {
    match contestant {
        Contestant::PostGraphile => request::POSTGRAPHILE_LIST.body(json!({"first": 50})),
        _ => request::LIST.body(json!({"first": 50, "after": null})),
    }
}

/// All answers must be the first one's. A rival that does other work would prove nothing.
fn agree(servers: &[(Server, Value)]) -> Result<(), BenchError> {
    let Some(((first, body), others)) = servers.split_first() else { return Ok(()) };
    let expected = first.post(body)?;
    for (server, body) in others {
        let answer = server.post(body)?;
        let different = match server.contestant {
            Contestant::PostGraphile => difference(&canonical(&expected), &canonical(&answer)),
            _ => difference(&expected, &answer),
        };
        if let Some(place) = different {
            return Err(BenchError::answer(
                server.contestant.name(),
                format!("is not {}'s answer: {place}", first.contestant.name()),
            ));
        }
    }
    Ok(())
}

fn table(measured: &[(Contestant, Figures)]) -> Table {
    let mut table = Table::new(&[
        "how",
        "server ms",
        "database ms",
        "total ms",
        "requests/s",
        "p50 ms",
        "p99 ms",
        "KB",
        "agent-free ÷ this",
    ]);
    let ours = measured
        .iter()
        .find(|(contestant, _)| *contestant == Contestant::AgentFree)
        .map(|(_, figures)| figures.total);
    for (contestant, figures) in measured {
        let ratio = ours.map(|ours| ours / figures.total);
        table.row(&[
            contestant.name().to_owned(),
            format!("{:.3}", figures.server),
            format!("{:.3}", figures.database),
            format!("{:.3}", figures.total),
            format!("{:.0}", figures.throughput),
            format!("{:.1}", figures.p50),
            format!("{:.1}", figures.p99),
            format!("{:.1}", figures.bytes / 1e3),
            ratio.map_or_else(String::new, |ratio| match contestant {
                Contestant::Rival(Rival::TokioPostgres) => verdict(ratio, AIM_HANDWRITTEN),
                Contestant::PostGraphile => verdict(ratio, AIM_POSTGRAPHILE),
                _ => format!("{ratio:.2} ×"),
            }),
        ]);
    }
    table
}
