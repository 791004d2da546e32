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
    assert_eq!(seen("10.0.0.1", &["198.51.100.1"], &[]), "10.0.0.1", "no proxy is trusted by default");
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
