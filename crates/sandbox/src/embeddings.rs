//! Embeddings: unit vectors computed from the text.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::faults::Faults;
use crate::ledger::Served;
use crate::{Sandbox, text};

pub(crate) async fn create(State(sandbox): State<Sandbox>, Json(body): Json<Value>) -> Response {
    let inputs: Vec<String> = match &body["input"] {
        Value::Array(items) if items.iter().all(|item| item.is_string() || item.is_array()) => {
            items.iter().map(text::prompt).collect()
        }
        other => vec![text::prompt(other)],
    };
    if let Some(error) = Faults::read(inputs.first().map_or("", String::as_str)).before().await {
        return error;
    }
    let model = body["model"].as_str().unwrap_or_default().to_owned();
    let dimensions = usize::try_from(body["dimensions"].as_u64().unwrap_or(1536)).unwrap_or(1536).clamp(1, 4096);
    let base64 = body["encoding_format"].as_str() == Some("base64");
    let data: Vec<Value> = inputs
        .iter()
        .enumerate()
        .map(|(index, input)| {
            let vector = vector(input, dimensions);
            let embedding = if base64 { json!(encoded(&vector)) } else { json!(vector) };
            json!({ "object": "embedding", "index": index, "embedding": embedding })
        })
        .collect();
    let input_tokens: i64 = inputs.iter().map(|input| text::tokens(input)).sum();
    sandbox.inner.ledger.add(Served {
        route: "embeddings",
        model: model.clone(),
        requests: 1,
        input_tokens,
        ..Served::default()
    });
    let usage = json!({ "prompt_tokens": input_tokens, "total_tokens": input_tokens });
    Json(json!({ "object": "list", "data": data, "model": model, "usage": usage })).into_response()
}

fn vector(input: &str, dimensions: usize) -> Vec<f32> {
    let mut values = Vec::with_capacity(dimensions);
    let mut block = Sha256::digest(input);
    while values.len() < dimensions {
        values.extend(block.iter().map(|byte| f32::from(*byte) - 127.5));
        block = Sha256::digest(block);
    }
    values.truncate(dimensions);
    let length = values.iter().map(|value| value * value).sum::<f32>().sqrt();
    values.iter().map(|value| value / length).collect()
}

fn encoded(vector: &[f32]) -> String {
    base64(&vector.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<u8>>())
}

/// Encodes standard base64 with padding.
pub(crate) fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let at = |n: usize| u32::from(chunk.get(n).copied().unwrap_or(0));
        let bits = (at(0) << 16) | (at(1) << 8) | at(2);
        for place in 0..4u32 {
            let index = usize::try_from((bits >> (18 - 6 * place)) & 63).unwrap_or(0);
            let padded = place as usize > chunk.len();
            text.push(if padded { '=' } else { char::from(ALPHABET[index]) });
        }
    }
    text
}
