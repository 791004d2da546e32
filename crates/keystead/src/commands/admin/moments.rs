//! Times on the command line.

use jiff::Timestamp as Moment;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use keystead_core::time::Timestamp;

/// The characters of a day.
const DAY: usize = 10;

/// Reads a day in UTC, a moment in RFC 3339, or seconds since 1970.
pub(super) fn moment(text: &str) -> Result<Timestamp, String> {
    // A date with a time of day is a moment only with its offset.
    let day = || {
        (text.len() == DAY)
            .then_some(text)?
            .parse::<Date>()
            .ok()?
            .to_zoned(TimeZone::UTC)
            .ok()
            .map(|day| day.timestamp())
    };
    let seconds = text.parse::<i64>().ok();
    let found = seconds.or_else(|| text.parse::<Moment>().ok().or_else(day).map(Moment::as_second));
    found
        .map(Timestamp)
        .ok_or_else(|| "write a time as 2026-11-30, 2026-11-30T12:00:00Z, or seconds since 1970".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_moments_and_seconds_are_read() {
        for (text, seconds) in [
            ("2026-01-01", 1_767_225_600),
            ("2026-01-01T00:00:00Z", 1_767_225_600),
            ("2026-01-01T01:00:00+01:00", 1_767_225_600),
            ("1767225600", 1_767_225_600),
        ] {
            assert_eq!(moment(text), Ok(Timestamp(seconds)), "{text}");
        }
        for wrong in ["", "yesterday", "2026-13-01", "2026-01-01 18:00", "2026-01-01T18:00", "1.5"] {
            assert!(moment(wrong).is_err(), "{wrong}");
        }
    }
}
