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
struct SharedCertificates(Mutex<HashMap<[u8; 32], Weak<TrustedCertificates>>>);

/// When more sets than this are known, those that no caller has any more are forgotten.
const MANY_SETS: usize = 256;

impl SharedCertificates {
    fn share(&self, caller: &mut Caller) {
        let projects = caller.organizations.iter_mut().flat_map(|organization| &mut organization.projects);
        for set in projects.filter_map(|project| project.certificates.as_mut()) {
            let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(same) = known.get(set.digest()).and_then(Weak::upgrade) {
                *set = same;
                continue;
            }
            if known.len() >= MANY_SETS {
                known.retain(|_, set| set.strong_count() > 0);
            }
            known.insert(*set.digest(), Arc::downgrade(set));
        }
    }
}
