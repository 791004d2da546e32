//! The conditions of a rule: every attribute that it names must have exactly this value.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Number, Value};

use super::expression::Attributes;

/// The most attributes that a rule names.
pub const MOST_MATCHERS: usize = 20;
/// The most bytes of an attribute's name.
pub const LONGEST_NAME: usize = 255;
/// The most bytes of a value.
pub const LONGEST_VALUE: usize = 2_000;

/// Attributes and the values they must have: texts, booleans and numbers. There is at least one, because a rule without
/// any would let everyone in for whom the issuer vouches.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "BTreeMap<String, Value>", into = "BTreeMap<String, Value>")]
pub struct Matchers(BTreeMap<String, Value>);

/// What is wrong with conditions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MatchersFault {
    /// It is not an object.
    #[error("must be an object")]
    Form,
    /// There is none.
    #[error("must name at least one attribute, or everyone for whom the issuer vouches would match")]
    None,
    /// There are more than [`MOST_MATCHERS`].
    #[error("can name at most {MOST_MATCHERS} attributes")]
    TooMany,
    /// The name of an attribute is empty, too long or contains an invisible character.
    #[error("the name of an attribute must have 1 to {LONGEST_NAME} visible characters")]
    Name,
    /// A value is not a text, a boolean or a number, or is too long.
    #[error("a value must be a string of at most {LONGEST_VALUE} bytes, a boolean or a number")]
    Value,
}

/// Whether a text can be the name of an attribute.
pub(super) fn is_name(name: &str) -> bool {
    (1..=LONGEST_NAME).contains(&name.len()) && !name.chars().any(|c| c.is_control() || c.is_whitespace())
}

impl TryFrom<BTreeMap<String, Value>> for Matchers {
    type Error = MatchersFault;

    fn try_from(all: BTreeMap<String, Value>) -> Result<Self, MatchersFault> {
        if all.is_empty() {
            return Err(MatchersFault::None);
        }
        if all.len() > MOST_MATCHERS {
            return Err(MatchersFault::TooMany);
        }
        for (name, value) in &all {
            if !is_name(name) {
                return Err(MatchersFault::Name);
            }
            let allowed = match value {
                Value::String(text) => text.len() <= LONGEST_VALUE,
                Value::Bool(_) | Value::Number(_) => true,
                Value::Null | Value::Array(_) | Value::Object(_) => false,
            };
            if !allowed {
                return Err(MatchersFault::Value);
            }
        }
        Ok(Self(all))
    }
}

impl From<Matchers> for BTreeMap<String, Value> {
    fn from(matchers: Matchers) -> Self {
        matchers.0
    }
}

impl Matchers {
    /// Reads conditions as sent.
    ///
    /// # Errors
    /// The fault.
    pub fn read(value: &Value) -> Result<Self, MatchersFault> {
        let Value::Object(map) = value else { return Err(MatchersFault::Form) };
        map.iter().map(|(name, value)| (name.clone(), value.clone())).collect::<BTreeMap<_, _>>().try_into()
    }

    /// The names of the attributes.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// Whether every attribute has its value. A missing attribute matches nothing.
    #[must_use]
    pub fn match_all(&self, attributes: &Attributes<'_>) -> bool {
        self.0.iter().all(|(name, wanted)| attributes.get(name).is_some_and(|value| same(value, wanted)))
    }
}

/// Whether two values are the same, without any conversion between kinds. Numbers are compared by their value.
fn same(value: &Value, wanted: &Value) -> bool {
    match (value, wanted) {
        (Value::String(a), Value::String(b)) => a == b,
        (Value::Bool(a), Value::Bool(b)) => a == b,
        (Value::Number(a), Value::Number(b)) => a == b || same_number(a, b),
        _ => false,
    }
}

/// Whether a whole number and a number with a fraction of zero are the same: `1` and `1.0`.
fn same_number(a: &Number, b: &Number) -> bool {
    /// Up to here every whole number has its own value as a floating-point number.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    match (a.as_f64(), b.as_f64()) {
        (Some(a), Some(b)) => a.abs() < EXACT && a.total_cmp(&b).is_eq(),
        _ => false,
    }
}
