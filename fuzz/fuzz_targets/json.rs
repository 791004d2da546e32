//! See `keystead_gateway::fuzzing::json`. Seeds are in `fuzz/seeds/json`.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| keystead_gateway::fuzzing::json(data));
