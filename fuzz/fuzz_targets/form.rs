//! See `keystead_gateway::fuzzing::form`. Seeds are in `fuzz/seeds/form`.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| keystead_gateway::fuzzing::form(data));
