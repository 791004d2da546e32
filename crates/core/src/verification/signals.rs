//! Signals for an operator to check: one card or one address in many organizations, and a SIM card that was changed
//! just before a number is to replace another. None of them refuses anything for good: people decide.

use crate::time::Timestamp;

/// Organizations with one card on file from which it is a signal; as many as one number may verify.
pub const CARD_AT: u32 = 3;
/// Organizations that begin a verification from one address in [`ADDRESS_DAYS`] from which it is a signal. Offices and
/// telephone networks share addresses, so it is more than for cards.
pub const ADDRESS_AT: u32 = 5;
/// Days for which addresses are compared, and for which their fingerprints are kept.
pub const ADDRESS_DAYS: i64 = 30;

/// A signal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    /// The organization's card is on file in many organizations.
    CardShared,
    /// An address from which this organization was verified was used for many.
    AddressShared,
    /// A number was held because its SIM card was changed recently.
    SimChanged,
}

impl Signal {
    /// The name in reports.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::CardShared => "card_shared",
            Self::AddressShared => "address_shared",
            Self::SimChanged => "sim_changed",
        }
    }
}

/// The facts about one organization.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SignalFacts {
    /// Organizations with a card of this organization on file, including itself.
    pub card: u32,
    /// Organizations that were recently verified from an address of this one, including itself.
    pub address: u32,
    /// Whether a number of this organization was recently held because of its SIM card.
    pub sim_changed: bool,
}

/// Returns the signals of these facts.
#[must_use]
pub fn signals(known: SignalFacts) -> Vec<Signal> {
    let all = [
        (known.card > CARD_AT, Signal::CardShared),
        (known.address > ADDRESS_AT, Signal::AddressShared),
        (known.sim_changed, Signal::SimChanged),
    ];
    all.into_iter().filter(|(there, _)| *there).map(|(_, signal)| signal).collect()
}

/// A carrier's report about a number's SIM card.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SimCard {
    /// It was changed at this moment.
    Since(Timestamp),
    /// It was changed within this number of seconds; the carrier does not say when.
    Within(i64),
    /// It was not changed recently, or the carrier does not say.
    Unknown,
}

/// Returns until when a number must wait before it may replace another, if its SIM card was changed within `days`; the
/// proven number stays until then. There is no wait when the carrier does not report it.
#[must_use]
pub fn held_until(card: SimCard, days: u16, now: Timestamp) -> Option<Timestamp> {
    let wait = i64::from(days) * 86_400;
    let until = match card {
        // A date in the future comes from a wrong clock, and counts as now.
        SimCard::Since(at) => at.min(now).plus(wait),
        SimCard::Within(period) if period <= wait => now.plus(wait),
        SimCard::Within(_) | SimCard::Unknown => return None,
    };
    (now < until).then_some(until)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signal_needs_more_than_the_bound() {
        assert_eq!(signals(SignalFacts::default()), []);
        assert_eq!(signals(SignalFacts { card: CARD_AT, address: ADDRESS_AT, sim_changed: false }), []);
        let all = signals(SignalFacts { card: CARD_AT + 1, address: ADDRESS_AT + 1, sim_changed: true });
        assert_eq!(
            all.iter().map(|one| one.as_str()).collect::<Vec<_>>(),
            ["card_shared", "address_shared", "sim_changed"]
        );
    }

    #[test]
    fn a_changed_card_waits_its_days() {
        let (now, day) = (Timestamp(1_000_000), 86_400);
        let held = |at: i64, days| held_until(SimCard::Since(Timestamp(at)), days, now);
        assert_eq!(held(1_000_000 - 10, 7), Some(Timestamp(1_000_000 - 10 + 7 * day)));
        assert_eq!(held(1_000_000 - 7 * day, 7), None);
        assert_eq!(held(1_000_000 - 7 * day + 1, 7), Some(Timestamp(1_000_001)));
        assert_eq!(held(i64::MAX, 1), Some(now.plus(day)), "a date ahead of us is now");
        assert_eq!(held(1_000_000, 0), None);
        assert_eq!(held_until(SimCard::Within(2 * day), 7, now), Some(now.plus(7 * day)), "somewhen in two days");
        assert_eq!(held_until(SimCard::Within(8 * day), 7, now), None, "it may be longer ago");
        assert_eq!(held_until(SimCard::Unknown, 7, now), None);
    }
}
