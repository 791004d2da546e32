//! One guarded client for every vendor's API: no redirects, bounded time and size, and answers turned into words
//! that hold nothing personal.

use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use reqwest::{Client, RequestBuilder, StatusCode, redirect};
use serde_json::Value;

use crate::{Failure, Health};

/// A larger answer is none of any vendor's.
const LARGEST_ANSWER: usize = 1 << 20;

/// A client that remembers how its last call went.
#[derive(Debug)]
pub(crate) struct Http {
    client: Client,
    health: AtomicU8,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) body: Value,
}

impl Http {
    /// A client of its own connection pool.
    ///
    /// # Errors
    /// When TLS cannot be set up.
    pub(crate) fn new() -> Result<Self, Failure> {
        // The one cryptography of this program; somebody may have named it already, which is the same.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = Client::builder()
            .connect_timeout(Duration::from_secs(5))
            .timeout(Duration::from_secs(15))
            .redirect(redirect::Policy::none())
            .user_agent(concat!("keystead/", env!("CARGO_PKG_VERSION")))
            .build();
        let client = client.map_err(|_| Failure::Unavailable("TLS cannot be set up".to_owned()))?;
        Ok(Self { client, health: AtomicU8::new(0) })
    }

    pub(crate) fn get(&self, url: &str) -> RequestBuilder {
        self.client.get(url)
    }

    pub(crate) fn post(&self, url: &str) -> RequestBuilder {
        self.client.post(url)
    }

    pub(crate) fn delete(&self, url: &str) -> RequestBuilder {
        self.client.delete(url)
    }

    pub(crate) fn health(&self) -> Health {
        match self.health.load(Ordering::Relaxed) {
            1 => Health::Up,
            2 => Health::Down,
            _ => Health::Unknown,
        }
    }

    /// Sends, reads a bounded answer, and sorts it: 5xx, 429 and silence are an outage, everything else is an answer.
    ///
    /// # Errors
    /// [`Failure::Unavailable`] when nobody answered properly.
    pub(crate) async fn ask(&self, request: RequestBuilder) -> Result<Answer, Failure> {
        let answered = self.try_ask(request).await;
        self.health.store(if answered.is_ok() { 1 } else { 2 }, Ordering::Relaxed);
        answered
    }

    async fn try_ask(&self, request: RequestBuilder) -> Result<Answer, Failure> {
        let mut response = request.send().await.map_err(|error| Failure::Unavailable(kind(&error).to_owned()))?;
        let status = response.status();
        if status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS && !has_own_429(&response) {
            return Err(Failure::Unavailable(format!("status {}", status.as_u16())));
        }
        let mut bytes = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| Failure::Unavailable(kind(&error).to_owned()))? {
            if bytes.len() + chunk.len() > LARGEST_ANSWER {
                return Err(Failure::Unavailable("an answer over 1 MiB".to_owned()));
            }
            bytes.extend_from_slice(&chunk);
        }
        let body = if bytes.is_empty() { Value::Null } else { serde_json::from_slice(&bytes).unwrap_or(Value::Null) };
        Ok(Answer { status, body })
    }
}

/// Some vendors say "too many tries of this code" with 429 and a body of their own; that is an answer, no outage.
fn has_own_429(response: &reqwest::Response) -> bool {
    let json = |value: &http::HeaderValue| value.to_str().is_ok_and(|text| text.contains("json"));
    response.headers().get(http::header::CONTENT_TYPE).is_some_and(json)
}

/// The kind of an error. Its own text may hold the address, which may hold a number.
fn kind(error: &reqwest::Error) -> &'static str {
    if error.is_timeout() {
        "no answer in time"
    } else if error.is_connect() {
        "no connection"
    } else {
        "a broken answer"
    }
}

impl Answer {
    /// A text at a path of names.
    pub(crate) fn text(&self, path: &[&str]) -> Option<&str> {
        at(&self.body, path).and_then(Value::as_str)
    }
}

/// The value at a path of names.
pub(crate) fn at<'v>(value: &'v Value, path: &[&str]) -> Option<&'v Value> {
    path.iter().try_fold(value, |value, name| value.get(name))
}
