//! Files, batches and stored responses, which lie in the operator's one account upstream: whose each one is, and what those
//! used that outlive their request.

pub(crate) mod batches;
pub(crate) mod listing;
pub(crate) mod made;
pub(crate) mod ownership;
pub(crate) mod pending;
