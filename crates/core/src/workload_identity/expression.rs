//! Attributes of a token: its claims, and what a provider derives from them by expressions.
//!
//! The expressions are a small part of the Common Expression Language: claims (`assertion.repository`,
//! `assertion["kubernetes.io"].namespace`), texts in quotes, and `+` between them. Everything else is refused when the
//! provider is saved, so that an expression never means something else than its author thinks.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::matchers::is_name;

/// The most expressions of a provider.
pub const MOST_TRANSFORMATIONS: usize = 20;
/// The most bytes of an expression.
pub const LONGEST_EXPRESSION: usize = 1_000;
/// The most parts between which `+` stands.
const MOST_TERMS: usize = 20;
/// The name of the token in expressions.
const TOKEN: &str = "assertion";

/// An attribute that is derived from claims.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Transformation {
    /// Its name. A claim of the same name is hidden by it.
    pub attribute: String,
    /// The expression for its value.
    pub expression: String,
}

/// What is wrong with transformations.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TransformationFault {
    /// It is not a list of objects with `attribute` and `expression`.
    #[error("must be an array of objects with 'attribute' and 'expression'")]
    Form,
    /// There are more than [`MOST_TRANSFORMATIONS`].
    #[error("can have at most {MOST_TRANSFORMATIONS} entries")]
    TooMany,
    /// The name of an attribute cannot be one, or occurs twice.
    #[error("the attribute '{0}' must be a name without spaces that occurs once")]
    Attribute(String),
    /// An expression is not one of those that are supported.
    #[error(
        "the expression of '{0}' is not supported; expressions are claims such as assertion.sub or \
         assertion[\"kubernetes.io\"].namespace, texts in quotes, and + between them"
    )]
    Expression(String),
}

/// The transformations of a provider, which are all readable.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(try_from = "Vec<Transformation>", into = "Vec<Transformation>")]
pub struct Transformations(Vec<(Transformation, Vec<Term>)>);

impl TryFrom<Vec<Transformation>> for Transformations {
    type Error = TransformationFault;

    fn try_from(all: Vec<Transformation>) -> Result<Self, TransformationFault> {
        if all.len() > MOST_TRANSFORMATIONS {
            return Err(TransformationFault::TooMany);
        }
        let mut read: Vec<(Transformation, Vec<Term>)> = Vec::with_capacity(all.len());
        for one in all {
            if !is_name(&one.attribute) || read.iter().any(|(other, _)| other.attribute == one.attribute) {
                return Err(TransformationFault::Attribute(one.attribute));
            }
            match parse(&one.expression) {
                Some(terms) => read.push((one, terms)),
                None => return Err(TransformationFault::Expression(one.attribute)),
            }
        }
        Ok(Self(read))
    }
}

impl From<Transformations> for Vec<Transformation> {
    fn from(all: Transformations) -> Self {
        all.0.into_iter().map(|(one, _)| one).collect()
    }
}

impl Transformations {
    /// Reads transformations as sent.
    ///
    /// # Errors
    /// The fault.
    pub fn read(value: &Value) -> Result<Self, TransformationFault> {
        let all: Vec<Transformation> = serde_json::from_value(value.clone()).map_err(|_| TransformationFault::Form)?;
        all.try_into()
    }

    /// The claims from which an attribute is derived; `None` for an attribute that is not derived.
    pub(super) fn claims_of(&self, attribute: &str) -> Option<impl Iterator<Item = &str>> {
        let (_, terms) = self.0.iter().find(|(one, _)| one.attribute == attribute)?;
        Some(terms.iter().filter_map(|term| match term {
            Term::Text(_) => None,
            Term::Claim(path) => path.first().map(String::as_str),
        }))
    }
}

/// The attributes of one token.
#[derive(Debug)]
pub struct Attributes<'c> {
    claims: &'c Map<String, Value>,
    /// `None` where an expression has no value for this token.
    derived: BTreeMap<String, Option<Value>>,
}

impl<'c> Attributes<'c> {
    /// Derives attributes from the claims of a token.
    #[must_use]
    pub fn new(claims: &'c Map<String, Value>, transformations: &Transformations) -> Self {
        let derive = |(one, terms): &(Transformation, Vec<Term>)| (one.attribute.clone(), evaluate(terms, claims));
        Self { claims, derived: transformations.0.iter().map(derive).collect() }
    }

    /// Returns the value of an attribute: a derived one, else the claim of this name, else the claim at this path of
    /// names with dots between them. Where the names of claims contain dots themselves, the longest name counts.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Value> {
        match self.derived.get(name) {
            Some(derived) => derived.as_ref(),
            None => at_path(self.claims, name),
        }
    }
}

fn at_path<'c>(claims: &'c Map<String, Value>, path: &str) -> Option<&'c Value> {
    if let Some(value) = claims.get(path) {
        return Some(value);
    }
    let dots = path.char_indices().rev().filter(|(_, c)| *c == '.');
    let (value, rest) =
        dots.map(|(at, _)| path.split_at(at)).find_map(|(name, rest)| Some((claims.get(name)?, &rest[1..])))?;
    at_path(value.as_object()?, rest)
}

/// A part of an expression.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Term {
    Text(String),
    /// Names from the token downwards; at least one.
    Claim(Vec<String>),
}

/// Computes an expression. A claim alone keeps its kind; several parts are texts and form one text. There is no value
/// where a claim is missing or has another kind.
fn evaluate(terms: &[Term], claims: &Map<String, Value>) -> Option<Value> {
    let values = terms.iter().map(|term| match term {
        Term::Text(text) => Some(Value::String(text.clone())),
        Term::Claim(path) => {
            let (first, rest) = path.split_first()?;
            rest.iter().try_fold(claims.get(first)?, |value, name| value.get(name.as_str())).cloned()
        }
    });
    let mut values = values.collect::<Option<Vec<Value>>>()?;
    if values.len() == 1 {
        return values.pop().filter(|value| value.is_string() || value.is_boolean() || value.is_number());
    }
    let texts = values.iter().map(Value::as_str).collect::<Option<Vec<_>>>()?;
    Some(Value::String(texts.concat()))
}

fn parse(expression: &str) -> Option<Vec<Term>> {
    if expression.len() > LONGEST_EXPRESSION {
        return None;
    }
    let mut rest = expression.trim_start();
    let mut terms = Vec::new();
    loop {
        let (term, after) = term(rest)?;
        terms.push(term);
        rest = after.trim_start();
        if terms.len() > MOST_TERMS {
            return None;
        }
        match rest.strip_prefix('+') {
            Some(after) => rest = after.trim_start(),
            None if rest.is_empty() => return Some(terms),
            None => return None,
        }
    }
}

fn term(text: &str) -> Option<(Term, &str)> {
    if let Some((literal, rest)) = literal(text) {
        return Some((Term::Text(literal.to_owned()), rest));
    }
    let mut rest = text.strip_prefix(TOKEN)?;
    let mut path = Vec::new();
    loop {
        if let Some(after) = rest.strip_prefix('.') {
            let end = after.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(after.len());
            let (name, after) = after.split_at(end);
            let begins = name.bytes().next().is_some_and(|byte| !byte.is_ascii_digit());
            // A call, such as `.startsWith(…)`, is not a claim.
            if !begins || after.starts_with('(') {
                return None;
            }
            path.push(name.to_owned());
            rest = after;
        } else if let Some(after) = rest.strip_prefix('[') {
            let (name, after) = literal(after)?;
            path.push(name.to_owned());
            rest = after.strip_prefix(']')?;
        } else {
            return if path.is_empty() { None } else { Some((Term::Claim(path), rest)) };
        }
    }
}

/// Reads a text in single or double quotes at the beginning. Backslashes are refused, because they would begin escapes.
fn literal(text: &str) -> Option<(&str, &str)> {
    let quote = text.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let (inside, rest) = text[1..].split_once(quote)?;
    if inside.contains('\\') || inside.chars().any(char::is_control) { None } else { Some((inside, rest)) }
}
