//! One rule of a policy: the action and models it is about, when it applies, and what it still lacks.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};

use super::scope::AppliesTo;
use super::{Action, Entitlements, Requirement};
use crate::time::Timestamp;

/// What a rule does when it is not met.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Nothing.
    Off,
    /// Only recorded.
    Shadow,
    /// Reported in a response header.
    Warn,
    /// Refused.
    Enforce,
}

impl Mode {
    /// Every mode, from none to serious.
    pub const ALL: [Self; 4] = [Self::Off, Self::Shadow, Self::Warn, Self::Enforce];

    /// The name on the wire and in the store.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Shadow => "shadow",
            Self::Warn => "warn",
            Self::Enforce => "enforce",
        }
    }

    /// Parses the name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|mode| mode.as_str() == name)
    }
}

/// One rule: this action, on these models, needs all of these requirements, and one of the groups where there are any.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Appears in every refusal.
    pub id: String,
    /// The action's name.
    pub action: String,
    /// Model patterns with `*`; empty matches every model. Ignored for actions without a model.
    #[serde(default)]
    pub models: Vec<String>,
    /// All must be met.
    #[serde(default)]
    pub require: Vec<Requirement>,
    /// At least one of these groups must be met completely; empty means no choice is required.
    // Omitted when empty, so that gateways of the previous version can still read the policy.
    #[serde(default, deserialize_with = "groups", skip_serializing_if = "Vec::is_empty")]
    pub any_of: Vec<Vec<Requirement>>,
    /// The rule has no effect before this moment.
    #[serde(default)]
    pub effective_from: Timestamp,
    /// Organizations made before this moment are exempt.
    #[serde(default)]
    pub grandfather_created_before: Option<Timestamp>,
    /// Organizations that used one of the rule's models before this moment are exempt; for actions without a model,
    /// those that used any model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grandfather_used_before: Option<Timestamp>,
    /// For `organization.create` alone: applies to people who own this many organizations already.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub above: Option<u32>,
    /// The organizations it applies to.
    #[serde(default, skip_serializing_if = "AppliesTo::is_unconditional")]
    pub applies_to: AppliesTo,
    /// What happens when it is not met.
    pub mode: Mode,
}

impl Rule {
    pub(super) fn applies(&self, action: Action<'_>, met: &Entitlements, now: Timestamp) -> bool {
        self.action == action.as_str()
            && now >= self.effective_from
            && self.applies_to.includes(met)
            && self.above.is_none_or(|most| matches!(action, Action::CreateOrganization { owned } if owned >= most))
            && self.grandfather_created_before.is_none_or(|date| met.organization_created_at >= date)
            && action.model().is_none_or(|model| self.covers_model(model))
            && self.grandfather_used_before.is_none_or(|date| !self.used_before(action, met, date))
    }

    fn covers_model(&self, model: &str) -> bool {
        self.models.is_empty() || self.models.iter().any(|pattern| glob(pattern.as_bytes(), model.as_bytes()))
    }

    fn used_before(&self, action: Action<'_>, met: &Entitlements, date: Timestamp) -> bool {
        let any_model = action.model().is_none();
        met.first_used.iter().any(|first| first.at < date && (any_model || self.covers_model(&first.model)))
    }

    /// Returns what each group still lacks, the shortest first; empty when one is met or there are none.
    pub(super) fn unmet_groups(&self, met: &Entitlements, now: Timestamp) -> Vec<Vec<Requirement>> {
        let lacking = |group: &Vec<Requirement>| -> Vec<Requirement> {
            group.iter().copied().filter(|requirement| !met.meets(*requirement, now)).collect()
        };
        let mut unmet_groups: Vec<_> = self.any_of.iter().map(lacking).collect();
        unmet_groups.sort_by_key(Vec::len);
        if unmet_groups.first().is_some_and(Vec::is_empty) { Vec::new() } else { unmet_groups }
    }
}

/// Refuses an empty group, which every organization would meet, so a policy with one cannot be read.
fn groups<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Vec<Requirement>>, D::Error> {
    let groups = Vec::<Vec<Requirement>>::deserialize(from)?;
    if groups.iter().any(Vec::is_empty) {
        return Err(D::Error::custom("a group of 'any_of' names no requirement"));
    }
    Ok(groups)
}

/// Matches a pattern: `*` matches any sequence of bytes, every other byte itself. Linear in the text for each star, no
/// recursion.
pub(crate) fn glob(pattern: &[u8], text: &[u8]) -> bool {
    let (mut p, mut t) = (0, 0);
    let mut retry: Option<(usize, usize)> = None;
    while t < text.len() {
        if p < pattern.len() && pattern[p] == b'*' {
            retry = Some((p + 1, t));
            p += 1;
        } else if p < pattern.len() && pattern[p] == text[t] {
            p += 1;
            t += 1;
        } else if let Some((after_star, start)) = retry {
            p = after_star;
            t = start + 1;
            retry = Some((after_star, start + 1));
        } else {
            return false;
        }
    }
    pattern[p..].iter().all(|b| *b == b'*')
}
