//! Whether a document may verify one more organization. One person may own a few organizations; a document that many
//! strangers use is what verification must prevent.

use super::SAME_DOCUMENT;
use crate::id::OrganizationId;
use crate::time::Timestamp;

/// Default number of organizations of one owner that one document verifies.
pub const SAME_OWNER: usize = 3;

/// An organization the document has verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Use {
    /// The organization.
    pub organization: OrganizationId,
    /// The time.
    pub verified_at: Timestamp,
    /// Whether it has an owner in common with the requesting organization.
    pub same_owner: bool,
}

/// Whether the document may verify the requesting organization.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It may.
    Free,
    /// It has verified others too recently.
    Taken {
        /// The moment from which it may: owners see the exact date.
        until: Timestamp,
    },
}

/// Judges the uses of a document for `organization`. `most` includes the requesting organization.
#[must_use]
pub fn judge(uses: &[Use], organization: &OrganizationId, most: usize, now: Timestamp) -> Verdict {
    let ends = |one: &Use| one.verified_at.plus(SAME_DOCUMENT);
    let mut others: Vec<&Use> =
        uses.iter().filter(|one| &one.organization != organization && now < ends(one)).collect();
    others.sort_by_key(|one| one.verified_at);
    // Every use by another owner must have ended, and enough uses by the same owner that one more fits.
    let strangers = others.iter().rfind(|one| !one.same_owner).map(|one| ends(one));
    let room = most.saturating_sub(1);
    let full = others.len().checked_sub(room + 1).and_then(|at| others.get(at)).map(|one| ends(one));
    match strangers.max(full) {
        None => Verdict::Free,
        Some(until) => Verdict::Taken { until },
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOW: Timestamp = Timestamp(1_800_000_000);
    const DAY: i64 = 86_400;

    fn used(organization: &str, age: i64, same_owner: bool) -> Use {
        Use { organization: organization.parse().unwrap(), verified_at: NOW.plus(-age), same_owner }
    }

    fn at(uses: &[Use], now: Timestamp) -> Verdict {
        judge(uses, &"org-new".parse().unwrap(), SAME_OWNER, now)
    }

    #[test]
    fn a_strangers_document_waits_ninety_days() {
        let uses = [used("org-a", 10 * DAY, false)];
        let until = NOW.plus(80 * DAY);
        assert_eq!(at(&uses, NOW), Verdict::Taken { until });
        assert_eq!(at(&uses, until.plus(-1)), Verdict::Taken { until });
        assert_eq!(at(&uses, until), Verdict::Free);
        assert_eq!(at(&[used("org-new", 0, false)], NOW), Verdict::Free, "its own");
    }

    #[test]
    fn one_owner_has_three() {
        let two = [used("org-a", 20 * DAY, true), used("org-b", 10 * DAY, true)];
        assert_eq!(at(&two, NOW), Verdict::Free, "the third");
        let three = [used("org-a", 20 * DAY, true), used("org-b", 10 * DAY, true), used("org-c", 0, true)];
        assert_eq!(at(&three, NOW), Verdict::Taken { until: NOW.plus(70 * DAY) }, "when the oldest ends");
        assert_eq!(judge(&two, &"org-new".parse().unwrap(), 1, NOW), Verdict::Taken { until: NOW.plus(80 * DAY) });
    }

    proptest! {
        /// The date is exact: refused a second before, free from then on.
        #[test]
        fn the_date_is_exact(
            uses in prop::collection::vec((0..200_i64, any::<bool>()), 0..8),
            most in 0..5_usize,
        ) {
            let uses: Vec<_> =
                uses.iter().enumerate().map(|(n, (age, same))| used(&format!("org-{n}"), age * DAY, *same)).collect();
            let organization = "org-new".parse().unwrap();
            if let Verdict::Taken { until } = judge(&uses, &organization, most, NOW) {
                prop_assert!(until > NOW);
                prop_assert_eq!(judge(&uses, &organization, most, until.plus(-1)), Verdict::Taken { until });
                prop_assert_eq!(judge(&uses, &organization, most, until), Verdict::Free);
            }
        }
    }
}
