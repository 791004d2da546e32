//! What the fields of a body state about how much a request may use, read as lenient servers read them.

use std::borrow::Cow;

use keystead_core::usage::attributes::image_size;
use keystead_core::usage::{ImageQuality, ImageTraits, LARGEST_COUNT};

use crate::request::json_tokens::composite_elements;

/// What a body states. The largest figure counts where a field repeats.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Figures {
    most: u64,
    answers: u64,
    /// Prompts in a list, each with its own answers.
    prompts: u64,
    /// Whether the answer may outlive its request.
    pub(crate) background: bool,
    /// The quality and size of requested images.
    pub(crate) images: ImageTraits,
}

impl Figures {
    /// Notes a field of the body, its value as written.
    pub(crate) fn note(&mut self, name: &str, value: &[u8]) {
        match name {
            "max_tokens" | "max_completion_tokens" | "max_output_tokens" => self.most = self.most.max(number(value)),
            "n" | "best_of" => self.answers = self.answers.max(number(value)),
            // A list of tokens is one prompt.
            "prompt" => self.prompts = self.prompts.max(composite_elements(value)),
            // Everything that a server could read as true counts as true.
            "background" => self.background = !matches!(value, b"false" | b"null"),
            // Of images they were judged to be there once.
            "size" => self.images.size = text(value).as_deref().and_then(image_size),
            "quality" => self.images.quality = text(value).as_deref().and_then(ImageQuality::read),
            _ => {}
        }
    }

    /// The number of answers or pictures, for all prompts together.
    pub(crate) fn answers(&self) -> u64 {
        self.answers.max(1).saturating_mul(self.prompts.max(1))
    }

    /// The most tokens that may be written, by all answers together; 0 where there is no limit.
    pub(crate) fn written(&self) -> u64 {
        self.most.saturating_mul(self.answers())
    }
}

/// Reads a text; nothing where it is another value.
fn text(value: &[u8]) -> Option<Cow<'_, str>> {
    serde_json::from_slice(value).ok()
}

/// Reads a figure, also written as text.
fn number(value: &[u8]) -> u64 {
    figure(&text(value).unwrap_or_else(|| String::from_utf8_lossy(value)))
}

/// Reads a figure as lenient servers do: also with a point or an exponent. What is not a number is zero.
pub(crate) fn figure(text: &str) -> u64 {
    let text = text.trim().replace('_', "");
    // Saturates at both ends.
    let lenient = || text.parse::<f64>().unwrap_or(0.0).ceil() as u64;
    text.parse().unwrap_or_else(|_| lenient()).min(LARGEST_COUNT.unsigned_abs())
}
