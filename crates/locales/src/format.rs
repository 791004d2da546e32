//! Dates, times, numbers and money in the format of each language.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp as Moment, Zoned};
use keystead_core::language::Language;
use keystead_core::money::Amount;
use keystead_core::time::Timestamp;

use crate::messages::Messages;

/// Formats values in a language and a time zone.
#[derive(Debug, Clone)]
pub struct LocalFormat {
    /// The messages of the language.
    pub messages: Messages,
    /// The current time, for relative times.
    pub now: Timestamp,
    /// The time zone of the reader.
    pub zone: TimeZone,
}

/// A hundredth of the unit, in picos.
const CENT: u128 = 10_000_000_000;

impl LocalFormat {
    /// Formats for a reader with the time zone of this IANA name; UTC if the name is not known.
    #[must_use]
    pub fn in_zone(messages: Messages, now: Timestamp, zone: &str) -> Self {
        Self { messages, now, zone: TimeZone::get(zone).unwrap_or(TimeZone::UTC) }
    }

    fn zoned(&self, at: Timestamp) -> Zoned {
        Moment::from_second(at.0).unwrap_or_default().to_zoned(self.zone.clone())
    }

    /// 20 November 2026; 20 listopada 2026; 2026年11月20日.
    #[must_use]
    pub fn date(&self, at: &Timestamp) -> String {
        let at = self.zoned(*at);
        let (day, year) = (at.day().to_string(), at.year().to_string());
        self.messages.text_with_all(&format!("date-{}", at.month()), &[("day", &day), ("year", &year)])
    }

    /// 14:10; 14時10分. Adds "UTC" if the person's time zone is unknown.
    #[must_use]
    pub fn time(&self, at: &Timestamp) -> String {
        let at = self.zoned(*at);
        let hour = match self.messages.0 {
            Language::Japanese => at.hour().to_string(),
            _ => format!("{:02}", at.hour()),
        };
        let minute = format!("{:02}", at.minute());
        let zone = if self.zone == TimeZone::UTC { "\u{a0}UTC" } else { "" };
        self.messages.text_with_all("time-of-day", &[("hour", &hour), ("minute", &minute)]) + zone
    }

    /// 14:10:05, for lists of what happens now.
    #[must_use]
    pub fn clock(&self, at: &Timestamp) -> String {
        self.zoned(*at).strftime("%H:%M:%S").to_string()
    }

    /// Date and time.
    #[must_use]
    pub fn exact(&self, at: &Timestamp) -> String {
        self.messages.text_with_all("date-and-time", &[("date", &self.date(at)), ("time", &self.time(at))])
    }

    /// Date and time with the name of the time zone, for sentences that do not name the zone.
    #[must_use]
    pub fn exact_in_zone(&self, at: &Timestamp) -> String {
        let exact = self.exact(at);
        match self.zone.iana_name() {
            Some(name) if self.zone != TimeZone::UTC => {
                let place = name.replace('_', " ");
                self.messages.text_with_all("time-in-zone", &[("time", &exact), ("zone", &place)])
            }
            _ => exact,
        }
    }

    /// For `<time datetime>`.
    #[must_use]
    pub fn machine(&self, at: &Timestamp) -> String {
        at.to_string()
    }

    /// "3 minutes ago", "in 2 hours", or the date when it is further away.
    #[must_use]
    pub fn ago(&self, at: &Timestamp) -> String {
        let seconds = self.now.since(*at);
        let (past, distance) = (seconds >= 0, seconds.unsigned_abs());
        let of = |unit: u64| i64::try_from(distance / unit).unwrap_or(i64::MAX);
        match (past, distance) {
            (true, 0..=59) => self.messages.text("time-now"),
            (false, 0..=59) => self.messages.text("time-soon"),
            (true, 60..=3_599) => self.messages.count("time-minutes-ago", &of(60)),
            (true, 3_600..=86_399) => self.messages.count("time-hours-ago", &of(3_600)),
            (true, 86_400..=2_591_999) => self.messages.count("time-days-ago", &of(86_400)),
            (false, 60..=3_599) => self.messages.count("time-in-minutes", &of(60)),
            (false, 3_600..=86_399) => self.messages.count("time-in-hours", &of(3_600)),
            (false, 86_400..=2_591_999) => self.messages.count("time-in-days", &of(86_400)),
            _ => self.date(at),
        }
    }

    /// 1,112; 1 112.
    #[must_use]
    pub fn number(&self, number: &i64) -> String {
        grouped(*number, self.messages.0)
    }

    /// 20 November; 20 listopada; 11月20日.
    #[must_use]
    pub fn day(&self, at: &Timestamp) -> String {
        let at = self.zoned(*at);
        self.messages.text_with(&format!("day-{}", at.month()), "day", at.day())
    }

    /// The number of the day in its month.
    #[must_use]
    pub fn day_of_month(&self, at: &Timestamp) -> i8 {
        self.zoned(*at).day()
    }

    /// November; listopad; 11月.
    #[must_use]
    pub fn month(&self, at: &Timestamp) -> String {
        self.messages.text(&format!("month-{}", self.zoned(*at).month()))
    }

    /// November 2026; listopad 2026; 2026年11月: the calendar month that begins at this moment in UTC, by which usage is
    /// posted. In the reader's own time zone it may begin on the last day of the month before.
    #[must_use]
    pub fn month_of_utc(&self, start: &Timestamp) -> String {
        let start = Moment::from_second(start.0).unwrap_or_default().to_zoned(TimeZone::UTC);
        let (month, year) = (self.messages.text(&format!("month-{}", start.month())), start.year().to_string());
        self.messages.text_with_all("month-and-year", &[("month", &month), ("year", &year)])
    }

    /// 1 November – 20 November 2026: from the day of one moment to the day of the other.
    #[must_use]
    pub fn period(&self, from: &Timestamp, to: &Timestamp) -> String {
        if self.zoned(*from).date() == self.zoned(*to).date() {
            return self.date(from);
        }
        let one_year = self.zoned(*from).year() == self.zoned(*to).year();
        // The year is written once: before the first day in Japanese, after the last one in the other languages.
        let (first, last) = match self.messages.0 {
            _ if !one_year => (self.date(from), self.date(to)),
            Language::Japanese => (self.date(from), self.day(to)),
            _ => (self.day(from), self.date(to)),
        };
        self.messages.text_with_all("period", &[("from", &first), ("to", &last)])
    }

    /// Writes a number that is given in tenths, hundredths or smaller parts: 11124 with one decimal is 1,112.4.
    #[must_use]
    pub fn decimal(&self, value: i64, decimals: u32) -> String {
        let scale = 10_u64.saturating_pow(decimals);
        let (whole, rest) = (value.unsigned_abs() / scale, value.unsigned_abs() % scale);
        let whole = grouped(i64::try_from(whole).unwrap_or(i64::MAX), self.messages.0);
        let sign = if value < 0 { "−" } else { "" };
        if decimals == 0 {
            return format!("{sign}{whole}");
        }
        let point = if self.messages.0 == Language::Polish { ',' } else { '.' };
        format!("{sign}{whole}{point}{rest:0width$}", width = decimals as usize)
    }

    /// 1,112.44 USD. Amounts below a cent have four decimals; amounts below that are shown as "less than 0.0001".
    #[must_use]
    pub fn money(&self, amount: &Amount) -> String {
        format!("{}\u{a0}USD", self.amount(amount))
    }

    /// The same without the currency, for columns that name it.
    #[must_use]
    pub fn amount(&self, amount: &Amount) -> String {
        let cents = amount.picos().unsigned_abs() >= CENT || *amount == Amount::ZERO;
        let (scale, digits) = if cents { (100, 2) } else { (10_000, 4) };
        let rounded = amount.rounded_to(scale);
        let (less, rounded) = if rounded == 0 && *amount > Amount::ZERO { ("<\u{a0}", 1) } else { ("", rounded) };
        format!("{less}{}", self.decimal(rounded, digits))
    }
}

/// A number in groups of three digits.
pub(crate) fn grouped(number: i64, language: Language) -> String {
    let digits = number.unsigned_abs().to_string();
    let mark = if language == Language::Polish { '\u{202f}' } else { ',' };
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push(mark);
        }
        grouped.push(digit);
    }
    if number < 0 { format!("−{grouped}") } else { grouped }
}

/// The start of a day in a time zone.
#[must_use]
pub fn start_of(day: Date, zone: &TimeZone) -> Option<Timestamp> {
    Some(Timestamp(day.to_zoned(zone.clone()).ok()?.timestamp().as_second()))
}

#[cfg(test)]
mod tests {
    use keystead_core::money::Micros;

    use super::*;

    fn when(language: Language) -> LocalFormat {
        LocalFormat { messages: Messages(language), now: Timestamp(1_795_183_800), zone: TimeZone::UTC }
    }

    #[test]
    fn as_each_language_writes() {
        let at = Timestamp(1_795_183_800);
        let exact = |language| when(language).exact(&at);
        assert_eq!(exact(Language::English), "20\u{a0}November 2026, 14:10\u{a0}UTC");
        assert_eq!(exact(Language::Polish), "20\u{a0}listopada 2026, 14:10\u{a0}UTC");
        assert_eq!(exact(Language::Japanese), "2026年\u{2060}11月\u{2060}20日 14時\u{2060}10分\u{a0}UTC");
        let warsaw = LocalFormat { zone: TimeZone::get("Europe/Warsaw").unwrap(), ..when(Language::Polish) };
        assert_eq!(warsaw.exact(&at), "20\u{a0}listopada 2026, 15:10");
        assert_eq!(warsaw.exact_in_zone(&at), "20\u{a0}listopada 2026, 15:10 (Europe/Warsaw)");
        assert_eq!(when(Language::Polish).exact_in_zone(&at), exact(Language::Polish));
        let money = |language, micros| when(language).money(&Micros(micros).into());
        assert_eq!(money(Language::English, 1_112_440_000), "1,112.44\u{a0}USD");
        assert_eq!(money(Language::Polish, 1_112_440_000), "1\u{202f}112,44\u{a0}USD");
        assert_eq!(money(Language::English, 1_234), "0.0012\u{a0}USD");
        assert_eq!(money(Language::English, 0), "0.00\u{a0}USD");
        assert_eq!(money(Language::English, 9_990), "0.0100\u{a0}USD");
        assert_eq!(money(Language::Polish, 3), "<\u{a0}0,0001\u{a0}USD");
        assert_eq!(when(Language::English).money(&Amount::of_picos(1)), "<\u{a0}0.0001\u{a0}USD");
    }

    #[test]
    fn periods_and_counts_are_written_as_in_each_language() {
        let (from, to) = (Timestamp(1_793_491_200), Timestamp(1_795_183_800));
        let period = |language| when(language).period(&from, &to);
        assert_eq!(period(Language::English), "1\u{a0}November – 20\u{a0}November 2026");
        assert_eq!(period(Language::Polish), "1\u{a0}listopada – 20\u{a0}listopada 2026");
        assert_eq!(period(Language::Japanese), "2026年\u{2060}11月\u{2060}1日～11月\u{2060}20日");
        assert_eq!(when(Language::English).period(&to, &to), "20\u{a0}November 2026");
        let november = |language| {
            LocalFormat { zone: TimeZone::get("America/New_York").unwrap(), ..when(language) }.month_of_utc(&from)
        };
        assert_eq!(november(Language::English), "November 2026");
        assert_eq!(november(Language::Polish), "listopad 2026");
        assert_eq!(november(Language::Japanese), "2026年\u{2060}11月");
        let spent = |language, count| Messages(language).count_with("key-spent", count, &[("cost", "7")]);
        assert_eq!(spent(Language::English, 1), "1 request, 7 in total.");
        assert_eq!(spent(Language::English, 128_007), "128,007 requests, 7 in total.");
        assert_eq!(spent(Language::Polish, 2), "2\u{a0}żądania, łącznie 7.");
        assert_eq!(spent(Language::Polish, 128_007), "128\u{202f}007\u{a0}żądań, łącznie 7.");
        let decimal = |value, decimals| when(Language::Polish).decimal(value, decimals);
        assert_eq!([decimal(525, 1), decimal(-5, 2), decimal(1_234, 0)], ["52,5", "−0,05", "1\u{202f}234"]);
    }

    #[test]
    fn polish_has_three_plurals() {
        let ago = |minutes: i64| when(Language::Polish).ago(&Timestamp(1_795_183_800 - minutes * 60));
        assert_eq!(
            [ago(1), ago(3), ago(5), ago(22), ago(25)],
            [
                "1\u{a0}minutę temu",
                "3\u{a0}minuty temu",
                "5\u{a0}minut temu",
                "22\u{a0}minuty temu",
                "25\u{a0}minut temu",
            ]
        );
        assert_eq!(when(Language::Japanese).ago(&Timestamp(1_795_183_800 - 180)), "3分前");
    }
}
