//! The maximum of open files and sockets of the process: raised to what the system allows, and the number of
//! connections that follows from it.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Reserved for files, the database, listeners and log lines, for any number of connections.
const RESERVED: u64 = 128;
/// A client's connection with a forwarded request needs another one to the upstream.
const FOR_EACH_CONNECTION: u64 = 2;

/// Raises the soft limit to the hard one, because shells and service managers usually set a soft limit of 1,024.
/// Returns the limit now in force; `None` is unlimited.
pub(crate) fn raise() -> Option<u64> {
    let limit = getrlimit(Resource::Nofile);
    if limit.current == limit.maximum {
        return limit.current;
    }
    let raised = Rlimit { current: limit.maximum, maximum: limit.maximum };
    match setrlimit(Resource::Nofile, raised) {
        Ok(()) => limit.maximum,
        Err(error) => {
            tracing::warn!(%error, current = limit.current, "the limit of open files cannot be raised; raise it for the service, for example with LimitNOFILE");
            limit.current
        }
    }
}

/// Returns how many client connections fit into this many descriptors: at least one.
pub(crate) fn connections_within(descriptors: Option<u64>, wanted: usize) -> usize {
    let Some(descriptors) = descriptors else { return wanted };
    let fit = descriptors.saturating_sub(RESERVED) / FOR_EACH_CONNECTION;
    wanted.min(usize::try_from(fit).unwrap_or(usize::MAX)).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_leave_descriptors_for_everything_else() {
        assert_eq!(connections_within(None, 10_000), 10_000);
        assert_eq!(connections_within(Some(1 << 20), 10_000), 10_000);
        assert_eq!(connections_within(Some(1_024), 10_000), 448);
        assert_eq!(connections_within(Some(100), 10_000), 1);
    }

    #[test]
    fn the_soft_limit_becomes_the_hard_one() {
        let raised = raise();
        let limit = getrlimit(Resource::Nofile);
        assert_eq!((limit.current, raised), (limit.maximum, limit.maximum));
    }
}
