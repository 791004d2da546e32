//! How often what may happen: every number of verification.md 7, as data.

use crate::time::Timestamp;

/// Whom a limit counts against.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Subject {
    /// One phone number, by its print.
    Number,
    /// One person.
    User,
    /// One organization.
    Organization,
    /// One address.
    Ip,
    /// The network around an address: /24 or /48.
    Network,
    /// The first seven digits of a number.
    Prefix,
    /// A country.
    Country,
    /// The whole installation.
    Everybody,
}

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Counting {
    /// Every time.
    Times,
    /// Different values only, such as different numbers.
    Values,
}

/// One limit: so many in a sliding window, for one subject.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit {
    /// What is limited; limits of one name share their hits.
    pub name: &'static str,
    /// Whom it counts against.
    pub subject: Subject,
    /// Times or values.
    pub counting: Counting,
    /// The window, in seconds.
    pub window: i64,
    /// How many fit.
    pub most: i64,
}

const HOUR: i64 = 3_600;
const DAY: i64 = 86_400;

/// Codes sent to phones.
pub const SENDS: &str = "phone_codes";
/// Wrong codes.
pub const WRONG: &str = "phone_checks";
/// Fresh links for an identity attempt.
pub const LINKS: &str = "verification_links";
/// Links by mail.
pub const MAILS: &str = "verification_mails";

const fn times(name: &'static str, subject: Subject, window: i64, most: i64) -> Limit {
    Limit { name, subject, counting: Counting::Times, window, most }
}

/// Limits on sending codes, in the order in which they are asked. The wait between two sends is the machine's.
pub const SEND_LIMITS: &[Limit] = &[
    times(SENDS, Subject::Number, 600, 5),
    times(SENDS, Subject::Number, HOUR, 5),
    times(SENDS, Subject::Number, DAY, 10),
    times(SENDS, Subject::User, HOUR, 5),
    times(SENDS, Subject::User, DAY, 10),
    Limit { name: SENDS, subject: Subject::User, counting: Counting::Values, window: DAY, most: 3 },
    Limit { name: SENDS, subject: Subject::User, counting: Counting::Values, window: 30 * DAY, most: 10 },
    times(SENDS, Subject::Organization, HOUR, 5),
    times(SENDS, Subject::Organization, DAY, 10),
    times(SENDS, Subject::Ip, HOUR, 10),
    times(SENDS, Subject::Ip, DAY, 50),
    times(SENDS, Subject::Network, DAY, 100),
    times(SENDS, Subject::Prefix, HOUR, 10),
];

/// Limits on wrong codes, beyond the five of one code: a hundred without a success is for life (NIST, 2.6).
pub const WRONG_LIMITS: &[Limit] = &[
    times(WRONG, Subject::User, DAY, 25),
    times(WRONG, Subject::User, 36_500 * DAY, 100),
    times(WRONG, Subject::Organization, DAY, 25),
    times(WRONG, Subject::Ip, HOUR, 50),
    times(WRONG, Subject::Network, DAY, 200),
    times(WRONG, Subject::Everybody, HOUR, 2_000),
];

/// Fresh links for one attempt.
pub const LINK_LIMITS: &[Limit] = &[times(LINKS, Subject::Organization, HOUR, 5)];

/// Links by mail.
pub const MAIL_LIMITS: &[Limit] = &[times(MAILS, Subject::Organization, HOUR, 3)];

/// Codes one country gets in an hour: at least twenty, or three times the median of its last seven days.
#[must_use]
pub fn country_cap(days: &[i64]) -> i64 {
    let mut sorted = days.to_vec();
    sorted.sort_unstable();
    let median = sorted.get(sorted.len() / 2).copied().unwrap_or_default();
    median.saturating_mul(3).max(20)
}

/// Whether sending to a country should stop: of thirty codes and more, fewer than a fifth were entered (2.7).
#[must_use]
pub const fn looks_like_pumping(sends: i64, proven: i64) -> bool {
    sends >= 30 && proven.saturating_mul(5) < sends
}

/// Whether one more fits; otherwise when it will.
///
/// # Errors
/// With the moment from which one more fits again.
pub const fn fits(limit: &Limit, counted: i64, oldest: Option<Timestamp>, now: Timestamp) -> Result<(), Timestamp> {
    if counted < limit.most {
        return Ok(());
    }
    Err(match oldest {
        Some(at) => at.plus(limit.window),
        None => now.plus(limit.window),
    })
}

#[cfg(test)]
mod tests {
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
}
