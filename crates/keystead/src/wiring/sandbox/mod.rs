//! The sandbox beside the product: started here, spoken to only over its sockets.
//!
//! It is compiled in with the cargo feature `sandbox`. Without the feature the type [`Running`] has no values, so the
//! callers are the same in both builds.

#[cfg(not(feature = "sandbox"))]
mod absent;
#[cfg(feature = "sandbox")]
mod running;

#[cfg(not(feature = "sandbox"))]
pub(crate) use absent::{Running, start};
#[cfg(feature = "sandbox")]
pub(crate) use running::{Running, start};
