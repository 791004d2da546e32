//! Rules about which action needs what, with dates, modes and exemptions, and their evaluation.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};

use super::organization_creation::MOST_OWNED;
use super::scope::{AppliesTo, MOST_TAGS, is_tag};
use super::{Action, Entitlements, Requirement};
use crate::id::OrganizationId;
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
    #[serde(default, skip_serializing_if = "AppliesTo::everybody")]
    pub applies_to: AppliesTo,
    /// What happens when it is not met.
    pub mode: Mode,
}

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

/// A fault in a policy that an operator wants to save.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyFault {
    /// The rule at fault, by id or by its position.
    pub rule: String,
    /// What to change, for people.
    pub what: &'static str,
}

/// Maximum number of rules in a policy: each request is judged by all of them.
pub const MOST_RULES: usize = 100;
/// Maximum number of patterns in a rule.
const MOST_PATTERNS: usize = 50;
/// Characters of an id or a pattern.
const LONGEST: usize = 64;

/// The action with rules that name a number of organizations.
const CREATE_ORGANIZATION: &str = "organization.create";

/// 5 November 2024, midnight UTC: since then new keys need a phone.
pub const PHONE_RULE_EFFECTIVE: Timestamp = Timestamp(1_730_764_800);

impl Policy {
    /// Returns the rules of a new installation: a phone for new keys, a verified organization for `gpt-image-*` and
    /// `o3`; gates for streaming and reasoning summaries exist but are off.
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
            exemptions: Vec::new(),
        }
    }

    /// Checks whether these rules may be saved.
    ///
    /// # Errors
    /// The first rule at fault.
    pub fn check(&self) -> Result<(), PolicyFault> {
        if self.rules.len() > MOST_RULES {
            return Err(PolicyFault { rule: String::new(), what: "there are too many rules" });
        }
        for (at, rule) in self.rules.iter().enumerate() {
            let fault = |what| Err(PolicyFault { rule: rule.id.chars().take(LONGEST).collect(), what });
            let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
            if rule.id.is_empty() || rule.id.len() > LONGEST || !rule.id.chars().all(plain) {
                return fault("an id has 1 to 64 small letters, digits and hyphens");
            }
            if self.rules[..at].iter().any(|other| other.id == rule.id) {
                return fault("this id stands twice");
            }
            if !Action::NAMES.contains(&rule.action.as_str()) {
                return fault("no such action is gated");
            }
            let sound = |p: &String| (1..=LONGEST).contains(&p.len()) && p.bytes().all(|b| b.is_ascii_graphic());
            if rule.models.len() > MOST_PATTERNS || !rule.models.iter().all(sound) {
                return fault("a model pattern has 1 to 64 characters without spaces; 50 patterns are enough");
            }
            if !rule.models.is_empty() && !Action::of_models(&rule.action) {
                return fault("this action concerns no models");
            }
            let tags = &rule.applies_to.org_tags_not;
            if tags.len() > MOST_TAGS || !tags.iter().all(|tag| is_tag(tag)) {
                return fault("a tag has 1 to 32 small letters, digits, hyphens and underscores; 20 tags are enough");
            }
            match (rule.action == CREATE_ORGANIZATION, rule.above) {
                (false, Some(_)) => return fault("'above' belongs to organization.create"),
                (true, Some(1..=MOST_OWNED)) | (false, None) => {}
                // Requirements are proven within an organization, so creating the first one cannot need any.
                (true, _) => return fault("'above' says from how many organizations on, between 1 and 1000"),
            }
            if rule.any_of.iter().any(Vec::is_empty) {
                return fault("a group of 'any_of' names no requirement");
            }
            let mut all = rule.require.iter().chain(rule.any_of.iter().flatten());
            if rule.mode != Mode::Off && rule.require.is_empty() && rule.any_of.is_empty() {
                return fault("a rule needs a requirement");
            }
            if rule.action == Action::VerifyOrganization.as_str() && all.any(|r| *r == Requirement::Organization) {
                return fault("a verified organization cannot be needed to become one");
            }
        }
        Ok(())
    }

    /// Returns the moment from which all rules with a start date are in force, for previews.
    #[must_use]
    pub fn awake_at(&self, now: Timestamp) -> Timestamp {
        self.rules
            .iter()
            .filter(|rule| rule.mode != Mode::Off)
            .map(|rule| rule.effective_from)
            .fold(now, Timestamp::max)
    }

    /// Returns the moments at which enforced rules begin, in order, so that people can be informed before.
    #[must_use]
    pub fn dates_ahead(&self, now: Timestamp) -> Vec<Timestamp> {
        let sleeping = self.rules.iter().filter(|rule| rule.mode == Mode::Enforce && rule.effective_from > now);
        let mut dates: Vec<Timestamp> = sleeping.map(|rule| rule.effective_from).collect();
        dates.sort_unstable();
        dates.dedup();
        dates
    }

    /// Whether this organization is exempt now.
    #[must_use]
    pub fn exempts(&self, organization: &OrganizationId, now: Timestamp) -> bool {
        let spared = |e: &Exemption| &e.organization == organization && e.until.is_none_or(|until| now < until);
        self.exemptions.iter().any(spared)
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
            let ways = rule.ways(met, now);
            let lacking = rule.require.iter().copied().filter(|requirement| !met.meets(*requirement, now));
            let lacking: Vec<_> = lacking.chain(ways.first().into_iter().flatten().copied()).collect();
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
                        verdict.alternatives = ways;
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

impl Rule {
    fn applies(&self, action: Action<'_>, met: &Entitlements, now: Timestamp) -> bool {
        self.action == action.as_str()
            && now >= self.effective_from
            && self.applies_to.concerns(met)
            && self.above.is_none_or(|most| matches!(action, Action::CreateOrganization { owned } if owned >= most))
            && self.grandfather_created_before.is_none_or(|date| met.organization_created_at >= date)
            && action.model().is_none_or(|model| self.guards(model))
            && self.grandfather_used_before.is_none_or(|date| !self.used_before(action, met, date))
    }

    fn guards(&self, model: &str) -> bool {
        self.models.is_empty() || self.models.iter().any(|pattern| glob(pattern.as_bytes(), model.as_bytes()))
    }

    fn used_before(&self, action: Action<'_>, met: &Entitlements, date: Timestamp) -> bool {
        let any_model = action.model().is_none();
        met.first_used.iter().any(|first| first.at < date && (any_model || self.guards(&first.model)))
    }

    /// Returns what each group still lacks, the shortest first; empty when one is met or there are none.
    fn ways(&self, met: &Entitlements, now: Timestamp) -> Vec<Vec<Requirement>> {
        let lacking = |group: &Vec<Requirement>| -> Vec<Requirement> {
            group.iter().copied().filter(|requirement| !met.meets(*requirement, now)).collect()
        };
        let mut ways: Vec<_> = self.any_of.iter().map(lacking).collect();
        ways.sort_by_key(Vec::len);
        if ways.first().is_some_and(Vec::is_empty) { Vec::new() } else { ways }
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
pub(super) fn glob(pattern: &[u8], text: &[u8]) -> bool {
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
