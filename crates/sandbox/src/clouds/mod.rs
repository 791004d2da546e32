//! The parts of AWS and of Azure that Keystead uses to validate external keys and external storage. What is in the names
//! of roles, keys and buckets chooses the answer: `denied`, `disabled`, `missing` and `readonly`.

mod aws;
mod azure;

use std::sync::{Mutex, PoisonError};

use axum::body::Bytes;

use crate::bounded_map::BoundedMap;

pub(crate) use aws::router as aws_router;
pub use aws::{AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY};
pub(crate) use azure::router as azure_router;
pub use azure::{AZURE_CLIENT_ID, AZURE_CLIENT_SECRET};

/// The most objects that are kept.
const MOST: usize = 1_000;
/// The largest object that is kept, in bytes.
const LARGEST: usize = 64 << 10;

/// Objects in buckets and containers; an object that was deleted is `None`.
#[derive(Debug)]
pub(crate) struct Clouds {
    objects: Mutex<BoundedMap<Option<Bytes>>>,
}

impl Default for Clouds {
    fn default() -> Self {
        Self { objects: Mutex::new(BoundedMap::new(MOST)) }
    }
}

impl Clouds {
    /// Keeps an object; `false` when it is too large.
    fn put(&self, name: String, content: Bytes) -> bool {
        let fits = content.len() <= LARGEST;
        if fits {
            self.objects.lock().unwrap_or_else(PoisonError::into_inner).put(name, Some(content));
        }
        fits
    }

    fn get(&self, name: &str) -> Option<Bytes> {
        self.objects.lock().unwrap_or_else(PoisonError::into_inner).get(name).cloned().flatten()
    }

    /// Deletes an object; `false` when there is none.
    fn delete(&self, name: &str) -> bool {
        let mut objects = self.objects.lock().unwrap_or_else(PoisonError::into_inner);
        objects.get_mut(name).is_some_and(|content| content.take().is_some())
    }
}
