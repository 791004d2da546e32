//! Rules about something that this installation cannot check, such as a phone where no text message can be sent.
//!
//! Such a rule would refuse everybody without an error in any log. It therefore waits: it refuses no action until the
//! operator sets up the service or decides to refuse. Only a requirement that was never set up here waits. A service
//! that is down, or one that was removed from the configuration, opens nothing.

use super::{Mode, Policy, Requirement, Rule};

/// What an enforced rule does about a requirement that cannot be met here now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnmeetableState {
    /// It refuses no action and waits for the operator's decision.
    Waits,
    /// It refuses everybody who has not met it, because the operator decided so.
    RefusesByDecision,
    /// It refuses everybody who has not met it: the service was set up once and is missing from the configuration.
    Removed,
}

impl UnmeetableState {
    /// The name in JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Waits => "waits",
            Self::RefusesByDecision => "refuses_by_decision",
            Self::Removed => "service_removed",
        }
    }

    /// Whether the operator should act.
    #[must_use]
    pub const fn needs_decision(self) -> bool {
        matches!(self, Self::Waits | Self::Removed)
    }
}

/// An enforced rule with a requirement that cannot be met here now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnmeetableRule {
    /// The rule.
    pub rule: String,
    /// The requirement.
    pub requirement: Requirement,
    /// What the rule does.
    pub state: UnmeetableState,
}

impl Policy {
    /// Whether rules do not ask for this requirement, because it was never set up here and the operator has not decided
    /// to refuse.
    #[must_use]
    pub fn waits(&self, requirement: Requirement) -> bool {
        self.never_set_up.contains(&requirement) && !self.refuse_without_service.contains(&requirement)
    }

    /// Reduces what the groups of a rule lack to what can be required. A group that can be met completely takes
    /// precedence over one that waits.
    pub(super) fn without_waiting(&self, groups: Vec<Vec<Requirement>>) -> Vec<Vec<Requirement>> {
        let waits = |requirement: &Requirement| self.waits(*requirement);
        if groups.iter().flatten().all(|requirement| !waits(requirement)) {
            return groups;
        }
        let complete: Vec<_> = groups.iter().filter(|group| !group.iter().any(waits)).cloned().collect();
        if !complete.is_empty() {
            return complete;
        }
        let rest = groups.into_iter().map(|group| group.into_iter().filter(|one| !waits(one)).collect());
        let mut rest: Vec<Vec<Requirement>> = rest.collect();
        rest.sort_by_key(Vec::len);
        if rest.first().is_some_and(Vec::is_empty) { Vec::new() } else { rest }
    }

    /// Lists the enforced rules with requirements that cannot be met, when these can be met with what is configured.
    #[must_use]
    pub fn unmeetable(&self, configured: &[Requirement]) -> Vec<UnmeetableRule> {
        let enforced = self.rules.iter().filter(|rule| rule.mode == Mode::Enforce);
        enforced.flat_map(|rule| self.unmeetable_of(rule, configured)).collect()
    }

    fn unmeetable_of(&self, rule: &Rule, configured: &[Requirement]) -> Vec<UnmeetableRule> {
        let missing = |requirement: &Requirement| !configured.contains(requirement);
        let mut all: Vec<Requirement> = rule.require.iter().copied().filter(missing).collect();
        // One group that can be met is enough.
        if rule.any_of.iter().all(|group| group.iter().any(missing)) {
            all.extend(rule.any_of.iter().flatten().copied().filter(missing));
        }
        all.sort_by_key(|requirement| requirement.as_str());
        all.dedup();
        let found = all.into_iter().map(|requirement| {
            let state = match (self.refuse_without_service.contains(&requirement), self.waits(requirement)) {
                (true, _) => UnmeetableState::RefusesByDecision,
                (false, true) => UnmeetableState::Waits,
                (false, false) => UnmeetableState::Removed,
            };
            UnmeetableRule { rule: rule.id.clone(), requirement, state }
        });
        found.collect()
    }
}

#[cfg(test)]
mod tests;
