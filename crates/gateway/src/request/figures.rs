//! What the fields of a body state about how much a request may use, read as lenient servers read them.

use std::borrow::Cow;

use keystead_core::usage::attributes::image_size;
use keystead_core::usage::{ImageQuality, ImageTraits, LARGEST_COUNT};

use crate::request::json_tokens::composite_elements;

/// Bytes of the longest value that is read.
const LONGEST: usize = 512;

/// What a body states. The largest figure counts where a field repeats.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Figures {
    most: u64,
    /// Whether a maximum is stated that some server could take for none.
    unbounded: bool,
    answers: u64,
    /// The field with a number of answers that only some servers can read.
    pub(crate) unread: Option<&'static str>,
    /// Prompts in a list, each with its own answers.
    prompts: u64,
    /// Whether the answer may outlive its request.
    pub(crate) background: bool,
    /// The quality and size of requested images.
    pub(crate) images: ImageTraits,
}

impl Figures {
    /// Notes a field of the body, its value as written. `maxima` are the fields that bound an answer.
    pub(crate) fn note(&mut self, maxima: &[&str], name: &str, value: &[u8]) {
        match name {
            _ if maxima.contains(&name) => self.note_most(value),
            "n" => self.note_answers("n", value),
            "best_of" => self.note_answers("best_of", value),
            // A list of tokens is one prompt.
            "prompt" => self.prompts = self.prompts.max(composite_elements(value)),
            // Everything that a server could read as true counts as true.
            "background" => self.background |= !matches!(value, b"false" | b"null"),
            // Of images they were judged to be there once.
            "size" => self.images.size = text(value).as_deref().and_then(image_size),
            "quality" => self.images.quality = text(value).as_deref().and_then(ImageQuality::read),
            _ => {}
        }
    }

    fn note_most(&mut self, value: &[u8]) {
        match number(value) {
            Some(most) if most > 0 => self.most = self.most.max(most),
            // Servers differ in what zero means, or a figure below it: some read no maximum, others another field.
            _ => self.unbounded |= value != b"null",
        }
    }

    fn note_answers(&mut self, name: &'static str, value: &[u8]) {
        match number(value) {
            Some(answers) => self.answers = self.answers.max(answers),
            // Such as "0x10", in digits of other scripts, or in a list.
            None if value.iter().any(|byte| byte.is_ascii_digit() || !byte.is_ascii()) => self.unread = Some(name),
            None => {}
        }
    }

    /// The number of answers or pictures, for all prompts together.
    pub(crate) fn answers(&self) -> u64 {
        self.answers.max(1).saturating_mul(self.prompts.max(1))
    }

    /// The most tokens that may be written, by all answers together; 0 where there is no limit.
    pub(crate) fn written(&self) -> u64 {
        if self.unbounded { 0 } else { self.most.saturating_mul(self.answers()) }
    }
}

/// Reads a text; nothing where it is another value, or too long to state a figure.
fn text(value: &[u8]) -> Option<Cow<'_, str>> {
    if value.len() > LONGEST { None } else { serde_json::from_slice(value).ok() }
}

/// Reads a figure, also written as text.
fn number(value: &[u8]) -> Option<u64> {
    if value.len() > LONGEST {
        return None;
    }
    read(&text(value).unwrap_or_else(|| String::from_utf8_lossy(value)))
}

/// Reads a figure as lenient servers do. What is not a number is zero.
pub(crate) fn figure(text: &str) -> u64 {
    read(text).unwrap_or(0)
}

/// Reads a figure, also with a point or an exponent.
fn read(text: &str) -> Option<u64> {
    let text = text.trim().replace('_', "");
    // Saturates at both ends.
    let lenient = || text.parse::<f64>().ok().map(|figure| figure.ceil() as u64);
    text.parse::<u64>().ok().or_else(lenient).map(|figure| figure.min(LARGEST_COUNT.unsigned_abs()))
}
