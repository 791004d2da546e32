//! The organizations a rule applies to, besides its action and its models (`applies_to`), and the operator's tags for
//! organizations.

use serde::{Deserialize, Serialize};

use super::Entitlements;
use crate::time::Timestamp;

/// Maximum number of tags of an organization or a rule.
pub const MOST_TAGS: usize = 20;
/// Characters of a tag.
const LONGEST_TAG: usize = 32;

/// The organizations a rule applies to; without conditions all of them.
// A condition that this version does not know makes the policy unreadable, because it must not be read as "all
// organizations".
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AppliesTo {
    /// Only organizations made at this moment or later.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_after: Option<Timestamp>,
    /// Only organizations with none of these tags.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub org_tags_not: Vec<String>,
}

impl AppliesTo {
    /// Whether there is no condition, so that every organization is included.
    #[must_use]
    pub fn is_unconditional(&self) -> bool {
        self.created_after.is_none() && self.org_tags_not.is_empty()
    }

    /// Whether an organization is included.
    #[must_use]
    pub fn includes(&self, organization: &Entitlements) -> bool {
        self.created_after.is_none_or(|date| organization.organization_created_at >= date)
            && !self.org_tags_not.iter().any(|tag| organization.tags.contains(tag))
    }
}

/// Whether a tag is valid: 1 to 32 small letters, digits, hyphens and underscores.
#[must_use]
pub fn is_tag(tag: &str) -> bool {
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'_';
    (1..=LONGEST_TAG).contains(&tag.len()) && tag.bytes().all(plain)
}

/// Returns the tags of a list, each once and sorted; `None` when one is not valid or there are too many.
#[must_use]
pub fn read_tags<'a>(given: impl IntoIterator<Item = &'a str>) -> Option<Vec<String>> {
    let mut tags: Vec<String> = given.into_iter().map(|tag| tag.trim().to_owned()).collect();
    tags.sort_unstable();
    tags.dedup();
    (tags.len() <= MOST_TAGS && tags.iter().all(|tag| is_tag(tag))).then_some(tags)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(at: i64, tags: &[&str]) -> Entitlements {
        let tags = tags.iter().map(|tag| (*tag).to_owned()).collect();
        Entitlements { organization_created_at: Timestamp(at), tags, ..Entitlements::default() }
    }

    #[test]
    fn organizations_that_a_rule_applies_to() {
        let all = AppliesTo::default();
        assert!(all.is_unconditional() && all.includes(&made(0, &["partner"])));
        let young = AppliesTo { created_after: Some(Timestamp(100)), ..AppliesTo::default() };
        assert!(!young.includes(&made(99, &[])) && young.includes(&made(100, &[])));
        let strangers = AppliesTo { org_tags_not: vec!["partner".into(), "test".into()], ..AppliesTo::default() };
        assert!(strangers.includes(&made(0, &["part"])) && strangers.includes(&made(0, &[])));
        assert!(!strangers.includes(&made(0, &["other", "test"])));
        let both = AppliesTo { created_after: Some(Timestamp(100)), ..strangers };
        assert!(both.includes(&made(100, &[])) && !both.includes(&made(100, &["partner"])));
        assert!(!both.includes(&made(99, &[])), "each condition narrows");
    }

    #[test]
    fn an_unknown_condition_is_refused() {
        for text in [r#"{"regions":["*"]}"#, r#"{"org_tags":["a"]}"#, r#"{"created_after":"soon"}"#] {
            assert!(serde_json::from_str::<AppliesTo>(text).is_err(), "{text}");
        }
        assert_eq!(serde_json::to_string(&AppliesTo::default()).ok().as_deref(), Some("{}"));
    }

    #[test]
    fn tags_are_plain_words() {
        assert_eq!(read_tags([" partner ", "a_1", "partner"]), Some(vec!["a_1".into(), "partner".into()]));
        assert_eq!(read_tags([]), Some(Vec::new()));
        let (long, too_long) = ("a".repeat(32), "a".repeat(33));
        assert!(read_tags([long.as_str()]).is_some());
        for wrong in ["", "Partner", "two words", "ü", "a,b", too_long.as_str()] {
            assert_eq!(read_tags([wrong]), None, "{wrong}");
        }
        let many: Vec<String> = (0..=MOST_TAGS).map(|n| format!("t{n}")).collect();
        assert_eq!(read_tags(many.iter().map(String::as_str)), None);
        assert!(read_tags(many[1..].iter().map(String::as_str)).is_some());
    }
}
