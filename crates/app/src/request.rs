//! The origin of a request, as limits and sessions need it.

use std::net::IpAddr;

/// The origin of a request, as limits and proofs need it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Origin {
    /// The address, if it is known.
    pub ip: Option<IpAddr>,
}

impl Origin {
    /// The network of the address, as proofs keep it: precise enough to tell countries apart, not precise enough to
    /// identify a person.
    #[must_use]
    pub fn network(self) -> Option<String> {
        self.ip.map(network)
    }
}

/// The origin of a request and the browser, as sessions show them.
#[derive(Debug, Clone, Default)]
pub struct Context {
    /// The address, for limits.
    pub origin: Origin,
    /// The browser's user agent.
    pub user_agent: String,
    /// `en`, `pl` or `ja`, for mails.
    pub language: String,
}

/// Returns the subject under which limits count an address. A client with an IPv6 address usually has the whole /64, so
/// that is counted.
pub(crate) fn host(ip: IpAddr) -> String {
    match ip.to_canonical() {
        IpAddr::V4(v4) => v4.to_string(),
        IpAddr::V6(v6) => {
            let [a, b, c, d, ..] = v6.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
    }
}

/// Returns the subject under which answers to forms of strangers are kept. A site with IPv6 usually has a whole /48, in which
/// each of 65,536 networks would otherwise have answers of its own.
pub(crate) fn site(ip: IpAddr) -> String {
    match ip.to_canonical() {
        IpAddr::V4(v4) => v4.to_string(),
        v6 @ IpAddr::V6(_) => network(v6),
    }
}

/// Returns the network of an address.
pub(crate) fn network(ip: IpAddr) -> String {
    match ip.to_canonical() {
        IpAddr::V4(v4) => {
            let [a, b, c, _] = v4.octets();
            format!("{a}.{b}.{c}.0/24")
        }
        IpAddr::V6(v6) => {
            let [a, b, c, ..] = v6.segments();
            format!("{a:x}:{b:x}:{c:x}::/48")
        }
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn networks_hide_the_person() {
        let network = |text: &str| text.parse().map(super::network).unwrap_or_default();
        assert_eq!(network("192.0.2.77"), "192.0.2.0/24");
        assert_eq!(network("2001:db8:1:2::3"), "2001:db8:1::/48");
        assert_eq!(network("::ffff:192.0.2.77"), "192.0.2.0/24", "IPv4 inside IPv6");
    }

    #[test]
    fn a_site_is_one_ipv4_address_or_a_48() {
        let site = |text: &str| text.parse().map(super::site).unwrap_or_default();
        assert_eq!(site("192.0.2.77"), "192.0.2.77");
        assert_eq!(site("::ffff:192.0.2.77"), "192.0.2.77");
        assert_eq!(site("2001:db8:1:2::3"), site("2001:db8:1:ffff::4"));
        assert_ne!(site("2001:db8:1:2::3"), site("2001:db8:2:2::3"));
    }

    #[test]
    fn one_ipv6_address_is_a_whole_network() {
        let host = |text: &str| text.parse().map(super::host).unwrap_or_default();
        assert_eq!(host("192.0.2.77"), "192.0.2.77");
        assert_eq!(host("::ffff:192.0.2.77"), "192.0.2.77");
        assert_eq!(host("2001:db8:1:2::3"), host("2001:db8:1:2:ffff::9"));
        assert_ne!(host("2001:db8:1:2::3"), host("2001:db8:1:3::3"));
    }
}
