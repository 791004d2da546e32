//! The query of the usage page: the days, the grouping, and the measure of the chart.

use std::collections::HashMap;

use jiff::tz::TimeZone;
use keystead_app::usage::GroupKey;
use keystead_core::time::Timestamp;

use keystead_locales::start_of;

const DAY: i64 = 86_400;
/// The ranges people choose, in days up to today.
pub(super) const RANGES: [i64; 3] = [7, 30, 90];
/// The longest range between two dates, in days, so that the chart stays readable and the page small.
pub(super) const LONGEST: i64 = 92;
pub(super) const GROUPS: [&str; 4] = ["model", "key", "project", "user"];
pub(super) const MEASURES: [&str; 3] = ["cost", "requests", "tokens"];

/// The days, including the first and the last; buckets are days in UTC.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Range {
    /// This many days up to today.
    Last(i64),
    /// From one date to another.
    Between { from: String, to: String, start: Timestamp, days: i64 },
}

/// The parsed query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct UsageQuery {
    pub(super) range: Range,
    pub(super) by: &'static str,
    /// The measure of the chart; `None` is the cost if there is any, else requests.
    pub(super) show: Option<&'static str>,
    /// The dates of the form were invalid, and the default range is used.
    pub(super) wrong: bool,
}

fn midnight(text: &str) -> Option<i64> {
    Some(start_of(text.parse().ok()?, &TimeZone::UTC)?.0)
}

fn between(from: &str, to: &str) -> Option<Range> {
    let (start, end) = (midnight(from)?, midnight(to)?);
    let days = (end - start) / DAY + 1;
    let (from, to) = (from.to_owned(), to.to_owned());
    (1..=LONGEST).contains(&days).then_some(Range::Between { from, to, start: Timestamp(start), days })
}

impl UsageQuery {
    pub(super) fn read(params: &HashMap<String, String>) -> Self {
        let of = |name: &str| params.get(name).map(String::as_str).unwrap_or_default();
        let one_of = |known: &[&'static str], text: &str| known.iter().find(|one| **one == text).copied();
        let usual = of("days").parse().ok().filter(|days| RANGES.contains(days)).unwrap_or(30);
        let dates = !of("from").is_empty() || !of("to").is_empty();
        let chosen = between(of("from"), of("to")).filter(|_| dates);
        Self {
            wrong: dates && chosen.is_none(),
            range: chosen.unwrap_or(Range::Last(usual)),
            by: one_of(&GROUPS, of("by")).unwrap_or("model"),
            show: one_of(&MEASURES, of("show")),
        }
    }

    pub(super) fn group(&self) -> GroupKey {
        match self.by {
            "key" => GroupKey::ApiKey,
            "project" => GroupKey::Project,
            "user" => GroupKey::User,
            _ => GroupKey::Model,
        }
    }

    /// The first day and the number of days.
    pub(super) fn days(&self, now: Timestamp) -> (Timestamp, i64) {
        match &self.range {
            Range::Between { start, days, .. } => (*start, *days),
            Range::Last(days) => {
                let today = now.0.saturating_sub(now.0.rem_euclid(DAY));
                (Timestamp(today - (days - 1) * DAY), *days)
            }
        }
    }

    /// The query string with one part changed.
    pub(super) fn query_string(&self, range: Option<i64>, by: Option<&str>, show: Option<&str>) -> String {
        let range = match (&self.range, range) {
            (_, Some(days)) => format!("days={days}"),
            (Range::Last(days), None) => format!("days={days}"),
            (Range::Between { from, to, .. }, None) => format!("from={from}&to={to}"),
        };
        let show = show.or(self.show).map(|show| format!("&show={show}")).unwrap_or_default();
        format!("{range}&by={}{show}", by.unwrap_or(self.by))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(query: &str) -> UsageQuery {
        UsageQuery::read(&serde_urlencoded::from_str(query).unwrap())
    }

    #[test]
    fn invalid_filters_become_the_default() {
        for nonsense in ["", "days=8", "days=-7&by=x&show=x", "by=%00", "days=99999999999999999999"] {
            let params = read(nonsense);
            assert_eq!((params.range, params.by, params.show, params.wrong), (Range::Last(30), "model", None, false));
        }
        for wrong in [
            "from=2026-11-02&to=2026-11-01",
            "from=2026-11-01",
            "to=2026-11-01",
            "from=x&to=y",
            "from=2026-01-01&to=2026-04-03",
            "from=2026-02-30&to=2026-03-01",
            "from=-9999-01-01&to=9999-12-31",
        ] {
            let params = read(wrong);
            assert!(params.wrong && params.range == Range::Last(30), "{wrong}");
        }
    }

    #[test]
    fn dates_are_days_in_utc_and_inclusive() {
        let params = read("from=2026-11-01&to=2026-11-21&by=key&show=tokens");
        assert_eq!(params.days(Timestamp(0)), (Timestamp(1_793_491_200), 21));
        assert_eq!(params.query_string(None, None, None), "from=2026-11-01&to=2026-11-21&by=key&show=tokens");
        assert_eq!(params.query_string(Some(7), Some("user"), Some("cost")), "days=7&by=user&show=cost");
        assert_eq!(read("from=2026-01-01&to=2026-04-02").days(Timestamp(0)).1, LONGEST);
        assert_eq!(read("days=7").days(Timestamp(10 * DAY + 5)), (Timestamp(4 * DAY), 7));
    }
}
