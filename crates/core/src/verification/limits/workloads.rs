//! Limits on exchanges of workloads' tokens that any stranger can request.

use super::{HOUR, Limit, Subject, times};

/// Exchanges that are running, or were refused.
pub const EXCHANGES: &str = "token_exchanges";

/// Limits on exchanges by origin, for each identity provider on its own: workloads of many organizations share the
/// addresses of a cloud, and one organization must not use up the exchanges of the others. They are high, because the
/// machines of a company often share an address, and a misconfigured one among them asks again and again.
pub const EXCHANGE_LIMITS: &[Limit] =
    &[times(EXCHANGES, Subject::ProviderFromIp, 900, 300), times(EXCHANGES, Subject::ProviderFromNetwork, HOUR, 3_000)];

/// The longest wait in seconds that a refused client is told. Running exchanges count until they succeed, so there may
/// be room long before the window ends.
pub const LONGEST_WAIT: i64 = 60;
