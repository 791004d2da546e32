//! Durations as OpenAI's headers and errors write them.

use std::time::Duration;

/// Writes a duration as `17ms`, `1s`, `8.64s`, `6m0s`, `1h2m3s`: up to three digits after the point, rounded up, so
/// that a client that waits this long has waited long enough.
#[must_use]
pub fn format_duration(span: Duration) -> String {
    let mut text = String::with_capacity(16);
    push_duration(&mut text, span);
    text
}

/// Appends a duration as [`format_duration`] writes it.
pub fn push_duration(text: &mut String, span: Duration) {
    let fraction = u64::from(span.subsec_micros().div_ceil(1_000));
    let millis = span.as_secs().saturating_mul(1_000).saturating_add(fraction);
    if millis == 0 {
        text.push_str("0s");
        return;
    }
    if millis < 1_000 {
        push_number(text, millis);
        text.push_str("ms");
        return;
    }
    let (seconds, fraction) = (millis / 1_000, millis % 1_000);
    let (hours, minutes, seconds) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    if hours > 0 {
        push_number(text, hours);
        text.push('h');
    }
    if hours > 0 || minutes > 0 {
        push_number(text, minutes);
        text.push('m');
    }
    push_number(text, seconds);
    if fraction > 0 {
        text.push('.');
        // Three digits without the zeros at their end.
        let mut rest = fraction;
        for place in [100, 10, 1] {
            push_number(text, rest / place);
            rest %= place;
            if rest == 0 {
                break;
            }
        }
    }
    text.push('s');
}

/// Appends a number. The headers of every limited answer have several, and the formatting machinery costs more.
pub fn push_number(text: &mut String, number: u64) {
    text.push_str(itoa::Buffer::new().format(number));
}
