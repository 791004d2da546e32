//! Speech in both directions: silence as long as the text, and as many words as bytes.

use axum::Json;
use axum::extract::{Multipart, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use crate::faults::Faults;
use crate::ledger::Served;
use crate::{Sandbox, text};

/// Bytes of a second of WAV here: 8 000 samples of 8 bits.
const SECOND: usize = 8_000;

pub(crate) async fn speech(State(sandbox): State<Sandbox>, Json(body): Json<Value>) -> Response {
    let input = body["input"].as_str().unwrap_or_default();
    if let Some(error) = Faults::read(input).before().await {
        return error;
    }
    let model = body["model"].as_str().unwrap_or("tts-1").to_owned();
    let characters = i64::try_from(input.chars().count()).unwrap_or(0);
    sandbox.inner.ledger.add(Served { route: "audio/speech", model, requests: 1, characters, ..Served::default() });
    let samples = (input.len() * 50).min(SECOND * 60);
    ([(header::CONTENT_TYPE, "audio/wav")], silence(samples)).into_response()
}

fn silence(samples: usize) -> Vec<u8> {
    let length = |extra: usize| u32::try_from(samples + extra).unwrap_or(u32::MAX).to_le_bytes();
    let mut wav = b"RIFF".to_vec();
    wav.extend_from_slice(&length(36));
    wav.extend_from_slice(b"WAVEfmt \x10\0\0\0\x01\0\x01\0\x40\x1f\0\0\x40\x1f\0\0\x01\0\x08\0data");
    wav.extend_from_slice(&length(0));
    wav.resize(wav.len() + samples, 0x80);
    wav
}

pub(crate) async fn transcribe(State(sandbox): State<Sandbox>, form: Multipart) -> Response {
    listen(&sandbox, form, "audio/transcriptions").await
}

pub(crate) async fn translate(State(sandbox): State<Sandbox>, form: Multipart) -> Response {
    listen(&sandbox, form, "audio/translations").await
}

async fn listen(sandbox: &Sandbox, mut form: Multipart, route: &'static str) -> Response {
    let (mut model, mut format, mut bytes) = ("whisper-1".to_owned(), "json".to_owned(), 0usize);
    while let Ok(Some(field)) = form.next_field().await {
        let name = field.name().unwrap_or_default().to_owned();
        let Ok(value) = field.bytes().await else { break };
        match name.as_str() {
            "model" => model = String::from_utf8_lossy(&value).into_owned(),
            "response_format" => format = String::from_utf8_lossy(&value).into_owned(),
            "file" => bytes = value.len(),
            _ => {}
        }
    }
    let seconds = i64::try_from(bytes.div_ceil(SECOND)).unwrap_or(0);
    sandbox.inner.ledger.add(Served { route, model: model.clone(), requests: 1, seconds, ..Served::default() });
    let words = text::words(&bytes.to_string(), &model, 24);
    match format.as_str() {
        "text" => words.into_response(),
        _ => Json(json!({ "text": words, "usage": { "type": "duration", "seconds": seconds } })).into_response(),
    }
}
