//! The client's address behind proxies. Every proxy appends the address of its peer on the right of `X-Forwarded-For`;
//! everything further left was written by a more distant party. The header is therefore read from the right, for as
//! long as the writer of an entry is trusted.

use std::net::{IpAddr, SocketAddr};

use super::{Networks, canonical};

/// The client's address.
///
/// `peer` is the other end of the socket, `forwarded` the values of all `X-Forwarded-For` lines in the order of
/// arrival, `trusted` the proxies that are believed. The header of an untrusted peer is ignored. Behind trusted proxies
/// the result is the first address from the right that is not a trusted proxy; where the chain ends or cannot be read,
/// it is the last address that a trusted proxy reported.
#[must_use]
pub fn client_address<'h, L>(peer: IpAddr, forwarded: L, trusted: &Networks) -> IpAddr
where
    L: IntoIterator<Item = &'h [u8], IntoIter: DoubleEndedIterator>,
{
    let mut known = canonical(peer);
    if !trusted.contains(known) {
        return known;
    }
    let hops = forwarded.into_iter().rev().flat_map(|line| line.rsplit(|byte| *byte == b','));
    for hop in hops {
        let Some(address) = read(hop) else { break };
        known = address;
        if !trusted.contains(known) {
            break;
        }
    }
    known
}

/// Parses one entry: an address, possibly with the port it called from.
fn read(hop: &[u8]) -> Option<IpAddr> {
    let text = std::str::from_utf8(hop).ok()?.trim_matches([' ', '\t']);
    let bare = text.parse::<IpAddr>().ok();
    let with_port = || text.parse::<SocketAddr>().ok().map(|address| address.ip());
    let in_brackets = || text.strip_prefix('[')?.strip_suffix(']')?.parse::<std::net::Ipv6Addr>().ok().map(IpAddr::V6);
    bare.or_else(with_port).or_else(in_brackets).map(canonical)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    fn seen(peer: &str, lines: &[&str], trusted: &[&str]) -> String {
        let trusted = Networks::new(trusted.iter().copied()).unwrap();
        client_address(ip(peer), lines.iter().map(|line| line.as_bytes()), &trusted).to_string()
    }

    #[test]
    fn counted_from_the_right() {
        const PROXIES: [&str; 2] = ["10.0.0.0/8", "2001:db8:ffff::/48"];
        for (peer, lines, client) in [
            // The header of an untrusted peer is ignored.
            ("203.0.113.9", vec!["198.51.100.1"], "203.0.113.9"),
            ("::ffff:203.0.113.9", vec!["198.51.100.1"], "203.0.113.9"),
            ("10.0.0.1", vec![], "10.0.0.1"),
            ("10.0.0.1", vec!["198.51.100.1"], "198.51.100.1"),
            ("::ffff:10.0.0.1", vec!["::ffff:198.51.100.1"], "198.51.100.1"),
            // What the client wrote itself is further left.
            ("10.0.0.1", vec!["1.1.1.1, 198.51.100.1"], "198.51.100.1"),
            ("10.0.0.1", vec!["1.1.1.1", "198.51.100.1"], "198.51.100.1"),
            ("10.0.0.1", vec!["198.51.100.1,10.2.2.2", "10.3.3.3"], "198.51.100.1"),
            ("10.0.0.1", vec!["198.51.100.1, 2001:db8:ffff::7"], "198.51.100.1"),
            // Only proxies: the outermost of them.
            ("10.0.0.1", vec!["10.9.9.9, 10.8.8.8"], "10.9.9.9"),
            // With ports, as some write them.
            ("10.0.0.1", vec!["198.51.100.1:51234"], "198.51.100.1"),
            ("10.0.0.1", vec!["[2001:db8::5]:51234"], "2001:db8::5"),
            ("10.0.0.1", vec!["[2001:db8::5]"], "2001:db8::5"),
            // Where an entry cannot be read, nothing further left counts.
            ("10.0.0.1", vec!["198.51.100.1, unknown"], "10.0.0.1"),
            ("10.0.0.1", vec!["198.51.100.1, unknown, 10.2.2.2"], "10.2.2.2"),
            ("10.0.0.1", vec!["198.51.100.1,"], "10.0.0.1"),
            ("10.0.0.1", vec!["198.51.100.1", ""], "10.0.0.1"),
            ("10.0.0.1", vec!["198.51.100.1 10.2.2.2"], "10.0.0.1"),
            ("10.0.0.1", vec!["010.0.0.1"], "10.0.0.1"),
        ] {
            assert_eq!(seen(peer, &lines, &PROXIES), client, "{peer} {lines:?}");
        }
        assert_eq!(seen("10.0.0.1", &["198.51.100.1"], &[]), "10.0.0.1", "nobody is trusted by default");
    }

    fn any_line() -> impl Strategy<Value = Vec<u8>> {
        let hop = prop_oneof![
            any::<std::net::Ipv4Addr>().prop_map(|address| address.to_string().into_bytes()),
            any::<std::net::Ipv6Addr>().prop_map(|address| address.to_string().into_bytes()),
            Just(b"10.0.0.2".to_vec()),
            proptest::collection::vec(any::<u8>(), 0..12),
        ];
        proptest::collection::vec(hop, 0..5).prop_map(|hops| hops.join(&b", "[..]))
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn a_strangers_header_changes_nothing(
            peer in any::<IpAddr>(),
            lines in proptest::collection::vec(any_line(), 0..4),
        ) {
            let trusted = Networks::new(["10.0.0.0/8"]).unwrap();
            prop_assume!(!trusted.contains(peer));
            let seen = client_address(peer, lines.iter().map(Vec::as_slice), &trusted);
            prop_assert_eq!(seen, canonical(peer));
        }

        #[test]
        fn what_a_client_writes_before_a_proxys_word_changes_nothing(
            client in any::<IpAddr>(),
            lines in proptest::collection::vec(any_line(), 0..4),
            in_one_line in any::<bool>(),
        ) {
            let trusted = Networks::new(["10.0.0.0/8"]).unwrap();
            prop_assume!(!trusted.contains(client));
            let mut lines = lines;
            let told = client.to_string().into_bytes();
            match lines.last_mut() {
                Some(last) if in_one_line => {
                    last.extend_from_slice(b", ");
                    last.extend_from_slice(&told);
                }
                _ => lines.push(told),
            }
            let seen = client_address(ip("10.0.0.1"), lines.iter().map(Vec::as_slice), &trusted);
            prop_assert_eq!(seen, canonical(client));
        }
    }
}
