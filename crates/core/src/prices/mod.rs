//! Prices of models as data: what has a price, from which moment on, and how prices are read from people and from files.

mod figure;
mod image_entries;
mod image_rows;
mod list;
mod litellm;
mod schedule;

pub use figure::{HIGHEST, PriceFault, micros, micros_of_json};
pub use image_rows::{IMAGES, SharedImages, checked_images, images_of, images_of_json, images_of_lines};
pub use list::{ListFault, ListedPrice, PriceList, UnusablePrice, written_list};
pub use schedule::{PriceChange, PriceSchedule};

use crate::money::Micros;
use crate::usage::Price;

/// The kinds of units that have a price, each for a million of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PriceKind {
    /// Uncached tokens read.
    Input,
    /// Cached tokens read.
    CachedInput,
    /// Tokens written.
    Output,
    /// Images generated.
    Image,
    /// Characters spoken.
    Character,
    /// Seconds of audio transcribed.
    Second,
    /// Requests.
    Request,
    /// Calls of the hosted tools `web_search` and `file_search`.
    ToolCall,
    /// Tokens written into a cache.
    CacheWrite,
    /// Tokens of sound that are read.
    AudioInput,
    /// Tokens of reasoning.
    Reasoning,
    /// Tokens of sound that are written.
    AudioOutput,
    /// Tokens of images that are read.
    ImageInput,
    /// Tokens of images that are written.
    ImageOutput,
}

impl PriceKind {
    /// Every kind, in the order in which they are shown.
    pub const ALL: [Self; 14] = [
        Self::Input,
        Self::CachedInput,
        Self::CacheWrite,
        Self::AudioInput,
        Self::ImageInput,
        Self::Output,
        Self::Reasoning,
        Self::AudioOutput,
        Self::ImageOutput,
        Self::Image,
        Self::Character,
        Self::Second,
        Self::Request,
        Self::ToolCall,
    ];

    /// Their names, in the same order.
    pub const NAMES: [&'static str; 14] = [
        "input",
        "cached_input",
        "cache_write",
        "audio_input",
        "image_input",
        "output",
        "reasoning",
        "audio_output",
        "image_output",
        "image",
        "character",
        "second",
        "request",
        "tool_call",
    ];

    /// The name in files, objects and forms.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Input => "input",
            Self::CachedInput => "cached_input",
            Self::Output => "output",
            Self::Image => "image",
            Self::Character => "character",
            Self::Second => "second",
            Self::Request => "request",
            Self::ToolCall => "tool_call",
            Self::CacheWrite => "cache_write",
            Self::AudioInput => "audio_input",
            Self::Reasoning => "reasoning",
            Self::AudioOutput => "audio_output",
            Self::ImageInput => "image_input",
            Self::ImageOutput => "image_output",
        }
    }

    /// Parses the name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }

    /// Whether it is a part of the tokens read or written, which costs as much as the others where no price is stated.
    #[must_use]
    pub const fn is_part(self) -> bool {
        matches!(
            self,
            Self::CachedInput
                | Self::CacheWrite
                | Self::AudioInput
                | Self::ImageInput
                | Self::Reasoning
                | Self::AudioOutput
                | Self::ImageOutput
        )
    }

    /// The price of this kind.
    #[must_use]
    pub fn of(self, price: &Price) -> Micros {
        let usual = match self {
            Self::Reasoning | Self::AudioOutput | Self::ImageOutput => price.output,
            _ => price.input,
        };
        self.stated(price).unwrap_or(usual)
    }

    /// The price of this kind, unless it is that of the tokens of which it is a part.
    #[must_use]
    pub const fn stated(self, price: &Price) -> Option<Micros> {
        match self {
            Self::Input => Some(price.input),
            Self::CachedInput => Some(price.cached_input),
            Self::Output => Some(price.output),
            Self::Image => Some(price.image),
            Self::Character => Some(price.character),
            Self::Second => Some(price.second),
            Self::Request => Some(price.request),
            Self::ToolCall => Some(price.tool_call),
            Self::CacheWrite => price.cache_write,
            Self::AudioInput => price.audio_input,
            Self::Reasoning => price.reasoning,
            Self::AudioOutput => price.audio_output,
            Self::ImageInput => price.image_input,
            Self::ImageOutput => price.image_output,
        }
    }
}

/// Builds a price from prices of kinds. A kind that is absent is free, but parts of the tokens read and written cost as much
/// as the others.
#[must_use]
pub fn price_of(kinds: impl IntoIterator<Item = (PriceKind, Micros)>) -> Price {
    let (mut price, mut cached) = (Price::default(), None);
    for (kind, micros) in kinds {
        let place = match kind {
            PriceKind::Input => &mut price.input,
            PriceKind::CachedInput => cached.insert(micros),
            PriceKind::Output => &mut price.output,
            PriceKind::Image => &mut price.image,
            PriceKind::Character => &mut price.character,
            PriceKind::Second => &mut price.second,
            PriceKind::Request => &mut price.request,
            PriceKind::ToolCall => &mut price.tool_call,
            PriceKind::CacheWrite => price.cache_write.insert(micros),
            PriceKind::AudioInput => price.audio_input.insert(micros),
            PriceKind::Reasoning => price.reasoning.insert(micros),
            PriceKind::AudioOutput => price.audio_output.insert(micros),
            PriceKind::ImageInput => price.image_input.insert(micros),
            PriceKind::ImageOutput => price.image_output.insert(micros),
        };
        *place = micros;
    }
    price.cached_input = cached.unwrap_or(price.input);
    // One price has one form, so that equal prices compare as equal.
    let other = |part: Option<Micros>, usual: Micros| part.filter(|part| *part != usual);
    Price {
        cache_write: other(price.cache_write, price.input),
        audio_input: other(price.audio_input, price.input),
        reasoning: other(price.reasoning, price.output),
        audio_output: other(price.audio_output, price.output),
        image_input: other(price.image_input, price.input),
        image_output: other(price.image_output, price.output),
        ..price
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_and_prices_agree() {
        assert_eq!(PriceKind::NAMES, PriceKind::ALL.map(PriceKind::as_str));
        for (number, kind) in (1..).zip(PriceKind::ALL) {
            assert_eq!(PriceKind::from_name(kind.as_str()), Some(kind));
            let price = price_of([(kind, Micros(number))]);
            assert_eq!(kind.of(&price), Micros(number));
            let others = PriceKind::ALL.into_iter().filter(|other| *other != kind);
            // Parts of tokens follow the others.
            let set = others.filter(|other| other.of(&price) != Micros(0)).collect::<Vec<_>>();
            let following = match kind {
                PriceKind::Input => {
                    vec![PriceKind::CachedInput, PriceKind::CacheWrite, PriceKind::AudioInput, PriceKind::ImageInput]
                }
                PriceKind::Output => vec![PriceKind::Reasoning, PriceKind::AudioOutput, PriceKind::ImageOutput],
                _ => vec![],
            };
            assert_eq!(set, following);
        }
        assert_eq!(PriceKind::from_name("video"), None);
        let same = price_of([(PriceKind::Output, Micros(5)), (PriceKind::Reasoning, Micros(5))]);
        assert_eq!(same, price_of([(PriceKind::Output, Micros(5))]));
        assert_eq!(price_of(PriceKind::ALL.map(|kind| (kind, Micros(0)))), Price::default());
        let cached_is_free = price_of([(PriceKind::CachedInput, Micros(0)), (PriceKind::Input, Micros(5))]);
        assert_eq!(cached_is_free, Price { input: Micros(5), ..Price::default() });
    }
}
