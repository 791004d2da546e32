//! A guarded HTTP client for every vendor's API: no redirects, limited time and size, and errors without personal data.
//! It does not retry: the job queue does that, and remembers attempts.

use std::error::Error as _;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use http::HeaderMap;
use keystead_core::network::is_public;
use keystead_core::webhook::DeliveryFault;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::{Client, ClientBuilder, Method, RequestBuilder, StatusCode, redirect};
use serde_json::Value;
use url::Url;

use crate::{BoxFuture, Health, ProviderError};

/// Maximum bytes of an answer.
const LARGEST_ANSWER: usize = 1 << 20;

/// A client of one vendor.
#[derive(Debug)]
pub(crate) struct Http {
    client: Client,
    last_outcome: LastOutcome,
}

/// Finds the addresses of a name.
pub type Lookup = Arc<dyn Fn(String) -> BoxFuture<'static, std::io::Result<Vec<IpAddr>>> + Send + Sync>;

/// Asks the system for the addresses of a name.
fn system_lookup() -> Lookup {
    Arc::new(|name| {
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            Ok(found.map(|address| address.ip()).collect())
        })
    })
}

/// A name leads to no public address.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("the name leads to no public address")]
struct NotPublic;

/// Resolves names, and leaves out addresses that are not public. The connection is made to the checked address, so a name
/// that resolves to another one a moment later gains nothing.
struct PublicAddresses(Lookup);

impl Resolve for PublicAddresses {
    fn resolve(&self, name: Name) -> Resolving {
        let found = (self.0)(name.as_str().to_owned());
        Box::pin(async move {
            let found = found.await?.into_iter();
            let public: Vec<_> = found.filter(|ip| is_public(*ip)).map(|ip| SocketAddr::new(ip, 0)).collect();
            if public.is_empty() {
                return Err(NotPublic.into());
            }
            Ok(Box::new(public.into_iter()) as Addrs)
        })
    }
}

/// An answer, with any status.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    /// `Null` when it was not JSON.
    pub(crate) body: Value,
    /// Whether it repeats the answer to an earlier request with the same idempotency key.
    pub(crate) replayed: bool,
}

impl Http {
    /// Creates a client with its own connections.
    ///
    /// # Errors
    /// When TLS cannot be set up.
    pub(crate) fn new() -> Result<Self, ProviderError> {
        Self::of(Self::builder())
    }

    /// Creates a client that connects to public addresses only, whatever a name resolves to. A host that is an address
    /// itself is not resolved: the caller refuses those.
    ///
    /// # Errors
    /// When TLS cannot be set up.
    pub(crate) fn to_public_addresses() -> Result<Self, ProviderError> {
        Self::to_public_addresses_of(system_lookup())
    }

    /// Does what [`Http::to_public_addresses`] does, with another look-up of names.
    ///
    /// # Errors
    /// When TLS cannot be set up.
    pub(crate) fn to_public_addresses_of(lookup: Lookup) -> Result<Self, ProviderError> {
        Self::of(Self::builder().dns_resolver(PublicAddresses(lookup)))
    }

    fn builder() -> ClientBuilder {
        // The program has only one cryptography provider; it may be installed already, which is the same.
        let _ = rustls::crypto::ring::default_provider().install_default();
        Client::builder()
            .connect_timeout(Duration::from_secs(5))
            .timeout(Duration::from_secs(15))
            .redirect(redirect::Policy::none())
            // Only the configuration decides where requests are sent, never proxy variables of the environment.
            .no_proxy()
            .user_agent(concat!("keystead/", env!("CARGO_PKG_VERSION")))
    }

    fn of(builder: ClientBuilder) -> Result<Self, ProviderError> {
        let client = builder.build();
        let client =
            client.map_err(|_| unavailable("TLS cannot be set up; are there certificates on this machine?"))?;
        Ok(Self { client, last_outcome: LastOutcome::default() })
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
        self.last_outcome.health()
    }

    /// Remembers the outcome of a call for the health report.
    pub(crate) fn record<T>(&self, outcome: Result<T, ProviderError>) -> Result<T, ProviderError> {
        self.last_outcome.record(outcome)
    }

    /// Sends a request, and reads an answer of any status as JSON.
    ///
    /// # Errors
    /// [`ProviderError::Unavailable`] when there was no complete answer.
    pub(crate) async fn send_json(&self, request: RequestBuilder) -> Result<Answer, ProviderError> {
        let (head, body) = self.send(request).await?.into_parts();
        let body = serde_json::from_slice(&body).unwrap_or(Value::Null);
        let replayed = head.headers.get("idempotent-replayed").is_some_and(|value| value == "true");
        Ok(Answer { status: head.status, headers: head.headers, body, replayed })
    }

    /// Sends a request, and reads the head of an answer of any status. Its body is not read, and the connection is closed.
    ///
    /// # Errors
    /// When there was no answer in time.
    pub(crate) async fn send_for_head(
        &self,
        request: RequestBuilder,
    ) -> Result<(StatusCode, HeaderMap), DeliveryFault> {
        let mut response = request.send().await.map_err(|error| fault(&error))?;
        Ok((response.status(), std::mem::take(response.headers_mut())))
    }

    /// Sends a request, and reads an answer of any status and kind.
    ///
    /// # Errors
    /// [`ProviderError::Unavailable`] when there was no complete answer of at most 1 MiB in time.
    pub(crate) async fn send(&self, request: RequestBuilder) -> Result<http::Response<Vec<u8>>, ProviderError> {
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

/// Returns the fault of a delivery without an answer.
fn fault(error: &reqwest::Error) -> DeliveryFault {
    let mut cause = error.source();
    while let Some(inner) = cause {
        if inner.is::<NotPublic>() {
            return DeliveryFault::Address;
        }
        cause = inner.source();
    }
    if error.is_timeout() {
        DeliveryFault::TimedOut
    } else if error.is_connect() {
        DeliveryFault::NoConnection
    } else if error.is_builder() {
        DeliveryFault::Address
    } else {
        DeliveryFault::BrokenAnswer
    }
}

/// Returns the kind of an error. Its own text may contain the URL, which may contain a phone number.
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
    /// Returns the text at a path of field names.
    pub(crate) fn text(&self, path: &[&str]) -> Option<&str> {
        at(&self.body, path).and_then(Value::as_str)
    }
}

/// Returns the value at a path of field names.
pub(crate) fn at<'v>(value: &'v Value, path: &[&str]) -> Option<&'v Value> {
    path.iter().try_fold(value, |value, name| value.get(name))
}

/// The base address of a vendor's API.
#[derive(Debug, Clone)]
pub(crate) struct Base(Url);

impl Base {
    /// Parses the address of an API.
    ///
    /// # Errors
    /// When it is not an http(s) address.
    pub(crate) fn parse(address: &str) -> Result<Self, ProviderError> {
        let url = Url::parse(address).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
        url.map(Self).ok_or_else(|| ProviderError::Refused("an address of an API that is none".to_owned()))
    }

    /// Returns the host of the API.
    pub(crate) fn host(&self) -> Option<&str> {
        self.0.host_str()
    }

    /// Builds an address below the base. Ids are escaped, so that special characters in them cannot lead to another
    /// path.
    pub(crate) fn at(&self, segments: &[&str]) -> Url {
        let mut url = self.0.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(segments);
        }
        url
    }
}

/// The outcome of the last call, for health reports.
#[derive(Debug, Default)]
pub(crate) struct LastOutcome(AtomicU8);

impl LastOutcome {
    /// Remembers an outcome. A refusal counts as an answer; only an outage is a failure of the service.
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
