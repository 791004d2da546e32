//! The readings of a request, for fuzz targets and for the tests that replay their seeds. Each takes any bytes and checks
//! what must hold of whatever is accepted.

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, header};
use keystead_core::route::ROUTES;

use crate::multipart::FormScan;
use crate::{content_type, credential, headers, peek, walk};

/// A content type: what is written anew reads as itself.
pub fn content_type(data: &[u8]) {
    let Ok(value) = HeaderValue::from_bytes(data) else { return };
    let mut headers = HeaderMap::from_iter([(header::CONTENT_TYPE, value)]);
    if content_type::rewrite(&mut headers, true).is_ok() {
        let once = headers.clone();
        assert!(content_type::rewrite(&mut headers, true).is_ok() && headers == once, "{once:?}");
    }
}

/// A form with the boundary `b`: however its bytes arrive, it says the same.
pub fn form(data: &[u8]) {
    let read = |step: usize| {
        let mut scan = FormScan::new("b");
        let fed = data.chunks(step).try_for_each(|chunk| scan.feed(chunk)).and_then(|()| scan.finish());
        fed.is_ok().then(|| (scan.model().map(str::to_owned), scan.stream()))
    };
    let whole = read(data.len().max(1));
    assert!(whole == read(1) && whole == read(7));
}

/// A JSON body of each route: the model that is found is the one an ordinary parser finds.
pub fn json(data: &[u8]) {
    let Ok(body) = peek::text_of(Bytes::copy_from_slice(data)) else { return };
    for route in ROUTES {
        let Ok(read) = peek::peek(route, &body) else { continue };
        assert!(read.objects.len() <= walk::MOST_OBJECTS);
        let Ok(value) = serde_json::from_slice::<serde_json::Value>(&body) else { continue };
        if let Some(model) = &read.model {
            assert_eq!(value.get("model").and_then(serde_json::Value::as_str), Some(model.as_str()));
        }
    }
}

/// A line of a batch's file: its members are those that an ordinary parser finds.
pub fn line(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let Ok([method, body]) = walk::members(text, ["method", "body"], crate::reply::no_model) else { return };
    let Ok(value) = serde_json::from_str::<serde_json::Value>(text) else { return };
    for (name, raw) in [("method", method), ("body", body)] {
        let read = raw.and_then(|raw| serde_json::from_str::<serde_json::Value>(raw.get()).ok());
        assert_eq!(value.get(name), read.as_ref());
    }
}

/// The headers that say who calls and who pays, a value a line: one of each, or none, or a refusal.
pub fn head(data: &[u8]) {
    for name in ["authorization", "openai-organization", "openai-project"] {
        let mut sent = HeaderMap::new();
        for value in data.split(|byte| *byte == b'\n').take(3).filter_map(|line| HeaderValue::from_bytes(line).ok()) {
            sent.append(name, value);
        }
        assert!(
            sent.len() <= 1
                || (credential::read(&sent).is_err() && name == "authorization")
                || headers::selection(&sent).is_err()
        );
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    fn replay(target: &str, read: fn(&[u8])) {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/seeds").join(target);
        let mut seeds = 0;
        for seed in fs::read_dir(folder).unwrap() {
            let bytes = fs::read(seed.unwrap().path()).unwrap();
            // Each beginning too, as a body may break off anywhere.
            (0..=bytes.len()).for_each(|end| read(&bytes[..end]));
            seeds += 1;
        }
        assert!(seeds > 2, "{target}");
    }

    #[test]
    fn the_seeds_of_the_fuzz_targets_are_read() {
        // ASVS 1.5.2
        replay("content_type", super::content_type);
        replay("form", super::form);
        replay("json", super::json);
        replay("line", super::line);
        replay("head", super::head);
    }
}
