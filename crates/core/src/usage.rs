//! Usage of requests: one event per request, summed into buckets.

use std::sync::Arc;

use crate::budget::Charge;
use crate::id::{KeyId, OrganizationId, ProjectId};
use crate::money::{Amount, Micros};
use crate::route::MeterKind;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

pub mod attributes;
mod parts;

pub use attributes::Attributes;
pub use parts::TokenParts;

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

/// The price of a model, in micros per million units (also per million images, characters, seconds, requests and calls).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Price {
    /// Per million uncached tokens read.
    pub input: Micros,
    /// Per million cached tokens read.
    pub cached_input: Micros,
    /// Per million tokens written.
    pub output: Micros,
    /// Per million images.
    pub image: Micros,
    /// Per million characters.
    pub character: Micros,
    /// Per million seconds.
    pub second: Micros,
    /// Per million requests, in addition to what they use.
    pub request: Micros,
    /// Per million calls of the hosted tools `web_search` and `file_search`.
    pub tool_call: Micros,
    /// Per million tokens that are written into a cache; without it, as other tokens read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cache_write: Option<Micros>,
    /// Per million tokens of sound that are read; without it, as other tokens read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub audio_input: Option<Micros>,
    /// Per million tokens of reasoning; without it, as other tokens written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reasoning: Option<Micros>,
    /// Per million tokens of sound that are written; without it, as other tokens written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub audio_output: Option<Micros>,
    /// Per million tokens of images that are read; without it, as other tokens read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image_input: Option<Micros>,
    /// Per million tokens of images that are written; without it, as other tokens written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image_output: Option<Micros>,
}

impl Price {
    /// The part of the price that applies to one kind of usage. Calls of hosted tools are counted within requests that are
    /// counted under another kind, so that neither pays for the other. Sessions of code interpreters cost nothing: several
    /// requests share one, and which of them began it is known only when it is counted.
    #[must_use]
    pub fn for_kind(self, kind: UsageKind) -> Self {
        match kind {
            UsageKind::FileSearchCalls | UsageKind::WebSearchCalls => {
                Self { tool_call: self.tool_call, ..Self::default() }
            }
            UsageKind::CodeInterpreterSessions => Self::default(),
            _ => Self { tool_call: Micros(0), ..self },
        }
    }

    /// Computes the exact cost of these quantities of one request; never more than [`Amount::MOST_OF_ONE_REQUEST`].
    #[must_use]
    pub fn cost(&self, used: &Quantities) -> Amount {
        self.cost_of_many(used).min(Amount::MOST_OF_ONE_REQUEST)
    }

    /// Computes the exact cost of these quantities of any number of requests.
    #[must_use]
    pub fn cost_of_many(&self, used: &Quantities) -> Amount {
        let parts = used.parts;
        let read = used.input_tokens.saturating_sub(used.input_cached_tokens);
        let read =
            [parts.cache_write, parts.audio_input, parts.image_input].into_iter().fold(read, i64::saturating_sub);
        let written = [parts.reasoning, parts.audio_output, parts.image_output];
        let written = written.into_iter().fold(used.output_tokens, i64::saturating_sub);
        [
            (read, self.input),
            (used.input_cached_tokens, self.cached_input),
            (parts.cache_write, self.cache_write.unwrap_or(self.input)),
            (parts.audio_input, self.audio_input.unwrap_or(self.input)),
            (parts.image_input, self.image_input.unwrap_or(self.input)),
            (written, self.output),
            (parts.reasoning, self.reasoning.unwrap_or(self.output)),
            (parts.audio_output, self.audio_output.unwrap_or(self.output)),
            (parts.image_output, self.image_output.unwrap_or(self.output)),
            (used.images, self.image),
            (used.characters, self.character),
            (used.seconds, self.second),
            (used.requests, self.request),
            (used.tool_calls, self.tool_call),
        ]
        .into_iter()
        .fold(Amount::ZERO, |sum, (quantity, price)| sum.plus(Amount::for_quantity(quantity, price)))
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
    fn costs_price_cached_tokens_apart() {
        let price = Price {
            input: Micros(2_000_000),
            cached_input: Micros(1_000_000),
            output: Micros(8_000_000),
            ..Price::default()
        };
        let used = Quantities {
            requests: 1,
            input_tokens: 100,
            input_cached_tokens: 40,
            output_tokens: 10,
            ..Quantities::default()
        };
        assert_eq!(price.cost(&used), Micros(120 + 40 + 80).into());
        let absurd = Price { output: Micros(i64::MAX), ..price };
        assert_eq!(absurd.cost(&used), Amount::MOST_OF_ONE_REQUEST);
    }

    #[test]
    fn parts_of_tokens_cost_what_they_state_or_what_the_others_cost() {
        let parts = TokenParts {
            cache_write: 10,
            audio_input: 20,
            reasoning: 30,
            audio_output: 40,
            image_input: 5,
            image_output: 6,
        };
        let used = Quantities {
            requests: 1,
            input_tokens: 100,
            input_cached_tokens: 50,
            output_tokens: 100,
            parts,
            ..Quantities::default()
        };
        assert_eq!(used.clamped(), used);
        let plain = Price {
            input: Micros(1_000_000),
            cached_input: Micros(500_000),
            output: Micros(2_000_000),
            ..Price::default()
        };
        assert_eq!(plain.cost(&used), plain.cost(&Quantities { parts: TokenParts::default(), ..used }));
        let own = Price {
            cache_write: Some(Micros(3_000_000)),
            audio_input: Some(Micros(4_000_000)),
            reasoning: Some(Micros(0)),
            audio_output: Some(Micros(5_000_000)),
            image_input: Some(Micros(6_000_000)),
            image_output: Some(Micros(7_000_000)),
            ..plain
        };
        assert_eq!(own.cost(&used), Micros(15 + 25 + 30 + 80 + 30 + 48 + 200 + 42).into());
        assert_eq!(Quantities::of_figures(used.figures()), used);
    }

    #[test]
    fn requests_and_calls_of_tools_are_paid_once() {
        let price = Price {
            input: Micros(1_000_000),
            request: Micros(5_000_000),
            tool_call: Micros(10_000_000),
            ..Price::default()
        };
        let request = Quantities { requests: 1, input_tokens: 3, ..Quantities::default() };
        let calls = Quantities { requests: 1, tool_calls: 2, ..Quantities::default() };
        assert_eq!(price.for_kind(UsageKind::Completions).cost(&request), Micros(3 + 5).into());
        assert_eq!(price.for_kind(UsageKind::WebSearchCalls).cost(&calls), Micros(20).into());
        assert_eq!(price.for_kind(UsageKind::Completions).cost(&calls), Micros(5).into());
        assert_eq!(price.for_kind(UsageKind::CodeInterpreterSessions).cost(&calls), Amount::ZERO);
    }

    #[test]
    fn prices_of_earlier_versions_are_read() {
        let old = r#"{"input":2,"cached_input":1,"output":8,"image":0,"character":0,"second":0}"#;
        let expected = Price { input: Micros(2), cached_input: Micros(1), output: Micros(8), ..Price::default() };
        assert_eq!(serde_json::from_str::<Price>(old).unwrap(), expected);
        assert_eq!(serde_json::from_str::<Price>("{}").unwrap(), Price::default());
        assert!(serde_json::from_str::<Price>(r#"{"video":1}"#).is_err());
        let stated = Price { reasoning: Some(Micros(0)), ..expected };
        let text = serde_json::to_string(&stated).unwrap();
        assert!(text.contains("\"reasoning\":0") && !text.contains("audio"), "{text}");
        assert_eq!(serde_json::from_str::<Price>(&text).unwrap(), stated);
    }

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
}
