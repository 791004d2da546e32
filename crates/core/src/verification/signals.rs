//! What makes an operator look twice: one card or one address at many organizations, and a SIM card that
//! was changed just before a number is to replace another. None of them refuses anybody for good: people look.

use crate::time::Timestamp;

/// One card may be on file at this many organizations before somebody should look; as many as a number stands for.
pub const CARD_AT: u32 = 3;
/// One address may begin verifications of this many organizations in [`ADDRESS_DAYS`] before somebody should look. Offices
/// and telephone networks share addresses, so it is more than for cards.
pub const ADDRESS_AT: u32 = 5;
/// How far back addresses are looked at, and how long their prints are kept, in days.
pub const ADDRESS_DAYS: i64 = 30;

/// Something to look at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    /// The card on file is on file at many organizations.
    CardShared,
    /// An address that verified this organization verified many.
    AddressShared,
    /// A number was held because its SIM card was changed lately.
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

/// What is known of one organization.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Sharing {
    /// Organizations that have a card of this organization on file, itself included.
    pub card: u32,
    /// Organizations that an address of this one verified lately, itself included.
    pub address: u32,
    /// Whether a number of this organization was held for its SIM card lately.
    pub sim_changed: bool,
}

/// What an operator should look at.
#[must_use]
pub fn signals(known: Sharing) -> Vec<Signal> {
    let all = [
        (known.card > CARD_AT, Signal::CardShared),
        (known.address > ADDRESS_AT, Signal::AddressShared),
        (known.sim_changed, Signal::SimChanged),
    ];
    all.into_iter().filter(|(there, _)| *there).map(|(_, signal)| signal).collect()
}

/// What a carrier says of a number's SIM card.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SimCard {
    /// It was put in at this moment.
    Since(Timestamp),
    /// It was put in within this number of seconds; the carrier does not say when.
    Within(i64),
    /// It was not changed lately, or the carrier does not say.
    Unknown,
}

/// Until when a number waits before it may replace another, if its SIM card was changed within `days`; the number that is
/// proven stays until then. Nobody waits because a carrier does not say.
#[must_use]
pub fn held_until(card: SimCard, days: u16, now: Timestamp) -> Option<Timestamp> {
    let wait = i64::from(days) * 86_400;
    let until = match card {
        // A date ahead of us is a clock that goes wrong, and as good as now.
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
    fn many_is_more_than_the_bound() {
        assert_eq!(signals(Sharing::default()), []);
        assert_eq!(signals(Sharing { card: CARD_AT, address: ADDRESS_AT, sim_changed: false }), []);
        let all = signals(Sharing { card: CARD_AT + 1, address: ADDRESS_AT + 1, sim_changed: true });
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
