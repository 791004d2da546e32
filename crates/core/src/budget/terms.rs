//! What a budget measures, and for which periods.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::{BudgetSubject, Interval, SubjectKind};
use crate::money::Amount;
use crate::usage::UsageEvent;

/// What a budget measures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Measure {
    /// What requests cost.
    Money,
    /// Tokens read and written.
    Tokens,
    /// Requests.
    Requests,
}

impl Measure {
    /// Every measure.
    pub const ALL: [Self; 3] = [Self::Money, Self::Tokens, Self::Requests];

    /// The name in the API and in the store.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Money => "money",
            Self::Tokens => "tokens",
            Self::Requests => "requests",
        }
    }

    /// Parses the name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|measure| measure.as_str() == name)
    }

    /// A whole figure as an amount: cents of money, or a number of tokens or requests. Budgets calculate with amounts
    /// only, and a token or a request is one micro of them. This is the one place that says so, with [`Self::figure`].
    #[must_use]
    pub const fn amount(self, figure: i64) -> Amount {
        match self {
            Self::Money => Amount::of_cents(figure),
            Self::Tokens | Self::Requests => Amount::of_parts(figure, 0),
        }
    }

    /// An amount as a whole figure, to the nearest.
    #[must_use]
    pub fn figure(self, amount: Amount) -> i64 {
        match self {
            Self::Money => amount.rounded_to(100),
            Self::Tokens | Self::Requests => amount.rounded_to(1_000_000),
        }
    }
}

/// Whether a budget is a limit or what was paid in advance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum BudgetKind {
    /// Prepaid credit of an organization.
    Credit,
    /// A limit.
    Limit,
}

/// What a budget measures and for which periods; a subject has at most one budget of each. They are ordered as they
/// refuse: the credit, then the shortest period.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BudgetTerms {
    /// Limit or credit.
    pub kind: BudgetKind,
    /// The length of its periods.
    pub interval: Interval,
    /// What it measures.
    pub measure: Measure,
}

/// The name of the credit, in the store.
const CREDIT: &str = "credit";

impl BudgetTerms {
    /// The spend limit of the Administration API.
    pub const SPEND_LIMIT: Self = Self::limit(Measure::Money, Interval::Month);

    /// The prepaid credit of an organization.
    pub const CREDIT: Self = Self { kind: BudgetKind::Credit, interval: Interval::Total, measure: Measure::Money };

    /// The terms of a limit.
    #[must_use]
    pub const fn limit(measure: Measure, interval: Interval) -> Self {
        Self { kind: BudgetKind::Limit, interval, measure }
    }

    /// A number below 16.
    const fn number(self) -> u32 {
        match self.kind {
            BudgetKind::Credit => 15,
            BudgetKind::Limit => self.interval as u32 * 3 + self.measure as u32,
        }
    }

    fn of_number(number: u32) -> Option<Self> {
        if number == 15 {
            return Some(Self::CREDIT);
        }
        let each = |measure: Measure| Interval::ALL.into_iter().map(move |interval| Self::limit(measure, interval));
        Measure::ALL.into_iter().flat_map(each).find(|terms| terms.number() == number)
    }
}

impl fmt::Display for BudgetTerms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            BudgetKind::Credit => f.write_str(CREDIT),
            BudgetKind::Limit => write!(f, "{}/{}", self.measure.as_str(), self.interval.as_str()),
        }
    }
}

/// The error for text that names no terms.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not the terms of a budget")]
pub struct InvalidTerms;

impl FromStr for BudgetTerms {
    type Err = InvalidTerms;

    fn from_str(text: &str) -> Result<Self, InvalidTerms> {
        if text == CREDIT {
            return Ok(Self::CREDIT);
        }
        let (measure, interval) = text.split_once('/').ok_or(InvalidTerms)?;
        let measure = Measure::from_name(measure).ok_or(InvalidTerms)?;
        Ok(Self::limit(measure, Interval::from_name(interval).ok_or(InvalidTerms)?))
    }
}

/// One budget among all: its subject and its terms. Counters, leases and what is set aside belong to a scope, also while
/// there is no budget.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BudgetScope {
    /// What has the budget.
    pub subject: BudgetSubject,
    /// What it measures, and for which periods.
    pub terms: BudgetTerms,
}

impl BudgetScope {
    /// The spend limit of the Administration API.
    #[must_use]
    pub const fn spend_limit(subject: BudgetSubject) -> Self {
        Self { subject, terms: BudgetTerms::SPEND_LIMIT }
    }

    /// The place in which it refuses: the credit, organization, project, person, key; of one subject, the shortest period
    /// first.
    #[must_use]
    pub fn place(&self) -> (BudgetKind, SubjectKind, BudgetTerms) {
        (self.terms.kind, self.subject.kind(), self.terms)
    }
}

/// What one request uses, or may use, of each measure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Measured {
    /// Its cost.
    pub money: Amount,
    /// Its tokens.
    pub tokens: i64,
    /// How many requests it counts as.
    pub requests: i64,
}

impl Measured {
    /// What an event counts. Calls of hosted tools are a part of the request that made them.
    #[must_use]
    pub fn of_event(event: &UsageEvent) -> Self {
        let used = &event.used;
        Self {
            money: event.cost.clamp(Amount::ZERO, Amount::MOST_OF_ONE_REQUEST),
            tokens: used.input_tokens.saturating_add(used.output_tokens).max(0),
            requests: if event.kind.is_of_tools() { 0 } else { used.requests.max(0) },
        }
    }

    /// What counts against a budget of this measure.
    #[must_use]
    pub const fn of(&self, measure: Measure) -> Amount {
        match measure {
            Measure::Money => self.money,
            Measure::Tokens => measure.amount(self.tokens),
            Measure::Requests => measure.amount(self.requests),
        }
    }

    /// The sum.
    #[must_use]
    pub const fn plus(self, other: Self) -> Self {
        Self {
            money: self.money.plus(other.money),
            tokens: self.tokens.saturating_add(other.tokens),
            requests: self.requests.saturating_add(other.requests),
        }
    }
}

/// Which budgets of the payers of a request pay for it: a set with a bit for each kind of subject and terms. The payers
/// themselves are in the event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Payers(pub u64);

impl Payers {
    /// No budget.
    pub const NONE: Self = Self(0);

    const fn bit(kind: SubjectKind, terms: BudgetTerms) -> u64 {
        1 << (kind as u32 * 16 + terms.number())
    }

    /// The set with one more budget.
    #[must_use]
    pub const fn with(self, kind: SubjectKind, terms: BudgetTerms) -> Self {
        Self(self.0 | Self::bit(kind, terms))
    }

    /// Whether a budget is in the set.
    #[must_use]
    pub const fn has(self, kind: SubjectKind, terms: BudgetTerms) -> bool {
        self.0 & Self::bit(kind, terms) != 0
    }

    /// Whether the set is empty.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The budgets in the set.
    pub fn iter(self) -> impl Iterator<Item = (SubjectKind, BudgetTerms)> {
        SubjectKind::ALL.into_iter().flat_map(move |kind| {
            let numbers = (0..16).filter_map(BudgetTerms::of_number);
            numbers.filter(move |terms| self.has(kind, *terms)).map(move |terms| (kind, terms))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all() -> impl Iterator<Item = BudgetTerms> {
        (0..16).filter_map(BudgetTerms::of_number)
    }

    #[test]
    fn terms_have_one_number_and_one_name() {
        assert_eq!(all().count(), 16);
        for (number, terms) in (0..).zip(all()) {
            assert_eq!(terms.number(), number);
            assert_eq!(terms.to_string().parse(), Ok(terms));
        }
        for wrong in ["", "money", "money/", "money/year", "gold/day", "credit/total", "MONEY/day"] {
            assert_eq!(wrong.parse::<BudgetTerms>(), Err(InvalidTerms), "{wrong}");
        }
    }

    #[test]
    fn a_set_of_payers_holds_what_was_put_in() {
        let mut payers = Payers::NONE;
        assert!(payers.is_empty() && payers.iter().next().is_none());
        let mut put = Vec::new();
        for kind in SubjectKind::ALL {
            for terms in all() {
                assert!(!payers.has(kind, terms));
                payers = payers.with(kind, terms);
                put.push((kind, terms));
                assert!(payers.iter().eq(put.iter().copied()));
            }
        }
    }

    #[test]
    fn budgets_refuse_in_a_fixed_order() {
        let scope = |subject: &str, terms: &str| BudgetScope {
            subject: subject.parse().unwrap(),
            terms: terms.parse().unwrap(),
        };
        let wanted = [
            scope("org-1", "credit"),
            scope("org-1", "tokens/hour"),
            scope("org-1", "money/day"),
            scope("org-1", "money/month"),
            scope("org-1", "money/total"),
            scope("proj_1", "requests/hour"),
            scope("proj_1", "tokens/week"),
            scope("org-1/user-1", "money/day"),
            scope("key_1", "money/hour"),
            scope("key_1", "tokens/hour"),
            scope("key_1", "requests/hour"),
        ];
        let mut sorted = wanted.to_vec();
        sorted.reverse();
        sorted.sort_by_key(BudgetScope::place);
        assert_eq!(sorted, wanted);
    }

    #[test]
    fn subjects_are_read_as_they_are_written() {
        for (text, kind, id) in [
            ("org-1", SubjectKind::Organization, "org-1"),
            ("proj_1", SubjectKind::Project, "proj_1"),
            ("key_1", SubjectKind::Key, "key_1"),
            ("org-1/user-1", SubjectKind::Person, "user-1"),
        ] {
            let subject: BudgetSubject = text.parse().unwrap();
            assert_eq!((subject.as_str(), subject.kind(), subject.id()), (text, kind, id));
            assert_eq!(SubjectKind::from_name(kind.as_str()), Some(kind));
        }
        for wrong in ["", "user-1", "org-1/", "/user-1", "org-1/key_1", "proj_1/user-1", "org-1/user-1/x y"] {
            assert!(wrong.parse::<BudgetSubject>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn whole_figures_are_kept() {
        for measure in Measure::ALL {
            assert_eq!(Measure::from_name(measure.as_str()), Some(measure));
            for figure in [0, 1, 37, 1_000_000_000_000] {
                assert_eq!(measure.figure(measure.amount(figure)), figure);
            }
        }
    }
}
