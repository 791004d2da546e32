//! Usage of requests: one event per request, summed into buckets.

use std::sync::Arc;

use crate::budget::Charge;
use crate::id::{KeyId, OrganizationId, ProjectId};
use crate::money::Amount;
use crate::route::MeterKind;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

pub mod attributes;
mod image_counts;
pub mod images;
mod parts;
mod price;
mod stated_images;

pub use attributes::Attributes;
pub use image_counts::ImageCounts;
pub use images::{ImagePrices, ImageQuality, ImageTraits};
pub use parts::TokenParts;
pub use price::Price;
pub use stated_images::StatedImages;

/// Days for which usage is kept by the minute; what is older is kept by the hour and by the day.
pub const MINUTES_KEPT_DAYS: i64 = 14;

/// The largest count accepted from an upstream for one request; larger, negative or fractional figures are clamped so
/// that no upstream can invent a bill.
pub const LARGEST_COUNT: i64 = 1_000_000_000;

/// The kinds of usage, each one endpoint of the Administration API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UsageKind {
    /// Chat, completions and responses.
    Completions,
    /// Embeddings.
    Embeddings,
    /// Images.
    Images,
    /// Speech generated from text.
    AudioSpeeches,
    /// Text transcribed from speech.
    AudioTranscriptions,
    /// Moderations.
    Moderations,
    /// Decisions of the Agents API. The gateway has no route that makes any.
    Decisions,
    /// Storage of vector stores. The gateway has no route that makes any.
    VectorStores,
    /// Sessions of the hosted tool `code_interpreter`: its containers, each once.
    CodeInterpreterSessions,
    /// Calls of the hosted tool `file_search`.
    FileSearchCalls,
    /// Calls of the hosted tool `web_search`.
    WebSearchCalls,
}

impl UsageKind {
    /// Every kind.
    pub const ALL: [Self; 11] = [
        Self::Completions,
        Self::Embeddings,
        Self::Images,
        Self::AudioSpeeches,
        Self::AudioTranscriptions,
        Self::Moderations,
        Self::Decisions,
        Self::VectorStores,
        Self::CodeInterpreterSessions,
        Self::FileSearchCalls,
        Self::WebSearchCalls,
    ];

    /// The name in paths, objects and the store.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Completions => "completions",
            Self::Embeddings => "embeddings",
            Self::Images => "images",
            Self::AudioSpeeches => "audio_speeches",
            Self::AudioTranscriptions => "audio_transcriptions",
            Self::Moderations => "moderations",
            Self::Decisions => "decisions",
            Self::VectorStores => "vector_stores",
            Self::CodeInterpreterSessions => "code_interpreter_sessions",
            Self::FileSearchCalls => "file_search_calls",
            Self::WebSearchCalls => "web_search_calls",
        }
    }

    /// Whether it counts calls of hosted tools within requests that are counted under another kind.
    #[must_use]
    pub const fn is_of_tools(self) -> bool {
        matches!(self, Self::CodeInterpreterSessions | Self::FileSearchCalls | Self::WebSearchCalls)
    }

    /// Parses the name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }

    /// The kind of usage that a route's meter feeds; `None` for routes that only count as requests.
    #[must_use]
    pub const fn of_meter(meter: MeterKind) -> Option<Self> {
        match meter {
            MeterKind::Request => None,
            MeterKind::Completion => Some(Self::Completions),
            MeterKind::Embedding => Some(Self::Embeddings),
            MeterKind::Image => Some(Self::Images),
            MeterKind::Speech => Some(Self::AudioSpeeches),
            MeterKind::Transcription => Some(Self::AudioTranscriptions),
            MeterKind::Moderation => Some(Self::Moderations),
        }
    }
}

/// Quantities of one request or one bucket. `input_tokens` includes cached ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Quantities {
    /// Requests.
    pub requests: i64,
    /// Tokens read, cached ones included.
    pub input_tokens: i64,
    /// Tokens read from cache.
    pub input_cached_tokens: i64,
    /// Tokens written.
    pub output_tokens: i64,
    /// Images generated.
    pub images: i64,
    /// Characters spoken.
    pub characters: i64,
    /// Seconds of audio transcribed.
    pub seconds: i64,
    /// Calls of a hosted tool.
    #[serde(default)]
    pub tool_calls: i64,
    /// Parts of the tokens that can have a price of their own.
    #[serde(default)]
    pub parts: TokenParts,
}

impl Quantities {
    /// Returns the sum, saturating.
    #[must_use]
    pub const fn plus(self, other: Self) -> Self {
        Self {
            requests: self.requests.saturating_add(other.requests),
            input_tokens: self.input_tokens.saturating_add(other.input_tokens),
            input_cached_tokens: self.input_cached_tokens.saturating_add(other.input_cached_tokens),
            output_tokens: self.output_tokens.saturating_add(other.output_tokens),
            images: self.images.saturating_add(other.images),
            characters: self.characters.saturating_add(other.characters),
            seconds: self.seconds.saturating_add(other.seconds),
            tool_calls: self.tool_calls.saturating_add(other.tool_calls),
            parts: self.parts.plus(other.parts),
        }
    }

    /// Returns the difference, saturating; figures are negative where `other` has more.
    #[must_use]
    pub fn minus(self, other: Self) -> Self {
        let mut figures = self.figures();
        for (figure, less) in figures.iter_mut().zip(other.figures()) {
            *figure = figure.saturating_sub(less);
        }
        Self::of_figures(figures)
    }

    /// Every figure, in an order in which new ones are added at the end.
    #[must_use]
    pub const fn figures(&self) -> [i64; 14] {
        [
            self.requests,
            self.input_tokens,
            self.input_cached_tokens,
            self.output_tokens,
            self.images,
            self.characters,
            self.seconds,
            self.tool_calls,
            self.parts.cache_write,
            self.parts.audio_input,
            self.parts.reasoning,
            self.parts.audio_output,
            self.parts.image_input,
            self.parts.image_output,
        ]
    }

    /// Builds quantities from their figures, in the same order.
    #[must_use]
    pub const fn of_figures(figures: [i64; 14]) -> Self {
        let [
            requests,
            input_tokens,
            input_cached_tokens,
            output_tokens,
            images,
            characters,
            seconds,
            tool_calls,
            cache_write,
            audio_input,
            reasoning,
            audio_output,
            image_input,
            image_output,
        ] = figures;
        let parts = TokenParts { cache_write, audio_input, reasoning, audio_output, image_input, image_output };
        Self {
            requests,
            input_tokens,
            input_cached_tokens,
            output_tokens,
            images,
            characters,
            seconds,
            tool_calls,
            parts,
        }
    }

    /// Whether no figure is above [`LARGEST_COUNT`], so that one event can hold all of it.
    #[must_use]
    pub fn fits_one_event(self) -> bool {
        self.figures().into_iter().all(|figure| figure <= LARGEST_COUNT)
    }

    /// Limits every figure to `0..=LARGEST_COUNT`, and parts of tokens to the tokens read and written.
    #[must_use]
    pub fn clamped(self) -> Self {
        let clamp = |n: i64| n.clamp(0, LARGEST_COUNT);
        let input_tokens = clamp(self.input_tokens);
        let input_cached_tokens = clamp(self.input_cached_tokens).min(input_tokens);
        let output_tokens = clamp(self.output_tokens);
        Self {
            requests: clamp(self.requests),
            input_tokens,
            input_cached_tokens,
            output_tokens,
            images: clamp(self.images),
            characters: clamp(self.characters),
            seconds: clamp(self.seconds),
            tool_calls: clamp(self.tool_calls),
            parts: self.parts.within(input_tokens - input_cached_tokens, output_tokens),
        }
    }
}

/// One metered request. It is written durably and counted once, by its position in the spool.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UsageEvent {
    /// When the request ended.
    pub at: Timestamp,
    /// The kind.
    pub kind: UsageKind,
    /// The paying organization.
    pub organization: OrganizationId,
    /// The project.
    pub project: ProjectId,
    /// The key.
    pub key: KeyId,
    /// The owner of the key: a user or service account.
    pub owner: Arc<str>,
    /// The model as gated and forwarded.
    pub model: Arc<str>,
    /// How much.
    pub used: Quantities,
    /// The exact cost.
    pub cost: Amount,
    /// The response's status.
    pub status: u16,
    /// Whether the gateway counted the figures itself because the upstream reported none.
    pub estimated: bool,
    /// The request's id, for the owner's own logs.
    pub request: Arc<str>,
    /// Whether a stream was asked for; spools of versions that did not tell say no.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub stream: bool,
    /// Whether reasoning summaries were requested.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub summary: bool,
    /// An id under which it counts once, however many nodes and runs report it: the response or batch that outlived its
    /// request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub once: Option<String>,
    /// What its kind is divided by.
    #[serde(default)]
    pub attributes: Attributes,
    /// How its cost counts against spend limits, where something was set aside for the request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub charge: Option<Charge>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn invented_figures_are_clamped() {
        let used = Quantities {
            input_tokens: i64::MAX,
            input_cached_tokens: i64::MAX,
            output_tokens: -5,
            ..Quantities::default()
        };
        let clamped = used.clamped();
        assert_eq!((clamped.input_tokens, clamped.output_tokens), (LARGEST_COUNT, 0));
        assert!(clamped.input_cached_tokens <= clamped.input_tokens);
    }

    #[test]
    fn a_difference_undoes_a_sum_in_every_figure() {
        let one = Quantities::of_figures([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14]);
        let two = Quantities::of_figures([20, 0, 1, 7, 30, 1, 0, 2, 5, 90, 0, 1, 3, 60]);
        assert_eq!(one.plus(two).minus(two), one);
        assert_eq!(one.minus(one), Quantities::default());
        assert_eq!(Quantities::default().minus(one).plus(one), Quantities::default());
    }
}
