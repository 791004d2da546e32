//! Gates: which action needs which verification. Rules are data with dates, modes and exemptions.

use serde::{Deserialize, Serialize};

use crate::time::Timestamp;

mod check;
mod organization_creation;
mod policy;
mod preview;
mod rule;
mod scope;
mod waiting;

pub use check::{MOST_RULES, PolicyFault};
pub use organization_creation::{MOST_OWNED, OwnedOrganization};
pub use policy::{Exemption, PHONE_RULE_EFFECTIVE, Policy, Verdict};
pub use preview::{ActionUse, OrganizationFacts, Preview, PreviewedRefusal};
pub(crate) use rule::glob;
pub use rule::{Mode, Rule};
pub use scope::{AppliesTo, MOST_TAGS, is_tag, read_tags};
pub use waiting::{UnmeetableRule, UnmeetableState};

/// How an organization meets a requirement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Fulfilment {
    /// It has proven it.
    Verified,
    /// An operator has waived it.
    Waived,
}

impl Fulfilment {
    /// The name, as stored.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Verified => "verified",
            Self::Waived => "waived",
        }
    }

    /// Parses the name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Verified, Self::Waived].into_iter().find(|how| how.as_str() == name)
    }
}

/// Something an organization can prove. The store keeps names and not numbers, because more may be added.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Requirement {
    /// A verified phone number.
    Phone,
    /// A payment method on file.
    PaymentMethod,
    /// A verified organization.
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

    /// Parses the name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|requirement| requirement.as_str() == name)
    }
}

/// What an organization has proven or been excused from, with a version that grows with every change.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Entitlements {
    /// Grows with each change; a gateway reads the caller again once before it refuses.
    pub version: i64,
    /// Proven, or waived by the operator.
    pub met: Vec<Requirement>,
    /// When some of them end; the others have no end. Rules compare these times with the clock.
    pub ends: Vec<(Requirement, Timestamp)>,
    /// When the organization was made, for rules that exempt older ones.
    pub organization_created_at: Timestamp,
    /// When the organization first used which model, for rules that exempt earlier users; models without such a rule
    /// may be left out.
    pub first_used: Vec<FirstUse>,
    /// The operator's tags for the organization, for rules that leave some out.
    pub tags: Vec<String>,
}

/// The first use of a model by an organization.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FirstUse {
    /// The model's name after aliases were resolved.
    pub model: String,
    /// The time.
    pub at: Timestamp,
}

impl Entitlements {
    /// Whether the organization meets this requirement at this moment. An end date counts even if no job has closed it
    /// since.
    #[must_use]
    pub fn meets(&self, requirement: Requirement, now: Timestamp) -> bool {
        let over = |(ended, at): &(Requirement, Timestamp)| *ended == requirement && *at <= now;
        self.met.contains(&requirement) && !self.ends.iter().any(over)
    }
}

/// An action that rules may gate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action<'a> {
    /// Make a new key of any kind but admin.
    CreateKey,
    /// Begin to verify the organization.
    VerifyOrganization,
    /// Make another organization, as the owner of this many open ones.
    CreateOrganization {
        /// The number.
        owned: u32,
    },
    /// Use a model.
    UseModel(&'a str),
    /// Request a streamed response of a model.
    StreamModel(&'a str),
    /// Ask for reasoning summaries.
    ReasoningSummary(&'a str),
}

impl<'a> Action<'a> {
    /// The names of all actions that rules may gate.
    pub const NAMES: [&'static str; 6] = [
        "api_key.create",
        "organization.verify",
        "organization.create",
        "model.use",
        "feature.stream",
        "feature.reasoning_summary",
    ];

    /// Whether rules for the action of this name may name models.
    #[must_use]
    pub fn of_models(name: &str) -> bool {
        matches!(name, "model.use" | "feature.stream" | "feature.reasoning_summary")
    }

    /// The name in rules.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::CreateKey => "api_key.create",
            Self::VerifyOrganization => "organization.verify",
            Self::CreateOrganization { .. } => "organization.create",
            Self::UseModel(_) => "model.use",
            Self::StreamModel(_) => "feature.stream",
            Self::ReasoningSummary(_) => "feature.reasoning_summary",
        }
    }

    const fn model(self) -> Option<&'a str> {
        match self {
            Self::CreateKey | Self::VerifyOrganization | Self::CreateOrganization { .. } => None,
            Self::UseModel(model) | Self::StreamModel(model) | Self::ReasoningSummary(model) => Some(model),
        }
    }
}

#[cfg(test)]
mod tests;
