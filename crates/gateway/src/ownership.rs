//! Files, batches and stored responses of all tenants sit in one upstream account: here stands whose each one is
//! (security decision 11). An id that is not here is 404 without asking the upstream.

use keystead_core::access::Payer;
use quick_cache::sync::Cache;

use crate::{BoxFuture, Unavailable};

/// Who owns an upstream object.
pub trait Ownership: Send + Sync + 'static {
    /// Writes down whose an object is; the first owner stays.
    fn record<'a>(&'a self, object: &'a str, owner: &'a Payer) -> BoxFuture<'a, Result<(), Unavailable>>;

    /// Whose an object is.
    fn owner<'a>(&'a self, object: &'a str) -> BoxFuture<'a, Result<Option<Payer>, Unavailable>>;
}

/// Ownership in memory, for tests and for running without a store.
#[derive(Debug)]
pub struct MemoryOwnership(Cache<String, Payer>);

impl MemoryOwnership {
    /// Remembers this many objects at most.
    #[must_use]
    pub fn new(capacity: usize) -> Self {
        Self(Cache::new(capacity))
    }
}

impl Ownership for MemoryOwnership {
    fn record<'a>(&'a self, object: &'a str, owner: &'a Payer) -> BoxFuture<'a, Result<(), Unavailable>> {
        let kept = self.0.get_or_insert_with(object, || Ok::<_, Unavailable>(owner.clone())).map(drop);
        Box::pin(std::future::ready(kept))
    }

    fn owner<'a>(&'a self, object: &'a str) -> BoxFuture<'a, Result<Option<Payer>, Unavailable>> {
        Box::pin(std::future::ready(Ok(self.0.get(object))))
    }
}
