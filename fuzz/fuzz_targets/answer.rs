//! See `keystead_gateway::fuzzing::answer`. Seeds are in `fuzz/seeds/answer`.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| keystead_gateway::fuzzing::answer(data));
