//! Previews: which organizations a new version of the policy would refuse.

use std::collections::HashSet;

use super::{Action, Entitlements, Mode, OwnedOrganization, Policy, Requirement};
use crate::id::OrganizationId;
use crate::time::Timestamp;

/// An action of an organization, and how often it was done in the period.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ActionUse<'a> {
    /// The action.
    pub action: Action<'a>,
    /// The number of times.
    pub times: u64,
}

/// What is known of one organization.
#[derive(Debug, Clone, Copy)]
pub struct OrganizationFacts<'a> {
    /// The organization.
    pub organization: &'a OrganizationId,
    /// What it has proven.
    pub entitlements: &'a Entitlements,
    /// What it did recently.
    pub uses: &'a [ActionUse<'a>],
    /// The organizations its founder owned when they made it, if that was recent; they decide whether making it would
    /// be refused.
    pub founder: Option<&'a [OwnedOrganization]>,
}

/// An action that would be refused from then on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PreviewedRefusal<'a> {
    /// The organization.
    pub organization: &'a OrganizationId,
    /// The action.
    pub action: Action<'a>,
    /// How often it was done in the period.
    pub times: u64,
    /// What the organization would have to prove.
    pub missing: Vec<Requirement>,
    /// The rule that would refuse.
    pub rule: String,
}

/// Everything that would be refused and is not refused now.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Preview<'a> {
    /// Organization by organization, in the order given.
    pub refusals: Vec<PreviewedRefusal<'a>>,
}

impl Preview<'_> {
    /// How many organizations are concerned.
    #[must_use]
    pub fn organizations(&self) -> usize {
        self.refusals.iter().map(|refusal| refusal.organization).collect::<HashSet<_>>().len()
    }

    /// How many of their calls would have been refused.
    #[must_use]
    pub fn times(&self) -> u64 {
        self.refusals.iter().fold(0, |sum, refusal| sum.saturating_add(refusal.times))
    }
}

impl Policy {
    /// Returns what this policy would refuse at a moment, and `present` would allow at the same moment. For rules with
    /// a start date, pass that date; for rules in shadow or warn mode, use [`Policy::enforced`].
    #[must_use]
    pub fn preview<'a>(&self, present: &Self, facts: &[OrganizationFacts<'a>], at: Timestamp) -> Preview<'a> {
        let mut refusals = Vec::new();
        for known in facts {
            for done in known.uses {
                let judge = |policy: &Self| match (done.action, known.founder) {
                    (Action::CreateOrganization { .. }, owned) => {
                        policy.judge_organization_creation(owned.unwrap_or_default(), at)
                    }
                    (action, _) => policy.judge(action, known.organization, known.entitlements, at),
                };
                let then = judge(self);
                if then.allowed() || !judge(present).allowed() {
                    continue;
                }
                refusals.push(PreviewedRefusal {
                    organization: known.organization,
                    action: done.action,
                    times: done.times,
                    missing: then.missing,
                    rule: then.rule.unwrap_or_default(),
                });
            }
        }
        Preview { refusals }
    }

    /// Returns the same policy with every rule in shadow or warn mode enforced, to preview that.
    #[must_use]
    pub fn enforced(&self) -> Self {
        let mut policy = self.clone();
        for rule in &mut policy.rules {
            rule.mode = match rule.mode {
                Mode::Off => Mode::Off,
                Mode::Shadow | Mode::Warn | Mode::Enforce => Mode::Enforce,
            };
        }
        policy
    }
}
