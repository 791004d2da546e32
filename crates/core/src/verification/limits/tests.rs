use super::*;

#[test]
fn the_table_of_numbers() {
    let find = |limits: &[Limit], subject, window| {
        let times = |l: &&Limit| l.subject == subject && l.window == window && l.counting == Counting::Times;
        limits.iter().find(times).map(|limit| limit.most)
    };
    for (subject, window, most) in [
        (Subject::Number, 600, 5),
        (Subject::Number, HOUR, 5),
        (Subject::Number, DAY, 10),
        (Subject::User, HOUR, 5),
        (Subject::Organization, DAY, 10),
        (Subject::Ip, HOUR, 10),
        (Subject::Network, DAY, 100),
        (Subject::Prefix, HOUR, 10),
    ] {
        assert_eq!(find(SEND_LIMITS, subject, window), Some(most), "{subject:?} {window}");
    }
    assert_eq!(find(WRONG_LIMITS, Subject::User, DAY), Some(25));
    assert_eq!(find(LINK_LIMITS, Subject::Organization, HOUR), Some(5));
}

#[test]
fn every_limit_means_something() {
    // S1-03, S1-44: no window without an end, no limit that refuses everything, none listed twice.
    for table in TABLES {
        a_table_means_something(table);
    }
    let setups: Vec<_> = SETUP_LIMITS.iter().map(|limit| (limit.counting, limit.window, limit.most)).collect();
    assert_eq!(setups, [(Counting::Times, DAY, 5), (Counting::Values, HOUR, 3)]);
    assert!(MAIL_LIMITS.iter().all(|limit| (limit.window, limit.most) == (HOUR, 3)));
}

fn a_table_means_something(all: &[Limit]) {
    for (at, one) in all.iter().enumerate() {
        assert!(one.window > 0 && one.most > 0, "{one:?}");
        assert!(!all[..at].contains(one), "{one:?} twice");
        let wider = |other: &&Limit| {
            (other.name, other.subject, other.counting) == (one.name, one.subject, one.counting)
                && other.window > one.window
        };
        assert!(all.iter().filter(wider).all(|wide| wide.most >= one.most), "{one:?} can never be reached");
    }
}

#[test]
fn the_longest_wait_is_told() {
    let count = |window, oldest| Count {
        limit: times(SENDS, Subject::User, window, 2),
        counted: 2,
        oldest: Some(Timestamp(oldest)),
    };
    let now = Timestamp(100);
    assert_eq!(judge([], now), Ok(()));
    assert_eq!(judge([Count { counted: 1, ..count(HOUR, 5) }], now), Ok(()));
    let hit = judge([count(DAY, 7), count(HOUR, 90), Count { counted: 0, ..count(DAY, 99) }], now);
    let expected = LimitHit { limit: times(SENDS, Subject::User, DAY, 2), retry_at: Timestamp(7 + DAY) };
    assert_eq!(hit, Err(expected));
}

#[test]
fn pumping_shows_in_numbers() {
    assert!(!looks_like_pumping(29, 0) && looks_like_pumping(30, 5) && !looks_like_pumping(30, 6));
    assert_eq!(country_cap(&[]), 20);
    assert_eq!(country_cap(&[5, 100, 10, 200, 20, 300, 400]), 300);
    assert_eq!(country_cap(&[0, 0, 0, 0, 0, 0, 900]), 20, "one wild day is not a habit");
}

#[test]
fn says_when_it_fits_again() {
    let limit = times(SENDS, Subject::Number, HOUR, 2);
    assert_eq!(fits(&limit, 1, Some(Timestamp(5)), Timestamp(9)), Ok(()));
    assert_eq!(fits(&limit, 2, Some(Timestamp(5)), Timestamp(9)), Err(Timestamp(3_605)));
    assert_eq!(fits(&limit, 2, None, Timestamp(9)), Err(Timestamp(3_609)));
}
