//! The policy: all rules and exemptions in force, and their verdict about an action.

use serde::{Deserialize, Serialize};

use super::organization_creation::CREATE_ORGANIZATION;
use super::scope::AppliesTo;
use super::{Action, Entitlements, Mode, Requirement, Rule};
use crate::id::OrganizationId;
use crate::time::Timestamp;

/// An operator's exemption for one organization, with a date.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Exemption {
    /// The exempt organization.
    pub organization: OrganizationId,
    /// The end; `None` until it is withdrawn.
    #[serde(default)]
    pub until: Option<Timestamp>,
    /// Why, for the audit log.
    pub reason: String,
    /// The operator who granted it; empty for exemptions from before this was recorded.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub by: String,
}

/// All rules and exemptions in force, as one versioned value.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// The rules; all that apply must pass.
    pub rules: Vec<Rule>,
    /// The exemptions; they override the rules.
    #[serde(default)]
    pub exemptions: Vec<Exemption>,
    /// Requirements that are enforced although they were never set up here, by the operator's decision.
    // Omitted when empty, so that gateways of the previous version can still read the policy.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub refuse_without_service: Vec<Requirement>,
    /// Requirements that no node of this installation was ever configured to check. The store adds them when it reads
    /// a policy, so that all nodes agree; without them everything is enforced.
    #[serde(skip)]
    pub never_set_up: Vec<Requirement>,
}

/// The result of a policy for one action.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Verdict {
    /// Requirements that refuse the action; empty means allowed. When a rule leaves a choice, the shortest alternative.
    pub missing: Vec<Requirement>,
    /// Every alternative of the first refusing rule that leaves a choice: what each of its groups still lacks, the
    /// shortest first.
    pub alternatives: Vec<Vec<Requirement>>,
    /// The rule that refused.
    pub rule: Option<String>,
    /// Requirements missing for rules in warn mode.
    pub warned: Vec<Requirement>,
    /// Requirements missing for rules in shadow mode.
    pub shadowed: Vec<Requirement>,
}

impl Verdict {
    /// Whether the action may proceed.
    #[must_use]
    pub const fn allowed(&self) -> bool {
        self.missing.is_empty()
    }
}

/// 5 November 2024, midnight UTC: since then new keys need a phone.
pub const PHONE_RULE_EFFECTIVE: Timestamp = Timestamp(1_730_764_800);

impl Policy {
    /// Returns the rules of a new installation: a phone for new keys, a verified organization for `gpt-image-*` and
    /// `o3`; the other gates (streaming, reasoning summaries, further organizations) exist but are off.
    #[must_use]
    pub fn default_rules() -> Self {
        let rule = |id: &str, action: &str, models: &[&str], require, effective_from, mode| Rule {
            id: id.to_owned(),
            action: action.to_owned(),
            models: models.iter().map(|m| (*m).to_owned()).collect(),
            require: vec![require],
            any_of: Vec::new(),
            effective_from,
            grandfather_created_before: None,
            grandfather_used_before: None,
            above: None,
            applies_to: AppliesTo::default(),
            mode,
        };
        Self {
            rules: vec![
                rule(
                    "phone-for-new-keys",
                    "api_key.create",
                    &[],
                    Requirement::Phone,
                    PHONE_RULE_EFFECTIVE,
                    Mode::Enforce,
                ),
                rule(
                    "payment-before-verification",
                    "organization.verify",
                    &[],
                    Requirement::PaymentMethod,
                    Timestamp(0),
                    Mode::Enforce,
                ),
                rule(
                    "verified-for-images",
                    "model.use",
                    &["gpt-image-*"],
                    Requirement::Organization,
                    Timestamp(0),
                    Mode::Enforce,
                ),
                rule(
                    "verified-for-o3",
                    "model.use",
                    &["o3", "o3-*"],
                    Requirement::Organization,
                    Timestamp(0),
                    Mode::Enforce,
                ),
                rule(
                    "verified-to-stream",
                    "feature.stream",
                    &["o3", "o3-*"],
                    Requirement::Organization,
                    Timestamp(0),
                    Mode::Off,
                ),
                rule(
                    "verified-for-summaries",
                    "feature.reasoning_summary",
                    &[],
                    Requirement::Organization,
                    Timestamp(0),
                    Mode::Off,
                ),
                Rule {
                    above: Some(3),
                    ..rule(
                        "phone-for-more-organizations",
                        CREATE_ORGANIZATION,
                        &[],
                        Requirement::Phone,
                        Timestamp(0),
                        Mode::Off,
                    )
                },
            ],
            ..Self::default()
        }
    }

    /// Returns the moment from which all rules with a start date are in force, for previews.
    #[must_use]
    pub fn all_effective_at(&self, now: Timestamp) -> Timestamp {
        self.rules
            .iter()
            .filter(|rule| rule.mode != Mode::Off)
            .map(|rule| rule.effective_from)
            .fold(now, Timestamp::max)
    }

    /// Returns the moments at which enforced rules begin, in order, so that people can be informed before.
    #[must_use]
    pub fn upcoming_dates(&self, now: Timestamp) -> Vec<Timestamp> {
        let upcoming = self.rules.iter().filter(|rule| rule.mode == Mode::Enforce && rule.effective_from > now);
        let mut dates: Vec<Timestamp> = upcoming.map(|rule| rule.effective_from).collect();
        dates.sort_unstable();
        dates.dedup();
        dates
    }

    /// Returns the moment before which the first use of a model can exempt an organization from a rule; `None` when no
    /// rule exempts earlier users. Rules that are off count, because they can be switched on without a new moment.
    #[must_use]
    pub fn exempts_uses_before(&self) -> Option<Timestamp> {
        self.rules.iter().filter_map(|rule| rule.grandfather_used_before).max()
    }

    /// Whether this organization is exempt now.
    #[must_use]
    pub fn exempts(&self, organization: &OrganizationId, now: Timestamp) -> bool {
        let exempt = |e: &Exemption| &e.organization == organization && e.until.is_none_or(|until| now < until);
        self.exemptions.iter().any(exempt)
    }

    /// Judges one action of one organization.
    #[must_use]
    pub fn judge(
        &self,
        action: Action<'_>,
        organization: &OrganizationId,
        met: &Entitlements,
        now: Timestamp,
    ) -> Verdict {
        if self.exempts(organization, now) { Verdict::default() } else { self.judge_rules(action, met, now) }
    }

    /// Judges by the rules alone.
    pub(super) fn judge_rules(&self, action: Action<'_>, met: &Entitlements, now: Timestamp) -> Verdict {
        let mut verdict = Verdict::default();
        for rule in self.rules.iter().filter(|rule| rule.applies(action, met, now)) {
            let unmet_groups = self.without_waiting(rule.unmet_groups(met, now));
            let required = rule.require.iter().copied();
            let lacking = required.filter(|requirement| !met.meets(*requirement, now) && !self.waits(*requirement));
            let lacking: Vec<_> = lacking.chain(unmet_groups.first().into_iter().flatten().copied()).collect();
            if lacking.is_empty() {
                continue;
            }
            let list = match rule.mode {
                Mode::Off => continue,
                Mode::Shadow => &mut verdict.shadowed,
                Mode::Warn => &mut verdict.warned,
                Mode::Enforce => {
                    verdict.rule.get_or_insert_with(|| rule.id.clone());
                    if verdict.alternatives.is_empty() {
                        verdict.alternatives = unmet_groups;
                    }
                    &mut verdict.missing
                }
            };
            for requirement in lacking {
                if !list.contains(&requirement) {
                    list.push(requirement);
                }
            }
        }
        verdict
    }
}
