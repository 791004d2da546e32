//! Making another organization (`organization.create`): a person is judged by the organizations they own, because the
//! new one has proven nothing yet.

use super::{Action, Entitlements, Policy, Verdict};
use crate::id::OrganizationId;
use crate::time::Timestamp;

/// The action with rules that name a number of organizations.
pub(super) const CREATE_ORGANIZATION: &str = "organization.create";

/// The highest number of organizations at which a rule may begin.
pub const MOST_OWNED: u32 = 1_000;

/// An organization that a person owns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnedOrganization {
    /// The organization.
    pub organization: OrganizationId,
    /// What it has proven.
    pub entitlements: Entitlements,
}

/// Describes a person with these organizations to the rules: what any of the organizations has proven or is tagged with
/// counts, and the new organization is made now.
fn combined_entitlements(owned: &[OwnedOrganization], now: Timestamp) -> Entitlements {
    let mut whole = Entitlements { organization_created_at: now, ..Entitlements::default() };
    for one in owned {
        let known = &one.entitlements;
        whole.version += known.version;
        whole.met.extend(known.met.iter().copied().filter(|requirement| known.meets(*requirement, now)));
        whole.first_used.extend(known.first_used.iter().cloned());
        whole.tags.extend(known.tags.iter().cloned());
    }
    whole
}

impl Policy {
    /// Judges whether a person who owns these organizations may make another one. An exemption of one of them exempts
    /// the person.
    #[must_use]
    pub fn judge_organization_creation(&self, owned: &[OwnedOrganization], now: Timestamp) -> Verdict {
        if owned.iter().any(|one| self.exempts(&one.organization, now)) {
            return Verdict::default();
        }
        let count = u32::try_from(owned.len()).unwrap_or(u32::MAX);
        self.judge_rules(Action::CreateOrganization { owned: count }, &combined_entitlements(owned, now), now)
    }
}

#[cfg(test)]
mod tests;
