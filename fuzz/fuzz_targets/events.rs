//! See `keystead_gateway::fuzzing::events`. Seeds are in `fuzz/seeds/events`.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| keystead_gateway::fuzzing::events(data));
