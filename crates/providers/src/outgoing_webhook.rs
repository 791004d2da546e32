//! Sending events to the addresses of customers. Customers choose these addresses, so they are called over TLS and at public
//! addresses only; in development, this machine may be called too.

use std::fmt;
use std::time::Duration;

use http::header::RETRY_AFTER;
use http::{HeaderMap, StatusCode};
use keystead_core::time::Timestamp;
use keystead_core::webhook::{DeliveryFault, check_url};
use tokio::time::Instant;
use url::{Host, Url};

use crate::http::{Http, Lookup};
use crate::{BoxFuture, ProviderError};

/// The time for one attempt, from the look-up of the name to the head of the answer.
const PATIENCE: Duration = Duration::from_secs(15);

/// One attempt to deliver an event.
#[derive(Debug, Clone, Copy)]
pub struct OutgoingWebhook<'a> {
    /// The address of the endpoint.
    pub url: &'a str,
    /// The event's id, the same for every attempt.
    pub id: &'a str,
    /// The time of the attempt.
    pub at: Timestamp,
    /// The signatures, with spaces between them.
    pub signatures: &'a str,
    /// The body, as it was signed.
    pub body: &'a str,
}

/// What an attempt came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attempt {
    /// The status of the answer, or why there was none.
    pub answer: Result<u16, DeliveryFault>,
    /// Milliseconds until the answer or the fault.
    pub duration_ms: i64,
    /// The seconds that the answer asks to wait.
    pub retry_after: Option<i64>,
}

/// Sends events.
pub trait WebhookSender: Send + Sync {
    /// Makes one attempt. Redirects are not followed, and the body of the answer is not read.
    fn send<'a>(&'a self, webhook: OutgoingWebhook<'a>) -> BoxFuture<'a, Attempt>;
}

/// Sends events over HTTP.
pub struct HttpWebhooks {
    public: Http,
    /// Calls this machine, in development.
    local: Option<Http>,
}

impl fmt::Debug for HttpWebhooks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpWebhooks").field("in_development", &self.local.is_some()).finish_non_exhaustive()
    }
}

impl HttpWebhooks {
    /// Creates a client; `development` lets it call this machine without TLS.
    ///
    /// # Errors
    /// When TLS cannot be set up.
    pub fn new(development: bool) -> Result<Self, ProviderError> {
        let local = if development { Some(Http::new()?) } else { None };
        Ok(Self { public: Http::to_public_addresses()?, local })
    }

    /// Creates a client that finds addresses by this look-up in place of the system's. The addresses are judged in the same
    /// way.
    ///
    /// # Errors
    /// When TLS cannot be set up.
    pub fn with_lookup(lookup: Lookup) -> Result<Self, ProviderError> {
        Ok(Self { public: Http::to_public_addresses_of(lookup)?, local: None })
    }

    /// Finds the client for an address.
    fn client(&self, address: &str) -> Result<(&Http, Url), DeliveryFault> {
        check_url(address, self.local.is_some()).map_err(|_| DeliveryFault::Address)?;
        let url = Url::parse(address).map_err(|_| DeliveryFault::Address)?;
        // By what the client makes of the address, which the check of its text may read in another way.
        let plain = url.username().is_empty() && url.password().is_none() && url.fragment().is_none();
        match (url.scheme(), url.host(), &self.local) {
            ("https", Some(Host::Domain(_)), _) if plain && url.port().is_none() => Ok((&self.public, url)),
            ("http", Some(Host::Domain("localhost")), Some(local)) if plain => Ok((local, url)),
            ("http", Some(Host::Ipv4(ip)), Some(local)) if plain && ip.is_loopback() => Ok((local, url)),
            _ => Err(DeliveryFault::Address),
        }
    }

    async fn attempt(&self, webhook: OutgoingWebhook<'_>) -> Result<(StatusCode, HeaderMap), DeliveryFault> {
        let (http, url) = self.client(webhook.url)?;
        let request = http
            .post(url)
            .timeout(PATIENCE)
            .header("content-type", "application/json")
            .header("webhook-id", webhook.id)
            .header("webhook-timestamp", webhook.at.0)
            .header("webhook-signature", webhook.signatures)
            .body(webhook.body.to_owned());
        http.send_for_head(request).await
    }
}

impl WebhookSender for HttpWebhooks {
    fn send<'a>(&'a self, webhook: OutgoingWebhook<'a>) -> BoxFuture<'a, Attempt> {
        Box::pin(async move {
            let began = Instant::now();
            let answer = self.attempt(webhook).await;
            let duration_ms = i64::try_from(began.elapsed().as_millis()).unwrap_or(i64::MAX);
            let retry_after = answer.as_ref().ok().and_then(|(_, headers)| retry_after(headers));
            Attempt { answer: answer.map(|(status, _)| status.as_u16()), duration_ms, retry_after }
        })
    }
}

/// Reads `Retry-After` in seconds. A date is not read: our own wait is then kept.
fn retry_after(headers: &HeaderMap) -> Option<i64> {
    headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok().filter(|seconds| *seconds >= 0)
}
