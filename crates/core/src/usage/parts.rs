//! Tokens among those read and written that can have a price of their own.

use serde::{Deserialize, Serialize};

/// Parts of the tokens read and written, as a model server names them. Each token is in one part at most: of those read,
/// cached ones come first, then those written into a cache, of sound and of images; of those written, reasoning comes first,
/// then those of sound and of images.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct TokenParts {
    /// Read, and written into a cache.
    pub cache_write: i64,
    /// Read, of sound.
    pub audio_input: i64,
    /// Written as reasoning.
    pub reasoning: i64,
    /// Written as sound.
    pub audio_output: i64,
    /// Read, of images.
    pub image_input: i64,
    /// Written as images.
    pub image_output: i64,
}

impl TokenParts {
    /// Returns the sum, saturating.
    #[must_use]
    pub const fn plus(self, other: Self) -> Self {
        Self {
            cache_write: self.cache_write.saturating_add(other.cache_write),
            audio_input: self.audio_input.saturating_add(other.audio_input),
            reasoning: self.reasoning.saturating_add(other.reasoning),
            audio_output: self.audio_output.saturating_add(other.audio_output),
            image_input: self.image_input.saturating_add(other.image_input),
            image_output: self.image_output.saturating_add(other.image_output),
        }
    }

    /// The parts among these tokens read that are not cached, and these tokens written.
    #[must_use]
    pub fn within(self, uncached: i64, output: i64) -> Self {
        let part = |of: i64, left: i64| of.clamp(0, left.max(0));
        let cache_write = part(self.cache_write, uncached);
        let audio_input = part(self.audio_input, uncached.saturating_sub(cache_write));
        let read = uncached.saturating_sub(cache_write).saturating_sub(audio_input);
        let reasoning = part(self.reasoning, output);
        let audio_output = part(self.audio_output, output.saturating_sub(reasoning));
        let written = output.saturating_sub(reasoning).saturating_sub(audio_output);
        Self {
            cache_write,
            audio_input,
            reasoning,
            audio_output,
            image_input: part(self.image_input, read),
            image_output: part(self.image_output, written),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn no_token_is_in_two_parts(
            figures in proptest::array::uniform6(-5_i64..200), uncached in -5_i64..100, output in -5_i64..100,
        ) {
            let [cache_write, audio_input, reasoning, audio_output, image_input, image_output] = figures;
            let parts = TokenParts { cache_write, audio_input, reasoning, audio_output, image_input, image_output };
            let parts = parts.within(uncached, output);
            let (read, written) = (
                [parts.cache_write, parts.audio_input, parts.image_input],
                [parts.reasoning, parts.audio_output, parts.image_output],
            );
            prop_assert!(read.iter().chain(&written).all(|tokens| *tokens >= 0));
            prop_assert!(read.iter().sum::<i64>() <= uncached.max(0));
            prop_assert!(written.iter().sum::<i64>() <= output.max(0));
            prop_assert_eq!(parts.within(uncached, output), parts);
        }
    }
}
