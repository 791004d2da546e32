//! The periods of time for which a budget holds.

use jiff::civil::Weekday;
use jiff::tz::TimeZone;
use jiff::{ToSpan, Zoned};

use crate::time::Timestamp;

/// The length of a period, shortest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Interval {
    /// An hour of the clock.
    Hour,
    /// A day, from midnight.
    Day,
    /// A week, from Monday.
    Week,
    /// A calendar month.
    Month,
    /// All time: it never begins again.
    Total,
}

/// One period, from its first second up to, not including, its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Window {
    /// The first second.
    pub start: Timestamp,
    /// The second at which the next period begins.
    pub end: Timestamp,
}

impl Window {
    /// All time, for budgets that never begin again.
    pub const ALL_TIME: Self = Self { start: Timestamp(0), end: Timestamp(i64::MAX) };

    /// When the next period begins; `None` for all time.
    #[must_use]
    pub fn resets_at(&self) -> Option<Timestamp> {
        (self.end != Self::ALL_TIME.end).then_some(self.end)
    }

    /// Whether this moment is in it.
    #[must_use]
    pub const fn contains(&self, at: Timestamp) -> bool {
        self.start.0 <= at.0 && at.0 < self.end.0
    }

    /// The calendar month in UTC, as spend limits and alerts of the Administration API count.
    #[must_use]
    pub fn month(at: Timestamp) -> Self {
        Interval::Month.window(at, &TimeZone::UTC)
    }
}

impl Interval {
    /// Every length.
    pub const ALL: [Self; 5] = [Self::Hour, Self::Day, Self::Week, Self::Month, Self::Total];

    /// The name in the API and in the store.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Hour => "hour",
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
            Self::Total => "total",
        }
    }

    /// Parses the name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|interval| interval.as_str() == name)
    }

    /// The period with this moment, by the clocks of a time zone. A day in which clocks change is an hour shorter or
    /// longer; where midnight is skipped, the day begins with the first moment after it.
    #[must_use]
    pub fn window(self, at: Timestamp, zone: &TimeZone) -> Window {
        // Only moments thousands of years away are no dates; all of them are in one period.
        self.try_window(at, zone).unwrap_or(Window { start: Timestamp(i64::MIN), end: Timestamp(i64::MAX) })
    }

    fn try_window(self, at: Timestamp, zone: &TimeZone) -> Result<Window, jiff::Error> {
        let local = jiff::Timestamp::from_second(at.0)?.to_zoned(zone.clone());
        let (start, end) = match self {
            Self::Hour => {
                let into = (at.0.saturating_add(i64::from(local.offset().seconds()))).rem_euclid(3_600);
                let start = at.plus(-into);
                return Ok(Window { start, end: start.plus(3_600) });
            }
            Self::Day => days_from(&local, 1)?,
            Self::Week => {
                let since = i64::from(local.weekday().since(Weekday::Monday));
                days_from(&local.checked_sub(since.days())?, 7)?
            }
            Self::Month => {
                let first = local.first_of_month()?.start_of_day()?;
                let next = first.checked_add(1.month())?.start_of_day()?;
                (first, next)
            }
            Self::Total => return Ok(Window::ALL_TIME),
        };
        let second = |moment: Zoned| Timestamp(moment.timestamp().as_second());
        Ok(Window { start: second(start), end: second(end) })
    }
}

/// From the beginning of this day to the beginning of a later day, by a number of days.
fn days_from(day: &Zoned, days: i64) -> Result<(Zoned, Zoned), jiff::Error> {
    let start = day.start_of_day()?;
    // By noon, which no time zone skips: midnight itself may be missing or come twice.
    let noon = start.with().hour(12).minute(0).second(0).subsec_nanosecond(0).build()?;
    Ok((start, noon.checked_add(days.days())?.start_of_day()?))
}
