//! Rate limits of models: requests, tokens and images a minute, and requests a day.
//!
//! A limit is a leaky bucket. The most a request may use is reserved before it is sent upstream, and replaced by what
//! it used when it ends. Time is given as the duration since any fixed moment.

mod bucket;
mod buckets;
mod duration;
mod levels;
mod parts;
mod project_limits;
mod refused;
mod shared_buckets;
pub mod shares;
#[cfg(test)]
mod tests;

use std::time::Duration;

use serde::{Deserialize, Serialize};

pub use bucket::{Bucket, Full, LimitState, Rate};
pub use buckets::{Buckets, LimitExceeded, Need, Used};
pub use duration::{format_duration, push_duration, push_number};
pub use levels::Levels;
pub use parts::Part;
pub use project_limits::{InvalidLimit, ProjectLimits};
pub use refused::RateLimitRefusal;
pub use shared_buckets::{Reach, SharedBuckets};

/// The largest limit. It is also written for a limit that is not set where the API requires a number.
pub const MOST: u64 = 1_000_000_000;

/// A measured quantity and its period.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Measure {
    /// Requests a minute.
    RequestsPerMinute,
    /// Requests a day.
    RequestsPerDay,
    /// Tokens a minute, read and written ones.
    TokensPerMinute,
    /// Images a minute.
    ImagesPerMinute,
}

impl Measure {
    /// Every measure, in the order in which a request is held against them.
    pub const ALL: [Self; 4] =
        [Self::RequestsPerMinute, Self::RequestsPerDay, Self::TokensPerMinute, Self::ImagesPerMinute];

    /// The field of the object `project.rate_limit`.
    #[must_use]
    pub const fn member(self) -> &'static str {
        match self {
            Self::RequestsPerMinute => "max_requests_per_1_minute",
            Self::RequestsPerDay => "max_requests_per_1_day",
            Self::TokensPerMinute => "max_tokens_per_1_minute",
            Self::ImagesPerMinute => "max_images_per_1_minute",
        }
    }

    /// The name in the text of a refusal.
    #[must_use]
    pub const fn phrase(self) -> &'static str {
        match self {
            Self::RequestsPerMinute => "requests per min (RPM)",
            Self::RequestsPerDay => "requests per day (RPD)",
            Self::TokensPerMinute => "tokens per min (TPM)",
            Self::ImagesPerMinute => "images per min (IPM)",
        }
    }

    /// The `type` of a refusal. Images count as requests there.
    #[must_use]
    pub const fn kind(self) -> &'static str {
        match self {
            Self::TokensPerMinute => "tokens",
            _ => "requests",
        }
    }

    /// The period of the limit.
    #[must_use]
    pub const fn period(self) -> Duration {
        match self {
            Self::RequestsPerDay => Duration::from_secs(86_400),
            _ => Duration::from_secs(60),
        }
    }

    /// Whether the period is so long that what was used is kept over a restart.
    #[must_use]
    pub const fn is_long(self) -> bool {
        self.period().as_secs() >= 3_600
    }
}

/// The limits of one model; `None` is unlimited.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RateLimits {
    /// Requests a minute.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub requests_per_minute: Option<u64>,
    /// Requests a day.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub requests_per_day: Option<u64>,
    /// Tokens a minute.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tokens_per_minute: Option<u64>,
    /// Images a minute.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub images_per_minute: Option<u64>,
}

impl RateLimits {
    /// Unlimited.
    pub const NONE: Self =
        Self { requests_per_minute: None, requests_per_day: None, tokens_per_minute: None, images_per_minute: None };

    /// The limit of one measure.
    #[must_use]
    pub const fn get(&self, measure: Measure) -> Option<u64> {
        match measure {
            Measure::RequestsPerMinute => self.requests_per_minute,
            Measure::RequestsPerDay => self.requests_per_day,
            Measure::TokensPerMinute => self.tokens_per_minute,
            Measure::ImagesPerMinute => self.images_per_minute,
        }
    }

    /// Sets the limit of one measure.
    pub const fn set(&mut self, measure: Measure, limit: Option<u64>) {
        match measure {
            Measure::RequestsPerMinute => self.requests_per_minute = limit,
            Measure::RequestsPerDay => self.requests_per_day = limit,
            Measure::TokensPerMinute => self.tokens_per_minute = limit,
            Measure::ImagesPerMinute => self.images_per_minute = limit,
        }
    }

    /// Whether everything is unlimited.
    #[must_use]
    pub const fn is_none(&self) -> bool {
        matches!(
            self,
            Self {
                requests_per_minute: None,
                requests_per_day: None,
                tokens_per_minute: None,
                images_per_minute: None
            }
        )
    }

    /// Whether a limit has a long period.
    #[must_use]
    pub fn has_long(&self) -> bool {
        Measure::ALL.into_iter().any(|measure| measure.is_long() && self.get(measure).is_some())
    }

    /// Whether tokens or images are limited.
    #[must_use]
    pub const fn limits_amounts(&self) -> bool {
        self.tokens_per_minute.is_some() || self.images_per_minute.is_some()
    }

    /// Returns these limits, with those of `other` where these are not set.
    #[must_use]
    pub const fn or(self, other: Self) -> Self {
        const fn either(one: Option<u64>, other: Option<u64>) -> Option<u64> {
            if one.is_some() { one } else { other }
        }
        Self {
            requests_per_minute: either(self.requests_per_minute, other.requests_per_minute),
            requests_per_day: either(self.requests_per_day, other.requests_per_day),
            tokens_per_minute: either(self.tokens_per_minute, other.tokens_per_minute),
            images_per_minute: either(self.images_per_minute, other.images_per_minute),
        }
    }

    /// Returns the lower of each limit.
    #[must_use]
    pub fn lower(self, other: Self) -> Self {
        let mut both = self.or(other);
        for measure in Measure::ALL {
            if let (Some(one), Some(two)) = (self.get(measure), other.get(measure)) {
                both.set(measure, Some(one.min(two)));
            }
        }
        both
    }
}
