//! What each attack that has a name takes of the server until it is refused.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::measure::median;
use super::process::memory;
use super::report::Table;
use super::server::{Contestant, Programs, Server};
use crate::error::BenchError;

const ROUNDS: usize = 5;

/// Sends each attack to a server of its own and says how long the answer took and by how much the
/// peak of memory grew.
pub(crate) async fn attacks(programs: &Programs, database: &str) -> Result<Table, BenchError> {
    let mut table = Table::new(&["attack", "KB sent", "code", "ms", "peak memory, MB more"]);
    let hello = json!({ "query": "{ __typename }" });
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .timeout_global(Some(Duration::from_secs(60)))
        .build()
        .into();
    for attack in fuzz::attacks() {
        let (server, _) = Server::start(Contestant::AgentFree, programs, database, &hello).await?;
        let failed = |error: ureq::Error| BenchError::program(attack.name, error);
        let before = memory(server.id())?.peak;
        let (mut times, mut code) = (Vec::new(), String::new());
        for _ in 0..ROUNDS {
            let begun = Instant::now();
            let post = agent.post(&server.url).content_type("application/json");
            let mut response = post.send(&attack.body[..]).map_err(failed)?;
            let text = response.body_mut().read_to_string().map_err(failed)?;
            times.push(begun.elapsed().as_secs_f64() * 1e3);
            let answer: Value = serde_json::from_str(&text)
                .map_err(|error| BenchError::answer(attack.name, error.to_string()))?;
            let told = answer["errors"][0]["extensions"]["code"].as_str();
            code = told.map_or_else(|| "answered".to_owned(), |code| format!("`{code}`"));
        }
        let grown = memory(server.id())?.peak.saturating_sub(before);
        server.stop().await?;
        table.row(&[
            attack.name.to_owned(),
            format!("{:.1}", attack.body.len() as f64 / 1e3),
            code,
            format!("{:.1}", median(times)),
            format!("{:.1}", grown as f64 / 1024.0),
        ]);
    }
    Ok(table)
}
