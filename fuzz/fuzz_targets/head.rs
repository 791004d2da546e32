//! See `keystead_gateway::fuzzing::head`. Seeds are in `fuzz/seeds/head`.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| keystead_gateway::fuzzing::head(data));
