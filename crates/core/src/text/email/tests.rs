use proptest::prelude::*;

use super::*;

#[test]
fn addresses_that_can_be_mailed() {
    for (typed, kept) in [
        (" Ann@Example.COM\u{200b}", "ann@example.com"),
        ("ann+keys@example.co.uk", "ann+keys@example.co.uk"),
        ("ann@bücher.example", "ann@xn--bcher-kva.example"),
        ("ann@BÜCHER.example", "ann@xn--bcher-kva.example"),
        ("o'neil@x.example", "o'neil@x.example"),
        ("ops@intranet", "ops@intranet"),
    ] {
        assert_eq!(email(typed).as_deref(), Ok(kept), "{typed:?}");
    }
}

#[test]
fn addresses_that_cannot() {
    for (typed, fault) in [
        ("", EmailFault::Shape),
        ("ann", EmailFault::Shape),
        ("@example.com", EmailFault::Shape),
        ("ann@", EmailFault::Shape),
        ("ann@x..example", EmailFault::Domain),
        ("ann@.example", EmailFault::Domain),
        ("ann@example.", EmailFault::Domain),
        ("ann@-x.example", EmailFault::Domain),
        ("ann@x_y.example", EmailFault::Domain),
        ("ann@[127.0.0.1]", EmailFault::Domain),
        ("ann@127.0.0.1", EmailFault::Domain),
        ("a@b@example.com", EmailFault::Local),
        ("ann..b@example.com", EmailFault::Local),
        (".ann@example.com", EmailFault::Local),
        ("ann.@example.com", EmailFault::Local),
        ("\"ann b\"@example.com", EmailFault::Invisible),
        ("\"ann\"@example.com", EmailFault::Local),
        ("żółć@example.com", EmailFault::Local),
        ("Ann <ann@example.com>", EmailFault::Invisible),
        ("a\u{200b}nn@example.com", EmailFault::Invisible),
        ("ann@exam\u{ad}ple.com", EmailFault::Invisible),
        ("ann@example.com,bob@example.com", EmailFault::Local),
    ] {
        assert_eq!(email(typed), Err(fault), "{typed:?}");
    }
    assert_eq!(email(&format!("{}@example.com", "a".repeat(65))), Err(EmailFault::TooLong));
    let domain = ["a".repeat(60), "b".repeat(60), "c".repeat(60), "d".repeat(60)].join(".");
    assert_eq!(email(&format!("{}@{domain}", "a".repeat(60))), Err(EmailFault::TooLong));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_kept_form_is_stable_and_plain(typed in "\\PC{0,30}|[a-zA-Z.]{1,8}@[a-zA-Z.żü]{1,12}") {
        if let Ok(kept) = email(&typed) {
            prop_assert_eq!(email(&kept), Ok(kept.clone()));
            prop_assert!(kept.is_ascii() && kept.len() <= LONGEST && !kept.contains(char::is_whitespace));
        }
    }
}
