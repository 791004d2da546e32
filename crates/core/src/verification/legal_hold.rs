//! How long pictures of one case may be kept beyond their time because the law asks for it: two
//! people agree on a reason and a date, the date has a ceiling of its own, and the owners read of it.

use crate::time::Timestamp;

/// No picture is held longer, in seconds from the first of its case. Nothing raises it.
pub const CEILING: i64 = 90 * 86_400;
/// A proposal that nobody agreed to in this time is none any more.
pub const AGREED_WITHIN: i64 = 86_400;

/// What the first person proposed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposal<'a> {
    /// Who.
    pub by: &'a str,
    /// Until when.
    pub until: Timestamp,
    /// When it was proposed.
    pub at: Timestamp,
}

/// Where a hold stands after somebody spoke.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hold {
    /// A second person must agree; nothing is held yet.
    Proposed,
    /// Two agreed: nothing is erased before the date.
    Granted,
}

/// Why nothing is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// The pictures are there that long anyhow.
    NotLonger {
        /// When they go without a hold.
        goes: Timestamp,
    },
    /// Beyond the ceiling.
    TooLong {
        /// The last moment that can be asked for.
        latest: Timestamp,
    },
    /// The first person cannot be the second.
    SamePerson,
    /// Another date is proposed: agree to that one.
    OtherDate {
        /// The date that is proposed.
        until: Timestamp,
    },
}

/// What comes of somebody's word for a hold. `first_captured_at` is when the first picture was taken and `goes` when
/// the pictures go without this hold.
///
/// # Errors
/// When the date is not valid, or the second approval is by the same person or for another date.
pub fn judge(
    proposal: Option<&Proposal<'_>>,
    by: &str,
    until: Timestamp,
    first_captured_at: Timestamp,
    goes: Timestamp,
    now: Timestamp,
) -> Result<Hold, Refusal> {
    // A camera's clock that runs ahead lengthens nothing.
    let latest = first_captured_at.min(now).plus(CEILING);
    if until <= goes.max(now) {
        return Err(Refusal::NotLonger { goes });
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
    const GOES: Timestamp = Timestamp(1_800_000_000 + 7 * DAY);

    fn say(proposal: Option<&Proposal<'_>>, by: &str, until: Timestamp, now: Timestamp) -> Result<Hold, Refusal> {
        judge(proposal, by, until, TAKEN, GOES, now)
    }

    // S3-30: two people, a date, and a ceiling to the second.
    #[test]
    fn two_people_and_a_ceiling() {
        let now = TAKEN.plus(DAY);
        let until = TAKEN.plus(CEILING);
        assert_eq!(say(None, "bob", until, now), Ok(Hold::Proposed));
        assert_eq!(say(None, "bob", until.plus(1), now), Err(Refusal::TooLong { latest: until }));
        assert_eq!(say(None, "bob", GOES, now), Err(Refusal::NotLonger { goes: GOES }));
        assert_eq!(say(None, "bob", GOES.plus(1), now), Ok(Hold::Proposed));
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
