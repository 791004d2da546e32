//! A signal in words, for mails and pages.

use keystead_core::anomaly::{CapPeriod, Signal};
use keystead_core::money::Amount;
use keystead_locales::{LocalFormat, Messages, countries};
use keystead_store::tables::key_signals::KeySignal;

/// What was noticed, in one sentence.
#[must_use]
pub fn described(noticed: &KeySignal, t: Messages, format: &LocalFormat) -> String {
    let figure = |figure: i64| match noticed.signal.is_of_money() {
        true => format.money(&Amount::of_parts(figure, 0)),
        false => format.number(&figure),
    };
    let (used, usual) = (figure(noticed.figure), figure(noticed.usual));
    let figures = [("used", used.as_str()), ("usual", usual.as_str())];
    let per_minute = noticed.period == Some(CapPeriod::Minute);
    let value = noticed.value.as_str();
    match noticed.signal {
        Signal::SpendBeyondPast => t.text_with_all("key-signal-spend-beyond-past", &figures),
        Signal::RequestsBeyondPast => t.text_with_all("key-signal-requests-beyond-past", &figures),
        Signal::NewNetwork => t.text_with("key-signal-new-network", "network", value),
        Signal::NewCountry => t.text_with("key-signal-new-country", "country", countries::name(t.0, value)),
        Signal::NewModel => t.text_with("key-signal-new-model", "model", value),
        Signal::SpendOverCap if per_minute => t.text_with_all("key-signal-spend-over-cap-minute", &figures),
        Signal::SpendOverCap => t.text_with_all("key-signal-spend-over-cap-hour", &figures),
        Signal::RequestsOverCap if per_minute => t.text_with_all("key-signal-requests-over-cap-minute", &figures),
        Signal::RequestsOverCap => t.text_with_all("key-signal-requests-over-cap-hour", &figures),
    }
}
