use proptest::prelude::*;

use super::*;

#[test]
fn which_lines_pass() {
    // S1-32, S1-33: every kind of line.
    use LineKind::*;
    let voip = LineVerdict::Refuse("phone_voip_not_supported");
    let kind = LineVerdict::Refuse("phone_type_not_supported");
    let table = [
        (Mobile, LineVerdict::Accept),
        (Landline, LineVerdict::Refuse("phone_landline_not_supported")),
        (FixedVoip, voip),
        (NonFixedVoip, voip),
        (Personal, LineVerdict::Review),
        (TollFree, kind),
        (Premium, kind),
        (SharedCost, kind),
        (Uan, kind),
        (Voicemail, kind),
        (Pager, kind),
        (Unknown, LineVerdict::Review),
    ];
    assert_eq!(table.len(), LineKind::ALL.len());
    for (line, verdict) in table {
        assert_eq!(line_verdict(line, &LinePolicy::default()), verdict, "{line:?}");
    }
}

#[test]
fn what_the_operator_can_choose() {
    let open = LinePolicy {
        fixed_voip: LineRule::Accept,
        non_fixed_voip: LineRule::Review,
        voice: true,
        doubtful: LineRule::Accept,
    };
    for line in LineKind::ALL {
        let expected = match line {
            LineKind::Mobile | LineKind::Landline | LineKind::FixedVoip => LineVerdict::Accept,
            LineKind::NonFixedVoip => LineVerdict::Review,
            LineKind::Personal | LineKind::Unknown => LineVerdict::Accept,
            _ => LineVerdict::Refuse("phone_type_not_supported"),
        };
        assert_eq!(line_verdict(line, &open), expected, "{line:?}");
    }
    let strict = LinePolicy { doubtful: LineRule::Refuse, ..LinePolicy::default() };
    assert_eq!(line_verdict(LineKind::Unknown, &strict), LineVerdict::Refuse("phone_type_not_supported"));
    let read = serde_json::from_str::<LinePolicy>(r#"{"non_fixed_voip":"review"}"#).ok();
    assert_eq!(read, Some(LinePolicy { non_fixed_voip: LineRule::Review, ..LinePolicy::default() }));
}

#[test]
fn prey_of_toll_fraud() {
    for code in [870, 881, 882, 883, 979] {
        assert!(refused_calling_code(code));
    }
    for code in [1, 7, 44, 48, 81, 87, 88, 800, 878, 880, 886] {
        assert!(!refused_calling_code(code), "{code}");
    }
}

#[test]
fn names_are_read_back() {
    for kind in LineKind::ALL {
        assert_eq!(LineKind::from_name(kind.as_str()), Some(kind));
        assert_eq!(serde_json::to_string(&kind).ok(), Some(format!("\"{}\"", kind.as_str())));
    }
}

#[test]
fn shown_without_the_middle() {
    for (number, code, masked) in [
        ("+48512345678", 48, "+48 ••• ••• 678"),
        ("+819012345678", 81, "+81 • ••• ••• 678"),
        ("+14159929960", 1, "+1 • ••• ••• 960"),
        ("+1234", 1, "+1 •• 4"),
        ("+12", 1, "+1 •"),
        ("+48512345678", 49, "+49"),
        ("", 48, "+48"),
    ] {
        assert_eq!(mask(number, code), masked);
    }
}

proptest! {
    #[test]
    fn a_mask_never_shows_more_than_three_digits(number in "\\+48[0-9]{0,13}") {
        let masked = mask(&number, 48);
        let shown: String = masked.trim_start_matches("+48").chars().filter(char::is_ascii_digit).collect();
        prop_assert!(shown.len() <= 3 && number.ends_with(&shown));
        prop_assert!(2 * shown.len() <= number.len() - 3);
        prop_assert_eq!(masked.matches('•').count() + shown.len(), number.len() - 3);
    }
}
