//! Section 9: whether the time of a failed sign-in tells who has an account. A report, with no aim:
//! what is a difference and what is chance, the reader sees from its spread.

use std::time::Instant;

use serde_json::{Value, json};
use tokio_postgres::Client;

use super::report::Table;
use super::request;
use super::server::{Contestant, Programs, Server};
use crate::error::BenchError;

/// Attempts of each kind. Each is at an account of its own, so that none is locked.
const ATTEMPTS: usize = 400;

/// A hash that no password has, made with the default settings.
const HASH: &str = "$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHRzYWx0c2FsdA$\
    AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";

const ACCOUNTS: &str = "
    WITH made AS (
        INSERT INTO users (user_type, display_name)
        SELECT 'BUYER', 'Measured ' || number FROM generate_series(1, $1::int4) AS number
        RETURNING id, display_name
    )
    INSERT INTO user_authentication (user_id, email, email_verified_at, password_hash, password_changed_at)
    SELECT id, $2 || replace(display_name, ' ', '.') || '@known.test', now(), $3, now() FROM made";

/// Measures attempts at known and at unknown accounts in turn.
pub(crate) async fn sign_in(
    programs: &Programs,
    database: &str,
    client: &Client,
) -> Result<Table, BenchError> {
    // Each run has addresses of its own.
    let run = uuid::Uuid::now_v7().simple().to_string();
    let count = i32::try_from(ATTEMPTS).unwrap_or(i32::MAX);
    client
        .execute(ACCOUNTS, &[&count, &run, &HASH])
        .await
        .map_err(BenchError::database("making accounts"))?;
    let body = |email: String| {
        request::SIGN_IN.body(json!({ "email": email, "password": "a password that is wrong" }))
    };
    let first = body(format!("{run}@warm.test"));
    let (server, _) = Server::start(Contestant::Guessed, programs, database, &first).await?;
    let mut times = [Vec::with_capacity(ATTEMPTS), Vec::with_capacity(ATTEMPTS)];
    for number in 1..=ATTEMPTS {
        for (place, kind) in ["known", "unknown"].into_iter().enumerate() {
            let body = body(format!("{run}Measured.{number}@{kind}.test"));
            let started = Instant::now();
            let answer = server.post(&body)?;
            times[place].push(started.elapsed().as_secs_f64() * 1000.0);
            expect_refusal(&answer)?;
        }
    }
    server.stop().await?;
    let mut table = Table::new(&["account", "mean ms", "standard deviation", "p5", "p50", "p95"]);
    for (name, times) in ["there is one", "there is none"].iter().zip(&mut times) {
        times.sort_by(f64::total_cmp);
        let at = |part: f64| times[((times.len() - 1) as f64 * part) as usize];
        let figures = [mean(times), variance(times).sqrt(), at(0.05), at(0.5), at(0.95)];
        let figures = figures.map(|figure| format!("{figure:.3}"));
        table.row(&[&[(*name).to_owned()], figures.as_slice()].concat());
    }
    let [known, unknown] = &times;
    let error = ((variance(known) + variance(unknown)) / ATTEMPTS as f64).sqrt();
    table.note(&format!(
        "{ATTEMPTS} attempts of each kind, in turn. The means differ by {:.3} ms, {:.2} times the standard error of that difference: below 2 it may well be chance.",
        mean(known) - mean(unknown),
        (mean(known) - mean(unknown)).abs() / error
    ));
    Ok(table)
}

fn expect_refusal(answer: &Value) -> Result<(), BenchError> {
    match answer["data"]["signIn"]["errors"][0]["code"].as_str() {
        Some("INVALID_CREDENTIALS") => Ok(()),
        _ => Err(BenchError::answer(Contestant::Guessed.name(), answer)),
    }
}

fn mean(times: &[f64]) -> f64 {
    times.iter().sum::<f64>() / times.len() as f64
}

fn variance(times: &[f64]) -> f64 {
    let mean = mean(times);
    let squares: f64 = times.iter().map(|time| (time - mean).powi(2)).sum();
    squares / (times.len() - 1) as f64
}
