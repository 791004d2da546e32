//! What the last fetch of each issuer's keys came to, on this node. Pages show it; nothing is decided by it.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use keystead_core::time::Timestamp;
use keystead_providers::workload::{KeySet, TokenIssuers};
use keystead_providers::{BoxFuture, ProviderError};

use crate::context::Clock;

/// Issuers that are remembered.
const MOST: usize = 1_000;

/// The last fetch of an issuer's keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LastFetch {
    /// The keys in use, and when they were fetched.
    Keys {
        /// When they were fetched.
        at: Timestamp,
        /// The ids of the keys.
        ids: Vec<String>,
    },
    /// There are no keys that can be used.
    Failed {
        /// When they were requested last.
        at: Timestamp,
        /// Whether the issuer did not answer, so that a later fetch may succeed.
        unreachable: bool,
        /// The fault for experts, in English.
        detail: String,
    },
}

type Place = (String, Option<String>);

/// What an issuer answered.
struct Seen {
    last: LastFetch,
    /// The set of the last fetch: the same set again is an answer from memory.
    set: Option<Arc<KeySet>>,
}

/// The last fetches of this node.
#[derive(Default)]
pub struct IssuerStates(Mutex<HashMap<Place, Seen>>);

impl fmt::Debug for IssuerStates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IssuerStates").finish_non_exhaustive()
    }
}

impl IssuerStates {
    /// Returns the last fetch for an issuer with this description; `None` if this node has not fetched its keys.
    #[must_use]
    pub fn find(&self, issuer: &str, discovery_url: Option<&str>) -> Option<LastFetch> {
        let place = (issuer.to_owned(), discovery_url.map(str::to_owned));
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&place).map(|seen| seen.last.clone())
    }

    fn note(&self, place: Place, answer: &Result<Arc<KeySet>, ProviderError>, now: Timestamp) {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.len() >= MOST && !seen.contains_key(&place) {
            // Any of them: it is noted again with the next token.
            let other = seen.keys().next().cloned();
            other.and_then(|other| seen.remove(&other));
        }
        let next = match answer {
            Ok(set) => {
                let known = seen.get(&place).and_then(|before| before.set.as_ref());
                if known.is_some_and(|known| Arc::ptr_eq(known, set)) {
                    return;
                }
                let ids = set.ids().map(str::to_owned).collect();
                Seen { last: LastFetch::Keys { at: now, ids }, set: Some(Arc::clone(set)) }
            }
            Err(fault) => {
                let (unreachable, detail) = match fault {
                    ProviderError::Unavailable(why) => (true, why),
                    ProviderError::Refused(why) | ProviderError::Gone(why) => (false, why),
                };
                Seen { last: LastFetch::Failed { at: now, unreachable, detail: detail.clone() }, set: None }
            }
        };
        seen.insert(place, next);
    }
}

/// Finds keys through another, and notes what each fetch came to.
pub(crate) struct ObservedIssuers {
    pub(crate) issuers: Arc<dyn TokenIssuers>,
    pub(crate) states: Arc<IssuerStates>,
    pub(crate) clock: Clock,
}

impl TokenIssuers for ObservedIssuers {
    fn sandbox(&self) -> Option<&str> {
        self.issuers.sandbox()
    }

    fn keys<'a>(
        &'a self,
        issuer: &'a str,
        discovery_url: Option<&'a str>,
        key_id: &'a str,
    ) -> BoxFuture<'a, Result<Arc<KeySet>, ProviderError>> {
        Box::pin(async move {
            let answer = self.issuers.keys(issuer, discovery_url, key_id).await;
            let place = (issuer.to_owned(), discovery_url.map(str::to_owned));
            self.states.note(place, &answer, (self.clock)());
            answer
        })
    }
}
