//! Files, batches and stored responses, which are in the operator's one upstream account: their owners, and the usage
//! of those that outlive their request.

pub(crate) mod batches;
mod line_sums;
mod lines;
pub(crate) mod listing;
pub(crate) mod made;
pub(crate) mod ownership;
pub(crate) mod pending;
