//! The most that a request may cost, before it is forwarded.

use super::Measured;
use crate::money::{Amount, Micros};
use crate::usage::{ImageTraits, LARGEST_COUNT, Price, Quantities};

/// The most that a request may use of each quantity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Bounds {
    /// Requests, where each has a price of its own.
    pub requests: u64,
    /// Tokens read.
    pub input_tokens: u64,
    /// Tokens written, by all answers together.
    pub output_tokens: u64,
    /// Images.
    pub images: u64,
    /// Characters spoken.
    pub characters: u64,
    /// Seconds of sound.
    pub seconds: u64,
}

impl Bounds {
    /// The most that usage within these bounds is of each measure.
    #[must_use]
    pub fn most(&self, price: &Price) -> Measured {
        let figure = |bound: u64| i64::try_from(bound).unwrap_or(i64::MAX).min(LARGEST_COUNT);
        Measured {
            money: self.cost(price),
            tokens: figure(self.input_tokens) + figure(self.output_tokens),
            requests: figure(self.requests),
        }
    }

    /// The most that usage within these bounds costs. Tokens read and written count with the highest price of any of their
    /// parts, because a request cannot tell what is cached or how much is reasoning; images with the highest price of
    /// any quality and size. [`Price::for_images_at_most`] gives the price where a request states them.
    #[must_use]
    pub fn cost(&self, price: &Price) -> Amount {
        let figure = |bound: u64| i64::try_from(bound).unwrap_or(i64::MAX).min(LARGEST_COUNT);
        let dearest = |usual: Micros, parts: [Option<Micros>; 4]| parts.into_iter().flatten().fold(usual, Micros::max);
        let dearest = Price {
            input: dearest(
                price.input,
                [Some(price.cached_input), price.cache_write, price.audio_input, price.image_input],
            ),
            output: dearest(price.output, [price.reasoning, price.audio_output, price.image_output, None]),
            ..price.for_images_at_most(ImageTraits::default())
        };
        dearest.cost(&Quantities {
            requests: figure(self.requests),
            input_tokens: figure(self.input_tokens),
            output_tokens: figure(self.output_tokens),
            images: figure(self.images),
            characters: figure(self.characters),
            seconds: figure(self.seconds),
            ..Quantities::default()
        })
    }
}
