//! The gateway's source of keys: the store.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use keystead_core::caller::Caller;
use keystead_core::client_certificate::TrustedCertificates;
use keystead_core::key::KeyDigest;
use keystead_gateway::{BoxFuture, KeySource, Unavailable};
use keystead_store::tables::directory;
use keystead_store::{Store, Tx};

/// Reads callers from the store.
pub(crate) struct StoreKeys {
    store: Store,
    certificates: SharedCertificates,
}

impl StoreKeys {
    pub(crate) fn new(store: Store) -> Self {
        Self { store, certificates: SharedCertificates::default() }
    }
}

impl KeySource for StoreKeys {
    fn find<'a>(&'a self, digest: &'a KeyDigest) -> BoxFuture<'a, Result<Option<Caller>, Unavailable>> {
        Box::pin(async move {
            let digest = *digest;
            let read =
                self.store.read("find_caller", async move |tx: &mut Tx| directory::find_caller(tx, &digest).await);
            let mut found = read.await.map_err(|error| {
                tracing::warn!(error = %error, "a key could not be read from the database");
                Unavailable
            })?;
            if let Some(caller) = &mut found {
                self.certificates.share(caller);
            }
            Ok(found)
        })
    }
}

/// Sets of certificates in memory, each once for all keys that have it: a set may take a hundred kilobytes.
#[derive(Default)]
struct SharedCertificates(Mutex<KnownSets>);

#[derive(Default)]
struct KnownSets {
    sets: HashMap<[u8; 32], Weak<TrustedCertificates>>,
    /// How many sets callers had when the others were forgotten the last time.
    kept: usize,
}

/// Sets that no caller has any more are forgotten when there may be this many of them, or as many as callers have: so
/// each new set costs the same, however many there are.
const MANY_SETS: usize = 256;

impl SharedCertificates {
    fn share(&self, caller: &mut Caller) {
        let projects = caller.organizations.iter_mut().flat_map(|organization| &mut organization.projects);
        for set in projects.filter_map(|project| project.certificates.as_mut()) {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).share(set);
        }
    }
}

impl KnownSets {
    fn share(&mut self, set: &mut Arc<TrustedCertificates>) {
        if let Some(same) = self.sets.get(set.digest()).and_then(Weak::upgrade) {
            *set = same;
            return;
        }
        if self.sets.len() >= self.kept.saturating_mul(2).max(MANY_SETS) {
            self.sets.retain(|_, set| set.strong_count() > 0);
            self.kept = self.sets.len();
        }
        self.sets.insert(*set.digest(), Arc::downgrade(set));
    }
}

#[cfg(test)]
mod tests {
    use keystead_core::client_certificate::Certificate;

    use super::*;

    const PEMS: [&str; 10] = [
        include_str!("../../../../tests/certificates/authority.pem"),
        include_str!("../../../../tests/certificates/other-authority.pem"),
        include_str!("../../../../tests/certificates/impostor.pem"),
        include_str!("../../../../tests/certificates/rsa-authority.pem"),
        include_str!("../../../../tests/certificates/p384-authority.pem"),
        include_str!("../../../../tests/certificates/ed25519-authority.pem"),
        include_str!("../../../../tests/certificates/expired-authority.pem"),
        include_str!("../../../../tests/certificates/future-authority.pem"),
        include_str!("../../../../tests/certificates/intermediate.pem"),
        include_str!("../../../../tests/certificates/bounded-authority.pem"),
    ];

    #[test]
    fn sets_are_shared_and_forgotten_when_no_caller_has_them() {
        let all = PEMS.map(|pem| Arc::new(Certificate::read(pem).unwrap()));
        // Each subset of the certificates is a set of its own.
        let set = |number: usize| {
            let chosen = all.iter().enumerate().filter(|(at, _)| number & (1 << at) != 0);
            Arc::new(TrustedCertificates::new(chosen.map(|(_, one)| Arc::clone(one)).collect()).unwrap())
        };
        let mut known = KnownSets::default();
        let mut held = Vec::new();
        for number in 1..=600 {
            let (mut first, mut second) = (set(number), set(number));
            known.share(&mut first);
            known.share(&mut second);
            assert!(Arc::ptr_eq(&first, &second), "{number}");
            if number <= 400 {
                held.push(first);
            }
        }
        assert!(known.sets.len() >= 400 && known.kept <= 400, "what callers have is kept");
        drop(held);
        for number in 601..=1_023 {
            known.share(&mut set(number));
        }
        assert!(known.sets.len() < 900, "{}", known.sets.len());
        assert!(known.kept <= MANY_SETS, "{}", known.kept);
    }
}
