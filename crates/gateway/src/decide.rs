//! Whether a request may go on: the gate of its model, the rate limits, and later, while it is answered, the same again.

pub(crate) mod model_gate;
pub(crate) mod rate_limit;
pub(crate) mod rate_limiter;
pub(crate) mod right;
