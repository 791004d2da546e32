//! See `keystead_gateway::fuzzing::line`. Seeds are in `fuzz/seeds/line`.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| keystead_gateway::fuzzing::line(data));
