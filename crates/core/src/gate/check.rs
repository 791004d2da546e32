//! Whether the rules of a policy may be saved.

use super::organization_creation::{CREATE_ORGANIZATION, MOST_OWNED};
use super::scope::{MOST_TAGS, is_tag};
use super::{Action, Mode, Policy, Requirement};

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

impl Policy {
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
                return fault("this id is used twice");
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
}
