//! Legal holds: keeping pictures of one case beyond their deadline because the law requires it. Two people agree on a
//! reason and a date, the date has a ceiling, and the owners can read about it.

use crate::time::Timestamp;

/// The longest hold, in seconds from the first picture of the case. No setting raises it.
pub const CEILING: i64 = 90 * 86_400;
/// Seconds after which a proposal without a second approval expires.
pub const AGREED_WITHIN: i64 = 86_400;

/// The proposal of the first person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposal<'a> {
    /// The person.
    pub by: &'a str,
    /// The date.
    pub until: Timestamp,
    /// When it was proposed.
    pub at: Timestamp,
}

/// The state of a hold after an approval.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hold {
    /// A second person must approve; nothing is held yet.
    Proposed,
    /// Two people approved: nothing is erased before the date.
    Granted,
}

/// Why a hold is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// The pictures are kept that long without a hold.
    NotLonger {
        /// When they are erased without a hold.
        erased_at: Timestamp,
    },
    /// Beyond the ceiling.
    TooLong {
        /// The latest possible date.
        latest: Timestamp,
    },
    /// The second person must be another one than the first.
    SamePerson,
    /// Another date is proposed: approve that one.
    OtherDate {
        /// The date that is proposed.
        until: Timestamp,
    },
}

/// Judges an approval of a hold. `first_captured_at` is when the first picture was taken, and `erased_at` when the pictures
/// are erased without this hold.
///
/// # Errors
/// When the date is not valid, or the second approval is by the same person or for another date.
pub fn judge(
    proposal: Option<&Proposal<'_>>,
    by: &str,
    until: Timestamp,
    first_captured_at: Timestamp,
    erased_at: Timestamp,
    now: Timestamp,
) -> Result<Hold, Refusal> {
    // A camera clock that runs ahead does not extend the hold.
    let latest = first_captured_at.min(now).plus(CEILING);
    if until <= erased_at.max(now) {
        return Err(Refusal::NotLonger { erased_at });
    }
    if until > latest {
        return Err(Refusal::TooLong { latest });
    }
    let waiting = proposal.filter(|proposal| now.since(proposal.at) < AGREED_WITHIN);
    match waiting {
        Some(first) if first.by == by && first.until == until => Err(Refusal::SamePerson),
        Some(first) if first.by != by && first.until != until => Err(Refusal::OtherDate { until: first.until }),
        Some(first) if first.by != by => Ok(Hold::Granted),
        Some(_) | None => Ok(Hold::Proposed),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const TAKEN: Timestamp = Timestamp(1_800_000_000);
    const DAY: i64 = 86_400;
    const ERASED_AT: Timestamp = Timestamp(1_800_000_000 + 7 * DAY);

    fn say(proposal: Option<&Proposal<'_>>, by: &str, until: Timestamp, now: Timestamp) -> Result<Hold, Refusal> {
        judge(proposal, by, until, TAKEN, ERASED_AT, now)
    }

    // S3-30: two people, a date, and a ceiling to the second.
    #[test]
    fn two_people_and_a_ceiling() {
        let now = TAKEN.plus(DAY);
        let until = TAKEN.plus(CEILING);
        assert_eq!(say(None, "bob", until, now), Ok(Hold::Proposed));
        assert_eq!(say(None, "bob", until.plus(1), now), Err(Refusal::TooLong { latest: until }));
        assert_eq!(say(None, "bob", ERASED_AT, now), Err(Refusal::NotLonger { erased_at: ERASED_AT }));
        assert_eq!(say(None, "bob", ERASED_AT.plus(1), now), Ok(Hold::Proposed));
        let first = Proposal { by: "bob", until, at: now };
        assert_eq!(say(Some(&first), "bob", until, now), Err(Refusal::SamePerson));
        assert_eq!(say(Some(&first), "bob", until.plus(-1), now), Ok(Hold::Proposed), "a proposal may be changed");
        assert_eq!(say(Some(&first), "eve", until.plus(-1), now), Err(Refusal::OtherDate { until }));
        assert_eq!(say(Some(&first), "eve", until, now), Ok(Hold::Granted));
        assert_eq!(say(Some(&first), "eve", until, now.plus(AGREED_WITHIN - 1)), Ok(Hold::Granted));
        assert_eq!(say(Some(&first), "eve", until, now.plus(AGREED_WITHIN)), Ok(Hold::Proposed), "it has lapsed");
    }

    proptest! {
        #[test]
        fn nothing_goes_beyond_the_ceiling(
            until in -10 * DAY..200 * DAY, now in -10 * DAY..200 * DAY, ahead in -DAY..400 * DAY,
            at in -DAY..2 * DAY, same in any::<bool>(), same_date in any::<bool>(),
        ) {
            let (until, now, taken) = (TAKEN.plus(until), TAKEN.plus(now), TAKEN.plus(ahead));
            let by = if same { "bob" } else { "eve" };
            let proposed = if same_date { until } else { until.plus(1) };
            let proposal = Proposal { by: "bob", until: proposed, at: now.plus(-at) };
            let found = judge(Some(&proposal), by, until, taken, taken.plus(7 * DAY), now);
            if let Ok(hold) = found {
                prop_assert!(until <= taken.plus(CEILING) && until <= now.plus(CEILING) && until > now);
                prop_assert!(hold == Hold::Proposed || (!same && same_date && at < AGREED_WITHIN));
            }
        }
    }
}
