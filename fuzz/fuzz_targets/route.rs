//! The route table on paths of any bytes: one reading, no panic.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    if let Ok(path) = std::str::from_utf8(data) {
        for method in ["GET", "POST", "DELETE", "PUT"] {
            if let Ok(matched) = keystead_core::route::find(method, path) {
                assert!(matched.id.is_none_or(|id| !id.contains('/')));
            }
        }
    }
});
