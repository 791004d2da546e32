//! Days as documents print them, with two digits for the year.

use std::fmt;

use keystead_core::time::Timestamp;
use mrz::{Date, MrzDate};

const DAY: i64 = 86_400;

/// A day of the calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Day {
    /// With four digits.
    pub year: i32,
    /// 1 to 12.
    pub month: u32,
    /// 1 to 31.
    pub day: u32,
}

impl Day {
    /// The day in UTC.
    #[must_use]
    pub fn of(moment: Timestamp) -> Self {
        // The years 1 to 9999; a clock outside of them is broken.
        let moment = moment.0.clamp(-62_135_596_800, 253_402_300_799);
        let date = Date::from_epoch_days(moment.div_euclid(DAY));
        Self { year: date.year, month: date.month, day: date.day }
    }

    /// Returns the day this many days later.
    #[must_use]
    pub fn plus(self, days: i64) -> Self {
        let date = Date::from_epoch_days(self.date().to_epoch_days() + days);
        Self { year: date.year, month: date.month, day: date.day }
    }

    /// Full years from this day to `later`: the age of a person born on this day. A birthday on 29 February counts as 1
    /// March in other years.
    #[must_use]
    pub fn years_until(self, later: Self) -> i32 {
        let not_yet = (later.month, later.day) < (self.month, self.day);
        later.year - self.year - i32::from(not_yet)
    }

    fn date(self) -> Date {
        Date::new(self.year, self.month, self.day)
    }

    fn real(self) -> Option<Self> {
        self.date().is_well_formed().then_some(self)
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

/// Finds the day of birth: the latest past day with these digits. For a partly unknown day (Doc 9303 part 3, 4.8) it is
/// the last possible one, so that no person is taken for older than they are.
pub(crate) fn birth(printed: MrzDate, today: Day) -> Option<Day> {
    let candidates = match printed {
        MrzDate::Calendar(date) | MrzDate::OutOfCalendar(date) => centuries(date.year, date.month, date.day),
        MrzDate::PartiallyUnknown(field) => {
            let pair = |at: usize| field.as_str().get(at..at + 2)?.parse::<u32>().ok();
            let year = i32::try_from(pair(0)?).ok()?;
            let month = pair(2).unwrap_or(12);
            match pair(4).filter(|_| pair(2).is_some()) {
                Some(day) => centuries(year, month, day),
                None => (28..=31).rev().map(|day| centuries(year, month, day)).find(|days| !days.is_empty())?,
            }
        }
        _ => return None,
    };
    candidates.into_iter().filter(|day| *day <= today).max()
}

/// Finds the day of expiry: within ten years back and fifty ahead; if neither fits, in the past.
pub(crate) fn expiry(printed: MrzDate, today: Day) -> Option<Day> {
    let date = match printed {
        MrzDate::Calendar(date) | MrzDate::OutOfCalendar(date) => date,
        _ => return None,
    };
    let near = |day: &&Day| (today.year - 10..=today.year + 50).contains(&day.year);
    let candidates = centuries(date.year, date.month, date.day);
    let past = || candidates.iter().filter(|day| **day < today).max();
    candidates.iter().find(near).or_else(past).copied()
}

/// Returns the days of four centuries with these digits, if the calendar has them.
fn centuries(year: i32, month: u32, day: u32) -> Vec<Day> {
    let years = [1800, 1900, 2000, 2100].map(|century| century + year.rem_euclid(100));
    years.into_iter().filter_map(|year| Day { year, month, day }.real()).collect()
}

#[cfg(test)]
mod tests {
    use mrz::{DateRole, RawDateField};

    use super::*;

    const TODAY: Day = Day { year: 2027, month: 1, day: 15 };

    fn printed(text: &str) -> MrzDate {
        MrzDate::from_field(RawDateField::try_from(text).unwrap(), DateRole::Birth, 26)
    }

    #[test]
    fn centuries_of_births_and_expiries() {
        let born = |text| birth(printed(text), TODAY).map(|day| day.to_string());
        let ends = |text| expiry(printed(text), TODAY).map(|day| day.to_string());
        for (text, year) in [
            ("740812", Some("1974-08-12")),
            ("270115", Some("2027-01-15")),
            ("270116", Some("1927-01-16")),
            ("000229", Some("2000-02-29")),
            ("010229", None),
            ("000000", None),
            ("741345", None),
            ("<<<<<<", None),
            ("74O812", None),
            ("74<<<<", Some("1974-12-31")),
            ("7402<<", Some("1974-02-28")),
            ("74<<12", Some("1974-12-31")),
            ("<<0812", None),
        ] {
            assert_eq!(born(text).as_deref(), year, "{text}");
        }
        for (text, year) in [
            ("120415", Some("2012-04-15")),
            ("170101", Some("2017-01-01")),
            ("761231", Some("2076-12-31")),
            ("770101", Some("2077-01-01")),
            ("780101", Some("1978-01-01")),
            ("940623", Some("1994-06-23")),
            ("270115", Some("2027-01-15")),
            ("<<<<<<", None),
            ("250230", None),
        ] {
            assert_eq!(ends(text).as_deref(), year, "{text}");
        }
    }

    #[test]
    fn ages_and_days() {
        let day = |year, month, day| Day { year, month, day };
        assert_eq!(Day::of(Timestamp(1_800_000_000)), TODAY);
        assert_eq!(Day::of(Timestamp(-1)).to_string(), "1969-12-31");
        assert_eq!(day(2009, 1, 15).years_until(TODAY), 18);
        assert_eq!(day(2009, 1, 16).years_until(TODAY), 17);
        assert_eq!(day(2008, 2, 29).years_until(day(2026, 2, 28)), 17);
        assert_eq!(day(2008, 2, 29).years_until(day(2026, 3, 1)), 18);
        assert_eq!(day(2027, 12, 31).plus(1), day(2028, 1, 1));
    }
}
