//! Files, batches and stored responses of all organizations are in one upstream account: this is the seam to their
//! owners. An unknown id is answered with 404 without asking the upstream.

use keystead_core::access::Payer;
use quick_cache::sync::Cache;

use crate::{BoxFuture, Unavailable};

/// The owners of upstream objects.
pub trait Ownership: Send + Sync + 'static {
    /// Records the owner of an object; the first owner stays.
    fn record<'a>(&'a self, object: &'a str, owner: &'a Payer) -> BoxFuture<'a, Result<(), Unavailable>>;

    /// Records the owner of the objects of one answer, with the model that made them.
    fn record_made<'a>(
        &'a self,
        objects: &'a [String],
        owner: &'a Payer,
        model: Option<&'a str>,
    ) -> BoxFuture<'a, Result<(), Unavailable>>;

    /// Returns the owner of an object.
    fn owner<'a>(&'a self, object: &'a str) -> BoxFuture<'a, Result<Option<Payer>, Unavailable>>;

    /// Returns the owner of each of these objects, in their order.
    fn owners<'a>(&'a self, objects: &'a [&'a str]) -> BoxFuture<'a, Result<Vec<Option<Payer>>, Unavailable>>;

    /// Returns the model that made an object, if it was recorded.
    fn maker<'a>(&'a self, object: &'a str) -> BoxFuture<'a, Result<Option<String>, Unavailable>>;
}

/// Ownership in memory, for tests and for running without a store.
#[derive(Debug)]
pub struct MemoryOwnership(Cache<String, (Payer, Option<String>)>);

impl MemoryOwnership {
    /// Remembers at most this many objects.
    #[must_use]
    pub fn new(capacity: usize) -> Self {
        Self(Cache::new(capacity))
    }

    fn keep(&self, object: &str, owner: &Payer, model: Option<&str>) -> Result<(), Unavailable> {
        let made = || (owner.clone(), model.map(str::to_owned));
        let (first, maker) = self.0.get_or_insert_with(object, || Ok::<_, Unavailable>(made()))?;
        if first == *owner && maker.is_none() && model.is_some() {
            self.0.insert(object.to_owned(), made());
        }
        Ok(())
    }
}

impl Ownership for MemoryOwnership {
    fn record<'a>(&'a self, object: &'a str, owner: &'a Payer) -> BoxFuture<'a, Result<(), Unavailable>> {
        Box::pin(std::future::ready(self.keep(object, owner, None)))
    }

    fn record_made<'a>(
        &'a self,
        objects: &'a [String],
        owner: &'a Payer,
        model: Option<&'a str>,
    ) -> BoxFuture<'a, Result<(), Unavailable>> {
        let kept = objects.iter().try_for_each(|object| self.keep(object, owner, model));
        Box::pin(std::future::ready(kept))
    }

    fn owner<'a>(&'a self, object: &'a str) -> BoxFuture<'a, Result<Option<Payer>, Unavailable>> {
        Box::pin(std::future::ready(Ok(self.0.get(object).map(|(owner, _)| owner))))
    }

    fn owners<'a>(&'a self, objects: &'a [&'a str]) -> BoxFuture<'a, Result<Vec<Option<Payer>>, Unavailable>> {
        let owners = objects.iter().map(|object| self.0.get(*object).map(|(owner, _)| owner)).collect();
        Box::pin(std::future::ready(Ok(owners)))
    }

    fn maker<'a>(&'a self, object: &'a str) -> BoxFuture<'a, Result<Option<String>, Unavailable>> {
        Box::pin(std::future::ready(Ok(self.0.get(object).and_then(|(_, model)| model))))
    }
}
