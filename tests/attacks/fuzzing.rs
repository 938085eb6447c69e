//! A short round of what `cargo xtask fuzz` does for hours: the seeds as they are, bytes around
//! them, and operations that the contract could have, each over a real database. The same inputs
//! each time.

use std::net::Ipv4Addr;

use agent_free::access::RequestContext;
use agent_free::server;
use fastrand::Rng;
use fuzz::{Input, Operations, Reached, check, seeds, viewer};
use loaders::Engine;
use loaders::contract::Contract;

use super::world;
use crate::support::{TestDatabase, default_config};

const SEED: u64 = 20_261_123;

/// How many inputs a round has.
const ROUND: usize = 800;

/// Bytes that a fuzzer puts in, besides any.
const WORDS: &[&str] = &[
    "{",
    "}",
    "(",
    ")",
    "[",
    "]",
    "...",
    "...F",
    " on ",
    "@skip(if: $a)",
    "$",
    ":",
    "\"",
    "\"\"\"",
    "#",
    "\u{feff}",
    "\u{202e}",
    "\\u{110000}",
    "1e999",
    "-",
    "null",
    "query",
    "mutation",
    "subscription",
    "fragment F on Query",
    "__typename",
    "__schema",
    "\n%%\n",
    "{}",
    "\0",
];

/// An engine, and a request that is not signed in.
struct Stage {
    engine: Engine,
    context: RequestContext,
}

impl Stage {
    async fn over(database: &TestDatabase) -> Self {
        let mut config = default_config(database);
        // What hashing costs is not what these tests are about.
        config.access.password_hash_memory = 64;
        config.access.password_hash_iterations = 1;
        let engine = server::engine(&config).await.unwrap();
        let access = server::access(&config, &engine).await.unwrap();
        let context =
            RequestContext::anonymous(access, Ipv4Addr::LOCALHOST.into(), &Default::default());
        Self { engine, context }
    }
}

/// Runs each input, and says how many came how far: refused, executed, to the database.
async fn run(stage: &Stage, inputs: impl Iterator<Item = Input>) -> [usize; 3] {
    let viewer = viewer();
    let mut reached = [0; 3];
    for input in inputs {
        match check(&stage.engine, &viewer, &stage.context, &input).await {
            Ok(Reached::Refused) => reached[0] += 1,
            Ok(Reached::Executed) => reached[1] += 1,
            Ok(Reached::Database) => reached[2] += 1,
            Err(reason) => panic!("{reason}\nkeep this in fuzz/seeds:\n{}", input.to_text()),
        }
    }
    reached
}

/// Changes a few places as a fuzzer does that knows nothing of GraphQL.
fn mangle(bytes: &mut Vec<u8>, random: &mut Rng) {
    for _ in 0..random.usize(1..6) {
        let at = random.usize(..=bytes.len());
        let end = random.usize(at..=bytes.len().min(at + 40));
        match random.u8(..5) {
            0 => drop(bytes.drain(at..end)),
            1 => drop(bytes.splice(at..at, vec![random.u8(..); random.usize(1..20)])),
            2 => drop(bytes.splice(at..end, random.choice(WORDS).unwrap().bytes())),
            3 => drop(bytes.splice(at..at, bytes[at..end].to_vec())),
            _ => drop(bytes.splice(at..at, random.choice(WORDS).unwrap().bytes())),
        }
    }
}

#[tokio::test]
async fn every_seed_has_an_answer() {
    let database = TestDatabase::new().await;
    let stage = Stage::over(&database).await;
    let reached = run(&stage, seeds().into_iter().map(|(_, input)| input)).await;
    assert!(reached[0] >= 10 && reached[2] >= 10, "{reached:?}");
}

#[tokio::test]
async fn any_bytes_have_an_answer() {
    let database = TestDatabase::new().await;
    world::make(&database).await;
    let stage = Stage::over(&database).await;
    let (seeds, mut random) = (seeds(), Rng::with_seed(SEED));
    let inputs = (0..ROUND).map(|_| {
        let mut bytes = random.choice(&seeds).unwrap().1.to_text().into_bytes();
        mangle(&mut bytes, &mut random);
        Input::from_bytes(&bytes)
    });
    let reached = run(&stage, inputs).await;
    assert!(reached.iter().all(|reached| *reached > 0), "{reached:?}");
}

#[tokio::test]
async fn operations_of_the_contract_have_an_answer() {
    let database = TestDatabase::new().await;
    let ids = world::make(&database).await;
    let stage = Stage::over(&database).await;
    let operations = Operations::new(Contract::parse(server::CONTRACT).unwrap(), ids);
    let mut random = Rng::with_seed(SEED);
    let inputs = (0..ROUND).map(|_| {
        let bytes: Vec<u8> = std::iter::repeat_with(|| random.u8(..)).take(400).collect();
        operations.choose(&bytes)
    });
    let reached = run(&stage, inputs).await;
    // What is refused before that teaches little.
    assert!(reached[2] > ROUND / 8, "{reached:?}");
}
