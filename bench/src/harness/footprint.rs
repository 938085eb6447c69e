//! Section 5: how soon the server answers, and how much memory it takes.

use serde_json::json;

use super::measure::median;
use super::process::memory;
use super::report::{Table, verdict};
use super::request;
use super::server::{Contestant, Programs, Server};
use crate::error::BenchError;
use crate::rival::Rival;

const STARTS: usize = 7;
const AIM_START_MILLISECONDS: f64 = 500.0;
const AIM_IDLE_MEGABYTES: f64 = 60.0;

/// Starts our server and the hand-written one several times; gives medians.
pub(crate) async fn footprint(programs: &Programs, database: &str) -> Result<Table, BenchError> {
    let mut table = Table::new(&[
        "server",
        "start to first answer, ms",
        "idle, MB resident (proportional)",
        "after a page of 1,000 properties, MB",
        "peak, MB",
        "that page, MB of JSON",
    ]);
    let mut aims = String::new();
    for contestant in [Contestant::AgentFree, Contestant::Rival(Rival::TokioPostgres)] {
        let (mut starts, mut resident, mut proportional, mut after, mut peak) =
            (vec![], vec![], vec![], vec![], vec![]);
        let mut bytes = 0;
        for _ in 0..STARTS {
            let small = request::LIST.body(json!({"first": 1, "after": null}));
            let (server, start) = Server::start(contestant, programs, database, &small).await?;
            tokio::time::sleep(std::time::Duration::from_millis(500)).await;
            let idle = memory(server.id())?;
            let page = server.post(&request::LIST.body(json!({"first": 1000, "after": null})))?;
            bytes = page.to_string().len();
            let loaded = memory(server.id())?;
            server.stop().await?;
            starts.push(start.as_secs_f64() * 1e3);
            resident.push(megabytes(idle.resident));
            proportional.push(megabytes(idle.proportional));
            after.push(megabytes(loaded.resident));
            peak.push(megabytes(loaded.peak));
        }
        let (start, resident) = (median(starts), median(resident));
        table.row(&[
            contestant.name().to_owned(),
            format!("{start:.0}"),
            format!("{resident:.1} ({:.1})", median(proportional)),
            format!("{:.1}", median(after)),
            format!("{:.1}", median(peak)),
            format!("{:.2}", bytes as f64 / 1e6),
        ]);
        if contestant == Contestant::AgentFree {
            aims = format!(
                "Start to first answer against 0.5 s: {}. Idle memory against 60 MB: {}.",
                verdict(start / AIM_START_MILLISECONDS, 1.0),
                verdict(resident / AIM_IDLE_MEGABYTES, 1.0)
            );
        }
    }
    table.note(&aims);
    Ok(table)
}

fn megabytes(kilobytes: u64) -> f64 {
    kilobytes as f64 / 1024.0
}
