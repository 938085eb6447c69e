//! Section 6: what the whole door costs, on the list query: limits, admission, negotiation and
//! telemetry, against the engine with nothing before it.

use axum::Router;
use axum::http::StatusCode;
use axum::routing::any;
use serde_json::json;
use tokio::net::TcpListener;

use super::measure::{Pace, Turn, measure};
use super::report::{Table, verdict};
use super::request;
use super::server::{Contestant, Programs, Server};
use crate::error::BenchError;
use crate::rival::Rival;

/// The aim against the bare engine.
const AIM: f64 = 1.1;

const CONTESTANTS: [Contestant; 4] = [
    Contestant::Rival(Rival::BareEngine),
    Contestant::AgentFree,
    Contestant::Measured,
    Contestant::Traced,
];

/// Measures the bare engine and our server, with more and more telemetry.
pub(crate) async fn door(
    programs: &Programs,
    database: &str,
    postmaster: u32,
    pace: Pace,
) -> Result<Table, BenchError> {
    let programs = Programs { trace_collector: Some(collector().await?), ..programs.clone() };
    let bodies = [request::LIST.body(json!({"first": 50, "after": null}))];
    let mut servers = Vec::new();
    for contestant in CONTESTANTS {
        let (server, _) = Server::start(contestant, &programs, database, &bodies[0]).await?;
        servers.push(server);
    }
    let turns: Vec<Turn<'_>> =
        servers.iter().map(|server| Turn { server, bodies: &bodies, keyed: false }).collect();
    let figures = measure(&turns, postmaster, pace).await?;
    for server in servers {
        server.stop().await?;
    }
    let mut table = Table::new(&[
        "what",
        "server ms",
        "database ms",
        "total ms",
        "requests/s",
        "p99 ms",
        "÷ bare engine",
    ]);
    for (contestant, measured) in CONTESTANTS.iter().zip(&figures) {
        let ratio = measured.total / figures[0].total;
        table.row(&[
            contestant.name().to_owned(),
            format!("{:.3}", measured.server),
            format!("{:.3}", measured.database),
            format!("{:.3}", measured.total),
            format!("{:.0}", measured.throughput),
            format!("{:.1}", measured.p99),
            match contestant {
                Contestant::Rival(_) => String::new(),
                _ => verdict(ratio, AIM),
            },
        ]);
    }
    Ok(table)
}

/// Takes traces and throws them away; ends with this process.
async fn collector() -> Result<String, BenchError> {
    let failed = |error: std::io::Error| BenchError::program("the collector", error);
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    let router = Router::new().fallback(any(async || StatusCode::OK));
    tokio::spawn(async move {
        // Its end is the end of the measurement.
        let _ = axum::serve(listener, router).await;
    });
    Ok(format!("http://{address}"))
}
