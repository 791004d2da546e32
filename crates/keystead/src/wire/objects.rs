//! Where the gateway keeps the books of upstream objects: the store, so that every node and every restart knows them.

use keystead_core::access::Payer;
use keystead_gateway::{BoxFuture, Ownership, Unavailable};
use keystead_store::tables::upstream_objects;
use keystead_store::{Error, Store, Tx};

/// Ownership in the store.
pub(crate) struct StoreOwnership {
    store: Store,
}

impl StoreOwnership {
    pub(crate) const fn new(store: Store) -> Self {
        Self { store }
    }
}

fn unavailable(error: &Error) -> Unavailable {
    tracing::warn!(%error, "the owner of an upstream object could not be looked up or written down");
    Unavailable
}

impl Ownership for StoreOwnership {
    fn record<'a>(&'a self, object: &'a str, owner: &'a Payer) -> BoxFuture<'a, Result<(), Unavailable>> {
        Box::pin(async move {
            let (object, owner) = (object.to_owned(), owner.clone());
            let write = self
                .store
                .write("own_object", async move |tx: &mut Tx| upstream_objects::insert(tx, &object, &owner).await);
            write.await.map_err(|error| unavailable(&error))
        })
    }

    fn owner<'a>(&'a self, object: &'a str) -> BoxFuture<'a, Result<Option<Payer>, Unavailable>> {
        Box::pin(async move {
            let object = object.to_owned();
            let read =
                self.store.read("owner_of_object", async move |tx: &mut Tx| upstream_objects::find(tx, &object).await);
            match read.await {
                // A name no store can hold belongs to nobody.
                Err(Error::Invalid(_)) => Ok(None),
                other => other.map_err(|error| unavailable(&error)),
            }
        })
    }
}
