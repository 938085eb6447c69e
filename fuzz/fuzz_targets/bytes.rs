//! Any bytes as document, variables and operation name.
#![no_main]
#![allow(unsafe_code, reason = "the fuzzer's entry point has a name that C knows")]

mod stage;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| stage::answer(&fuzz::Input::from_bytes(bytes)));
