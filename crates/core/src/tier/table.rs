//! The tiers as configured: what each needs, and its limits.

use super::Tier;
use crate::budget::MOST_CENTS;
use crate::gate::glob;
use crate::money::Amount;
use crate::rate::{MOST, Measure, RateLimits};

/// Maximum number of entries of limits in one tier.
const MOST_ENTRIES: usize = 200;
/// Maximum number of patterns in one entry.
const MOST_PATTERNS: usize = 50;
/// Maximum number of characters in a pattern.
const LONGEST: usize = 200;
/// Maximum number of days: ten years.
const MOST_DAYS: i64 = 3_650;

/// What an organization needs for a tier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TierRequirement {
    /// What it has paid in all, in cents.
    pub paid_cents: i64,
    /// Whole days since its first payment; where nothing has to be paid, since it was made.
    pub days: i64,
}

impl TierRequirement {
    /// What has to be paid.
    #[must_use]
    pub const fn paid(&self) -> Amount {
        Amount::of_cents(self.paid_cents)
    }
}

/// Limits of models in a tier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TierLimit {
    /// Names of models, or patterns in which `*` is any text.
    pub models: Vec<String>,
    /// The limits.
    pub limits: RateLimits,
}

impl TierLimit {
    fn applies_to(&self, model: &str) -> bool {
        self.models.iter().any(|pattern| glob(pattern.as_bytes(), model.as_bytes()))
    }
}

/// One tier.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TierDefinition {
    /// What it needs.
    pub requirement: TierRequirement,
    /// Its limits. For each measure, the first entry that names the model and has a limit applies.
    pub limits: Vec<TierLimit>,
}

impl TierDefinition {
    fn limits_of(&self, model: &str) -> RateLimits {
        let entries = self.limits.iter().filter(|entry| entry.applies_to(model));
        entries.fold(RateLimits::NONE, |found, entry| found.or(entry.limits))
    }
}

/// A fault in the configured tiers.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TierFault {
    /// There are more than six.
    #[error("there are at most six tiers, with the numbers 0 to 5")]
    TooMany,
    /// The numbers do not count up from 0.
    #[error("tiers are written in order, from number 0 on and without a gap: {found} is where {expected} belongs")]
    Number {
        /// The number that belongs there.
        expected: i64,
        /// The number that was found.
        found: i64,
    },
    /// Tier 0 needs something.
    #[error("tier 0 is where every organization begins: it has neither paid nor days")]
    FirstNeeds,
    /// An amount or a number of days is out of range.
    #[error("tier {0}: paid is between 0 and {most} dollars, and days between 0 and {MOST_DAYS}", most = MOST_CENTS / 100)]
    Range(Tier),
    /// A tier needs less than the one before.
    #[error("tier {0}: {1} must not be lower than in the tier before")]
    NeedsLess(Tier, &'static str),
    /// A tier needs exactly what the one before needs.
    #[error(
        "tier {0} needs what the tier before needs, so that nothing is ever in the tier before: raise paid or days"
    )]
    NeedsTheSame(Tier),
    /// The models of an entry are not valid.
    #[error("tier {0}: models of a limit are 1 to {MOST_PATTERNS} names or patterns of 1 to {LONGEST} characters")]
    Models(Tier),
    /// An entry limits nothing, or there are too many.
    #[error("tier {0}: each of at most {MOST_ENTRIES} limits needs at least one figure, such as requests_per_minute")]
    Nothing(Tier),
    /// A limit is out of range.
    #[error("tier {0}: what a minute or a day may have lies between 1 and {MOST}")]
    Limit(Tier),
    /// A limit is lower than in the tier before.
    #[error("tier {tier}: {model:?} may have {limit} {phrase}, less than in the tier before ({than})", phrase = .measure.phrase(), than = written(.before))]
    Lower {
        /// The tier.
        tier: Tier,
        /// A model, or the part of a pattern without its stars.
        model: String,
        /// The measure.
        measure: Measure,
        /// The limit.
        limit: u64,
        /// The limit of the tier before; `None` is no limit.
        before: Option<u64>,
    },
}

fn written(limit: &Option<u64>) -> String {
    limit.map_or_else(|| "no limit".to_owned(), |limit| limit.to_string())
}

/// The configured tiers, from 0 on; empty where there are none.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TierTable(Vec<TierDefinition>);

impl TierTable {
    /// Checks tiers, each with its number.
    ///
    /// # Errors
    /// The first fault.
    pub fn new(numbered: Vec<(i64, TierDefinition)>) -> Result<Self, TierFault> {
        let mut tiers: Vec<TierDefinition> = Vec::with_capacity(numbered.len());
        let mut tier = Some(Tier::ZERO);
        for (found, definition) in numbered {
            let number = tier.ok_or(TierFault::TooMany)?;
            if found != number.number() {
                return Err(TierFault::Number { expected: number.number(), found });
            }
            checked_requirement(number, &definition.requirement, tiers.last().map(|before| before.requirement))?;
            checked_entries(number, &definition.limits)?;
            tiers.push(definition);
            tier = number.following();
        }
        Ok(Self(tiers))
    }

    /// Checks that no tier has a lower limit than the one before, for these models with their limits outside of tiers,
    /// and for what the patterns name.
    ///
    /// # Errors
    /// The first limit that is lower.
    pub fn check_limits<'m>(
        &self,
        models: impl Iterator<Item = (&'m str, RateLimits)>,
        others: RateLimits,
    ) -> Result<(), TierFault> {
        let entries = self.0.iter().flat_map(|tier| &tier.limits);
        let named: Vec<String> =
            entries.flat_map(|entry| &entry.models).map(|pattern| pattern.replace('*', "")).collect();
        let mut all: Vec<(&str, RateLimits)> = Vec::new();
        for (model, base) in models {
            all.push((model, base));
        }
        all.extend(named.iter().map(|name| (name.as_str(), others)));
        let pairs = self.tiers().zip(self.tiers().skip(1));
        for (below, tier) in pairs {
            for (model, base) in &all {
                let (before, limits) = (self.limits(below, model, *base), self.limits(tier, model, *base));
                let lower = |measure: &Measure| {
                    limits.get(*measure).unwrap_or(u64::MAX) < before.get(*measure).unwrap_or(u64::MAX)
                };
                let Some(measure) = Measure::ALL.into_iter().find(lower) else { continue };
                return Err(TierFault::Lower {
                    tier,
                    model: (*model).to_owned(),
                    measure,
                    limit: limits.get(measure).unwrap_or(MOST),
                    before: before.get(measure),
                });
            }
        }
        Ok(())
    }

    /// Whether there are no tiers.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The tiers that are configured, from 0 on.
    pub fn tiers(&self) -> impl Iterator<Item = Tier> + use<'_> {
        let mut next = Some(Tier::ZERO);
        self.0.iter().map_while(move |_| {
            let tier = next?;
            next = tier.following();
            Some(tier)
        })
    }

    /// The highest configured tier; `None` where there are none.
    #[must_use]
    pub fn highest(&self) -> Option<Tier> {
        self.tiers().last()
    }

    /// What a tier needs; `None` where it is not configured.
    #[must_use]
    pub fn requirement(&self, tier: Tier) -> Option<TierRequirement> {
        self.0.get(tier.place()).map(|definition| definition.requirement)
    }

    /// The limits of a model in a tier: where the tier has none, `base`, those that the model has outside of tiers. An
    /// organization in a tier that is not configured any more has the highest one that is.
    #[must_use]
    pub fn limits(&self, tier: Tier, model: &str, base: RateLimits) -> RateLimits {
        let definition = self.0.get(tier.place()).or_else(|| self.0.last());
        definition.map_or(base, |definition| definition.limits_of(model).or(base))
    }

    /// The limits of a model in each tier, from 0 to 5; empty where no tier is configured.
    #[must_use]
    pub fn limits_by_tier(&self, model: &str, base: RateLimits) -> Vec<RateLimits> {
        if self.is_empty() {
            return Vec::new();
        }
        let all = (0..=Tier::HIGHEST.number()).filter_map(Tier::new);
        all.map(|tier| self.limits(tier, model, base)).collect()
    }
}

fn checked_requirement(tier: Tier, needs: &TierRequirement, before: Option<TierRequirement>) -> Result<(), TierFault> {
    if !(0..=MOST_CENTS).contains(&needs.paid_cents) || !(0..=MOST_DAYS).contains(&needs.days) {
        return Err(TierFault::Range(tier));
    }
    match before {
        None if *needs != TierRequirement::default() => Err(TierFault::FirstNeeds),
        None => Ok(()),
        Some(before) if needs.paid_cents < before.paid_cents => Err(TierFault::NeedsLess(tier, "paid")),
        Some(before) if needs.days < before.days => Err(TierFault::NeedsLess(tier, "days")),
        Some(before) if *needs == before => Err(TierFault::NeedsTheSame(tier)),
        Some(_) => Ok(()),
    }
}

fn checked_entries(tier: Tier, entries: &[TierLimit]) -> Result<(), TierFault> {
    if entries.len() > MOST_ENTRIES {
        return Err(TierFault::Nothing(tier));
    }
    let sound =
        |pattern: &String| (1..=LONGEST).contains(&pattern.chars().count()) && !pattern.chars().any(char::is_control);
    for entry in entries {
        if !(1..=MOST_PATTERNS).contains(&entry.models.len()) || !entry.models.iter().all(sound) {
            return Err(TierFault::Models(tier));
        }
        if entry.limits.is_none() {
            return Err(TierFault::Nothing(tier));
        }
        let fits = |measure: Measure| entry.limits.get(measure).is_none_or(|limit| (1..=MOST).contains(&limit));
        if !Measure::ALL.into_iter().all(fits) {
            return Err(TierFault::Limit(tier));
        }
    }
    Ok(())
}
