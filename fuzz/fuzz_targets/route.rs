//! The route table on paths of any bytes: one reading, no panic.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    if let Ok(path) = std::str::from_utf8(data) {
        for method in ["GET", "POST", "DELETE", "PUT"] {
            if let Ok(matched) = keystead_core::route::find(method, path) {
                // Only models, which are answered here, may have slashes in their names.
                let models = matched.route.path == "/v1/models/{id}";
                assert!(models || matched.id.is_none_or(|id| !id.contains('/')));
            }
        }
    }
});
