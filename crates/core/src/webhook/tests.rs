//! The rules of webhooks.

use proptest::prelude::*;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use super::*;
use crate::time::Timestamp;

/// The vector that the reference libraries of Standard Webhooks publish in their tests.
#[test]
fn a_delivery_is_signed_as_the_specification_says() {
    let secret = WebhookSecret::parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
    let signed = secret.sign("msg_p5jXN8AQM9LWM0D4loKWxJek", Timestamp(1_614_265_330), br#"{"test": 2432232314}"#);
    assert_eq!(signed, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
}

#[test]
fn every_part_is_signed() {
    let secret = WebhookSecret::generate(&mut ChaCha8Rng::seed_from_u64(1));
    let signed = secret.sign("evt_1", Timestamp(10), b"{}");
    for other in [
        secret.sign("evt_2", Timestamp(10), b"{}"),
        secret.sign("evt_1", Timestamp(11), b"{}"),
        secret.sign("evt_1", Timestamp(10), b"{ }"),
        WebhookSecret::generate(&mut ChaCha8Rng::seed_from_u64(2)).sign("evt_1", Timestamp(10), b"{}"),
    ] {
        assert_ne!(signed, other);
    }
}

#[test]
fn a_secret_is_read_from_its_text() {
    let secret = WebhookSecret::generate(&mut ChaCha8Rng::seed_from_u64(1));
    let text = secret.text();
    assert!(text.expose().starts_with(SECRET_PREFIX));
    let read = WebhookSecret::parse(text.expose()).unwrap();
    assert_eq!(read.text().expose(), text.expose());
    assert_eq!(format!("{secret:?}"), "[secret]");
    let short = format!("{SECRET_PREFIX}AAAA");
    for wrong in ["", "whsec_", short.as_str(), "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_not base64 at all, is it"] {
        assert!(WebhookSecret::parse(wrong).is_none(), "{wrong:?}");
    }
}

#[test]
fn names_are_read_back() {
    for one in EventType::ALL {
        assert_eq!(EventType::from_name(one.as_str()), Some(one));
        assert_eq!(EventType::offered(one.as_str()).is_some(), EventType::OFFERED.contains(&one));
    }
    for one in DeliveryState::ALL {
        assert_eq!(DeliveryState::from_name(one.as_str()), Some(one));
    }
    for one in DeliveryFault::ALL {
        assert_eq!(DeliveryFault::from_name(one.as_str()), Some(one));
    }
    for one in DisabledReason::ALL {
        assert_eq!(DisabledReason::from_name(one.as_str()), Some(one));
    }
    assert_eq!(EventType::from_name("budget"), None);
}

/// Receivers tell events apart by these names, so that they never change.
#[test]
fn the_names_of_events_are_fixed() {
    let names = [
        "budget.threshold_reached",
        "budget.exhausted",
        "key.paused",
        "key.resumed",
        "anomaly.detected",
        "credit.low",
        "credit.exhausted",
        "credit.recharge_paused",
        "billing.suspended",
        "billing.resumed",
        "endpoint.test",
    ];
    assert_eq!(EventType::ALL.map(EventType::as_str), names);
    let others: Vec<_> = EventType::ALL.into_iter().filter(|one| !EventType::OFFERED.contains(one)).collect();
    assert_eq!(others, [EventType::EndpointTest], "it is sent without asking");
    assert!(EventType::OFFERED.is_sorted());
}

#[test]
fn attempts_follow_the_schedule_of_the_specification() {
    let waits: Vec<Option<i64>> = (1..=ATTEMPTS).map(|attempts| wait_after(attempts, 0, None)).collect();
    let hours = |hours: i64| Some(hours * 3_600);
    let expected =
        [Some(5), Some(300), Some(1_800), hours(2), hours(5), hours(10), hours(14), hours(20), hours(24), None];
    assert_eq!(waits, expected);
    assert_eq!(waits.iter().flatten().sum::<i64>(), 75 * 3_600 + 35 * 60 + 5);
    assert_eq!(wait_after(1, 0, Some(60)), Some(60), "Retry-After is kept");
    assert_eq!(wait_after(3, 0, Some(60)), Some(1_800), "but shortens nothing");
    assert_eq!(wait_after(1, 0, Some(i64::MAX)), Some(86_400), "and a day at most");
    assert_eq!(wait_after(0, 0, None), None);
    assert_eq!(wait_after(i64::MIN, 0, None), None);
    assert_eq!(wait_after(ATTEMPTS, 0, Some(60)), None, "the last attempt was the last");
    assert!(!is_failing_too_long(3 * 86_400 - 1) && is_failing_too_long(3 * 86_400));
}

proptest! {
    #[test]
    fn jitter_adds_a_tenth_at_most(attempts in 1..ATTEMPTS, draw: u32) {
        let plain = wait_after(attempts, 0, None).unwrap();
        let wait = wait_after(attempts, draw, None).unwrap();
        prop_assert!(plain <= wait && wait <= plain + plain / 10);
    }

    #[test]
    fn no_text_makes_the_check_fail(text: String) {
        let _ = check_url(&text, true);
        let _ = check_url(&text, false);
    }
}

#[test]
fn addresses_are_https_at_a_name() {
    for fine in [
        "https://example.com",
        "https://example.com/",
        "https://hooks.example.com/a/b?token=x&y=user@example.com",
        "https://example.com:443/hook",
    ] {
        assert_eq!(check_url(fine, false), Ok(()), "{fine}");
        assert_eq!(check_url(fine, true), Ok(()), "{fine}");
    }
    let long = format!("https://example.com/{}", "a".repeat(LONGEST_URL));
    for (wrong, fault) in [
        ("", UrlFault::Unreadable),
        (long.as_str(), UrlFault::Unreadable),
        ("https://example.com/a b", UrlFault::Unreadable),
        ("https://exämple.com", UrlFault::Unreadable),
        ("http://example.com", UrlFault::Insecure),
        ("ftp://example.com", UrlFault::Insecure),
        ("HTTPS://example.com", UrlFault::Insecure),
        ("https://localhost", UrlFault::Host),
        ("https://127.0.0.1/", UrlFault::Host),
        ("https://[::1]/", UrlFault::Host),
        ("https://2130706433/", UrlFault::Host),
        ("https://0x7f.0.0.1/", UrlFault::Host),
        ("https://example.com:8443/", UrlFault::Port),
        ("https://user@example.com/", UrlFault::Extra),
        ("https://example.com/#x", UrlFault::Extra),
        ("https://example.com\\@evil.example", UrlFault::Extra),
        ("http://127.0.0.1:9000/hook", UrlFault::Insecure),
    ] {
        assert_eq!(check_url(wrong, false), Err(fault), "{wrong}");
    }
}

#[test]
fn this_machine_is_for_development() {
    for fine in ["http://127.0.0.1:9000/hook?x=1", "http://localhost/hook", "http://localhost:1"] {
        assert_eq!(check_url(fine, true), Ok(()), "{fine}");
        assert!(check_url(fine, false).is_err(), "{fine}");
    }
    for wrong in [
        "http://127.0.0.1.example.com/",
        "http://127.0.0.12/",
        "http://localhost.example.com/",
        "http://localhost:0/",
        "http://localhost:1x/",
        "http://localhost:+1/",
        "http://localhost:80@example.com/",
        "http://10.0.0.1/",
        "http://169.254.169.254/latest/meta-data",
        "http://[::1]:80/",
    ] {
        assert!(check_url(wrong, true).is_err(), "{wrong}");
    }
}
