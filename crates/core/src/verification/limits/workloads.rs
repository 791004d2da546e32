//! Limits on exchanges of workloads' tokens that any stranger can request.

use super::{HOUR, Limit, Subject, times};

/// Exchanges that were refused.
pub const EXCHANGES: &str = "token_exchanges";

/// Limits on refused exchanges by origin. They are high, because the machines of a company often share an address, and
/// a misconfigured one among them asks again and again.
pub const EXCHANGE_LIMITS: &[Limit] =
    &[times(EXCHANGES, Subject::Ip, 900, 300), times(EXCHANGES, Subject::Network, HOUR, 3_000)];
