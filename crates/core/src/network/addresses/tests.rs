use proptest::prelude::*;

use super::*;

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

#[test]
fn entries_are_kept_in_canonical_form_and_once() {
    let list = AddressList::of_lines(
        " 203.0.113.7 # office\n\n# nothing\n203.0.113.7/32\n10.0.0.0/8\r\n2001:DB8:0:0::/32\n::ffff:192.0.2.1\n\
         ::ffff:198.51.100.0/120\n::1",
    );
    let list = list.unwrap();
    assert_eq!(list.entries(), ["203.0.113.7", "10.0.0.0/8", "2001:db8::/32", "192.0.2.1", "198.51.100.0/24", "::1"]);
    for inside in ["203.0.113.7", "::ffff:203.0.113.7", "10.255.0.1", "2001:db8::5", "192.0.2.1", "198.51.100.9"] {
        assert!(list.contains(ip(inside)), "{inside}");
        assert!(Networks::of(std::slice::from_ref(&list)).contains(ip(inside)), "{inside}");
    }
    for outside in ["203.0.113.8", "11.0.0.0", "2001:db9::", "::2", "198.51.101.0", "::ffff:11.0.0.0"] {
        assert!(!list.contains(ip(outside)), "{outside}");
        assert!(!Networks::of(std::slice::from_ref(&list)).contains(ip(outside)), "{outside}");
    }
}

#[test]
fn what_cannot_be_meant_is_refused_with_the_entry() {
    for bad in [
        "",
        "here",
        "1.2.3",
        "1.2.3.4.5",
        "010.0.0.1",
        "1.2.3.4/33",
        "1.2.3.4/",
        "1.2.3.0/024",
        "1.2.3.0/+24",
        "fe80::1%eth0",
        "::/129",
        "1.2.3.4:80",
        "[::1]",
        "1.2.3.4-1.2.3.9",
        "1.2.3.4 5.6.7.8",
        "::ffff:1.2.3.4/129",
    ] {
        let refused = AddressList::new([bad]);
        assert_eq!(refused, Err(AddressFault::Unreadable(bad.to_owned())), "{bad}");
    }
    let inside = AddressList::new(["10.0.0.5/24"]).unwrap_err().to_string();
    assert_eq!(
        inside,
        "'10.0.0.5/24' names an address inside a network: write 10.0.0.0/24 for the whole network, or 10.0.0.5 alone"
    );
    assert!(matches!(AddressList::new(["2001:db8::1/64"]), Err(AddressFault::HostBits { .. })));
    assert_eq!(AddressList::of_lines(" \n# only a remark"), Err(AddressFault::Empty));
}

#[test]
fn fifty_and_no_more() {
    let many: Vec<String> = (0..51).map(|n| format!("192.0.2.{n}")).collect();
    let of = |count| AddressList::new(many.iter().take(count).map(String::as_str));
    assert_eq!(of(50).map(|list| list.entries().len()), Ok(50));
    assert_eq!(of(51), Err(AddressFault::TooMany));
    let doubled = many.iter().take(50).chain(many.iter().take(50)).map(String::as_str);
    assert!(AddressList::new(doubled).is_ok(), "the same address again is no other");
}

#[test]
fn no_country() {
    for local in ["127.0.0.1", "10.1.2.3", "192.168.0.1", "172.16.0.1", "169.254.1.1", "100.64.0.1", "::1", "fd00::1"] {
        assert!(of_no_country(ip(local)), "{local}");
    }
    for public in ["100.128.0.1", "8.8.8.8", "172.32.0.1", "2001:db8::1"] {
        assert!(!of_no_country(ip(public)), "{public}");
    }
}

fn any_network() -> impl Strategy<Value = String> {
    let v4 = (any::<u32>(), 20..=32_u8).prop_map(|(bits, length)| {
        // A narrow range, so that networks touch and contain each other.
        let net = Ipv4Net::new(Ipv4Addr::from(0x0a00_0000 | (bits & 0xffff)), length).unwrap();
        net.trunc().to_string()
    });
    let v6 = (any::<u16>(), 110..=128_u8).prop_map(|(bits, length)| {
        let net = Ipv6Net::new(std::net::Ipv6Addr::from(u128::from(bits)), length).unwrap();
        net.trunc().to_string()
    });
    prop_oneof![v4, v6]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_joined_set_says_what_the_lists_say(
        written in proptest::collection::vec(any_network(), 1..40),
        low in any::<u16>(),
        v6 in any::<bool>(),
    ) {
        let list = AddressList::new(written.iter().map(String::as_str)).unwrap();
        let networks = Networks::new(written.iter().map(String::as_str)).unwrap();
        let address: IpAddr = if v6 {
            std::net::Ipv6Addr::from(u128::from(low)).into()
        } else {
            Ipv4Addr::from(0x0a00_0000 | u32::from(low)).into()
        };
        prop_assert_eq!(networks.contains(address), list.contains(address));
        prop_assert_eq!(AddressList::new(list.entries().iter().map(String::as_str)).unwrap(), list);
    }

    #[test]
    fn any_text_is_read_or_refused(text in "\\PC{0,40}") {
        if let Ok(list) = AddressList::of_lines(&text) {
            let again = AddressList::of_lines(&list.entries().join("\n")).unwrap();
            prop_assert_eq!(again, list);
        }
    }
}
