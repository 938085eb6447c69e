//! Section 8: what callers see when more is asked of the server than it can do.

use std::time::Duration;

use serde_json::json;

use super::load::load;
use super::measure::Pace;
use super::open_loop::{Load, middle, quantile, send};
use super::report::Table;
use super::request;
use super::server::{Contestant, Programs, Server};
use crate::error::BenchError;

/// Shares of the capacity.
const LOADS: [f64; 3] = [0.5, 0.9, 3.0];

/// The least share of the capacity that is still answered at three times the load.
const AIM_GOODPUT: f64 = 0.8;

/// More callers than the server takes at once and lets wait together.
const CONNECTIONS: usize = 600;

/// Measures our server at shares of its own capacity, found in the same run.
pub(crate) async fn overload(
    programs: &Programs,
    database: &str,
    pace: Pace,
) -> Result<Table, BenchError> {
    let body = request::LIST.body(json!({"first": 50, "after": null}));
    let (server, _) = Server::start(Contestant::AgentFree, programs, database, &body).await?;
    let text = body.to_string();
    let time = Duration::from_secs(pace.seconds);
    let bodies = [body];
    load(&server, &bodies, false, pace.connections, Duration::from_secs(pace.warm_up)).await?;
    let address = server.address()?;
    let at = async |rate: f64| {
        send(Load { address, body: &text, rate, time, connections: CONNECTIONS }).await
    };
    // The load takes its part of this machine too, so the capacity is found with the same load: at
    // the highest rate at which nobody is refused and nobody waits long.
    let closed = load(&server, &bodies, false, pace.connections, time).await?.throughput();
    let mut capacity = 0.0;
    for share in [0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95, 1.0] {
        let seen = at(closed * share).await?;
        if seen.refused.is_empty() && seen.failed == 0 && quantile(&seen.answered, 0.99) < 250.0 {
            capacity = seen.goodput();
        } else {
            break;
        }
    }
    let mut table = Table::new(&[
        "asked, share of capacity",
        "asked, 1/s",
        "answered, 1/s",
        "p50 ms",
        "p99 ms",
        "refused with 503, 1/s",
        "… p50 ms",
        "… p99 ms",
        "failed otherwise",
        "answered ÷ capacity",
    ]);
    for share in LOADS {
        let seen = at(capacity * share).await?;
        let answered = seen.goodput() / capacity;
        table.row(&[
            format!("{:.0} %", share * 100.0),
            format!("{:.0}", capacity * share),
            format!("{:.0}", seen.goodput()),
            format!("{:.1}", middle(&seen.answered)),
            format!("{:.1}", quantile(&seen.answered, 0.99)),
            format!("{:.0}", seen.refused.len() as f64 / seen.elapsed.as_secs_f64()),
            shown(middle(&seen.refused)),
            shown(quantile(&seen.refused, 0.99)),
            seen.failed.to_string(),
            if share > 1.0 {
                let word = if answered >= AIM_GOODPUT { "kept" } else { "**missed**" };
                format!("{answered:.2} (aim ≥ {AIM_GOODPUT}: {word})")
            } else {
                format!("{answered:.2}")
            },
        ]);
    }
    server.stop().await?;
    table.note(&format!(
        "Capacity with this load: {capacity:.0}/s (with `wrk`, which takes less of the machine: {closed:.0}/s). \
         Requests are due at a fixed rate over {CONNECTIONS} connections from 8 addresses; latencies count from \
         when a request was due."
    ));
    Ok(table)
}

/// A time, or a dash where there is none.
fn shown(milliseconds: f64) -> String {
    if milliseconds.is_nan() { "–".to_owned() } else { format!("{milliseconds:.1}") }
}
