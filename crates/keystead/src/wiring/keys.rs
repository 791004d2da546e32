//! The gateway's source of keys: the store.

use keystead_core::caller::Caller;
use keystead_core::key::KeyDigest;
use keystead_gateway::{BoxFuture, KeySource, Unavailable};
use keystead_store::tables::directory;
use keystead_store::{Store, Tx};

/// Reads callers from the store.
pub(crate) struct StoreKeys {
    store: Store,
}

impl StoreKeys {
    pub(crate) const fn new(store: Store) -> Self {
        Self { store }
    }
}

impl KeySource for StoreKeys {
    fn find<'a>(&'a self, digest: &'a KeyDigest) -> BoxFuture<'a, Result<Option<Caller>, Unavailable>> {
        Box::pin(async move {
            let digest = *digest;
            let read =
                self.store.read("find_caller", async move |tx: &mut Tx| directory::find_caller(tx, &digest).await);
            read.await.map_err(|error| {
                tracing::warn!(error = %error, "a key could not be read from the database");
                Unavailable
            })
        })
    }
}
