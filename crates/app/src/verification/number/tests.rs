use proptest::prelude::*;

use super::*;

#[test]
fn as_people_type() {
    // S1-16, S1-22, S1-32
    for (typed, country, e164) in [
        ("090-1234-5678", "JP", "+819012345678"),
        ("０９０−１２３４−５６７８", "JP", "+819012345678"),
        ("090ー1234ー5678", "JP", "+819012345678"),
        ("tel:+48-512-345-678", "PL", "+48512345678"),
        ("\u{202a}+48 512 345 678\u{202c}", "PL", "+48512345678"),
        ("+4\u{fe0f}8 512 345 678", "PL", "+48512345678"),
        ("٥١٢ ٣٤٥ ٦٧٨", "PL", "+48512345678"),
        ("+48 (512) 345.678", "PL", "+48512345678"),
        ("512 345 678", "PL", "+48512345678"),
        ("+48 512 345 678", "PL", "+48512345678"),
        ("415-992-9960", "US", "+14159929960"),
        ("07911 123456", "GB", "+447911123456"),
        (" +81 90 1234 5678 ", "JP", "+819012345678"),
    ] {
        let read = read(typed, Some(country)).map(|number| number.e164.expose().clone());
        assert_eq!(read.as_deref(), Ok(e164), "{typed}");
    }
}

#[test]
fn refused_before_anything_is_sent() {
    for (typed, country, refusal) in [
        ("", Some("PL"), NumberRefusal::Invalid),
        ("12", Some("PL"), NumberRefusal::Invalid),
        ("512 345 678", None, NumberRefusal::Invalid),
        ("050-1234-5678", Some("JP"), NumberRefusal::Voip),
        ("39 123 45 67", Some("PL"), NumberRefusal::Voip),
        ("+39 02 3661 8300", Some("IT"), NumberRefusal::Landline),
        ("+1 900 555 0123", Some("US"), NumberRefusal::Special),
        ("+44 7911 123456 ext 5", Some("GB"), NumberRefusal::Extension),
        ("1-800-FLOWERS", Some("US"), NumberRefusal::Letters),
        ("+48 512 345 678", Some("JP"), NumberRefusal::CountryMismatch),
        ("+870 773 123 456", None, NumberRefusal::Special),
        ("512345678", Some("xx!"), NumberRefusal::CountryMismatch),
    ] {
        assert_eq!(read(typed, country).map(|_| ()), Err(refusal), "{typed}");
    }
    // Countries that share a calling code are accepted for each other.
    assert!(read("+44 7911 123456", Some("GG")).is_ok());
}

proptest! {
    #[test]
    fn nothing_typed_breaks_it(typed in "\\PC{0,80}", country in "[A-Za-z]{0,3}") {
        if let Ok(number) = read(&typed, Some(&country)) {
            let digits = number.e164.expose().clone();
            prop_assert!(digits.starts_with('+') && digits.len() <= 16);
            prop_assert!(digits[1..].bytes().all(|b| b.is_ascii_digit()));
        }
    }
}
