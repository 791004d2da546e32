//! Short answers for our own scripts; pages never need them.

use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};

/// Whether a script of ours asks.
pub(crate) fn wants_json(headers: &HeaderMap) -> bool {
    headers.get(header::ACCEPT).is_some_and(|accept| accept == "application/json")
}

/// A JSON string.
pub(crate) fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for letter in text.chars() {
        match letter {
            '"' | '\\' => out.extend(['\\', letter]),
            letter if letter.is_control() => out.push(' '),
            letter => out.push(letter),
        }
    }
    out.push('"');
    out
}

/// An object of texts.
pub(crate) fn json(fields: &[(&str, &str)]) -> Response {
    let fields: Vec<String> =
        fields.iter().map(|(name, value)| format!("{}:{}", quoted(name), quoted(value))).collect();
    answer(format!("{{{}}}", fields.join(",")))
}

/// JSON as an answer.
pub(crate) fn answer(body: String) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], body).into_response()
}

/// What went wrong, in words for the person.
pub(crate) fn refused(text: &str) -> Response {
    let mut response = json(&[("error", text)]);
    *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    response
}
