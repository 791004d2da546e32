use http::HeaderValue;
use proptest::prelude::*;

use super::*;

const NOW: Timestamp = Timestamp(1_800_000_000);

fn sign(secret: &str, at: i64, body: &[u8]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap_or_else(|_| unreachable!());
    mac.update(format!("{at}.").as_bytes());
    mac.update(body);
    hex::encode(&mac.finalize().into_bytes())
}

fn verify(header: &str, body: &[u8], secrets: &[&str], now: Timestamp) -> Result<(), SignatureError> {
    let secrets: Vec<_> = secrets.iter().map(|secret| Secret::new((*secret).to_owned())).collect();
    verify_timestamped(HeaderValue::from_str(header).ok().as_ref(), body, &secrets, now)
}

#[test]
fn both_ways_of_writing_several_signatures() {
    let (good, other) = (sign("new", NOW.0, b"{}"), sign("other", NOW.0, b"{}"));
    for header in [
        format!("t={},v1={good}", NOW.0),
        format!("t={},v1={good},v1={other}", NOW.0),
        format!("t={},v1={other},v1={good},v0=00", NOW.0),
        format!("t={},v1={other} t={},v1={good}", NOW.0, NOW.0),
    ] {
        assert_eq!(verify(&header, b"{}", &["old", "new"], NOW), Ok(()), "{header}");
        assert_eq!(verify(&header, b"{ }", &["old", "new"], NOW), Err(SignatureError::Wrong));
        assert_eq!(verify(&header, b"{}", &["old"], NOW), Err(SignatureError::Wrong));
        assert_eq!(verify(&header, b"{}", &[], NOW), Err(SignatureError::Wrong));
    }
}

#[test]
fn five_minutes_either_way() {
    let header = format!("t={},v1={}", NOW.0, sign("s", NOW.0, b"x"));
    for (shift, expected) in
        [(300, Ok(())), (-300, Ok(())), (301, Err(SignatureError::Stale)), (-301, Err(SignatureError::Stale))]
    {
        assert_eq!(verify(&header, b"x", &["s"], NOW.plus(shift)), expected, "{shift}");
    }
}

#[test]
fn unreadable_headers() {
    let good = sign("s", NOW.0, b"x");
    for header in
        ["", "t=", "v1=00", "t=1,v1=zz", "t=1800000000", &format!("t=01800000000,v1={good}"), &format!("v0={good}")]
    {
        assert_eq!(verify(header, b"x", &["s"], NOW), Err(SignatureError::Missing), "{header}");
    }
    assert_eq!(verify_timestamped(None, b"x", &[], NOW), Err(SignatureError::Missing));
}

/// An installation with an empty secret accepts nothing, instead of everything.
#[test]
fn an_empty_secret_signs_nothing() {
    for secret in ["", " "] {
        let header = format!("t={},v1={}", NOW.0, sign(secret, NOW.0, b"{}"));
        assert_eq!(verify(&header, b"{}", &[secret], NOW), Err(SignatureError::Wrong), "{secret:?}");
        assert_eq!(verify(&header, b"{}", &["real", secret], NOW), Err(SignatureError::Wrong), "{secret:?}");
    }
}

#[test]
fn both_secrets_hold_during_a_roll() {
    // During a change of secrets, Stripe puts both signatures in one group and Persona writes two groups; the order
    // does not matter.
    let (old, new) = (sign("old", NOW.0, b"{}"), sign("new", NOW.0, b"{}"));
    let t = NOW.0;
    for header in [format!("t={t},v1={old},v1={new}"), format!("t={t},v1={new} t={t},v1={old}")] {
        for secrets in [&["old"][..], &["new"], &["old", "new"], &["new", "old"]] {
            assert_eq!(verify(&header, b"{}", secrets, NOW), Ok(()), "{header} under {secrets:?}");
        }
    }
    // A good signature with a stale group's time does not become valid because of a fresh group.
    let mixed = format!("t={},v1={} t={t},v1={}", t - 900, sign("new", t - 900, b"{}"), sign("other", t, b"{}"));
    assert_eq!(verify(&mixed, b"{}", &["new"], NOW), Err(SignatureError::Wrong));
    assert_eq!(verify(&format!("t={t},v0={new}"), b"{}", &["new"], NOW), Err(SignatureError::Missing));
}

proptest! {
    #[test]
    fn nothing_sent_breaks_it(
        header in prop::collection::vec(any::<u8>(), 0..300),
        body in prop::collection::vec(any::<u8>(), 0..200),
        now in any::<i64>(),
    ) {
        let header = HeaderValue::from_bytes(&header).ok();
        let secrets = [Secret::new("s".to_owned())];
        prop_assert!(verify_timestamped(header.as_ref(), &body, &secrets, Timestamp(now)).is_err());
    }

    #[test]
    fn nor_does_what_almost_looks_right(
        header in "(t=|v1=|v0=|,|;| |[0-9a-fA-F]{64}|-?[0-9]{1,20}|[0-9]{10}){0,40}",
        now in prop_oneof![Just(i64::MIN), Just(i64::MAX), any::<i64>()],
    ) {
        let answer = verify(&header, b"{}", &["s", ""], Timestamp(now));
        prop_assert!(answer.is_err());
    }

    #[test]
    fn a_bent_bit_is_refused(at in 0..200_usize, bit in 0..8_u8, body in prop::collection::vec(any::<u8>(), 1..200)) {
        let header = format!("t={},v1={}", NOW.0, sign("s", NOW.0, &body));
        let mut bent = body.clone();
        bent[at % body.len()] ^= 1 << bit;
        prop_assert_eq!(verify(&header, &body, &["s"], NOW), Ok(()));
        prop_assert_eq!(verify(&header, &bent, &["s"], NOW), Err(SignatureError::Wrong));
    }

    #[test]
    fn so_is_a_bent_signature(at in 0..64_usize, other in 1..16_u8) {
        let mut signature = sign("s", NOW.0, b"{}").into_bytes();
        let digit = char::from(signature[at]).to_digit(16).unwrap_or_default() ^ u32::from(other);
        signature[at] = char::from_digit(digit, 16).unwrap_or('0') as u8;
        let header = format!("t={},v1={}", NOW.0, String::from_utf8_lossy(&signature));
        prop_assert_eq!(verify(&header, b"{}", &["s"], NOW), Err(SignatureError::Wrong));
    }
}
