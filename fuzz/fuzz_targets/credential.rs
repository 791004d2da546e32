//! The credential parser on header values of any bytes: it answers, and nothing invented passes the tag.
#![no_main]

use http::{HeaderMap, HeaderValue, header};
use keystead_core::Secret;
use keystead_core::key::{ApiKey, TagKeys};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let tags = TagKeys::new(Secret::new([7; 32]), Vec::new());
    if let Ok(text) = std::str::from_utf8(data) {
        assert!(ApiKey::parse(text, &tags).is_err());
        let _ = keystead_core::mask::mask(text);
    }
    let mut headers = HeaderMap::new();
    for line in data.split(|b| *b == b'\n').take(4) {
        if let Ok(value) = HeaderValue::from_bytes(line) {
            headers.append(header::AUTHORIZATION, value);
        }
    }
    let _ = keystead_gateway::credential::read(&headers);
});
