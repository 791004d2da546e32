//! The keys of issuers that vouch for workloads. Customers name these issuers, so their addresses are not trusted: they
//! are called over TLS and at public addresses only, except the sandbox's issuer where the sandbox runs.

mod keys;

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use keystead_core::time::Timestamp;
use keystead_core::workload_identity::issuer::{check_address, usual_discovery_url};
use serde_json::Value;
use tokio::sync::Semaphore;
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
/// Issuers that are kept in memory.
const MOST_ISSUERS: usize = 1_000;
/// Issuers that are asked at once.
const MOST_FETCHES: usize = 64;

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
    /// The keys, and when they were requested.
    keys: Option<(Timestamp, Arc<KeySet>)>,
    /// When the last fetch ended.
    tried_at: Option<Timestamp>,
    /// Why it failed, if it did.
    fault: Option<ProviderError>,
}

impl Known {
    /// Answers without a fetch, if no fetch is due: with keys of which one has the id, or with what the last fetch
    /// brought, if that was a moment ago.
    fn answer(&self, key_id: &str, now: Timestamp) -> Option<Result<Arc<KeySet>, ProviderError>> {
        let within = |at: Timestamp, seconds: i64| (0..seconds).contains(&now.since(at));
        let tried = |pause: i64| self.tried_at.is_some_and(|at| within(at, pause));
        match self.keys.as_ref().filter(|(at, _)| within(*at, LIFETIME)) {
            Some((_, keys)) if keys.has(key_id) || tried(UNKNOWN_KEY_PAUSE) => Some(Ok(Arc::clone(keys))),
            None if tried(FAILURE_PAUSE) => self.fault.clone().map(Err),
            _ => None,
        }
    }
}

/// One issuer.
#[derive(Debug, Default)]
struct Issuer {
    known: Mutex<Known>,
    /// Held during a fetch, so that requests for one issuer wait for one fetch.
    fetching: tokio::sync::Mutex<()>,
}

impl Issuer {
    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The issuer, and the address of its description if it is not at the usual place.
type Place = (String, Option<String>);

/// The issuers in memory, each with the time of its last use.
type Issuers = HashMap<Place, (Timestamp, Arc<Issuer>)>;

/// Fetches keys over HTTP.
pub struct HttpIssuers(Arc<Fetcher>);

struct Fetcher {
    http: Http,
    sandbox: Option<String>,
    clock: Clock,
    issuers: Mutex<Issuers>,
    /// The fetches that may run at once.
    room: Semaphore,
}

impl fmt::Debug for HttpIssuers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpIssuers").field("sandbox", &self.0.sandbox).finish_non_exhaustive()
    }
}

impl HttpIssuers {
    /// Creates a client; `sandbox` is the origin of the sandbox where it runs.
    ///
    /// # Errors
    /// When TLS cannot be set up.
    pub fn new(sandbox: Option<String>, clock: Clock) -> Result<Self, ProviderError> {
        let http = Http::to_public_addresses()?;
        let room = Semaphore::new(MOST_FETCHES);
        Ok(Self(Arc::new(Fetcher { http, sandbox, clock, issuers: Mutex::default(), room })))
    }
}

impl Fetcher {
    fn issuer(&self, place: &Place) -> Arc<Issuer> {
        let now = (self.clock)();
        let mut issuers = self.issuers.lock().unwrap_or_else(PoisonError::into_inner);
        if issuers.len() >= MOST_ISSUERS && !issuers.contains_key(place) {
            // The one that was used longest ago; it is fetched again when it is needed.
            let idle = issuers.iter().min_by_key(|(_, (used_at, _))| *used_at).map(|(place, _)| place.clone());
            idle.and_then(|idle| issuers.remove(&idle));
        }
        let (used_at, issuer) = issuers.entry(place.clone()).or_insert_with(|| (now, Arc::default()));
        *used_at = now;
        Arc::clone(issuer)
    }

    async fn find(self: Arc<Self>, place: Place, key_id: String) -> Result<Arc<KeySet>, ProviderError> {
        let issuer = self.issuer(&place);
        // Known keys need no fetch, and do not wait for one that another token caused.
        if let Some(answer) = issuer.known().answer(&key_id, (self.clock)()) {
            return answer;
        }
        // In a task of its own, so that a client that disconnects does not stop the fetch for which others wait.
        let task = tokio::spawn(async move { self.fetch_once(&issuer, &place, &key_id).await });
        task.await.unwrap_or_else(|_| Err(unavailable("the fetch was stopped")))
    }

    /// Fetches the keys of an issuer, unless another request has done so while this one waited.
    async fn fetch_once(&self, issuer: &Issuer, place: &Place, key_id: &str) -> Result<Arc<KeySet>, ProviderError> {
        let Ok(_fetching) = tokio::time::timeout(3 * PATIENCE, issuer.fetching.lock()).await else {
            return Err(unavailable("the issuer answers slowly"));
        };
        if let Some(answer) = issuer.known().answer(key_id, (self.clock)()) {
            return answer;
        }
        let room = tokio::time::timeout(PATIENCE, self.room.acquire()).await;
        // Nothing is noted about an issuer that was not asked.
        let Ok(Ok(_room)) = room else { return Err(unavailable("too many issuers are asked at once")) };
        let began = (self.clock)();
        let fetched = self.fetch(&place.0, place.1.as_deref()).await;
        if let Err(fault) = &fetched {
            tracing::warn!(issuer = place.0.as_str(), %fault, "the keys of an issuer of workloads cannot be fetched");
        }
        let ended = (self.clock)();
        let mut known = issuer.known();
        known.tried_at = Some(ended);
        known.fault = fetched.as_ref().err().cloned();
        if let Ok(keys) = fetched {
            known.keys = Some((began, Arc::new(keys)));
        }
        // Keys that are not old are used on when the issuer does not answer.
        known.answer(key_id, ended).unwrap_or_else(|| Err(unavailable("the issuer does not answer")))
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
        self.0.sandbox.as_deref()
    }

    fn keys<'a>(
        &'a self,
        issuer: &'a str,
        discovery_url: Option<&'a str>,
        key_id: &'a str,
    ) -> BoxFuture<'a, Result<Arc<KeySet>, ProviderError>> {
        let place = (issuer.to_owned(), discovery_url.map(str::to_owned));
        Box::pin(Arc::clone(&self.0).find(place, key_id.to_owned()))
    }
}

fn refused(what: &str) -> ProviderError {
    ProviderError::Refused(what.to_owned())
}
