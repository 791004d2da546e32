//! The gateway's reading compared with those of parsers in Python and Go for the same bytes:
//! `tests/readers/cases.json`.

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, header};
use keystead_core::route;
use serde_json::{Value, json};

use crate::request::content_type;
use crate::request::credential::decode_base64;
use crate::request::form_body::{FormScan, boundary};
use crate::request::json_body;

/// Returns what a form says, if it is accepted.
fn form(kind: &[u8], body: &[u8]) -> Option<(String, bool)> {
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_bytes(kind).ok()?);
    content_type::rewrite(&mut headers, true).ok()?;
    if !headers[header::CONTENT_TYPE].to_str().ok()?.starts_with("multipart/form-data;") {
        return None;
    }
    let mut scan = FormScan::new(&boundary(&headers[header::CONTENT_TYPE]).ok()?);
    scan.feed(body).ok()?;
    scan.finish().ok()?;
    Some((scan.model()?.to_owned(), scan.stream()))
}

/// Returns what another reader saw in a form that is accepted here.
fn of_form(seen: &Value) -> (Vec<Option<&str>>, bool) {
    let all = |name: &str| seen[name].as_array().unwrap().iter().map(Value::as_str).collect::<Vec<_>>();
    let yes = |value: &Option<&str>| {
        !matches!(value.unwrap_or_default().trim().to_lowercase().as_str(), "false" | "0" | "no" | "off" | "")
    };
    (all("model"), all("stream").iter().any(yes))
}

/// Returns what a JSON body says, if it is accepted.
fn object(body: &[u8]) -> Option<Value> {
    let route = route::ROUTES.iter().find(|route| route.path == "/v1/responses")?;
    let body = json_body::text_of(Bytes::copy_from_slice(body)).ok()?;
    let read = json_body::peek(route, &body).ok()?;
    let images: Vec<String> = read.image_tool.into_iter().map(|tool| tool.model.unwrap_or_default()).collect();
    Some(json!({ "model": read.model?, "stream": read.stream, "images": images }))
}

#[test]
fn other_readers_see_what_the_gate_saw() {
    // Everything that passes means the same to Python's and Go's readers, or is refused by them.
    let cases: Vec<Value> = serde_json::from_str(include_str!("../../tests/readers/cases.json")).unwrap();
    let (mut accepted, mut compared) = (0, 0);
    for case in &cases {
        let body = decode_base64(case["body"].as_str().unwrap()).unwrap();
        let kind: Vec<u8> = case["contentType"].as_str().unwrap().chars().map(|letter| letter as u8).collect();
        let others = ["python", "go"].map(|name| (name, &case[name])).into_iter().filter(|(_, seen)| !seen.is_null());
        let shown = || format!("{} {}", String::from_utf8_lossy(&kind), String::from_utf8_lossy(&body));
        if case["kind"] == "form" {
            let Some((model, stream)) = form(&kind, &body) else { continue };
            accepted += 1;
            for (name, seen) in others {
                assert_eq!(of_form(seen), (vec![Some(&*model)], stream), "{name}: {}", shown());
                compared += 1;
            }
        } else {
            let Some(read) = object(&body) else { continue };
            accepted += 1;
            for (name, seen) in others {
                assert_eq!(*seen, read, "{name}: {}", shown());
                compared += 1;
            }
        }
    }
    assert!(cases.len() > 1_000 && accepted > 60 && compared > 120, "{accepted} accepted, {compared} compared");
}
