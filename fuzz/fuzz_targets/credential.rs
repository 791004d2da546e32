//! See `keystead_gateway::fuzzing::credential`. Seeds are in `fuzz/seeds/credential`.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| keystead_gateway::fuzzing::credential(data));
