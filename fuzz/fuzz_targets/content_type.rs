//! See `keystead_gateway::fuzzing::content_type`. Seeds are in `fuzz/seeds/content_type`.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| keystead_gateway::fuzzing::content_type(data));
