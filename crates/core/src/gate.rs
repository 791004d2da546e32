//! Gates: which action needs which verification. Rules are data with dates, modes and exceptions (verification.md 6).

use serde::{Deserialize, Serialize};

use crate::id::OrganizationId;
use crate::time::Timestamp;

/// Something an organization can have proven. The set is open (S1-45): names, not numbers, stand in the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Requirement {
    /// A verified phone number (S1-01).
    Phone,
    /// A payment method on file (S0-03).
    PaymentMethod,
    /// A verified organization (S0-01).
    Organization,
}

impl Requirement {
    /// Every requirement.
    pub const ALL: [Self; 3] = [Self::Phone, Self::PaymentMethod, Self::Organization];

    /// The name on the wire and in the store.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Phone => "phone",
            Self::PaymentMethod => "payment_method",
            Self::Organization => "organization",
        }
    }

    /// Reads the name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|requirement| requirement.as_str() == name)
    }
}

/// What an organization has proven or been excused from, with a version that grows with every change.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Entitlements {
    /// Grows with each change; a gateway that refuses re-reads once first (verification.md 5.4).
    pub version: i64,
    /// Proven, or waived by the operator.
    pub met: Vec<Requirement>,
    /// When the organization was made, for rules that spare older ones.
    pub organization_created_at: Timestamp,
}

impl Entitlements {
    /// Whether the organization meets this requirement.
    #[must_use]
    pub fn meets(&self, requirement: Requirement) -> bool {
        self.met.contains(&requirement)
    }
}

/// What somebody wants to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action<'a> {
    /// Make a new key of any kind but admin.
    CreateKey,
    /// Begin to verify the organization.
    VerifyOrganization,
    /// Use a model.
    UseModel(&'a str),
    /// Have a model's answer streamed.
    StreamModel(&'a str),
    /// Ask for reasoning summaries.
    ReasoningSummary(&'a str),
}

impl<'a> Action<'a> {
    /// The name in rules.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::CreateKey => "api_key.create",
            Self::VerifyOrganization => "organization.verify",
            Self::UseModel(_) => "model.use",
            Self::StreamModel(_) => "feature.stream",
            Self::ReasoningSummary(_) => "feature.reasoning_summary",
        }
    }

    const fn model(self) -> Option<&'a str> {
        match self {
            Self::CreateKey | Self::VerifyOrganization => None,
            Self::UseModel(model) | Self::StreamModel(model) | Self::ReasoningSummary(model) => Some(model),
        }
    }
}

/// How seriously a rule is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// As if it were not there.
    Off,
    /// Only written down.
    Shadow,
    /// Said in a response header.
    Warn,
    /// Refused.
    Enforce,
}

/// One rule: this action, on these models, needs all of these requirements.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Named in every refusal.
    pub id: String,
    /// The action's name.
    pub action: String,
    /// Model patterns with `*`; empty matches every model. Ignored for actions without a model.
    #[serde(default)]
    pub models: Vec<String>,
    /// All must be met.
    pub require: Vec<Requirement>,
    /// Before this moment the rule sleeps.
    #[serde(default)]
    pub effective_from: Timestamp,
    /// Organizations made before this moment are spared.
    #[serde(default)]
    pub grandfather_created_before: Option<Timestamp>,
    /// How seriously it is meant.
    pub mode: Mode,
}

/// An operator's dated exception for one organization (verification.md 6.2, `exempt`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Exemption {
    /// Who is spared.
    pub organization: OrganizationId,
    /// Until when; `None` is until withdrawn.
    #[serde(default)]
    pub until: Option<Timestamp>,
    /// Why, for the audit log.
    pub reason: String,
}

/// All rules and exceptions in force, as one versioned value.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// The rules; all that match must pass.
    pub rules: Vec<Rule>,
    /// The exceptions; they win.
    #[serde(default)]
    pub exemptions: Vec<Exemption>,
}

/// What a policy says of one action.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Verdict {
    /// Requirements that refuse the action, with the first rule that asks for them; empty means allowed.
    pub missing: Vec<Requirement>,
    /// The rule that refused.
    pub rule: Option<String>,
    /// Requirements that rules in warn mode would ask for.
    pub warned: Vec<Requirement>,
    /// Requirements that rules in shadow mode would ask for.
    pub shadowed: Vec<Requirement>,
}

impl Verdict {
    /// Whether the action may go on.
    #[must_use]
    pub const fn allowed(&self) -> bool {
        self.missing.is_empty()
    }
}

/// 5 November 2024, midnight UTC: since then new keys need a phone (S1-02).
pub const PHONE_RULE_EFFECTIVE: Timestamp = Timestamp(1_730_764_800);

impl Policy {
    /// The rules of a fresh installation (verification.md 6.1): a phone for new keys (S1-01), a verified
    /// organization for `gpt-image-*` (S3-16) and `o3`; streaming and reasoning-summary gates exist but are off.
    #[must_use]
    pub fn default_rules() -> Self {
        let rule = |id: &str, action: &str, models: &[&str], require, effective_from, mode| Rule {
            id: id.to_owned(),
            action: action.to_owned(),
            models: models.iter().map(|m| (*m).to_owned()).collect(),
            require: vec![require],
            effective_from,
            grandfather_created_before: None,
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
            ],
            exemptions: Vec::new(),
        }
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
        let mut verdict = Verdict::default();
        let spared = |e: &Exemption| &e.organization == organization && e.until.is_none_or(|until| now < until);
        if self.exemptions.iter().any(spared) {
            return verdict;
        }
        for rule in self.rules.iter().filter(|rule| rule.applies(action, met, now)) {
            for requirement in rule.require.iter().copied().filter(|r| !met.meets(*r)) {
                let list = match rule.mode {
                    Mode::Off => continue,
                    Mode::Shadow => &mut verdict.shadowed,
                    Mode::Warn => &mut verdict.warned,
                    Mode::Enforce => {
                        verdict.rule.get_or_insert_with(|| rule.id.clone());
                        &mut verdict.missing
                    }
                };
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
            && self.grandfather_created_before.is_none_or(|date| met.organization_created_at >= date)
            && action.model().is_none_or(|model| {
                self.models.is_empty() || self.models.iter().any(|pattern| glob(pattern.as_bytes(), model.as_bytes()))
            })
    }
}

/// `*` matches any run of bytes; everything else matches itself. Linear in the text for each star, no recursion.
fn glob(pattern: &[u8], text: &[u8]) -> bool {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn organization() -> OrganizationId {
        "org-a".parse().unwrap_or_else(|_| unreachable!())
    }

    fn with(met: &[Requirement]) -> Entitlements {
        Entitlements { version: 1, met: met.to_vec(), organization_created_at: Timestamp(100) }
    }

    #[test]
    fn default_gates() {
        // S1-01 new keys need a phone; S3-16 gpt-image-1 needs a verified organization; S1-02 from its date on.
        let policy = Policy::default_rules();
        let now = PHONE_RULE_EFFECTIVE;
        let judge = |action, met: &[Requirement], now| policy.judge(action, &organization(), &with(met), now).missing;
        assert_eq!(judge(Action::CreateKey, &[], now), [Requirement::Phone]);
        assert_eq!(judge(Action::CreateKey, &[], now.plus(-1)), []);
        assert_eq!(judge(Action::CreateKey, &[Requirement::Phone], now), []);
        assert_eq!(judge(Action::UseModel("gpt-image-1"), &[], now), [Requirement::Organization]);
        assert_eq!(judge(Action::UseModel("gpt-image-1"), &[Requirement::Organization], now), []);
        assert_eq!(judge(Action::UseModel("o3"), &[], now), [Requirement::Organization]);
        assert_eq!(judge(Action::UseModel("gpt-4o"), &[], now), []);
        assert_eq!(judge(Action::StreamModel("o3"), &[], now), [], "off by default");
    }

    #[test]
    fn modes_dates_and_exceptions() {
        let mut policy = Policy::default_rules();
        let judge = |policy: &Policy, now| policy.judge(Action::UseModel("o3"), &organization(), &with(&[]), now);
        policy.rules[3].mode = Mode::Warn;
        assert_eq!(judge(&policy, Timestamp(5)).warned, [Requirement::Organization]);
        policy.rules[3].mode = Mode::Shadow;
        assert_eq!(judge(&policy, Timestamp(5)).shadowed, [Requirement::Organization]);
        policy.rules[3].mode = Mode::Enforce;
        assert_eq!(judge(&policy, Timestamp(5)).rule.as_deref(), Some("verified-for-o3"));
        policy.rules[3].grandfather_created_before = Some(Timestamp(101));
        assert!(judge(&policy, Timestamp(5)).allowed(), "older organizations are spared");
        policy.rules[3].grandfather_created_before = None;
        policy.exemptions.push(Exemption {
            organization: organization(),
            until: Some(Timestamp(10)),
            reason: "contract".to_owned(),
        });
        assert!(judge(&policy, Timestamp(9)).allowed());
        assert!(!judge(&policy, Timestamp(10)).allowed(), "an exemption ends on its date");
    }

    #[test]
    fn patterns() {
        for (pattern, text, matches) in [
            ("o3", "o3", true),
            ("o3", "o3-mini", false),
            ("gpt-image-*", "gpt-image-1", true),
            ("*", "", true),
            ("a*b*c", "axxbyyc", true),
            ("a*b*c", "axxbyy", false),
            ("", "", true),
            ("", "a", false),
        ] {
            assert_eq!(glob(pattern.as_bytes(), text.as_bytes()), matches, "{pattern} {text}");
        }
    }
}
