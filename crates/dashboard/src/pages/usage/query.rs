//! The query of the usage page: the days, the grouping, what is shown, and for which part of the organization.

use std::collections::HashMap;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Span, ToSpan};
use keystead_app::usage::GroupKey;
use keystead_core::time::Timestamp;

use keystead_locales::start_of;

/// The longest range between two dates, in days, so that the chart stays readable and the page small.
pub(super) const LONGEST: i64 = 92;
pub(super) const GROUPS: [&str; 4] = ["model", "key", "project", "user"];
/// The figures of the page, each with its chart.
pub(super) const FIGURES: [&str; 4] = ["cost", "requests", "tokens", "refused"];
/// The periods people choose, as in the address.
pub(super) const PERIODS: [&str; 5] = ["month", "7", "30", "90", "previous"];

/// The days, including the first and the last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Range {
    /// One of [`PERIODS`].
    Period(&'static str),
    /// From one date to another.
    Between { from: Date, to: Date },
}

/// The parsed query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct UsageQuery {
    pub(super) range: Range,
    pub(super) by: &'static str,
    /// The figure with the chart; `None` is the cost if there is any, else requests.
    pub(super) show: Option<&'static str>,
    /// The whole organization instead of the chosen project.
    pub(super) whole: bool,
    /// Every row of the table, also of what the chart sums up as "other".
    pub(super) all: bool,
    /// The dates of the form were invalid, and the default range is used.
    pub(super) wrong: bool,
}

/// One part of the query to change.
#[derive(Debug, Clone, Copy)]
pub(super) enum Change<'a> {
    Nothing,
    Period(&'a str),
    By(&'a str),
    Show(&'a str),
    Whole(bool),
    All,
    /// One day by key.
    Day(Date),
}

fn between(from: &str, to: &str) -> Option<Range> {
    let (from, to): (Date, Date) = (from.parse().ok()?, to.parse().ok()?);
    let days = i64::from(from.until(to).ok()?.get_days()) + 1;
    let real = from.year() > 0 && to.year() < 9_999;
    (real && (1..=LONGEST).contains(&days)).then_some(Range::Between { from, to })
}

impl UsageQuery {
    pub(super) fn read(params: &HashMap<String, String>) -> Self {
        let of = |name: &str| params.get(name).map(String::as_str).unwrap_or_default();
        let one_of = |known: &[&'static str], text: &str| known.iter().find(|one| **one == text).copied();
        let dates = !of("from").is_empty() || !of("to").is_empty();
        let chosen = between(of("from"), of("to")).filter(|_| dates);
        let period = one_of(&PERIODS, of("period")).unwrap_or("month");
        Self {
            wrong: dates && chosen.is_none(),
            range: chosen.unwrap_or(Range::Period(period)),
            by: one_of(&GROUPS, of("by")).unwrap_or("model"),
            show: one_of(&FIGURES, of("show")),
            // Projects are compared only across the organization.
            whole: of("of") == "organization" || of("by") == "project",
            all: !of("all").is_empty(),
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

    /// The first and the last day.
    pub(super) fn dates(&self, today: Date) -> (Date, Date) {
        let before = |span: Span| today.checked_sub(span).unwrap_or(today);
        match &self.range {
            Range::Between { from, to } => (*from, *to),
            Range::Period("previous") => {
                let last = today.first_of_month().yesterday().unwrap_or(today);
                (last.first_of_month(), last)
            }
            Range::Period(days) => match days.parse::<i64>() {
                Ok(days) => (before((days - 1).days()), today),
                Err(_) => (today.first_of_month(), today),
            },
        }
    }

    /// When each day begins in the reader's time zone, and when the last one ends.
    pub(super) fn days(&self, now: Timestamp, zone: &TimeZone) -> Vec<Timestamp> {
        let (first, last) = self.dates(today(now, zone));
        let end = last.tomorrow().unwrap_or(last);
        first.series(1.day()).take_while(|day| *day <= end).filter_map(|day| start_of(day, zone)).collect()
    }

    /// The query string with one part changed.
    pub(super) fn with(&self, change: Change<'_>) -> String {
        let mut of = if self.whole && self.by != "project" { "&of=organization" } else { "" };
        let (mut by, mut show, mut all) = (self.by, self.show, "");
        let mut range = match &self.range {
            Range::Period(period) => format!("period={period}"),
            Range::Between { from, to } => format!("from={from}&to={to}"),
        };
        match change {
            Change::Nothing => {}
            Change::Period(period) => range = format!("period={period}"),
            Change::By(group) => by = GROUPS.into_iter().find(|one| *one == group).unwrap_or(by),
            Change::Show(figure) => show = FIGURES.into_iter().find(|one| *one == figure),
            Change::Whole(true) => of = "&of=organization",
            Change::Whole(false) => {
                of = "";
                by = if by == "project" { "model" } else { by };
            }
            Change::All => all = "&all=1",
            Change::Day(day) => (range, by) = (format!("from={day}&to={day}"), "key"),
        }
        let show = show.map(|show| format!("&show={show}")).unwrap_or_default();
        format!("{range}&by={by}{show}{of}{all}")
    }
}

/// The present day in a time zone.
pub(crate) fn today(now: Timestamp, zone: &TimeZone) -> Date {
    jiff::Timestamp::from_second(now.0).unwrap_or_default().to_zoned(zone.clone()).date()
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn read(query: &str) -> UsageQuery {
        UsageQuery::read(&serde_urlencoded::from_str(query).unwrap())
    }

    #[test]
    fn invalid_filters_become_the_default() {
        for nonsense in ["", "period=8", "period=-7&by=x&show=x", "by=%00", "period=99999999999999999999"] {
            let params = read(nonsense);
            assert_eq!(
                (params.range, params.by, params.show, params.wrong),
                (Range::Period("month"), "model", None, false)
            );
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
            assert!(params.wrong && params.range == Range::Period("month"), "{wrong}");
        }
    }

    #[test]
    fn periods_end_today_or_with_the_previous_month() {
        let dates = |query: &str| read(query).dates(date(2026, 3, 5));
        assert_eq!(dates(""), (date(2026, 3, 1), date(2026, 3, 5)));
        assert_eq!(dates("period=7"), (date(2026, 2, 27), date(2026, 3, 5)));
        assert_eq!(dates("period=previous"), (date(2026, 2, 1), date(2026, 2, 28)));
        assert_eq!(dates("from=2026-01-01&to=2026-04-02"), (date(2026, 1, 1), date(2026, 4, 2)));
    }

    #[test]
    fn days_begin_at_midnight_of_the_reader_also_when_clocks_change() {
        // 25 October 2026 has 25 hours in Warsaw.
        let days = |zone: &str| {
            let days = read("from=2026-10-24&to=2026-10-26").days(Timestamp(0), &TimeZone::get(zone).unwrap());
            days.windows(2).map(|pair| pair[1].since(pair[0]) / 3_600).collect::<Vec<_>>()
        };
        assert_eq!(days("Europe/Warsaw"), [24, 25, 24]);
        assert_eq!(days("UTC"), [24, 24, 24]);
    }

    #[test]
    fn links_change_one_part() {
        let params = read("from=2026-11-01&to=2026-11-21&by=key&show=tokens&of=organization");
        assert_eq!(params.with(Change::Nothing), "from=2026-11-01&to=2026-11-21&by=key&show=tokens&of=organization");
        assert_eq!(params.with(Change::Period("7")), "period=7&by=key&show=tokens&of=organization");
        assert_eq!(params.with(Change::Whole(false)), "from=2026-11-01&to=2026-11-21&by=key&show=tokens");
        assert_eq!(read("by=project").with(Change::Whole(false)), "period=month&by=model");
        assert_eq!(read("by=project").with(Change::Show("cost")), "period=month&by=project&show=cost");
        assert_eq!(
            read("show=cost").with(Change::Day(date(2026, 11, 12))),
            "from=2026-11-12&to=2026-11-12&by=key&show=cost"
        );
    }
}
