//! How many organizations one number may verify. A person may have their own organization, one at work and one of a
//! client; one number for many more organizations indicates abuse.

use crate::id::{OrganizationId, UserId};
use crate::time::Timestamp;

/// Default number of organizations that one number may verify.
pub const MOST_ORGANIZATIONS: usize = 3;
/// A closed organization counts this long, so that closing one and opening another is no way around the limit.
pub const CLOSED_COUNTS: i64 = 30 * 86_400;
/// Carriers reassign numbers: a proof older than this yields to another person who proves the number now.
pub const RECYCLED_AFTER: i64 = 365 * 86_400;

/// An organization that the number verifies already.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    /// The organization.
    pub organization: OrganizationId,
    /// The person who proved the number; `None` when their account was deleted.
    pub user: Option<UserId>,
    /// The time.
    pub verified_at: Timestamp,
    /// When the organization was closed, if it was.
    pub closed_at: Option<Timestamp>,
}

/// Whether the number may verify one more organization.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sharing {
    /// It may. The organizations named here had it before it was reassigned: they stay verified, and no longer count
    /// for the number.
    Free {
        /// The organizations that no longer count once the number is proven.
        released: Vec<OrganizationId>,
    },
    /// It verifies the maximum already. A refusal tells strangers no more than any other refusal.
    Full,
}

/// Judges whether `user` may prove this number for `organization`.
#[must_use]
pub fn judge(
    holders: &[Holder],
    organization: &OrganizationId,
    user: Option<&UserId>,
    most: usize,
    now: Timestamp,
) -> Sharing {
    let others = holders.iter().filter(|holder| &holder.organization != organization);
    let alive = others.filter(|holder| holder.closed_at.is_none_or(|at| now.since(at) <= CLOSED_COUNTS));
    let (recycled, held): (Vec<_>, Vec<_>) = alive.partition(|holder| holder.recycled_by(user, now));
    if held.len() >= most {
        return Sharing::Full;
    }
    Sharing::Free { released: recycled.into_iter().map(|holder| holder.organization.clone()).collect() }
}

impl Holder {
    /// Whether the proof yields to this user: only an old proof, and only to a known person other than the one who gave
    /// it.
    fn recycled_by(&self, user: Option<&UserId>, now: Timestamp) -> bool {
        user.is_some() && self.user.as_ref() != user && now.since(self.verified_at) > RECYCLED_AFTER
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(1_800_000_000);
    const DAY: i64 = 86_400;

    fn holder(organization: &str, user: &str, age: i64, closed: Option<i64>) -> Holder {
        Holder {
            organization: organization.parse().unwrap(),
            user: Some(user.parse().unwrap()),
            verified_at: NOW.plus(-age),
            closed_at: closed.map(|age| NOW.plus(-age)),
        }
    }

    fn verdict(holders: &[Holder], user: &str) -> Sharing {
        judge(holders, &"org-new".parse().unwrap(), Some(&user.parse().unwrap()), MOST_ORGANIZATIONS, NOW)
    }

    #[test]
    fn three_organizations_for_one_number() {
        // S1-03, S1-21: three and no more, for any owners.
        let two = vec![holder("org-a", "user-a", 5, None), holder("org-b", "user-b", 5, None)];
        assert_eq!(verdict(&two, "user-a"), Sharing::Free { released: vec![] });
        let three = [two, vec![holder("org-c", "user-c", 5, None)]].concat();
        assert_eq!(verdict(&three, "user-a"), Sharing::Full);
        let own = [&three[..2], &[holder("org-new", "user-a", 5, None)]].concat();
        assert_eq!(verdict(&own, "user-a"), Sharing::Free { released: vec![] }, "its own hold is no other's");
    }

    #[test]
    fn closed_organizations_count_for_thirty_days() {
        let with = |closed| {
            [
                holder("org-a", "user-a", 90 * DAY, None),
                holder("org-b", "user-a", 90 * DAY, None),
                holder("org-c", "user-a", 90 * DAY, Some(closed)),
            ]
        };
        assert_eq!(verdict(&with(30 * DAY), "user-a"), Sharing::Full);
        assert_eq!(verdict(&with(30 * DAY + 1), "user-a"), Sharing::Free { released: vec![] });
    }

    #[test]
    fn a_reassigned_number_can_be_used_by_its_new_holder() {
        let with = |age| [1, 2, 3].map(|n| holder(&format!("org-{n}"), "user-old", age, None));
        assert_eq!(verdict(&with(RECYCLED_AFTER), "user-new"), Sharing::Full, "a year and not a moment less");
        let released = [1, 2, 3].map(|n| format!("org-{n}").parse().unwrap()).to_vec();
        assert_eq!(verdict(&with(RECYCLED_AFTER + 1), "user-new"), Sharing::Free { released });
        assert_eq!(verdict(&with(RECYCLED_AFTER + 1), "user-old"), Sharing::Full, "the same person is no new holder");
        let unowned = judge(&with(RECYCLED_AFTER + 1), &"org-new".parse().unwrap(), None, MOST_ORGANIZATIONS, NOW);
        assert_eq!(unowned, Sharing::Full, "a key proves no person");
    }
}
