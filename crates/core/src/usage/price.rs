//! The price of a model, and what usage costs at it.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::attributes::is_usual_quality;
use super::{Attributes, ImagePrices, ImageTraits, Quantities, UsageKind};
use crate::money::{Amount, Micros};

/// The price of a model, in micros per million units (also per million images, characters, seconds, requests and calls).
/// Cheap to clone: what may be long is shared.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Price {
    /// Per million uncached tokens read.
    pub input: Micros,
    /// Per million cached tokens read.
    pub cached_input: Micros,
    /// Per million tokens written.
    pub output: Micros,
    /// Per million images of a quality and size without a price of their own.
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
    /// Per million images by quality and size; without them, all images cost the same.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub images: Option<Arc<ImagePrices>>,
}

impl Price {
    /// The part of the price that applies to one kind of usage. Calls of hosted tools are counted within requests that are
    /// counted under another kind, so that neither pays for the other. Sessions of code interpreters cost nothing: several
    /// requests share one, and which of them began it is known only when it is counted.
    #[must_use]
    pub fn for_kind(&self, kind: UsageKind) -> Self {
        match kind {
            UsageKind::FileSearchCalls | UsageKind::WebSearchCalls => {
                Self { tool_call: self.tool_call, ..Self::default() }
            }
            UsageKind::CodeInterpreterSessions => Self::default(),
            _ => Self { tool_call: Micros(0), ..self.clone() },
        }
    }

    /// The part of the price that applies to usage of one kind with these attributes.
    #[must_use]
    pub fn for_usage(&self, kind: UsageKind, attributes: &Attributes) -> Self {
        let price = self.for_kind(kind);
        if price.images.is_some() && kind == UsageKind::Images {
            price.for_images(attributes.of_images())
        } else {
            price
        }
    }

    /// The same price with that of images of this quality and size only.
    #[must_use]
    pub fn for_images(&self, images: ImageTraits) -> Self {
        let image = self.images.as_ref().map_or(self.image, |table| table.price(images, self.image));
        Self { image, images: None, ..*self }
    }

    /// The same price with the highest one of images of which only this much is stated.
    #[must_use]
    pub fn for_images_at_most(&self, stated: ImageTraits) -> Self {
        let image = self.images.as_ref().map_or(self.image, |table| table.highest(stated, self.image));
        Self { image, images: None, ..*self }
    }

    /// The images with the highest price of which only this much is stated; unknown ones where all cost the same.
    #[must_use]
    pub fn dearest_images(&self, stated: ImageTraits) -> ImageTraits {
        self.images.as_ref().map(|table| table.dearest(stated, self.image)).unwrap_or_default()
    }

    /// The quality and size by which images cost. What the request states counts where the price names it, so that no
    /// image costs more than was set aside for it; then what the answer states, and then again the request. A quality
    /// that is neither usual nor named by the price is not kept.
    #[must_use]
    pub fn images_as_charged(&self, asked: ImageTraits, answered: ImageTraits) -> ImageTraits {
        let named = |traits| self.images.as_ref().map(|table| table.named(traits)).unwrap_or_default();
        let first = named(asked);
        let size = first.size.or(answered.size).or(asked.size);
        let quality = first.quality.or(answered.quality).or(asked.quality);
        let known = named(ImageTraits { quality, size }).quality;
        ImageTraits { quality: known.or(quality.filter(|quality| is_usual_quality(quality.as_str()))), size }
    }

    /// Computes the exact cost of these quantities of one request. Images cost as those without a price of their own;
    /// see [`Self::for_usage`]. It is never more than [`Amount::MOST_OF_ONE_REQUEST`].
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
        // Most requests use few of them.
        .filter(|(quantity, _)| *quantity > 0)
        .fold(Amount::ZERO, |sum, (quantity, price)| sum.plus(Amount::for_quantity(quantity, price)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::usage::TokenParts;

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
    fn images_cost_by_quality_and_size() {
        let rows = [("hd/1024x1792", 120), ("1024x1792", 80)];
        let rows = rows.map(|(key, micros)| (ImageTraits::of_key(key).unwrap(), Micros(micros * 1_000_000)));
        let images = Some(Arc::new(ImagePrices::new(rows).unwrap()));
        let price = Price { image: Micros(40_000_000), request: Micros(1_000_000), images, ..Price::default() };
        let two = Quantities { requests: 1, images: 2, ..Quantities::default() };
        let cost = |kind, quality: &str, size: &str| {
            let images = ImageTraits::read(Some(quality), Some(size));
            price.for_usage(kind, &Attributes::default().with_images(images)).cost(&two)
        };
        for (quality, size, micros) in
            [("hd", "1024x1792", 240), ("standard", "1024x1792", 160), ("hd", "1024x1024", 80), ("", "", 80)]
        {
            assert_eq!(cost(UsageKind::Images, quality, size), Micros(micros + 1).into(), "{quality} {size}");
        }
        let text = serde_json::to_string(&price).unwrap();
        assert!(text.contains(r#""images":{"1024x1792":80000000,"hd/1024x1792":120000000}"#), "{text}");
        assert_eq!(serde_json::from_str::<Price>(&text).unwrap(), price);
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
}
