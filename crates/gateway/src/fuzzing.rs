//! The parsers of bytes sent by strangers and model servers, for fuzz targets and for the tests that replay their
//! seeds. Each function takes any bytes and checks invariants of everything that is accepted.

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, header};
use keystead_core::Secret;
use keystead_core::key::{ApiKey, TagKeys};
use keystead_core::route::{self, ROUTES};

use crate::request::content_type;
use crate::request::form_body::FormScan;
use crate::request::headers;
use crate::request::json_body;
use crate::request::json_walk;
use crate::response::event_stream::EventScan;
use crate::upstream::replay;

/// Credentials, one value a line: no invented key passes the tag, and no message contains a whole key.
pub fn credential(data: &[u8]) {
    let tags = TagKeys::new(Secret::new([7; 32]), Vec::new());
    if let Ok(text) = std::str::from_utf8(data) {
        assert!(ApiKey::parse(text, &tags).is_err());
        let _ = keystead_core::mask::mask(text);
    }
    let mut sent = HeaderMap::new();
    for value in data.split(|byte| *byte == b'\n').take(4).filter_map(|line| HeaderValue::from_bytes(line).ok()) {
        sent.append(header::AUTHORIZATION, value);
    }
    let read = crate::request::credential::read(&sent);
    assert!(sent.len() <= 1 || read.is_err());
}

/// A path: one reading, and no id with a slash.
pub fn route(data: &[u8]) {
    let Ok(path) = std::str::from_utf8(data) else { return };
    for method in ["GET", "POST", "DELETE", "PUT"] {
        if let Ok(matched) = route::find(method, path) {
            // Only names of models, which the gateway answers itself, may contain slashes.
            let models = matched.route.path == "/v1/models/{id}";
            assert!(models || matched.id.is_none_or(|id| !id.contains('/')));
        }
    }
}

/// The answer of a model server, head and body: the result is the same for any division of its bytes.
pub fn answer(data: &[u8]) {
    let whole = replay::answer(data, data.len().max(1));
    for step in [1, 7] {
        assert_eq!(whole, replay::answer(data, step), "in pieces of {step}");
    }
}

/// An event stream: it passes byte for byte, and the findings and removals are the same for any division of its bytes.
pub fn events(data: &[u8]) {
    let read = |strip: bool, step: usize| {
        let mut scan = EventScan::new(strip);
        let mut out = Vec::new();
        data.chunks(step).for_each(|chunk| out.extend_from_slice(&scan.pass(&Bytes::copy_from_slice(chunk))));
        out.extend_from_slice(&scan.rest());
        (out, scan.take_object())
    };
    let (passed, object) = read(false, data.len().max(1));
    assert_eq!(passed, data);
    let stripped = read(true, data.len().max(1));
    assert!(stripped.0.len() <= data.len());
    assert_eq!(stripped.1, object);
    for step in [1, 7] {
        assert_eq!(read(false, step), (passed.clone(), object.clone()), "in pieces of {step}");
        assert_eq!(read(true, step), stripped, "in pieces of {step}");
    }
}

/// A content type: the value written for the upstream parses to itself.
pub fn content_type(data: &[u8]) {
    let Ok(value) = HeaderValue::from_bytes(data) else { return };
    let mut headers = HeaderMap::from_iter([(header::CONTENT_TYPE, value)]);
    if content_type::rewrite(&mut headers, true).is_ok() {
        let once = headers.clone();
        assert!(content_type::rewrite(&mut headers, true).is_ok() && headers == once, "{once:?}");
    }
}

/// A form with the boundary `b`: the result is the same for any division of its bytes.
pub fn form(data: &[u8]) {
    let read = |step: usize| {
        let mut scan = FormScan::new("b");
        let fed = data.chunks(step).try_for_each(|chunk| scan.feed(chunk)).and_then(|()| scan.finish());
        fed.is_ok().then(|| (scan.model().map(str::to_owned), scan.stream()))
    };
    let whole = read(data.len().max(1));
    assert!(whole == read(1) && whole == read(7));
}

/// A JSON body for each route: the model that is found is the one an ordinary parser finds.
pub fn json(data: &[u8]) {
    let Ok(body) = json_body::text_of(Bytes::copy_from_slice(data)) else { return };
    for route in ROUTES {
        let Ok(read) = json_body::peek(route, &body) else { continue };
        assert!(read.objects.len() <= json_walk::MOST_OBJECTS);
        let Ok(value) = serde_json::from_slice::<serde_json::Value>(&body) else { continue };
        if let Some(model) = &read.model {
            assert_eq!(value.get("model").and_then(serde_json::Value::as_str), Some(model.as_str()));
        }
    }
}

/// A line of a batch's file: its fields are those that an ordinary parser finds.
pub fn line(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let Ok([method, body]) = json_walk::members(text, ["method", "body"], crate::response::error_body::no_model) else {
        return;
    };
    let Ok(value) = serde_json::from_str::<serde_json::Value>(text) else { return };
    for (name, raw) in [("method", method), ("body", body)] {
        let read = raw.and_then(|raw| serde_json::from_str::<serde_json::Value>(raw.get()).ok());
        assert_eq!(value.get(name), read.as_ref());
    }
}

/// The headers of credential and payer, one value a line: one of each, or none, or a refusal.
pub fn head(data: &[u8]) {
    for name in ["authorization", "openai-organization", "openai-project"] {
        let mut sent = HeaderMap::new();
        for value in data.split(|byte| *byte == b'\n').take(3).filter_map(|line| HeaderValue::from_bytes(line).ok()) {
            sent.append(name, value);
        }
        assert!(
            sent.len() <= 1
                || (crate::request::credential::read(&sent).is_err() && name == "authorization")
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
        assert!(TARGETS.contains(&target));
        let mut seeds = 0;
        for seed in fs::read_dir(folder).unwrap() {
            let bytes = fs::read(seed.unwrap().path()).unwrap();
            // Also every prefix, because a body may end early anywhere.
            (0..=bytes.len()).for_each(|end| read(&bytes[..end]));
            seeds += 1;
        }
        assert!(seeds > 2, "{target}");
    }

    /// Every fuzz target has a file, seeds and a line in the test below.
    const TARGETS: [&str; 9] =
        ["credential", "route", "content_type", "form", "json", "line", "head", "answer", "events"];

    #[test]
    fn every_fuzz_target_is_replayed() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/fuzz_targets");
        let mut found: Vec<String> = fs::read_dir(folder)
            .unwrap()
            .map(|file| file.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned())
            .collect();
        let mut known = TARGETS.to_vec();
        found.sort();
        known.sort_unstable();
        assert_eq!(found, known);
    }

    #[test]
    fn the_seeds_of_the_fuzz_targets_are_read() {
        replay("credential", super::credential);
        replay("route", super::route);
        replay("answer", super::answer);
        replay("events", super::events);
        replay("content_type", super::content_type);
        replay("form", super::form);
        replay("json", super::json);
        replay("line", super::line);
        replay("head", super::head);
    }
}
