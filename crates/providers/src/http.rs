//! One guarded client for every vendor's API: no redirects, bounded time and size, and answers turned into words
//! that hold nothing personal. Nothing is tried again here: trying again is the outbox's, which remembers.

use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use reqwest::{Client, Method, RequestBuilder, StatusCode, redirect};
use serde_json::Value;
use url::Url;

use crate::{Health, ProviderError};

/// A larger answer is none of any vendor's.
const LARGEST_ANSWER: usize = 1 << 20;

/// A client of one vendor.
#[derive(Debug)]
pub(crate) struct Http {
    client: Client,
    memory: Memory,
}

/// What came back, whatever its status.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    /// `Null` when it was no JSON.
    pub(crate) body: Value,
    /// Whether it is the answer to an earlier request with the same idempotency key.
    pub(crate) replayed: bool,
}

impl Http {
    /// A client with connections of its own.
    ///
    /// # Errors
    /// When TLS cannot be set up.
    pub(crate) fn new() -> Result<Self, ProviderError> {
        // The one cryptography of this program; somebody may have named it already, which is the same.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = Client::builder()
            .connect_timeout(Duration::from_secs(5))
            .timeout(Duration::from_secs(15))
            .redirect(redirect::Policy::none())
            // Where things go is said by the configuration alone, never by variables of the surroundings.
            .no_proxy()
            .user_agent(concat!("keystead/", env!("CARGO_PKG_VERSION")))
            .build();
        let client =
            client.map_err(|_| unavailable("TLS cannot be set up; are there certificates on this machine?"))?;
        Ok(Self { client, memory: Memory::default() })
    }

    pub(crate) fn get(&self, url: Url) -> RequestBuilder {
        self.client.get(url)
    }

    pub(crate) fn post(&self, url: Url) -> RequestBuilder {
        self.client.post(url)
    }

    pub(crate) fn delete(&self, url: Url) -> RequestBuilder {
        self.client.delete(url)
    }

    pub(crate) fn request(&self, method: Method, url: Url) -> RequestBuilder {
        self.client.request(method, url)
    }

    pub(crate) fn health(&self) -> Health {
        self.memory.health()
    }

    /// Remembers how a call went.
    pub(crate) fn record<T>(&self, outcome: Result<T, ProviderError>) -> Result<T, ProviderError> {
        self.memory.record(outcome)
    }

    /// Sends, and reads an answer of any status as JSON.
    ///
    /// # Errors
    /// [`ProviderError::Unavailable`] when there was no complete answer.
    pub(crate) async fn ask(&self, request: RequestBuilder) -> Result<Answer, ProviderError> {
        let (head, body) = self.exchange(request).await?.into_parts();
        let body = serde_json::from_slice(&body).unwrap_or(Value::Null);
        let replayed = head.headers.get("idempotent-replayed").is_some_and(|value| value == "true");
        Ok(Answer { status: head.status, body, replayed })
    }

    /// Sends, and reads an answer of any status and kind.
    ///
    /// # Errors
    /// [`ProviderError::Unavailable`] when there was no complete answer of at most 1 MiB in time.
    pub(crate) async fn exchange(&self, request: RequestBuilder) -> Result<http::Response<Vec<u8>>, ProviderError> {
        let mut response = request.send().await.map_err(|error| unavailable(kind(&error)))?;
        let mut bytes = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| unavailable(kind(&error)))? {
            if bytes.len() + chunk.len() > LARGEST_ANSWER {
                return Err(unavailable("an answer over 1 MiB"));
            }
            bytes.extend_from_slice(&chunk);
        }
        let mut answer = http::Response::new(bytes);
        *answer.status_mut() = response.status();
        *answer.headers_mut() = std::mem::take(response.headers_mut());
        Ok(answer)
    }
}

/// The kind of an error. Its own text may hold the address, which may hold a number.
fn kind(error: &reqwest::Error) -> &'static str {
    if error.is_timeout() {
        "no answer in time"
    } else if error.is_connect() {
        "no connection"
    } else if error.is_builder() {
        "a request that cannot be written"
    } else {
        "a broken answer"
    }
}

pub(crate) fn unavailable(why: &str) -> ProviderError {
    ProviderError::Unavailable(why.to_owned())
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

/// Where a vendor's API begins.
#[derive(Debug, Clone)]
pub(crate) struct Base(Url);

impl Base {
    /// Reads the address of an API.
    ///
    /// # Errors
    /// When it is not an http(s) address.
    pub(crate) fn parse(address: &str) -> Result<Self, ProviderError> {
        let url = Url::parse(address).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
        url.map(Self).ok_or_else(|| ProviderError::Refused("an address of an API that is none".to_owned()))
    }

    /// An address below. Ids go in as they are: what is special in one cannot lead elsewhere.
    pub(crate) fn at(&self, segments: &[&str]) -> Url {
        let mut url = self.0.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(segments);
        }
        url
    }
}

/// How the last call went, for reports of a service's health.
#[derive(Debug, Default)]
pub(crate) struct Memory(AtomicU8);

impl Memory {
    /// A refusal is an answer too; only an outage is a failure of the service.
    pub(crate) fn record<T>(&self, outcome: Result<T, ProviderError>) -> Result<T, ProviderError> {
        let down = matches!(outcome, Err(ProviderError::Unavailable(_)));
        self.0.store(if down { 2 } else { 1 }, Ordering::Relaxed);
        outcome
    }

    pub(crate) fn health(&self) -> Health {
        match self.0.load(Ordering::Relaxed) {
            1 => Health::Up,
            2 => Health::Down,
            _ => Health::Unknown,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_stay_one_segment() {
        for base in ["http://vendor.test/api/v1", "http://vendor.test/api/v1/"] {
            let base = Base::parse(base).unwrap();
            assert_eq!(base.at(&["a", "inq_1", "expire"]).as_str(), "http://vendor.test/api/v1/a/inq_1/expire");
            let odd = base.at(&["a", "x/../../y?z=1#f", "expire"]);
            assert_eq!(odd.as_str(), "http://vendor.test/api/v1/a/x%2F..%2F..%2Fy%3Fz=1%23f/expire");
        }
        for wrong in ["", "vendor.test", "file:///etc/passwd", "mailto:a@b.c"] {
            assert!(Base::parse(wrong).is_err(), "{wrong}");
        }
    }
}
