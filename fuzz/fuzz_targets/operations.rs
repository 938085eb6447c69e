//! Bytes as choices among what the contract has and what the seeds say.
#![no_main]
#![allow(unsafe_code, reason = "the fuzzer's entry point has a name that C knows")]

mod stage;

use std::sync::LazyLock;

use fuzz::Operations;
use loaders::contract::Contract;

static OPERATIONS: LazyLock<Operations> = LazyLock::new(|| {
    let contract = Contract::parse(agent_free::server::CONTRACT).expect("the contract is right");
    Operations::new(contract, Vec::new())
});

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| stage::answer(&OPERATIONS.choose(bytes)));
