//! See `keystead_gateway::fuzzing::route`. Seeds are in `fuzz/seeds/route`.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| keystead_gateway::fuzzing::route(data));
