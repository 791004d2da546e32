//! Work outside a request: effects that were queued with the change that decided them, and cleaning up.

mod cleanup;
pub(crate) mod queue;
