//! Prices of models as data: what has a price, from which moment on, and how prices are read from people and from files.

mod figure;
mod list;
mod litellm;
mod schedule;

pub use figure::{HIGHEST, PriceFault, micros, micros_of_json};
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
}

impl PriceKind {
    /// Every kind, in the order in which they are shown.
    pub const ALL: [Self; 8] = [
        Self::Input,
        Self::CachedInput,
        Self::Output,
        Self::Image,
        Self::Character,
        Self::Second,
        Self::Request,
        Self::ToolCall,
    ];

    /// Their names, in the same order.
    pub const NAMES: [&'static str; 8] =
        ["input", "cached_input", "output", "image", "character", "second", "request", "tool_call"];

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
        }
    }

    /// Parses the name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }

    /// The price of this kind.
    #[must_use]
    pub const fn of(self, price: &Price) -> Micros {
        match self {
            Self::Input => price.input,
            Self::CachedInput => price.cached_input,
            Self::Output => price.output,
            Self::Image => price.image,
            Self::Character => price.character,
            Self::Second => price.second,
            Self::Request => price.request,
            Self::ToolCall => price.tool_call,
        }
    }
}

/// Builds a price from prices of kinds. A kind that is absent is free, but cached input costs as much as input.
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
        };
        *place = micros;
    }
    price.cached_input = cached.unwrap_or(price.input);
    price
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
            // Only cached input follows another kind.
            let set = others.filter(|other| other.of(&price) != Micros(0)).collect::<Vec<_>>();
            assert_eq!(set, if kind == PriceKind::Input { vec![PriceKind::CachedInput] } else { vec![] });
        }
        assert_eq!(PriceKind::from_name("cache_write"), None);
        let cached_is_free = price_of([(PriceKind::CachedInput, Micros(0)), (PriceKind::Input, Micros(5))]);
        assert_eq!(cached_is_free, Price { input: Micros(5), ..Price::default() });
    }
}
