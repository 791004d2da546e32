//! The table of documents over every country.

use jiff::civil::date;

use super::super::countries::COUNTRIES;
use super::DocumentKind::{DriversLicense, IdentityCard, MyNumberCard, Passport, ResidencePermit, Visa};
use super::*;

fn kinds(country: &str) -> Vec<DocumentKind> {
    DocumentPolicy::default().documents(country).iter().map(|document| document.kind).collect()
}

#[test]
fn what_countries_issue() {
    // S0-10…S0-14, S0-25, S3-25.
    for (country, expected) in [
        ("PL", vec![Passport, IdentityCard, DriversLicense, ResidencePermit, Visa]),
        ("JP", vec![Passport, DriversLicense, ResidencePermit, MyNumberCard, Visa]),
        ("US", vec![Passport, DriversLicense, ResidencePermit, Visa]),
        ("GB", vec![Passport, DriversLicense, Visa]),
        ("AU", vec![Passport, DriversLicense]),
        ("UA", vec![Passport, IdentityCard, DriversLicense]),
        ("AQ", vec![Passport]),
        ("pl", vec![]),
        ("XX", vec![]),
        ("", vec![]),
    ] {
        assert_eq!(kinds(country), expected, "{country}");
    }
}

#[test]
fn every_country_has_a_way() {
    // S0-06, S0-07.
    let policy = DocumentPolicy::default();
    for country in COUNTRIES {
        assert!(policy.suffice(country, &[Passport]), "{country}");
        for document in policy.documents(country) {
            assert_eq!(document.sides.first(), Some(&Side::Front), "{country} {document:?}");
            let alone = policy.suffice(country, &[document.kind]);
            assert_eq!(alone, document.kind != Visa, "{country} {document:?}");
        }
        assert!(!policy.suffice(country, &[]), "{country}");
        assert_eq!(kinds(country).contains(&MyNumberCard), country == "JP", "{country}");
    }
}

#[test]
fn the_back_of_a_my_number_card_is_never_taken() {
    // S0-13.
    let policy = DocumentPolicy::default();
    assert!(policy.may_photograph("JP", MyNumberCard, Side::Front));
    assert!(!policy.may_photograph("PL", MyNumberCard, Side::Front));
    for country in COUNTRIES {
        assert!(!policy.may_photograph(country, MyNumberCard, Side::Back), "{country}");
    }
    assert!(policy.may_photograph("PL", IdentityCard, Side::Back), "its lines are on the back");
}

#[test]
fn a_visa_requires_the_passport() {
    // S0-07, S0-14.
    let policy = DocumentPolicy::default();
    assert!(!policy.suffice("JP", &[Visa]) && policy.suffice("JP", &[Visa, Passport]));
    let without = DocumentPolicy { kinds_off: vec![Passport], ..DocumentPolicy::default() };
    assert!(without.documents("JP").iter().all(|document| !matches!(document.kind, Passport | Visa)));
    assert!(!without.suffice("JP", &[Visa, Passport]));
}

#[test]
fn what_machines_read() {
    let policy = DocumentPolicy::default();
    for (country, kind, expected) in [
        ("PL", Passport, Some(MachineReadable::Td3)),
        ("PL", IdentityCard, Some(MachineReadable::Td1)),
        ("DE", ResidencePermit, Some(MachineReadable::Td1)),
        ("JP", ResidencePermit, None),
        ("JP", MyNumberCard, None),
        ("US", DriversLicense, Some(MachineReadable::Pdf417)),
        ("PL", DriversLicense, None),
        ("JP", Visa, Some(MachineReadable::Mrv)),
    ] {
        let found = policy.documents(country).into_iter().find(|document| document.kind == kind);
        assert_eq!(found.map(|document| document.machine_readable), Some(expected), "{country} {kind:?}");
    }
}

#[test]
fn operators_narrow_it() {
    let policy = DocumentPolicy {
        countries_off: vec!["KP".to_owned()],
        kinds_off: vec![DriversLicense],
        ..DocumentPolicy::default()
    };
    assert!(policy.documents("KP").is_empty() && !policy.suffice("KP", &[Passport]));
    assert!(COUNTRIES.iter().all(|country| !policy.suffice(country, &[DriversLicense])));
    let read = serde_json::from_str::<DocumentPolicy>(r#"{"kinds_off":["visa"]}"#).ok();
    assert_eq!(read, Some(DocumentPolicy { kinds_off: vec![Visa], ..DocumentPolicy::default() }));
    assert!(serde_json::from_str::<DocumentPolicy>(r#"{"kinds_off":["library_card"]}"#).is_err());
}

#[test]
fn of_age_on_the_birthday() {
    let policy = DocumentPolicy::default();
    assert_eq!(policy.min_age, 18);
    let born = date(2008, 11, 21);
    assert!(!policy.old_enough(born, date(2026, 11, 20)) && policy.old_enough(born, date(2026, 11, 21)));
    let leap = date(2008, 2, 29);
    assert!(!policy.old_enough(leap, date(2026, 2, 27)) && policy.old_enough(leap, date(2026, 2, 28)));
    assert!(!policy.old_enough(date(9999, 1, 1), date(2026, 1, 1)), "a date no calendar reaches is no proof of age");
}

#[test]
fn names_are_read_back() {
    for kind in DocumentKind::ALL {
        assert_eq!(DocumentKind::from_name(kind.as_str()), Some(kind));
        assert_eq!(serde_json::to_string(&kind).ok(), Some(format!("\"{}\"", kind.as_str())));
    }
}
