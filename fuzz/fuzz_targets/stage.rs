//! The engine over the database that `DATABASE_URL` names, for one process of the fuzzer.

use std::sync::OnceLock;

use agent_free::{config, server};
use fuzz::{Input, check};
use loaders::{Engine, Viewer};
use tokio::runtime::Runtime;

struct Stage {
    runtime: Runtime,
    engine: Engine,
    viewer: Viewer,
}

static STAGE: OnceLock<Stage> = OnceLock::new();

fn start() -> Stage {
    let runtime = Runtime::new().expect("a runtime");
    let config = config::examine_environment().config.unwrap_or_else(|error| panic!("{error}"));
    let engine = runtime
        .block_on(server::engine(&config))
        .unwrap_or_else(|error| panic!("{error:?}: run this by cargo xtask fuzz"));
    Stage { runtime, engine, viewer: Viewer::of_class("development") }
}

/// Ends the process when the answer is not as it must be.
pub(crate) fn answer(input: &Input) {
    let Stage { runtime, engine, viewer } = STAGE.get_or_init(start);
    if let Err(reason) = runtime.block_on(check(engine, viewer, input)) {
        panic!("{reason}\n{}", input.to_text());
    }
}
