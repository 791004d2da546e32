//! `[[model]]`: prices and rate limits of a model.

use keystead_core::money::Micros;
use keystead_core::prices::HIGHEST;
use keystead_core::rate::RateLimits;
use keystead_core::usage::Price;
use serde::Deserialize;

use super::ConfigError;
use super::limits::{checked_rates, positive};

/// Dollars per million, written as a number or as text.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(untagged)]
pub(crate) enum Dollars {
    Whole(i64),
    Fraction(f64),
    Text(String),
}

/// One `[[model]]`; prices in dollars per million.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ModelSection {
    pub(crate) id: String,
    pub(crate) upstream: Option<String>,
    pub(crate) owned_by: Option<String>,
    input: Option<Dollars>,
    cached_input: Option<Dollars>,
    output: Option<Dollars>,
    image: Option<Dollars>,
    character: Option<Dollars>,
    second: Option<Dollars>,
    requests_per_minute: Option<u64>,
    requests_per_day: Option<u64>,
    tokens_per_minute: Option<u64>,
    images_per_minute: Option<u64>,
    /// The most tokens of one answer.
    pub(crate) max_output_tokens: Option<u64>,
}

impl ModelSection {
    /// The model's own rate limits for one organization. Refuses a longest answer without any token.
    pub(crate) fn rates(&self) -> Result<RateLimits, ConfigError> {
        let longest = self.max_output_tokens.unwrap_or(1);
        positive(&format!("model {:?}", self.id), &[("max_output_tokens", longest)])?;
        let &Self { requests_per_minute, requests_per_day, tokens_per_minute, images_per_minute, .. } = self;
        let limits = RateLimits { requests_per_minute, requests_per_day, tokens_per_minute, images_per_minute };
        checked_rates(&format!("model {:?}", self.id), limits)
    }

    /// The prices in micros; a missing price is zero, but parts of the tokens cost as much as the others. Requests and calls
    /// of searches have prices only where an operator sets them.
    pub(crate) fn price(&self) -> Result<Price, ConfigError> {
        let read = |name: &str, dollars: &Option<Dollars>| match dollars {
            None => Ok(Micros(0)),
            Some(dollars) => micros(dollars).filter(|micros| *micros <= HIGHEST).ok_or_else(|| {
                let id = &self.id;
                let range = "must be dollars per million, such as 2.50, and at most 1000000000";
                ConfigError::Value(format!("model {id:?}: {name} {range}"))
            }),
        };
        Ok(Price {
            input: read("input", &self.input)?,
            cached_input: read(
                "cached_input",
                if self.cached_input.is_some() { &self.cached_input } else { &self.input },
            )?,
            output: read("output", &self.output)?,
            image: read("image", &self.image)?,
            character: read("character", &self.character)?,
            second: read("second", &self.second)?,
            ..Price::default()
        })
    }
}

/// Exact for usual prices: at most six digits after the point, never negative.
pub(super) fn micros(dollars: &Dollars) -> Option<Micros> {
    let text = match dollars {
        Dollars::Whole(whole) => return (*whole >= 0).then(|| whole.checked_mul(1_000_000).map(Micros)).flatten(),
        Dollars::Fraction(number) => format!("{number}"),
        Dollars::Text(text) => text.trim().to_owned(),
    };
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, "0"));
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    if !digits(whole) || !digits(fraction) || fraction.len() > 6 {
        return None;
    }
    let whole: i64 = whole.parse().ok()?;
    let fraction: i64 = format!("{fraction:0<6}").parse().ok()?;
    whole.checked_mul(1_000_000)?.checked_add(fraction).map(Micros)
}
