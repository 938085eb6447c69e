//! The engine over the database that `DATABASE_URL` names, for one process of the fuzzer.

use std::net::Ipv4Addr;
use std::sync::OnceLock;

use agent_free::access::RequestContext;
use agent_free::{config, server};
use fuzz::{Input, check, viewer};
use loaders::{Engine, Viewer};
use tokio::runtime::Runtime;

struct Stage {
    runtime: Runtime,
    engine: Engine,
    viewer: Viewer,
    context: RequestContext,
}

static STAGE: OnceLock<Stage> = OnceLock::new();

fn start() -> Stage {
    let runtime = Runtime::new().expect("a runtime");
    let config = config::examine_environment().config.unwrap_or_else(|error| panic!("{error}"));
    let engine = runtime
        .block_on(server::engine(&config))
        .unwrap_or_else(|error| panic!("{error:?}: run this by cargo xtask fuzz"));
    let access = runtime
        .block_on(server::access(&config, &engine))
        .unwrap_or_else(|error| panic!("{error:?}: run this by cargo xtask fuzz"));
    let context =
        RequestContext::anonymous(access, Ipv4Addr::LOCALHOST.into(), &Default::default());
    Stage { runtime, engine, viewer: viewer(), context }
}

/// Ends the process when the answer is not as it must be.
pub(crate) fn answer(input: &Input) {
    let Stage { runtime, engine, viewer, context } = STAGE.get_or_init(start);
    if let Err(reason) = runtime.block_on(check(engine, viewer, context, input)) {
        panic!("{reason}\n{}", input.to_text());
    }
}
