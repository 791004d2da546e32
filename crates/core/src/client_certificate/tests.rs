use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::{NON_ALPHANUMERIC, percent_encode};
use proptest::prelude::*;

use super::*;
use crate::time::Timestamp;

/// A certificate of `tests/certificates`.
macro_rules! pem {
    ($name:literal) => {
        include_str!(concat!("../../../../tests/certificates/", $name, ".pem"))
    };
}

/// 2026-01-15.
const NOW: Timestamp = Timestamp(1_768_435_200);
const DAY: i64 = 86_400;

fn trusted(pems: &[&str]) -> TrustedCertificates {
    let all = pems.iter().map(|pem| Arc::new(Certificate::read(pem).unwrap())).collect();
    TrustedCertificates::new(all).unwrap()
}

fn escaped(pems: &[&str]) -> String {
    percent_encode(pems.concat().as_bytes(), NON_ALPHANUMERIC).to_string()
}

fn presented(pems: &[&str]) -> Presented {
    Presented::read(escaped(pems).as_bytes()).unwrap()
}

fn der(pem: &str) -> Vec<u8> {
    let lines: String = pem.lines().filter(|line| !line.starts_with("-----")).collect();
    STANDARD.decode(lines).unwrap()
}

fn as_pem(der: &[u8]) -> String {
    format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", STANDARD.encode(der))
}

#[test]
fn certificates_as_they_are_uploaded() {
    let authority = Certificate::read(pem!("authority")).unwrap();
    assert!(authority.authority);
    assert_eq!((authority.valid_at, authority.expires_at), (Timestamp(1_735_689_600), Timestamp(4_891_363_200)));
    for (pem, is_authority) in [
        (pem!("rsa-authority"), true),
        (pem!("p384-authority"), true),
        (pem!("ed25519-authority"), true),
        (pem!("intermediate"), true),
        (pem!("future-authority"), true),
        (pem!("own-client"), false),
        (pem!("client"), false),
    ] {
        assert_eq!(Certificate::read(pem).unwrap().authority, is_authority, "{pem}");
    }
    // What tools write around a block, and other ends of lines.
    let around = format!("subject=CN=x\n\n  {}\nend of text\n", pem!("authority").replace('\n', "\r\n"));
    assert_eq!(Certificate::read(&around).unwrap(), authority);
    assert_eq!(block(&around).unwrap(), pem!("authority").trim().replace('\n', "\r\n"));
    assert_eq!(Certificate::read(block(&around).unwrap()).unwrap(), authority, "the block alone is the certificate");

    let expired = Certificate::read(pem!("expired-authority")).unwrap();
    assert!(expired.has_expired(NOW) && !authority.has_expired(NOW));
    assert!(!expired.has_expired(expired.expires_at) && expired.has_expired(expired.expires_at.plus(1)));
}

#[test]
fn uploads_that_are_refused() {
    let good = pem!("authority");
    let two = [good, pem!("other-authority")].concat();
    let body: String = good.lines().filter(|line| !line.starts_with("-----")).collect();
    let longer = [der(good), vec![0]].concat();
    let key = good.replace("CERTIFICATE", "PRIVATE KEY");
    let encrypted = good.replace("CERTIFICATE", "ENCRYPTED PRIVATE KEY");
    for (text, fault) in [
        ("", UploadFault::NotPem),
        ("certificate", UploadFault::NotPem),
        (body.as_str(), UploadFault::NotPem),
        (good.trim_end().trim_end_matches('-'), UploadFault::NotPem),
        (good.trim_start_matches('-'), UploadFault::NotPem),
        ("-----END CERTIFICATE----------BEGIN CERTIFICATE-----", UploadFault::NotPem),
        ("-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----", UploadFault::Unreadable),
        (&good.replace('\n', "\\n"), UploadFault::NotPem),
        (&good.replace("MII", "M!I"), UploadFault::NotPem),
        (&good.replace("CERTIFICATE", "TRUSTED CERTIFICATE"), UploadFault::NotPem),
        (&good.replace("CERTIFICATE", "CERTIFICATE REQUEST"), UploadFault::NotPem),
        (&good.replace("CERTIFICATE", "PUBLIC KEY"), UploadFault::NotPem),
        (&two, UploadFault::Several),
        (&key, UploadFault::PrivateKey),
        (&encrypted, UploadFault::PrivateKey),
        (&[good, &key].concat(), UploadFault::PrivateKey),
        (&key.replace("PRIVATE KEY", "EC PRIVATE KEY"), UploadFault::PrivateKey),
        (&"x".repeat(LONGEST_PEM + 1), UploadFault::TooLong),
        (&as_pem(b"0"), UploadFault::Unreadable),
        (&as_pem(&[0x30; 64]), UploadFault::Unreadable),
        (&as_pem(&longer), UploadFault::Unreadable),
        (&as_pem(&der(good)[..200]), UploadFault::Unreadable),
        (pem!("version1"), UploadFault::Version),
        (pem!("rsa1024-authority"), UploadFault::KeyType),
        (pem!("p521-authority"), UploadFault::KeyType),
        (pem!("unable-authority"), UploadFault::NotSigning),
        (pem!("server-authority"), UploadFault::AuthorityNotForClients),
        (pem!("server-client"), UploadFault::NotForClients),
    ] {
        assert_eq!(Certificate::read(text), Err(fault), "{text}");
        assert!(fault.message().ends_with('.'), "{fault:?}");
    }
}

#[test]
fn clients_of_an_authority_are_accepted() {
    for (authority, client) in [
        (pem!("authority"), pem!("client")),
        (pem!("rsa-authority"), pem!("rsa-client")),
        (pem!("p384-authority"), pem!("p384-client")),
        (pem!("ed25519-authority"), pem!("ed25519-client")),
        (pem!("intermediate"), pem!("intermediate-client")),
        (pem!("own-client"), pem!("own-client")),
        (pem!("client"), pem!("client")),
    ] {
        let validity = trusted(&[authority]).judge(&presented(&[client]), NOW).unwrap();
        assert!(validity.includes(NOW), "{client}");
    }
    let trusts = trusted(&[pem!("authority")]);
    let chain = presented(&[pem!("intermediate-client"), pem!("intermediate")]);
    assert!(trusts.judge(&chain, NOW).is_ok());
    // An authority that may sign no others signs clients.
    let bounded = trusted(&[pem!("bounded-authority")]);
    assert!(bounded.judge(&presented(&[pem!("bounded-client")]), NOW).is_ok());
    assert!(bounded.judge(&presented(&[pem!("bounded-client"), pem!("bounded-intermediate")]), NOW).is_ok());
    // Among others, in any order, and twice.
    let many = [pem!("other-authority"), pem!("impostor"), pem!("expired-authority"), pem!("authority")];
    assert!(trusted(&many).judge(&presented(&[pem!("client")]), NOW).is_ok());
    let mut backwards = many;
    backwards.reverse();
    assert_eq!(trusted(&many), trusted(&backwards));
    assert_eq!(trusted(&[many[0], many[0]]).digest(), trusted(&many[..1]).digest());
    assert_ne!(trusted(&many).digest(), trusted(&many[1..]).digest());
    assert_eq!(TrustedCertificates::new(Vec::new()), None);
}

#[test]
fn other_clients_are_refused() {
    use CertificateFault::{Expired, NotForClients, NotTrusted, NotYetValid};
    let ours = pem!("authority");
    for (active, shown, fault) in [
        (&[ours][..], &[pem!("other-client")][..], NotTrusted),
        (&[ours], &[pem!("impostor-client")], NotTrusted),
        (&[ours], &[pem!("impostor-client"), pem!("impostor")], NotTrusted),
        (&[ours], &[pem!("impostor-client"), pem!("authority")], NotTrusted),
        (&[ours], &[pem!("own-client")], NotTrusted),
        // The authority's certificate is no client's own, and neither is the one of another authority.
        (&[ours], &[ours], NotTrusted),
        (&[ours], &[pem!("intermediate")], NotTrusted),
        (&[ours], &[pem!("intermediate-client")], NotTrusted),
        (&[pem!("client")], &[pem!("short-client")], NotTrusted),
        (&[pem!("client")], &[pem!("intermediate-client"), pem!("client")], NotTrusted),
        (&[ours], &[pem!("server-client")], NotForClients),
        // An authority that may sign no others has signed one.
        (
            &[pem!("bounded-authority")],
            &[pem!("bounded-intermediate-client"), pem!("bounded-intermediate")],
            NotTrusted,
        ),
        (&[ours], &[pem!("future-client")], NotYetValid),
        (&[pem!("expired-authority")], &[pem!("expired-authority-client")], Expired),
        (&[pem!("expired-authority"), ours], &[pem!("expired-authority-client")], Expired),
    ] {
        let judged = trusted(active).judge(&presented(shown), NOW);
        assert_eq!(judged, Err(fault), "{shown:?}");
    }
}

#[test]
fn certificates_end_by_the_clock() {
    let short = Certificate::read(pem!("short-client")).unwrap();
    let shown = presented(&[pem!("short-client")]);
    let trusts = trusted(&[pem!("authority")]);
    let pinned = trusted(&[pem!("short-client")]);
    for set in [&trusts, &pinned] {
        let validity = set.judge(&shown, NOW).unwrap();
        assert_eq!((validity.from, validity.until), (short.valid_at, short.expires_at));
        assert_eq!(set.judge(&shown, short.valid_at.plus(-1)), Err(CertificateFault::NotYetValid));
        assert!(set.judge(&shown, short.valid_at).is_ok());
        assert!(set.judge(&shown, short.expires_at).is_ok());
        assert_eq!(set.judge(&shown, short.expires_at.plus(1)), Err(CertificateFault::Expired));
        assert!(!validity.includes(short.expires_at.plus(1)) && !validity.includes(short.valid_at.plus(-1)));
    }
    // What an authority signed ends with it, though its own date is later.
    let ending = Certificate::read(pem!("expired-authority")).unwrap();
    let set = trusted(&[pem!("expired-authority")]);
    let shown = presented(&[pem!("expired-authority-client")]);
    let before = ending.expires_at.plus(-DAY);
    assert_eq!(set.judge(&shown, before).unwrap().until, ending.expires_at);
    assert!(set.judge(&shown, ending.expires_at).is_ok());
    assert_eq!(set.judge(&shown, ending.expires_at.plus(1)), Err(CertificateFault::Expired));
}

/// What comes with a certificate and is not needed for it does not shorten how long its judgement holds.
#[test]
fn only_the_certificates_of_the_path_count() {
    let own = Certificate::read(pem!("client")).unwrap();
    let trusts = trusted(&[pem!("authority"), pem!("future-authority")]);
    for beside in [pem!("expired-authority"), pem!("short-client"), pem!("future-authority")] {
        let validity = trusts.judge(&presented(&[pem!("client"), beside]), NOW).unwrap();
        assert_eq!((validity.from, validity.until), (own.valid_at, own.expires_at));
    }
    // One that is needed does.
    let chain = presented(&[pem!("intermediate-client"), pem!("intermediate"), pem!("expired-authority")]);
    assert!(trusts.judge(&chain, NOW).unwrap().includes(NOW));
}

#[test]
fn a_judgement_is_the_same_until_a_certificate_begins_or_ends() {
    let sets = [trusted(&[pem!("authority")]), trusted(&[pem!("expired-authority"), pem!("future-authority")])];
    let shown = [
        presented(&[pem!("short-client")]),
        presented(&[pem!("future-client")]),
        presented(&[pem!("expired-authority-client"), pem!("short-client")]),
    ];
    // The seconds beside each beginning and end.
    let dates = [pem!("short-client"), pem!("expired-authority"), pem!("future-client"), pem!("authority")]
        .map(|pem| Certificate::read(pem).unwrap());
    let edges = dates.iter().flat_map(|one| [one.valid_at, one.expires_at]);
    let moments: Vec<Timestamp> = edges.flat_map(|edge| [-1, 0, 1].map(|seconds| edge.plus(seconds))).collect();
    for (set, shown) in sets.iter().flat_map(|set| shown.iter().map(move |shown| (set, shown))) {
        for now in &moments {
            let around = set.unchanged_around(shown, *now);
            assert!(around.includes(*now));
            let same = |at: &Timestamp| set.judge(shown, *at).map(|_| ()) == set.judge(shown, *now).map(|_| ());
            assert!(moments.iter().filter(|at| around.includes(**at)).all(same), "{now:?}: {around:?}");
        }
    }
}

#[test]
fn every_form_of_the_header_is_read() {
    let (own, between) = (pem!("intermediate-client"), pem!("intermediate"));
    let wanted = presented(&[own, between]);
    let (first, second) = (STANDARD.encode(der(own)), STANDARD.encode(der(between)));
    // As AWS escapes: letters of Base64 stay.
    let aws = [own, between].concat().replace('\n', "%0A").replace(' ', "%20");
    for header in [
        escaped(&[own, between]),
        aws,
        format!("{first},{second}"),
        format!(" {first} , {second} "),
        format!(":{first}:, :{second}:"),
        format!("{},{second}", first.replace('+', "%2B").replace('/', "%2F").replace('=', "%3D")),
    ] {
        assert_eq!(Presented::read(header.as_bytes()), Some(wanted.clone()), "{header}");
    }
    let seven = [first.as_str(); 7].join(",");
    for unreadable in [
        "",
        " ",
        "-",
        "(null)",
        "no certificate",
        ",",
        &format!("{first},"),
        &format!("{first};{second}"),
        &format!(":{first}"),
        &seven,
        &escaped(&[own; 7]),
        "-----BEGIN CERTIFICATE-----",
        "-----BEGIN%20CERTIFICATE-----%0A!!!%0A-----END%20CERTIFICATE-----",
        "-----BEGIN%20PRIVATE%20KEY-----%0AAAAA%0A-----END%20PRIVATE%20KEY-----",
        &"A".repeat(40_000),
    ] {
        assert_eq!(Presented::read(unreadable.as_bytes()), None, "{unreadable}");
    }
    assert_eq!(ReportedCertificate::of(b" \t"), None);
    assert_eq!(ReportedCertificate::of(b" a ").unwrap().as_bytes(), b"a");
}

/// One bit of a certificate is another one: nothing that was not signed is accepted.
#[test]
fn no_altered_certificate_is_accepted() {
    let trusts = trusted(&[pem!("authority"), pem!("own-client")]);
    for pem in [pem!("client"), pem!("own-client")] {
        let good = der(pem);
        for at in 0..good.len() {
            for bit in [1, 0x80] {
                let mut altered = good.clone();
                altered[at] ^= bit;
                let header = STANDARD.encode(&altered);
                let judged = Presented::read(header.as_bytes()).map(|shown| trusts.judge(&shown, NOW));
                assert!(!matches!(judged, Some(Ok(_))), "byte {at}");
                // It can be read or not, but never ends the process.
                let _ = Certificate::read(&as_pem(&altered));
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_refused_or_read(bytes in proptest::collection::vec(any::<u8>(), 0..300), cut in 0_usize..900) {
        let text = String::from_utf8_lossy(&bytes);
        prop_assert!(Certificate::read(&text).is_err());
        prop_assert!(Certificate::read(&as_pem(&bytes)).is_err());
        let _ = Presented::read(&bytes);
        let whole = pem!("rsa-authority");
        let part = whole.get(..cut.min(whole.len() - 30)).unwrap_or_default();
        prop_assert!(Certificate::read(part).is_err());
        let trusts = trusted(&[pem!("authority")]);
        if let Some(shown) = Presented::read(STANDARD.encode(&bytes).as_bytes()) {
            prop_assert!(trusts.judge(&shown, NOW).is_err());
        }
    }
}

#[test]
fn facts_are_those_that_openssl_shows() {
    let authority = CertificateFacts::read(pem!("authority")).unwrap();
    assert_eq!((authority.subject.as_str(), authority.issuer.as_str()), ("CN=Test authority", "CN=Test authority"));
    assert!(authority.authority && authority.short_subject() == "Test authority");
    let digest: Vec<String> =
        Certificate::read(pem!("authority")).unwrap().fingerprint().iter().map(|byte| format!("{byte:02X}")).collect();
    assert_eq!(authority.fingerprint, digest.join(":"));
    assert!(authority.serial.split(':').all(|pair| pair.len() == 2), "{}", authority.serial);
    let client = CertificateFacts::read(pem!("client")).unwrap();
    assert_eq!((client.authority, client.issuer.as_str()), (false, "CN=Test authority"));
    let several = CertificateFacts { subject: "O=Acme, CN=a, OU=b".to_owned(), ..client };
    assert_eq!(several.short_subject(), "a");
    assert_eq!(CertificateFacts { subject: "O=Acme".to_owned(), ..several }.short_subject(), "O=Acme");
    assert_eq!(CertificateFacts::read("nothing"), None);
}
