//! Where a request comes from, as far as limits and sessions need it.

use std::net::IpAddr;

/// Where a request came from, as far as limits and proofs need it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Origin {
    /// The address, if it is known.
    pub ip: Option<IpAddr>,
}

impl Origin {
    /// The network around an address, as proofs keep it: enough to tell countries apart, too little for one person.
    #[must_use]
    pub fn network(self) -> Option<String> {
        self.ip.map(network)
    }
}

/// Where a person comes from, as far as sessions show it.
#[derive(Debug, Clone, Default)]
pub struct Context {
    /// The address, for limits.
    pub origin: Origin,
    /// What the browser says it is.
    pub user_agent: String,
    /// `en`, `pl` or `ja`, for mails.
    pub language: String,
}

/// One address, as limits count it. Who has one address of IPv6 has the whole /64 around it.
pub(crate) fn host(ip: IpAddr) -> String {
    match ip.to_canonical() {
        IpAddr::V4(v4) => v4.to_string(),
        IpAddr::V6(v6) => {
            let [a, b, c, d, ..] = v6.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
    }
}

/// The network around an address.
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
    fn one_place_of_ipv6_is_a_whole_network() {
        let host = |text: &str| text.parse().map(super::host).unwrap_or_default();
        assert_eq!(host("192.0.2.77"), "192.0.2.77");
        assert_eq!(host("::ffff:192.0.2.77"), "192.0.2.77");
        assert_eq!(host("2001:db8:1:2::3"), host("2001:db8:1:2:ffff::9"));
        assert_ne!(host("2001:db8:1:2::3"), host("2001:db8:1:3::3"));
    }
}
