//! The specimens of Doc 9303 (Utopia, Anna Maria Eriksson), every single copying error in them, and the rules.

use keystead_core::time::Timestamp;
use keystead_core::verification::documents::MIN_AGE;
use proptest::prelude::*;

use super::super::{Format, MrzRefusal, MrzReport, NameComparison, names};
use super::*;

const TD1: [&str; 3] =
    ["I<UTOD231458907<<<<<<<<<<<<<<<", "7408122F1204159UTO<<<<<<<<<<<6", "ERIKSSON<<ANNA<MARIA<<<<<<<<<<"];
const TD2: [&str; 2] = ["I<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<", "D231458907UTO7408122F1204159<<<<<<<6"];
const TD3: [&str; 2] = ["P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<", "L898902C36UTO7408122F1204159ZE184226B<<<<<10"];
const MRV_A: [&str; 2] =
    ["V<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<", "L8988901C4XXX4009078F96121096ZE184226B<<<<<<"];
const MRV_B: [&str; 2] = ["V<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<", "L8988901C4XXX4009078F9612109<<<<<<<<"];

/// 15 January 2027.
const NOW: Timestamp = Timestamp(1_800_000_000);
const DAY: i64 = 86_400;

fn read(lines: &[&str]) -> MrzReport {
    MrzReport::read(&lines.join("\n"), NOW).unwrap_or_else(|refusal| panic!("{refusal}: {lines:?}"))
}

/// A passport of a country, with digits computed by the inverse arithmetic.
fn passport(issuer: &str, surname: &str, given: &str, birth: (i32, u32, u32), expiry: (i32, u32, u32)) -> MrzReport {
    let day = |(year, month, day)| ::mrz::MrzDate::Calendar(::mrz::Date::new(year, month, day));
    let fields = ::mrz::Td3Fields {
        issuing_country: issuer.into(),
        document_number: "XS1234567".into(),
        surname: surname.into(),
        given_names: given.into(),
        nationality: issuer.into(),
        date_of_birth: day(birth),
        sex: ::mrz::Sex::Female,
        date_of_expiry: day(expiry),
        ..Default::default()
    };
    MrzReport::read(&::mrz::format_td3(&fields), NOW).unwrap()
}

fn polish() -> MrzReport {
    passport("POL", "KOWALSKA", "ANNA MARIA", (1990, 5, 17), (2030, 1, 1))
}

const CLAIM: Claim<'static> = Claim {
    document: DocumentKind::Passport,
    country: "PL",
    name: Some("Anna Kowalska"),
    min_age: MIN_AGE,
    passport_at_hand: false,
};

/// All check digits are computed correctly.
#[test]
fn five_specimens() {
    for (lines, format, number, birth, expiry) in [
        (&TD1[..], Format::Td1, "D23145890", "1974-08-12", "2012-04-15"),
        (&TD2[..], Format::Td2, "D23145890", "1974-08-12", "2012-04-15"),
        (&TD3[..], Format::Td3, "L898902C3", "1974-08-12", "2012-04-15"),
        (&MRV_A[..], Format::MrvA, "L8988901C", "1940-09-07", "1996-12-10"),
        (&MRV_B[..], Format::MrvB, "L8988901C", "1940-09-07", "1996-12-10"),
    ] {
        let report = read(lines);
        assert_eq!(report.format, format);
        assert!(report.digits.all_agree(), "{format:?} {:?}", report.digits);
        assert_eq!(report.digits.composite.is_some(), !format.is_visa(), "visas have no digit over all");
        assert_eq!(report.document_number.expose(), number);
        assert_eq!(report.birth.map(|day| day.to_string()).as_deref(), Some(birth));
        assert_eq!(report.expiry.map(|day| day.to_string()).as_deref(), Some(expiry));
        assert_eq!((report.issuer.as_str(), report.issuing_country), ("UTO", None));
        assert_eq!(report.surname.expose(), "ERIKSSON");
        assert_eq!(report.given_names.expose(), "ANNA MARIA");
        assert!(!report.names_may_be_cut);
    }
}

#[test]
fn every_wrong_digit_is_found() {
    for (lines, checked) in [
        (&TD1[..], &[(0, 5..15), (1, 0..7), (1, 8..15), (1, 29..30)][..]),
        (&TD2[..], &[(1, 0..10), (1, 13..20), (1, 21..28), (1, 35..36)]),
        (&TD3[..], &[(1, 0..10), (1, 13..20), (1, 21..28), (1, 28..44)]),
        (&MRV_A[..], &[(1, 0..10), (1, 13..20), (1, 21..28)]),
        (&MRV_B[..], &[(1, 0..10), (1, 13..20), (1, 21..28)]),
    ] {
        for (line, columns) in checked {
            for column in columns.clone().filter(|column| lines[*line].as_bytes()[*column].is_ascii_digit()) {
                for wrong in ('0'..='9').filter(|digit| lines[*line].as_bytes()[column] != *digit as u8) {
                    let mut bent: Vec<String> = lines.iter().map(|line| (*line).to_owned()).collect();
                    bent[*line].replace_range(column..=column, &wrong.to_string());
                    let report = MrzReport::read(&bent.join("\n"), NOW).unwrap();
                    assert!(!report.digits.all_agree(), "{bent:?}");
                }
            }
        }
    }
}

/// A filler counts as zero, so a digit 0 that was not copied would not be noticed.
#[test]
fn a_filler_is_no_digit() {
    let number_zero = (0..10_000).map(|n| format!("XS1{n:06}")).find(|n| ::mrz::check_digit(n) == Ok(0)).unwrap();
    let visa = |digit| format!("{}\n{number_zero}{digit}XXX4009078F9612109<<<<<<<<", MRV_B[0]);
    assert!(MrzReport::read(&visa('0'), NOW).unwrap().digits.all_agree());
    assert!(!MrzReport::read(&visa('<'), NOW).unwrap().digits.document_number);
}

#[test]
fn long_numbers_of_cards_go_on() {
    let fields = ::mrz::Td1Fields {
        issuing_country: "BEL".into(),
        document_number: "592123456789".into(),
        surname: "Peeters".into(),
        given_names: "Jan".into(),
        nationality: "BEL".into(),
        date_of_birth: ::mrz::MrzDate::Calendar(::mrz::Date::new(1980, 1, 2)),
        sex: ::mrz::Sex::Male,
        date_of_expiry: ::mrz::MrzDate::Calendar(::mrz::Date::new(2031, 3, 4)),
        ..Default::default()
    };
    let card = ::mrz::format_td1(&fields);
    let report = MrzReport::read(&card, NOW).unwrap();
    assert!(report.digits.all_agree(), "{:?} {card}", report.digits);
    assert_eq!(report.document_number.expose(), "592123456789");
    assert_eq!(report.issuing_country, Some("BE"));
}

/// Typed lines, with the differences of keyboards and copies.
#[test]
fn typed_lines_are_understood() {
    let full_width =
        |text: &str| -> String { text.chars().map(|c| char::from_u32(u32::from(c) + 0xfee0).unwrap_or(c)).collect() };
    let spaced = |text: &str| text.chars().map(|c| format!("{c} ")).collect::<String>();
    for typed in [
        TD3.join("\n"),
        TD3.join("\r\n"),
        TD3.join("\n\n") + "\n",
        TD3.concat(),
        TD3.join("\n").to_lowercase(),
        spaced(TD3[0]) + "\n" + TD3[1],
        full_width(TD3[0]) + "\n" + &full_width(TD3[1]),
        TD3.join("\n").replace("<<", "«"),
        TD3[0].trim_end_matches('<').to_owned() + "\n" + TD3[1],
        TD3[0].to_owned() + "<<<\n" + TD3[1],
    ] {
        let report = MrzReport::read(&typed, NOW).unwrap_or_else(|refusal| panic!("{refusal}: {typed}"));
        assert!(report.digits.all_agree() && report.format == Format::Td3, "{typed}");
    }
    for (lines, format) in [(&MRV_A[..], Format::MrvA), (&MRV_B[..], Format::MrvB), (&TD1[..], Format::Td1)] {
        assert_eq!(MrzReport::read(&lines.concat(), NOW).unwrap().format, format);
    }
    let short = MRV_A.map(|line| line.trim_end_matches('<')).join("\n");
    assert_eq!(MrzReport::read(&short, NOW).unwrap().format, Format::MrvA);
}

#[test]
fn text_that_is_not_a_zone_is_refused_with_a_reason() {
    let refusal = |typed: &str| MrzReport::read(typed, NOW).err();
    for nothing in ["", "\n\n", "hello", "X<UTO\nY", "P<UTOERIKSSON", &"A".repeat(401), "I\nI\nI\nI"] {
        assert!(matches!(refusal(nothing), Some(MrzRefusal::NotAZone)), "{nothing}");
    }
    let accent = TD3.join("\n").replace("ANNA", "ANNÀ");
    assert_eq!(refusal(&accent), Some(MrzRefusal::Character { line: 1, position: 19 }));
    let short = format!("{}\n{}", TD3[0], &TD3[1][2..]);
    assert_eq!(refusal(&short), Some(MrzRefusal::Length { line: 2, expected: 44, got: 42 }), "refused, not guessed");
    let long = TD3.join("\n") + "<";
    assert_eq!(refusal(&long), Some(MrzRefusal::Length { line: 2, expected: 44, got: 45 }));
    let no_number = format!("{}\n<{}", TD3[0], &TD3[1][1..]);
    assert_eq!(refusal(&no_number), Some(MrzRefusal::NotAZone));
}

#[test]
fn nothing_of_the_person_is_printed() {
    let shown = format!("{:?}", read(&TD3));
    for secret in ["L898902C3", "ERIKSSON", "ANNA", "1974", "UTO"] {
        assert!(!shown.contains(secret), "{shown}");
    }
}

/// S0-05, S0-06, S0-10 … S0-12, S3-25: each rule alone.
#[test]
fn one_rule_at_a_time() {
    let report = polish();
    let find = |report: &MrzReport, claim: Claim<'_>| assess(report, &claim, NOW);
    assert_eq!(find(&report, CLAIM), []);
    assert_eq!(find(&report, Claim { country: "CZ", ..CLAIM }), [MrzFinding::OtherIssuer]);
    assert_eq!(find(&report, Claim { name: Some("Jan Nowak"), ..CLAIM }), [MrzFinding::NameDiffers]);
    assert_eq!(find(&report, Claim { name: Some("山田 太郎"), ..CLAIM }), [MrzFinding::NameUnclear]);
    assert_eq!(find(&report, Claim { name: None, ..CLAIM }), []);
    assert_eq!(find(&report, Claim { min_age: 40, ..CLAIM }), [MrzFinding::UnderAge]);
    for document in DocumentKind::ALL.into_iter().filter(|one| *one != DocumentKind::Passport) {
        assert_eq!(find(&report, Claim { document, ..CLAIM }), [MrzFinding::OtherDocument], "{document:?}");
    }
    let german = passport("D", "MÜLLER", "JÜRGEN", (1990, 5, 17), (2030, 1, 1));
    assert_eq!(find(&german, Claim { country: "DE", name: Some("Jürgen Müller"), ..CLAIM }), []);
    let utopian = find(&read(&TD3), Claim { name: Some("Anna Maria Eriksson"), ..CLAIM });
    assert_eq!(utopian, [MrzFinding::OtherIssuer, MrzFinding::Expired]);
}

/// S0-05: valid through its last day, in every time zone; S0-07: age by the day.
#[test]
fn days_at_their_edges() {
    let today = (2027, 1, 15);
    let find = |report: &MrzReport, days: i64| assess(report, &CLAIM, NOW.plus(days * DAY));
    let ends = passport("POL", "KOWALSKA", "ANNA", (1990, 5, 17), today);
    assert_eq!(find(&ends, 0), []);
    assert_eq!(find(&ends, 1), [], "the issuer's today may still be yesterday");
    assert_eq!(find(&ends, 2), [MrzFinding::Expired]);
    let young = passport("POL", "KOWALSKA", "ANNA", (2009, 1, 16), (2030, 1, 1));
    assert_eq!(find(&young, 0), [MrzFinding::UnderAge]);
    assert_eq!(find(&young, 1), []);
}

/// S0-14: a visa requires the passport, too.
#[test]
fn a_visa_is_never_enough() {
    for lines in [&MRV_A[..], &MRV_B[..]] {
        let claim = Claim { document: DocumentKind::Visa, name: None, ..CLAIM };
        let alone = assess(&read(lines), &claim, NOW);
        assert!(alone.contains(&MrzFinding::VisaNeedsPassport), "{alone:?}");
        let with = assess(&read(lines), &Claim { passport_at_hand: true, ..claim }, NOW);
        assert!(!with.contains(&MrzFinding::VisaNeedsPassport), "{with:?}");
    }
}

#[test]
fn names_in_other_letters() {
    let compare = |typed: &str, surname: &str, given: &str| {
        names::compare(typed, &passport("POL", surname, given, (1990, 5, 17), (2030, 1, 1)))
    };
    for (typed, surname, given) in [
        ("Łucja Żółć", "ZOLC", "LUCJA"),
        ("Z\u{307}o\u{301}łc\u{301} Łucja", "ZOLC", "LUCJA"),
        ("Jürgen Müller", "MUELLER", "JUERGEN"),
        ("Jürgen Müller", "MULLER", "JURGEN"),
        ("Juergen Mueller", "MUELLER", "JUERGEN"),
        ("Anna Kowalska-Nowak", "KOWALSKA NOWAK", "ANNA"),
        ("Sean O'Connor", "OCONNOR", "SEAN"),
        ("Maria de la Cruz", "DELACRUZ", "MARIA"),
        ("Nguyễn Thị Hằng", "NGUYEN", "THI HANG"),
        ("Ștefan Țurcanu", "TURCANU", "STEFAN"),
        ("Иванов Сергей", "IVANOV", "SERGEI"),
        ("ＹＡＭＡＤＡ　ＴＡＲＯ", "YAMADA", "TARO"),
        ("YAMADA TARO", "YAMADA", "TARO"),
        ("Anna Kowalska", "KOWALSKA", "ANNA MARIA"),
        ("Suharto", "SUHARTO", ""),
    ] {
        assert_eq!(compare(typed, surname, given), NameComparison::Agrees, "{typed} / {surname} {given}");
    }
    for (typed, surname, given) in [
        ("Anna", "KOWALSKA", "ANNA"),
        ("Kowalska", "KOWALSKA", "ANNA"),
        ("Anna Nowak", "KOWALSKA", "ANNA"),
        ("Anna Maria Kowalska", "KOWALSKA", "ANNA"),
        ("Jan Kowalski", "KOWALSKA", "ANNA"),
    ] {
        assert_eq!(compare(typed, surname, given), NameComparison::Differs, "{typed} / {surname} {given}");
    }
    for typed in ["山田太郎", "홍길동", "Anna 2", "", " - "] {
        assert_eq!(compare(typed, "YAMADA", "TARO"), NameComparison::CannotTell, "{typed}");
    }
}

/// A zone has 39 characters for names; the rest is cut off.
#[test]
fn long_names_are_cut() {
    let surname = "NILAVADHANANANDA KRASNAPHOLSKAYA";
    let report = passport("POL", surname, "CHAYAPA DEJTHAMRONG", (1990, 5, 17), (2030, 1, 1));
    assert!(report.names_may_be_cut, "{}", report.given_names.expose());
    let compare = |typed: &str| names::compare(typed, &report);
    assert_eq!(compare("Chayapa Dejthamrong Nilavadhanananda Krasnapholskaya"), NameComparison::Agrees);
    assert_eq!(compare("Chayapa Dejthamrong Nilavadhanananda"), NameComparison::Differs);
}

proptest! {
    // A name agrees with its own printed form, in any order of its parts, and not with another person's.
    #[test]
    fn polish_names_agree_with_their_print(
        given in "[A-ZĄĆĘŁŃÓŚŹŻ][a-ząćęłńóśźż]{2,9}", surname in "[A-ZĄĆĘŁŃÓŚŹŻ][a-ząćęłńóśźż]{2,9}",
        wide in any::<bool>(),
    ) {
        let printed = |name: &str| mrz::transliterate(&name.to_uppercase(), mrz::TransliterationStyle::Simple);
        let report = passport("POL", &printed(&surname), &printed(&given), (1990, 5, 17), (2030, 1, 1));
        let gap = if wide { "\u{3000}" } else { " " };
        for typed in [format!("{given}{gap}{surname}"), format!("{surname}{gap}{given}"), format!("{given} {surname}").to_lowercase()] {
            prop_assert_eq!(names::compare(&typed, &report), NameComparison::Agrees, "{}", typed);
        }
        let other = format!("{given} {surname}ska");
        prop_assert_eq!(names::compare(&other, &report), NameComparison::Differs);
    }

    // A Japanese passport prints a name in Latin letters; typed in full width it is the same, typed in kanji a person
    // compares.
    #[test]
    fn japanese_names_are_compared_or_left_to_the_reviewer(given in "[A-Z]{2,9}", surname in "[A-Z]{2,9}", kanji in "[山田太郎佐藤花子]{2,4}") {
        let report = passport("JPN", &surname, &given, (1990, 5, 17), (2030, 1, 1));
        let wide = |name: &str| -> String {
            name.chars().map(|c| char::from_u32(u32::from(c) + 0xfee0).unwrap()).collect()
        };
        let typed = format!("{}\u{3000}{}", wide(&surname), wide(&given));
        prop_assert_eq!(names::compare(&typed, &report), NameComparison::Agrees);
        prop_assert_eq!(names::compare(&kanji, &report), NameComparison::CannotTell);
    }

    #[test]
    fn arbitrary_text_never_panics(typed in "\\PC{0,120}", name in "\\PC{0,40}") {
        if let Ok(report) = MrzReport::read(&typed, NOW) {
            let _ = assess(&report, &Claim { name: Some(&name), ..CLAIM }, NOW);
        }
        let _ = names::compare(&name, &polish());
    }

    #[test]
    fn arbitrary_zones_never_panic(
        first in prop::sample::select(vec!["P", "V", "I", "A", "C"]),
        lines in prop::collection::vec("[A-Z0-9<]{28,46}", 2..=3),
        at in any::<i64>(),
    ) {
        let typed = format!("{first}{}", lines.join("\n"));
        if let Ok(report) = MrzReport::read(&typed, Timestamp(at)) {
            let _ = assess(&report, &CLAIM, NOW);
        }
    }
}
