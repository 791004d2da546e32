//! Determining the client, with headers as strangers and proxies write them, and a database built here.

use super::*;

/// A MaxMind database in memory: IPv4, records of 24 bits; these networks belong to these countries.
fn database(networks: &[([u8; 4], u32, &str)]) -> Vec<u8> {
    fn text(text: &str) -> Vec<u8> {
        let mut bytes = vec![0x40 | u8::try_from(text.len()).unwrap()];
        bytes.extend_from_slice(text.as_bytes());
        bytes
    }
    fn map(entries: &[(&str, Vec<u8>)]) -> Vec<u8> {
        let mut bytes = vec![0xe0 | u8::try_from(entries.len()).unwrap()];
        for (key, value) in entries {
            bytes.extend(text(key));
            bytes.extend_from_slice(value);
        }
        bytes
    }
    let number = |kind: u8, value: u16| [vec![kind << 5 | 2], value.to_be_bytes().to_vec()].concat();
    let wide = |value: u64| [vec![8, 2], value.to_be_bytes().to_vec()].concat();
    #[derive(Clone, Copy)]
    enum To {
        Nothing,
        Node(usize),
        Data(usize),
    }
    let mut nodes = vec![[To::Nothing; 2]];
    let mut data = Vec::new();
    for (address, length, country) in networks {
        let bits = u32::from_be_bytes(*address);
        let mut node = 0;
        for depth in 0..*length {
            let side = usize::from(bits >> (31 - depth) & 1 == 1);
            if depth + 1 == *length {
                nodes[node][side] = To::Data(data.len());
            } else if let To::Node(next) = nodes[node][side] {
                node = next;
            } else {
                nodes.push([To::Nothing; 2]);
                let next = nodes.len() - 1;
                nodes[node][side] = To::Node(next);
                node = next;
            }
        }
        data.extend(map(&[("country", map(&[("iso_code", text(country))]))]));
    }
    let count = nodes.len();
    let mut file = Vec::new();
    for side in nodes.iter().flatten() {
        let record = match side {
            To::Nothing => count,
            To::Node(node) => *node,
            To::Data(offset) => count + 16 + offset,
        };
        file.extend_from_slice(&u32::try_from(record).unwrap().to_be_bytes()[1..]);
    }
    file.extend_from_slice(&[0; 16]);
    file.extend(data);
    file.extend_from_slice(b"\xab\xcd\xefMaxMind.com");
    file.extend(map(&[
        ("binary_format_major_version", number(5, 2)),
        ("binary_format_minor_version", number(5, 0)),
        ("build_epoch", wide(1_700_000_000)),
        ("database_type", text("Test-Country")),
        ("description", map(&[])),
        ("ip_version", number(5, 4)),
        ("languages", vec![0, 4]),
        ("node_count", number(6, u16::try_from(count).unwrap())),
        ("record_size", number(5, 24)),
    ]));
    file
}

fn headers(lines: &[(&str, &str)]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in lines {
        headers.append(HeaderName::from_bytes(name.as_bytes()).unwrap(), HeaderValue::from_str(value).unwrap());
    }
    headers
}

fn socket(address: &str) -> SocketAddr {
    SocketAddr::new(address.parse().unwrap(), 50_000)
}

fn countries(codes: &[&str]) -> Vec<Country> {
    codes.iter().map(|code| code.parse().unwrap()).collect()
}

fn options(rule: Option<CountryRule>) -> EdgeOptions {
    EdgeOptions {
        trusted: Networks::new(["10.0.0.0/8"]).unwrap(),
        rule,
        country_header: Some(HeaderName::from_static("cf-ipcountry")),
        certificate_header: None,
        country_database: None,
    }
}

const FORGED: &[(&str, &str)] = &[
    ("x-forwarded-for", "198.51.100.1"),
    ("x-forwarded-for", "198.51.100.2, 10.0.0.7"),
    ("x_forwarded_for", "198.51.100.3"),
    ("x-real-ip", "198.51.100.4"),
    ("forwarded", "for=198.51.100.5"),
    ("true-client-ip", "198.51.100.6"),
    ("cf-connecting-ip", "198.51.100.7"),
    ("cf-ipcountry", "US"),
    ("connection", "x-forwarded-for"),
];

#[test]
fn an_untrusted_peer_is_its_own_client() {
    let edge = Edge::open(&options(Some(CountryRule::Refused(countries(&["US"]))))).unwrap();
    assert_eq!(edge.client(socket("203.0.113.9"), &headers(FORGED)), Client::at(socket("203.0.113.9").ip()));
    let no_proxies = Edge::default();
    assert_eq!(no_proxies.client(socket("10.0.0.1"), &headers(FORGED)), Client::at(socket("10.0.0.1").ip()));
}

#[test]
fn other_headers_than_one_never_count() {
    let edge = Edge::open(&options(None)).unwrap();
    let others: Vec<_> = FORGED.iter().copied().filter(|(name, _)| *name != "x-forwarded-for").collect();
    assert_eq!(edge.client(socket("10.0.0.1"), &headers(&others)).address, socket("10.0.0.1").ip());
    assert_eq!(edge.client(socket("10.0.0.1"), &headers(FORGED)).address, socket("198.51.100.2").ip());
    assert_eq!(edge.visitor(socket("10.0.0.1"), &headers(FORGED)).address, socket("198.51.100.2").ip());
}

#[test]
fn a_proxy_reports_the_country_in_one_line() {
    let edge = Edge::open(&options(Some(CountryRule::Allowed(countries(&["PL"]))))).unwrap();
    let served = |peer: &str, lines: &[(&str, &str)]| edge.client(socket(peer), &headers(lines)).served;
    let via = ("x-forwarded-for", "203.0.113.9");
    assert!(served("10.0.0.1", &[via, ("cf-ipcountry", "PL")]));
    assert!(served("10.0.0.1", &[via, ("cf-ipcountry", "pl")]));
    assert!(!served("10.0.0.1", &[via, ("cf-ipcountry", "US")]));
    for unknown in ["XX", "T1", "", "Poland"] {
        assert!(!served("10.0.0.1", &[via, ("cf-ipcountry", unknown)]), "{unknown}");
    }
    assert!(!served("10.0.0.1", &[via, ("cf-ipcountry", "PL"), ("cf-ipcountry", "PL")]), "doubled");
    assert!(!served("10.0.0.1", &[via, ("cf_ipcountry", "PL")]), "another name");
    assert!(!served("203.0.113.9", &[("cf-ipcountry", "PL")]), "a stranger's word");
    assert!(served("10.0.0.1", &[]), "the proxy's own machine has no country");
    let shut = edge.visitor(socket("10.0.0.1"), &headers(&[via, ("cf-ipcountry", "US")]));
    assert!(shut.served, "pages are open to all countries");
}

#[test]
fn the_database_is_used_when_the_proxy_reports_no_country() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("countries.mmdb");
    std::fs::write(&path, database(&[([203, 0, 113, 0], 24, "PL"), ([198, 51, 100, 0], 24, "US")])).unwrap();
    let named =
        EdgeOptions { country_database: Some(path.clone()), ..options(Some(CountryRule::Allowed(countries(&["PL"])))) };
    assert_eq!(CountryDatabase::open(&path).unwrap().described(), "Test-Country of 2023-11-14");
    let edge = Edge::open(&named).unwrap();
    let served = |peer: &str, lines: &[(&str, &str)]| edge.client(socket(peer), &headers(lines)).served;
    assert!(served("203.0.113.9", &[]));
    assert!(!served("198.51.100.9", &[]));
    assert!(!served("192.0.2.1", &[]), "its country is unknown");
    assert!(served("127.0.0.1", &[]));
    assert!(!served("198.51.100.9", &[("cf-ipcountry", "PL")]), "a stranger's word");
    assert!(
        served("10.0.0.1", &[("x-forwarded-for", "198.51.100.9"), ("cf-ipcountry", "PL")]),
        "the proxy comes first"
    );
    assert!(served("10.0.0.1", &[("x-forwarded-for", "203.0.113.9"), ("cf-ipcountry", "XX")]));

    std::fs::write(&path, "no database").unwrap();
    let refused = Edge::open(&named).err().map(|failure| failure.to_string()).unwrap();
    assert!(refused.contains("country_database") && refused.contains("not a MaxMind database"), "{refused}");
    std::fs::remove_file(&path).unwrap();
    assert!(Edge::open(&named).err().unwrap().to_string().contains("cannot be read"));
}

#[test]
fn a_proxy_reports_the_certificate_in_one_line() {
    let named = EdgeOptions { certificate_header: Some(HeaderName::from_static("x-client-cert")), ..options(None) };
    let edge = Edge::open(&named).unwrap();
    let taken = |edge: &Edge, peer: &str, lines: &[(&str, &str)]| {
        let mut headers = headers(lines);
        let reported = edge.take_certificate(socket(peer), &mut headers);
        (reported.map(|value| value.as_bytes().to_vec()), headers.contains_key("x-client-cert"))
    };
    let line = ("x-client-cert", "MIIB");
    assert_eq!(taken(&edge, "10.0.0.1", &[line]), (Some(b"MIIB".to_vec()), false));
    assert_eq!(taken(&edge, "203.0.113.9", &[line]), (None, false), "a stranger's word, removed");
    assert_eq!(taken(&edge, "203.0.113.9", &[line, ("x-forwarded-for", "10.0.0.1")]), (None, false));
    assert_eq!(taken(&edge, "10.0.0.1", &[line, line]), (None, false), "doubled");
    assert_eq!(taken(&edge, "10.0.0.1", &[("x-client-cert", "")]), (None, false), "empty");
    assert_eq!(taken(&edge, "10.0.0.1", &[("x_client_cert", "MIIB")]), (None, false), "another name");
    assert_eq!(taken(&Edge::open(&options(None)).unwrap(), "10.0.0.1", &[line]), (None, true), "not asked for");
}

// ASVS 4.1.2.
#[test]
fn unencrypted_requests_are_recognised() {
    let edge = Edge::open(&options(None)).unwrap();
    let clear = |peer: &str, lines: &[(&str, &str)]| edge.in_clear(socket(peer), &headers(lines));
    let (https, http) = (("x-forwarded-proto", "https"), ("x-forwarded-proto", "http"));
    assert!(clear("203.0.113.9", &[]), "past the proxy");
    assert!(clear("203.0.113.9", &[https]), "a stranger's word");
    assert!(!clear("10.0.0.1", &[https]) && !clear("10.0.0.1", &[]), "a trusted proxy");
    assert!(!clear("127.0.0.1", &[]) && !clear("::1", &[]) && !clear("::ffff:127.0.0.1", &[]), "this machine");
    for peer in ["10.0.0.1", "127.0.0.1", "203.0.113.9"] {
        assert!(clear(peer, &[http]) && clear(peer, &[("x-forwarded-proto", "HTTP , https")]), "{peer}");
        assert!(clear(peer, &[https, http]), "{peer}: two lines");
    }
    assert!(!clear("10.0.0.1", &[("x-forwarded-proto", "https, http")]), "http between the proxies only");
}
