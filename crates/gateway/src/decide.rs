//! Whether a request may proceed: the gate of its model, the spend and rate limits, and the repeated check while it is
//! answered.

pub(crate) mod admitted_request;
pub(crate) mod client_certificates;
pub(crate) mod limit_headers;
pub(crate) mod model_gate;
pub(crate) mod rate_limit;
pub(crate) mod rate_limiter;
pub(crate) mod spend_ledgers;
pub(crate) mod spend_limit;
