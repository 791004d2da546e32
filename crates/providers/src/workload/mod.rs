//! The keys of issuers that vouch for workloads. Customers name these issuers, so their addresses are not trusted: they
//! are called over TLS and at public addresses only, except the sandbox's issuer where the sandbox runs.

mod keys;

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use keystead_core::time::Timestamp;
use keystead_core::workload_identity::issuer::{check_address, usual_discovery_url};
use serde_json::Value;
use url::{Host, Url};

pub use keys::{KeySet, KeySetFault};

use crate::http::{Http, unavailable};
use crate::{BoxFuture, Clock, ProviderError};

/// Seconds for which keys are used before they are fetched again.
const LIFETIME: i64 = 3_600;
/// Seconds between two fetches that tokens with an unknown key cause.
const UNKNOWN_KEY_PAUSE: i64 = 60;
/// Seconds between two fetches while there are no keys.
const FAILURE_PAUSE: i64 = 10;
/// The time for each of the two requests of a fetch; SDKs wait ten seconds for an exchange.
const PATIENCE: Duration = Duration::from_secs(4);
/// Maximum bytes of a description or key set.
const LARGEST_DOCUMENT: usize = 256 * 1024;
/// Issuers whose keys are kept in memory.
const MOST_ISSUERS: usize = 1_000;

/// Finds the keys of issuers.
pub trait TokenIssuers: Send + Sync {
    /// The origin of the sandbox where it runs; its addresses may be without TLS and on this machine.
    fn sandbox(&self) -> Option<&str>;

    /// Returns the keys of an issuer. They are fetched when they are an hour old, and when none has this id, at most once
    /// in a minute. `discovery_url` is the address of the issuer's description, if it is not at the usual place.
    ///
    /// # Errors
    /// [`ProviderError::Unavailable`] when the issuer does not answer, [`ProviderError::Refused`] when its description or
    /// keys cannot be used.
    fn keys<'a>(
        &'a self,
        issuer: &'a str,
        discovery_url: Option<&'a str>,
        key_id: &'a str,
    ) -> BoxFuture<'a, Result<Arc<KeySet>, ProviderError>>;
}

/// What is known about one issuer.
#[derive(Debug, Default)]
struct Known {
    keys: Option<(Timestamp, Arc<KeySet>)>,
    tried_at: Option<Timestamp>,
    fault: Option<ProviderError>,
}

type Place = (String, Option<String>);

/// Fetches keys over HTTP.
pub struct HttpIssuers {
    http: Http,
    sandbox: Option<String>,
    clock: Clock,
    known: Mutex<HashMap<Place, Arc<tokio::sync::Mutex<Known>>>>,
}

impl fmt::Debug for HttpIssuers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpIssuers").field("sandbox", &self.sandbox).finish_non_exhaustive()
    }
}

impl HttpIssuers {
    /// Creates a client; `sandbox` is the origin of the sandbox where it runs.
    ///
    /// # Errors
    /// When TLS cannot be set up.
    pub fn new(sandbox: Option<String>, clock: Clock) -> Result<Self, ProviderError> {
        Ok(Self { http: Http::to_public_addresses()?, sandbox, clock, known: Mutex::default() })
    }

    fn entry(&self, place: Place) -> Arc<tokio::sync::Mutex<Known>> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MOST_ISSUERS && !known.contains_key(&place) {
            // Any of them: it is fetched again when it is needed.
            let other = known.keys().next().cloned();
            other.and_then(|other| known.remove(&other));
        }
        Arc::clone(known.entry(place).or_default())
    }

    async fn find(
        &self,
        issuer: &str,
        discovery_url: Option<&str>,
        key_id: &str,
    ) -> Result<Arc<KeySet>, ProviderError> {
        let entry = self.entry((issuer.to_owned(), discovery_url.map(str::to_owned)));
        // Requests for one issuer wait for one fetch.
        let mut known = entry.lock().await;
        let now = (self.clock)();
        let within = |at: Timestamp, seconds: i64| (0..seconds).contains(&now.since(at));
        let fresh = known.keys.as_ref().filter(|(at, _)| within(*at, LIFETIME)).map(|(_, keys)| Arc::clone(keys));
        let pause = if fresh.is_some() { UNKNOWN_KEY_PAUSE } else { FAILURE_PAUSE };
        let tried = known.tried_at.is_some_and(|at| within(at, pause));
        match fresh {
            Some(keys) if tried || keys.has(key_id) => return Ok(keys),
            None if tried => {
                return Err(known.fault.clone().unwrap_or_else(|| unavailable("the issuer was asked a moment ago")));
            }
            _ => {}
        }
        // Noted before the fetch, so that a client that hangs up and comes back does not cause a fetch each time.
        (known.tried_at, known.fault) = (Some(now), None);
        match self.fetch(issuer, discovery_url).await {
            Ok(keys) => {
                let keys = Arc::new(keys);
                known.keys = Some((now, Arc::clone(&keys)));
                Ok(keys)
            }
            Err(fault) => {
                known.fault = Some(fault.clone());
                fresh.ok_or(fault)
            }
        }
    }

    async fn fetch(&self, issuer: &str, discovery_url: Option<&str>) -> Result<KeySet, ProviderError> {
        let usual = usual_discovery_url(issuer);
        let description = self.document(discovery_url.unwrap_or(&usual)).await?;
        if description.get("issuer").and_then(Value::as_str) != Some(issuer) {
            return Err(refused("its description is about another issuer"));
        }
        let place = description.get("jwks_uri").and_then(Value::as_str);
        let place = place.ok_or_else(|| refused("its description names no keys"))?;
        KeySet::fetched(&self.document(place).await?).map_err(|_| refused("it publishes no keys that can be used"))
    }

    /// Fetches a JSON document from an address that a customer or an issuer named.
    async fn document(&self, address: &str) -> Result<Value, ProviderError> {
        let url = self.checked(address)?;
        let request = self.http.get(url).timeout(PATIENCE).header("accept", "application/json");
        let answer = self.http.send(request).await?;
        let status = answer.status().as_u16();
        if status != 200 {
            let fault = format!("the issuer answers {status}");
            return Err(if status >= 500 || status == 429 {
                unavailable(&fault)
            } else {
                ProviderError::Refused(fault)
            });
        }
        if answer.body().len() > LARGEST_DOCUMENT {
            return Err(refused("its description or keys are larger than 256 KiB"));
        }
        serde_json::from_slice(answer.body()).map_err(|_| refused("its description or keys are not JSON"))
    }

    /// Checks the form of an address and what the client will make of it. A query may be part of the address of keys.
    fn checked(&self, address: &str) -> Result<Url, ProviderError> {
        let unsafe_address = || refused("it names an address that is not called");
        let plain = address.split('?').next().unwrap_or_default();
        check_address(plain, self.sandbox.as_deref()).map_err(|_| unsafe_address())?;
        let url = Url::parse(address).map_err(|_| unsafe_address())?;
        let of_sandbox = self.sandbox.as_deref().and_then(|origin| Url::parse(origin).ok());
        let of_sandbox = of_sandbox.is_some_and(|origin| origin.origin() == url.origin());
        let public = url.scheme() == "https" && matches!(url.host(), Some(Host::Domain(_)));
        if (of_sandbox || public) && url.fragment().is_none() && url.username().is_empty() {
            Ok(url)
        } else {
            Err(unsafe_address())
        }
    }
}

impl TokenIssuers for HttpIssuers {
    fn sandbox(&self) -> Option<&str> {
        self.sandbox.as_deref()
    }

    fn keys<'a>(
        &'a self,
        issuer: &'a str,
        discovery_url: Option<&'a str>,
        key_id: &'a str,
    ) -> BoxFuture<'a, Result<Arc<KeySet>, ProviderError>> {
        Box::pin(self.find(issuer, discovery_url, key_id))
    }
}

fn refused(what: &str) -> ProviderError {
    ProviderError::Refused(what.to_owned())
}
