//! One measurement: warm up, load for a bounded time, and the CPU time that it took, by process.
//!
//! Contestants take turns, round by round, so that whatever else the machine does meets all of
//! them; of each figure the median of the rounds counts.

use std::time::Duration;

use serde_json::Value;
use tokio_postgres::Client;

use super::load::load;
use super::process::{cpu_time, cpu_time_with_children, parent};
use super::server::Server;
use crate::error::BenchError;

/// How long and how often to measure.
#[derive(Debug, Clone, Copy, clap::Args)]
pub(crate) struct Pace {
    /// Rounds; of each figure the median counts.
    #[arg(long, default_value_t = 5)]
    pub(crate) rounds: usize,
    /// Seconds of load in each round.
    #[arg(long, default_value_t = 6)]
    pub(crate) seconds: u64,
    /// Seconds of load before the first round, uncounted.
    #[arg(long, default_value_t = 4)]
    pub(crate) warm_up: u64,
    /// Connections that send requests, each one after the other.
    #[arg(long, default_value_t = 16)]
    pub(crate) connections: u32,
}

/// What one request cost, and how fast requests were answered.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Figures {
    /// CPU time of the server, in milliseconds a request.
    pub(crate) server: f64,
    /// CPU time of all processes of the PostgreSQL cluster, in milliseconds a request.
    pub(crate) database: f64,
    /// Both.
    pub(crate) total: f64,
    /// Requests a second.
    pub(crate) throughput: f64,
    /// Latency in milliseconds that half of the requests stayed below.
    pub(crate) p50: f64,
    /// Latency in milliseconds that 99 of 100 requests stayed below.
    pub(crate) p99: f64,
    /// Bytes of an answer.
    pub(crate) bytes: f64,
}

/// Who is asked what.
pub(crate) struct Turn<'a> {
    /// The server.
    pub(crate) server: &'a Server,
    /// The bodies of its requests, in turn.
    pub(crate) bodies: &'a [Value],
    /// Whether each request has an idempotency key of its own.
    pub(crate) keyed: bool,
}

/// The process that all processes of a PostgreSQL cluster come from.
pub(crate) async fn postmaster(database: &Client) -> Result<u32, BenchError> {
    let row = database
        .query_one("SELECT pg_backend_pid()", &[])
        .await
        .map_err(BenchError::database("asking for the process"))?;
    let backend: i32 = row.get(0);
    let elsewhere = |_| {
        BenchError::program(
            "PostgreSQL",
            "must run on this machine, so that its CPU time can be read",
        )
    };
    parent(backend.unsigned_abs()).map_err(elsewhere)
}

/// Measures each turn in each round; gives the medians in the order of the turns.
pub(crate) async fn measure(
    turns: &[Turn<'_>],
    postmaster: u32,
    pace: Pace,
) -> Result<Vec<Figures>, BenchError> {
    let mut rounds: Vec<Vec<Figures>> = turns.iter().map(|_| Vec::new()).collect();
    for turn in turns {
        load(
            turn.server,
            turn.bodies,
            turn.keyed,
            pace.connections,
            Duration::from_secs(pace.warm_up),
        )
        .await?;
    }
    for round in 1..=pace.rounds {
        for (turn, figures) in turns.iter().zip(&mut rounds) {
            let measured = once(turn, postmaster, pace).await?;
            eprintln!(
                "round {round}: {:<44} {:.3} + {:.3} ms, {:.0}/s",
                turn.server.contestant.name(),
                measured.server,
                measured.database,
                measured.throughput
            );
            figures.push(measured);
        }
    }
    Ok(rounds.iter().map(|figures| medians(figures)).collect())
}

async fn once(turn: &Turn<'_>, postmaster: u32, pace: Pace) -> Result<Figures, BenchError> {
    let cpu =
        || Ok::<_, BenchError>((cpu_time(turn.server.id())?, cpu_time_with_children(postmaster)?));
    let before = cpu()?;
    let load = load(
        turn.server,
        turn.bodies,
        turn.keyed,
        pace.connections,
        Duration::from_secs(pace.seconds),
    )
    .await?;
    let after = cpu()?;
    let per_request = |before: Duration, after: Duration| {
        after.saturating_sub(before).as_secs_f64() * 1e3 / load.requests as f64
    };
    let server = per_request(before.0, after.0);
    let database = per_request(before.1, after.1);
    Ok(Figures {
        server,
        database,
        total: server + database,
        throughput: load.throughput(),
        p50: load.median_latency(),
        p99: load.p99(),
        bytes: load.bytes as f64 / load.requests as f64,
    })
}

fn medians(figures: &[Figures]) -> Figures {
    let of = |figure: fn(&Figures) -> f64| median(figures.iter().map(figure).collect());
    Figures {
        server: of(|figures| figures.server),
        database: of(|figures| figures.database),
        total: of(|figures| figures.total),
        throughput: of(|figures| figures.throughput),
        p50: of(|figures| figures.p50),
        p99: of(|figures| figures.p99),
        bytes: of(|figures| figures.bytes),
    }
}

/// The middle value, or the mean of the two in the middle.
pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    match values.len() {
        0 => f64::NAN,
        length if length % 2 == 1 => values[middle],
        _ => f64::midpoint(values[middle - 1], values[middle]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_the_middle() {
        assert!(median(Vec::new()).is_nan());
        assert_eq!(median(vec![3.0]), 3.0);
        assert_eq!(median(vec![9.0, 1.0, 5.0]), 5.0);
        assert_eq!(median(vec![1.0, 2.0, 3.0, 100.0]), 2.5);
    }
}
