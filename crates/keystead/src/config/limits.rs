//! `[limits]`: limits of size, time and rate.

use keystead_core::rate::{self, Measure, RateLimits};
use serde::Deserialize;

use super::ConfigError;

/// `[limits]`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Limits {
    pub(crate) json_body_bytes: usize,
    pub(crate) upload_body_bytes: usize,
    pub(crate) read_on_seconds: u64,
    pub(crate) read_on_bytes: usize,
    pub(crate) read_on_answers: usize,
    pub(crate) body_pause_seconds: u64,
    pub(crate) body_seconds: u64,
    pub(crate) upload_seconds: u64,
    pub(crate) body_memory_bytes: usize,
    pub(crate) body_memory_per_key_bytes: usize,
    pub(crate) body_memory_per_address_bytes: usize,
    pub(crate) unbounded_output_tokens: u64,
    requests_per_minute: Option<u64>,
    requests_per_day: Option<u64>,
    tokens_per_minute: Option<u64>,
    images_per_minute: Option<u64>,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            json_body_bytes: 20 << 20,
            upload_body_bytes: 512 << 20,
            read_on_seconds: 2,
            read_on_bytes: 1 << 20,
            read_on_answers: 64,
            body_pause_seconds: 30,
            body_seconds: 300,
            upload_seconds: 3_600,
            body_memory_bytes: 256 << 20,
            body_memory_per_key_bytes: 64 << 20,
            body_memory_per_address_bytes: 32 << 20,
            unbounded_output_tokens: 32_768,
            requests_per_minute: None,
            requests_per_day: None,
            tokens_per_minute: None,
            images_per_minute: None,
        }
    }
}

impl Limits {
    /// The default rate limits of one organization for a model.
    pub(crate) fn rates(&self) -> Result<RateLimits, ConfigError> {
        let &Self { requests_per_minute, requests_per_day, tokens_per_minute, images_per_minute, .. } = self;
        let limits = RateLimits { requests_per_minute, requests_per_day, tokens_per_minute, images_per_minute };
        checked_rates("limits", limits)
    }

    /// Checks that a body of the maximum size fits into the memory for bodies.
    pub(super) fn validate(&self) -> Result<(), ConfigError> {
        let numbers = [
            ("body_pause_seconds", self.body_pause_seconds),
            ("body_seconds", self.body_seconds),
            ("upload_seconds", self.upload_seconds),
            ("unbounded_output_tokens", self.unbounded_output_tokens),
        ];
        positive("limits", &numbers)?;
        for (name, memory) in [
            ("body_memory_bytes", self.body_memory_bytes),
            ("body_memory_per_key_bytes", self.body_memory_per_key_bytes),
        ] {
            if memory < self.json_body_bytes {
                let text = format!("limits.{name} must be at least limits.json_body_bytes, {}", self.json_body_bytes);
                return Err(ConfigError::Value(text));
            }
        }
        Ok(())
    }
}

/// Checks that numbers are not zero.
pub(super) fn positive(section: &str, numbers: &[(&str, u64)]) -> Result<(), ConfigError> {
    match numbers.iter().find(|(_, number)| *number == 0) {
        Some((name, _)) => Err(ConfigError::Value(format!("{section}.{name} must be at least 1"))),
        None => Ok(()),
    }
}

pub(super) fn checked_rates(of: &str, limits: RateLimits) -> Result<RateLimits, ConfigError> {
    let fits = |measure: Measure| limits.get(measure).is_none_or(|limit| (1..=rate::MOST).contains(&limit));
    if Measure::ALL.into_iter().all(fits) {
        return Ok(limits);
    }
    Err(ConfigError::Value(format!("{of}: what a minute or a day may have lies between 1 and {}", rate::MOST)))
}
