//! `[[tier]]`: usage tiers of organizations, with what each needs and its rate limits.

use keystead_core::rate::RateLimits;
use keystead_core::tier::{TierDefinition, TierLimit, TierRequirement, TierTable};
use serde::Deserialize;

use super::ConfigError;
use super::models::{Dollars, micros};

/// Micros in a cent.
const CENT: i64 = 10_000;

/// One `[[tier]]`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TierSection {
    number: i64,
    /// What was paid in all, in dollars.
    paid: Option<Dollars>,
    /// Days since the first payment, or since the organization was made where nothing has to be paid.
    days: Option<i64>,
    #[serde(default)]
    limit: Vec<TierLimitSection>,
}

/// One `[[tier.limit]]`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TierLimitSection {
    /// Names, or patterns with `*`.
    models: Vec<String>,
    requests_per_minute: Option<u64>,
    requests_per_day: Option<u64>,
    tokens_per_minute: Option<u64>,
    images_per_minute: Option<u64>,
}

impl TierSection {
    fn definition(self) -> Result<(i64, TierDefinition), ConfigError> {
        let paid = match &self.paid {
            None => Some(0),
            Some(dollars) => micros(dollars).map(|micros| micros.0).filter(|micros| micros % CENT == 0),
        };
        let Some(paid) = paid else {
            let text = format!("tier {}: paid must be dollars and whole cents, such as 50 or 49.90", self.number);
            return Err(ConfigError::Value(text));
        };
        let requirement = TierRequirement { paid_cents: paid / CENT, days: self.days.unwrap_or_default() };
        let limits = self.limit.into_iter().map(TierLimitSection::limit).collect();
        Ok((self.number, TierDefinition { requirement, limits }))
    }
}

impl TierLimitSection {
    fn limit(self) -> TierLimit {
        let Self { models, requests_per_minute, requests_per_day, tokens_per_minute, images_per_minute } = self;
        let limits = RateLimits { requests_per_minute, requests_per_day, tokens_per_minute, images_per_minute };
        TierLimit { models, limits }
    }
}

/// Checks the tiers. `models` are the known models with their limits outside of tiers, `others` those of any other.
pub(super) fn checked<'m>(
    sections: Vec<TierSection>,
    models: impl Iterator<Item = (&'m str, RateLimits)>,
    others: RateLimits,
) -> Result<TierTable, ConfigError> {
    let definitions = sections.into_iter().map(TierSection::definition).collect::<Result<_, _>>()?;
    let checked = TierTable::new(definitions).and_then(|table| {
        table.check_limits(models, others)?;
        Ok(table)
    });
    checked.map_err(|fault| ConfigError::Value(format!("[[tier]]: {fault}")))
}

#[cfg(test)]
mod tests {
    use keystead_core::rate::RateLimits;
    use keystead_core::tier::Tier;

    use super::super::tests::{parse, reason};

    /// S1-42: limits per tier and model as data.
    #[test]
    fn tiers_are_read_from_the_file_and_from_variables() {
        let text = "[limits]\nrequests_per_minute = 3\n\
                    [[tier]]\nnumber = 0\n[[tier.limit]]\nmodels = ['gpt-*']\nrequests_per_minute = 5\n\
                    [[tier]]\nnumber = 1\npaid = '4.90'\n[[tier.limit]]\nmodels = ['*']\nrequests_per_minute = 6\n";
        let variables = [
            ("KEYSTEAD_TIER__2__NUMBER", "2"),
            ("KEYSTEAD_TIER__2__PAID", "50"),
            ("KEYSTEAD_TIER__2__DAYS", "7"),
            ("KEYSTEAD_TIER__2__LIMIT__0__MODELS", "gpt-4o, o3"),
            ("KEYSTEAD_TIER__2__LIMIT__0__REQUESTS_PER_MINUTE", "9"),
            ("KEYSTEAD_TIER__2__LIMIT__1__MODELS", "*"),
            ("KEYSTEAD_TIER__2__LIMIT__1__REQUESTS_PER_MINUTE", "7"),
        ];
        let tiers = parse(text, &variables).unwrap().validate(&|_| None).unwrap().tiers;
        let base = RateLimits { requests_per_minute: Some(3), ..RateLimits::NONE };
        let of = |tier: i64, model: &str| {
            tiers.limits(Tier::new(tier).unwrap(), model, base).requests_per_minute.unwrap_or_default()
        };
        assert_eq!([of(0, "gpt-4o"), of(0, "o3"), of(1, "o3"), of(2, "o3"), of(2, "tts-1")], [5, 3, 6, 9, 7]);
        let needs = tiers.requirement(Tier::new(1).unwrap()).unwrap();
        assert_eq!((needs.paid_cents, needs.days), (490, 0));
        let needs = tiers.requirement(Tier::new(2).unwrap()).unwrap();
        assert_eq!((needs.paid_cents, needs.days), (5_000, 7));
        assert!(parse("", &[]).unwrap().validate(&|_| None).unwrap().tiers.is_empty(), "without any, there are none");
        // Rows of both lists count 2 before 10.
        let limits = (0..12).map(|row| (format!("KEYSTEAD_TIER__0__LIMIT__{row}__MODELS"), format!("model-{row}")));
        let figures = (0..12).map(|row| (format!("KEYSTEAD_TIER__0__LIMIT__{row}__TOKENS_PER_MINUTE"), "7".to_owned()));
        let number = ("KEYSTEAD_TIER__0__NUMBER".to_owned(), "0".to_owned());
        let all: Vec<(String, String)> = limits.chain(figures).chain([number]).collect();
        let all: Vec<(&str, &str)> = all.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
        let tiers = parse("", &all).unwrap().validate(&|_| None).unwrap().tiers;
        assert_eq!(tiers.limits(Tier::ZERO, "model-11", RateLimits::NONE).tokens_per_minute, Some(7));
    }

    #[test]
    fn the_example_of_the_document_is_accepted() {
        let document = include_str!("../../../../docs/limits.md");
        let example = document.split("```").find_map(|part| part.strip_prefix("toml\n[[tier]]")).unwrap();
        let tiers = parse(&format!("[[tier]]{example}"), &[]).unwrap().validate(&|_| None).unwrap().tiers;
        assert_eq!(tiers.highest(), Tier::new(2));
    }

    #[test]
    fn faults_of_tiers_are_named() {
        let tier = |number: i64, more: &str| format!("[[tier]]\nnumber = {number}\n{more}\n");
        let limit = |most: u64| format!("[[tier.limit]]\nmodels = ['*']\ntokens_per_minute = {most}\n");
        for (text, part) in [
            (tier(1, ""), "1 is where 0 belongs"),
            (tier(0, "paid = 5"), "tier 0 is where every organization begins"),
            (tier(0, "") + &tier(1, "paid = 5.001"), "tier 1: paid must be dollars and whole cents"),
            (tier(0, "") + &tier(1, "paid = -5"), "tier 1: paid must be dollars"),
            (tier(0, "") + &tier(1, "days = -1"), "tier 1: paid is between"),
            (tier(0, "") + &tier(1, "paid = 5") + &tier(2, "paid = 4"), "tier 2: paid must not be lower"),
            (tier(0, "") + &tier(1, "") + &tier(2, "paid = 4"), "tier 1 needs what the tier before needs"),
            (tier(0, &limit(9)) + &tier(1, "paid = 5\n") + &limit(8), "tier 1: \"gpt-4o\" may have 8 tokens per min"),
            (tier(0, "[[tier.limit]]\nmodels = ['*']"), "tier 0: each of at most 200 limits needs"),
            (tier(0, &limit(0)), "tier 0: what a minute"),
            (tier(0, "colour = 'blue'"), "colour"),
            (tier(0, "[[tier.limit]]\nmodels = ['*']\nrequests = 5"), "requests"),
        ] {
            let model = "[[model]]\nid = 'gpt-4o'\n";
            let said = reason(&format!("{model}{text}"), &[]);
            assert!(said.contains(part), "{said}\n{text}");
        }
        assert!(reason("", &[("KEYSTEAD_TIER__0__LIMIT__1__MODELS", "*")]).contains("comes after a gap"));
        assert!(
            reason("", &[("KEYSTEAD_TIER__0__LIMITS__0__MODELS", "*")]).contains("KEYSTEAD_TIER__0__LIMIT__0__MODELS")
        );
    }
}
