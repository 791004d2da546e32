//! The calls that pages wait for, noted in memory and only while such a page is open.

use std::collections::{HashMap, VecDeque};
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use keystead_core::id::KeyId;
use keystead_core::key::KeyKind;
use keystead_core::time::Timestamp;
use tokio::sync::watch;

/// Seconds for which calls are noted after the page was last looked at.
const WATCHED: i64 = 1_800;
/// The number of keys that are watched at once on one node.
const MOST_KEYS: usize = 256;
/// The number of calls that are kept for one key.
const MOST_CALLS: usize = 6;
/// The number of characters at the beginning of a key that lists show.
const SHOWN_HEAD: usize = 11;

/// What is kept of the secret of a call: never all of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PresentedKey {
    length: usize,
    head: String,
    tail: String,
    placeholder: bool,
}

impl PresentedKey {
    /// Notes the ends of a secret, and whether it is the placeholder of an example.
    #[must_use]
    pub fn of(secret: &str) -> Self {
        let length = secret.chars().count();
        // No more than four characters of a short text.
        let tail = secret.chars().skip(length.saturating_sub(4).max(SHOWN_HEAD)).collect();
        let upper = secret.to_ascii_uppercase();
        let placeholder = upper.contains("API_KEY") || upper.contains("YOUR") || upper.starts_with('$');
        Self { length, head: secret.chars().take(SHOWN_HEAD).collect(), tail, placeholder }
    }
}

/// A call that was answered, as the listener saw it.
#[derive(Debug, Clone)]
pub struct SeenCall {
    /// When it was answered.
    pub at: Timestamp,
    /// The status of the answer.
    pub status: u16,
    /// The code of the error, if this service made it.
    pub code: Option<&'static str>,
    /// Whether a rule about verification refused it.
    pub gate: bool,
    /// The key, once it was accepted.
    pub key: Option<KeyId>,
    /// What was sent as a key.
    pub presented: Option<PresentedKey>,
    /// The client's address.
    pub address: IpAddr,
    /// The path.
    pub path: String,
    /// How long the answer took to begin.
    pub milliseconds: u64,
}

/// Why a call failed, in terms of what the person did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CallFault {
    /// No key was sent.
    NoKey,
    /// The placeholder of an example was sent as the key.
    Placeholder,
    /// The beginning of the key was sent, with this number of its characters.
    CutKey {
        /// Characters that arrived.
        length: usize,
        /// Characters of the whole key.
        whole: usize,
    },
    /// Another key was sent. Its last four characters, or nothing if it was short.
    OtherKey {
        /// The last characters.
        tail: String,
    },
    /// The model is not served, or not to this project.
    Model,
    /// A rule about verification refused the model.
    Gate,
    /// The path is not one of the API.
    Address,
    /// The method does not fit the path.
    Method,
    /// The request was not understood.
    Body,
    /// A permission is missing.
    Permission,
    /// A limit or a budget was reached.
    Limit,
    /// This service or the model server failed.
    Server,
    /// Something else, which the error's own message explains.
    Other,
}

/// A call, as the page shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FirstCall {
    /// When it was answered.
    pub at: Timestamp,
    /// The status.
    pub status: u16,
    /// The code of the error.
    pub code: Option<&'static str>,
    /// Why it failed; `None` if it was answered.
    pub fault: Option<CallFault>,
    /// The path.
    pub path: String,
    /// How long the answer took to begin.
    pub milliseconds: u64,
}

/// The keys for which a page waits for first calls.
#[derive(Debug)]
pub(crate) struct WatchedKeys {
    /// Whether any key is watched: all that a call costs while no page is open.
    any: AtomicBool,
    keys: Mutex<HashMap<KeyId, Watched>>,
    changed: watch::Sender<u64>,
}

impl Default for WatchedKeys {
    fn default() -> Self {
        Self { any: AtomicBool::new(false), keys: Mutex::default(), changed: watch::Sender::new(0) }
    }
}

#[derive(Debug)]
struct Watched {
    redacted: String,
    address: Option<IpAddr>,
    until: Timestamp,
    calls: VecDeque<FirstCall>,
}

impl Watched {
    /// Whether the call is one with this key, or one without a known key from where the page was opened.
    fn concerns(&self, key: &KeyId, call: &SeenCall) -> bool {
        match &call.key {
            Some(used) => used == key,
            None => self.address == Some(call.address),
        }
    }
}

impl WatchedKeys {
    /// Whether any key is watched.
    pub(crate) fn any(&self) -> bool {
        self.any.load(Ordering::Relaxed)
    }

    /// Counts the noted calls.
    pub(crate) fn changes(&self) -> watch::Receiver<u64> {
        self.changed.subscribe()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<KeyId, Watched>> {
        self.keys.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Watches a key for a while, and returns its calls so far, newest first.
    pub(crate) fn watch(&self, key: &KeyId, redacted: &str, address: Option<IpAddr>, now: Timestamp) -> Vec<FirstCall> {
        let mut keys = self.lock();
        keys.retain(|_, watched| now < watched.until);
        if keys.len() >= MOST_KEYS && !keys.contains_key(key) {
            let first = keys.iter().min_by_key(|(_, watched)| watched.until).map(|(first, _)| first.clone());
            if let Some(first) = first {
                keys.remove(&first);
            }
        }
        let until = now.plus(WATCHED);
        let fresh = || Watched { redacted: redacted.to_owned(), address, until, calls: VecDeque::new() };
        let watched = keys.entry(key.clone()).or_insert_with(fresh);
        watched.until = until;
        watched.address = address.or(watched.address);
        self.any.store(true, Ordering::Relaxed);
        watched.calls.iter().rev().cloned().collect()
    }

    /// Notes a call for the pages that wait for it.
    pub(crate) fn note(&self, call: &SeenCall) {
        let mut keys = self.lock();
        keys.retain(|_, watched| call.at < watched.until);
        self.any.store(!keys.is_empty(), Ordering::Relaxed);
        let mut changed = false;
        for (_, watched) in keys.iter_mut().filter(|(key, watched)| watched.concerns(key, call)) {
            if watched.calls.len() >= MOST_CALLS {
                watched.calls.pop_front();
            }
            watched.calls.push_back(FirstCall {
                at: call.at,
                status: call.status,
                code: call.code,
                fault: fault(call, &watched.redacted),
                path: call.path.clone(),
                milliseconds: call.milliseconds,
            });
            changed = true;
        }
        if changed {
            self.changed.send_modify(|count| *count = count.wrapping_add(1));
        }
    }
}

/// Explains a failed call; `None` if it was answered.
fn fault(call: &SeenCall, redacted: &str) -> Option<CallFault> {
    Some(match (call.status, call.code) {
        (..400, _) => return None,
        (401, _) if call.key.is_none() => key_fault(call.presented.as_ref(), redacted),
        (403 | 404, _) if call.gate => CallFault::Gate,
        (404, Some("model_not_found")) => CallFault::Model,
        (404, Some("unknown_url")) => CallFault::Address,
        (405, _) => CallFault::Method,
        (403, _) => CallFault::Permission,
        (429, _) => CallFault::Limit,
        (400 | 413 | 415 | 422, _) => CallFault::Body,
        (500.., _) => CallFault::Server,
        _ => CallFault::Other,
    })
}

fn key_fault(presented: Option<&PresentedKey>, redacted: &str) -> CallFault {
    let Some(presented) = presented else { return CallFault::NoKey };
    let whole = KeyKind::Project.length();
    // The random part of a key can contain such words.
    if presented.length < whole && !presented.head.is_empty() && redacted.starts_with(&presented.head) {
        CallFault::CutKey { length: presented.length, whole }
    } else if presented.placeholder {
        CallFault::Placeholder
    } else {
        CallFault::OtherKey { tail: presented.tail.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const REDACTED: &str = "sk-proj-abc...wxyz";
    const HOME: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1));

    fn key(number: usize) -> KeyId {
        format!("key_{number:024}").parse().unwrap()
    }

    fn call(status: u16, code: Option<&'static str>, sent: Option<&str>) -> SeenCall {
        let presented = sent.map(PresentedKey::of);
        let (path, at) = ("/v1/chat/completions".to_owned(), Timestamp(10));
        SeenCall { at, status, code, gate: false, key: None, presented, address: HOME, path, milliseconds: 4 }
    }

    #[test]
    fn a_failed_call_is_explained_by_what_was_sent() {
        let explained = |status, code, sent: Option<&str>| fault(&call(status, code, sent), REDACTED);
        let cut = format!("sk-proj-abc{}", "d".repeat(71));
        assert_eq!(explained(401, None, None), Some(CallFault::NoKey));
        assert_eq!(
            explained(401, Some("invalid_api_key"), Some(&cut)),
            Some(CallFault::CutKey { length: 82, whole: 164 })
        );
        let word = format!("sk-proj-abcyOur{}", "d".repeat(67));
        assert_eq!(explained(401, None, Some(&word)), Some(CallFault::CutKey { length: 82, whole: 164 }));
        assert_eq!(explained(401, None, Some("$OPENAI_API_KEY")), Some(CallFault::Placeholder));
        assert_eq!(explained(401, None, Some("sk-proj-your-key")), Some(CallFault::Placeholder));
        let other = CallFault::OtherKey { tail: "1234".to_owned() };
        assert_eq!(explained(401, None, Some("sk-proj-other-key-1234")), Some(other));
        assert_eq!(explained(401, None, Some("short")), Some(CallFault::OtherKey { tail: String::new() }));
        assert_eq!(explained(404, Some("model_not_found"), None), Some(CallFault::Model));
        assert_eq!(explained(404, Some("unknown_url"), None), Some(CallFault::Address));
        assert_eq!(fault(&SeenCall { gate: true, ..call(403, None, None) }, REDACTED), Some(CallFault::Gate));
        assert_eq!(explained(503, None, None), Some(CallFault::Server));
        assert_eq!(explained(200, None, None), None);
    }

    #[test]
    fn calls_are_noted_for_their_page_only_and_for_a_while() {
        let watched = WatchedKeys::default();
        watched.note(&call(401, None, None));
        assert!(!watched.any.load(Ordering::Relaxed), "no page is open");
        let elsewhere = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 2));
        watched.watch(&key(1), REDACTED, Some(HOME), Timestamp(5));
        watched.watch(&key(2), REDACTED, Some(elsewhere), Timestamp(5));
        watched.note(&call(401, None, None));
        watched.note(&SeenCall { key: Some(key(2)), ..call(200, None, None) });
        let statuses = |number| -> Vec<u16> {
            let calls = watched.watch(&key(number), REDACTED, Some(HOME), Timestamp(11));
            calls.iter().map(|call| call.status).collect()
        };
        assert_eq!((statuses(1), statuses(2)), (vec![401], vec![200]));
        for _ in 0..MOST_CALLS * 2 {
            watched.note(&call(404, None, None));
        }
        assert_eq!(statuses(1), vec![404; MOST_CALLS]);
        watched.note(&SeenCall { at: Timestamp(12 + WATCHED), ..call(401, None, None) });
        assert!(!watched.any.load(Ordering::Relaxed), "the pages were left");
        for number in 0..MOST_KEYS * 2 {
            watched.watch(&key(number), REDACTED, None, Timestamp(20));
        }
        assert_eq!(watched.lock().len(), MOST_KEYS);
    }
}
