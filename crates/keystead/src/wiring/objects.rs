//! The gateway's record of upstream objects and their owners: the store, so that every node knows them after every
//! restart.

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
    tracing::warn!(%error, "the owner of an object of the model server could not be read or saved");
    Unavailable
}

impl Ownership for StoreOwnership {
    fn record<'a>(&'a self, object: &'a str, owner: &'a Payer) -> BoxFuture<'a, Result<(), Unavailable>> {
        Box::pin(async move {
            let (object, owner) = (object.to_owned(), owner.clone());
            let write = self.store.write("own_object", async move |tx: &mut Tx| {
                upstream_objects::insert(tx, &object, &owner, None).await
            });
            write.await.map_err(|error| unavailable(&error))
        })
    }

    fn owner<'a>(&'a self, object: &'a str) -> BoxFuture<'a, Result<Option<Payer>, Unavailable>> {
        Box::pin(async move {
            let object = object.to_owned();
            let read =
                self.store.read("owner_of_object", async move |tx: &mut Tx| upstream_objects::find(tx, &object).await);
            match read.await {
                // A name that no store can hold has no owner.
                Err(Error::Invalid(_)) => Ok(None),
                other => other.map_err(|error| unavailable(&error)),
            }
        })
    }

    fn record_made<'a>(
        &'a self,
        objects: &'a [String],
        owner: &'a Payer,
        model: Option<&'a str>,
    ) -> BoxFuture<'a, Result<(), Unavailable>> {
        Box::pin(async move {
            let (objects, owner, model) = (objects.to_vec(), owner.clone(), model.map(str::to_owned));
            let write = self.store.write("own_objects", async move |tx: &mut Tx| {
                for object in &objects {
                    upstream_objects::insert(tx, object, &owner, model.as_deref()).await?;
                }
                Ok(())
            });
            write.await.map_err(|error| unavailable(&error))
        })
    }

    fn owners<'a>(&'a self, objects: &'a [&'a str]) -> BoxFuture<'a, Result<Vec<Option<Payer>>, Unavailable>> {
        Box::pin(async move {
            // A name that no store can hold has no owner, and is not looked up.
            let wanted = objects.iter().filter(|object| !object.contains('\0'));
            let wanted: Vec<String> = wanted.map(|object| (*object).to_owned()).collect();
            let read = self.store.read("owners_of_objects", async move |tx: &mut Tx| {
                let wanted: Vec<&str> = wanted.iter().map(String::as_str).collect();
                upstream_objects::find_many(tx, &wanted).await
            });
            let found = read.await.map_err(|error| unavailable(&error))?;
            Ok(objects.iter().map(|object| found.get(*object).cloned()).collect())
        })
    }

    fn maker<'a>(&'a self, object: &'a str) -> BoxFuture<'a, Result<Option<String>, Unavailable>> {
        Box::pin(async move {
            let object = object.to_owned();
            let read = self
                .store
                .read("maker_of_object", async move |tx: &mut Tx| upstream_objects::find_maker(tx, &object).await);
            read.await.map_err(|error| unavailable(&error))
        })
    }
}
