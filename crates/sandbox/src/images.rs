//! Images: one real pixel with a colour computed from the prompt.

use axum::Json;
use axum::extract::{Multipart, State};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::embeddings::base64;
use crate::faults::Faults;
use crate::ledger::Served;
use crate::stream::{self, Event};
use crate::{Sandbox, text};

/// Tokens an image costs here.
const TOKENS: i64 = 272;

pub(crate) async fn generate(State(sandbox): State<Sandbox>, Json(body): Json<Value>) -> Response {
    let prompt = body["prompt"].as_str().unwrap_or_default().to_owned();
    let model = body["model"].as_str().unwrap_or("gpt-image-1").to_owned();
    let count = body["n"].as_i64().unwrap_or(1).clamp(1, 10);
    let streamed = body["stream"].as_bool() == Some(true);
    answer(&sandbox, "images/generations", model, &prompt, count, streamed, 0).await
}

pub(crate) async fn edit(State(sandbox): State<Sandbox>, mut form: Multipart) -> Response {
    let (mut model, mut prompt, mut bytes) = ("gpt-image-1".to_owned(), String::new(), 0usize);
    while let Ok(Some(field)) = form.next_field().await {
        let name = field.name().unwrap_or_default().to_owned();
        let Ok(value) = field.bytes().await else { break };
        match name.as_str() {
            "model" => model = String::from_utf8_lossy(&value).into_owned(),
            "prompt" => prompt = String::from_utf8_lossy(&value).into_owned(),
            _ => bytes += value.len(),
        }
    }
    let image_tokens = if bytes > 0 { 85 } else { 0 };
    answer(&sandbox, "images/edits", model, &prompt, 1, false, image_tokens).await
}

async fn answer(
    sandbox: &Sandbox,
    route: &'static str,
    model: String,
    prompt: &str,
    count: i64,
    streamed: bool,
    image_tokens: i64,
) -> Response {
    if let Some(error) = Faults::read(prompt).before().await {
        return error;
    }
    let text_tokens = text::tokens(prompt);
    let (input_tokens, output_tokens) = (text_tokens + image_tokens, TOKENS * count);
    let usage = json!({ "input_tokens": input_tokens, "output_tokens": output_tokens, "total_tokens": input_tokens + output_tokens,
        "input_tokens_details": { "text_tokens": text_tokens, "image_tokens": image_tokens } });
    sandbox.inner.ledger.add(Served {
        route,
        model,
        requests: 1,
        input_tokens,
        output_tokens,
        images: count,
        ..Served::default()
    });
    let picture = |n: i64| base64(&pixel(&Sha256::digest(format!("{prompt}{n}"))));
    if streamed {
        let done = json!({ "type": "image_generation.completed", "b64_json": picture(0), "created_at": sandbox.now(), "usage": usage });
        return stream::answer(vec![Event::named("image_generation.completed", done)], Faults::default(), |_| {});
    }
    let data: Vec<Value> = (0..count).map(|n| json!({ "b64_json": picture(n) })).collect();
    Json(json!({ "created": sandbox.now(), "data": data, "usage": usage })).into_response()
}

/// Builds a PNG of one pixel.
fn pixel(colour: &[u8]) -> Vec<u8> {
    let mut png = b"\x89PNG\r\n\x1a\n".to_vec();
    chunk(&mut png, b"IHDR", &[0, 0, 0, 1, 0, 0, 0, 1, 8, 2, 0, 0, 0]);
    // zlib with one stored block: a filter byte and three colours.
    let raw = [0, colour[0], colour[1], colour[2]];
    let mut data = vec![0x78, 0x01, 0x01, 4, 0, 0xfb, 0xff];
    data.extend_from_slice(&raw);
    data.extend_from_slice(&adler(&raw).to_be_bytes());
    chunk(&mut png, b"IDAT", &data);
    chunk(&mut png, b"IEND", &[]);
    png
}

fn chunk(png: &mut Vec<u8>, kind: &[u8; 4], data: &[u8]) {
    png.extend_from_slice(&u32::try_from(data.len()).unwrap_or(0).to_be_bytes());
    let start = png.len();
    png.extend_from_slice(kind);
    png.extend_from_slice(data);
    let sum = crc(&png[start..]);
    png.extend_from_slice(&sum.to_be_bytes());
}

fn crc(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| if crc & 1 == 1 { (crc >> 1) ^ 0xedb8_8320 } else { crc >> 1 })
    })
}

fn adler(bytes: &[u8]) -> u32 {
    let (a, b) = bytes.iter().fold((1u32, 0u32), |(a, b), byte| {
        let a = (a + u32::from(*byte)) % 65_521;
        (a, (b + a) % 65_521)
    });
    (b << 16) | a
}
