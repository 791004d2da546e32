//! Durations as OpenAI's headers and errors write them.

use std::time::Duration;

/// Writes a duration as `17ms`, `1s`, `8.64s`, `6m0s`, `1h2m3s`: up to three digits after the point, rounded up, so
/// that a client that waits this long has waited long enough.
#[must_use]
pub fn format_duration(span: Duration) -> String {
    let millis = span.as_micros().div_ceil(1_000);
    if millis == 0 {
        return "0s".to_owned();
    }
    if millis < 1_000 {
        return format!("{millis}ms");
    }
    let (seconds, fraction) = (millis / 1_000, millis % 1_000);
    let (hours, minutes, seconds) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    let mut text = match (hours, minutes) {
        (0, 0) => format!("{seconds}"),
        (0, _) => format!("{minutes}m{seconds}"),
        _ => format!("{hours}h{minutes}m{seconds}"),
    };
    if fraction > 0 {
        let digits = format!("{fraction:03}");
        text.push('.');
        text.push_str(digits.trim_end_matches('0'));
    }
    text.push('s');
    text
}
