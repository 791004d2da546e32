//! The first pass over the bytes of a JSON body, before it is parsed: how deep it nests, which of its strings and numbers
//! our parser cannot read although others can, and what it states about how much the request may use.

use std::borrow::Cow;
use std::ops::Range;

use serde::de::IgnoredAny;

use crate::request::figures::Figures;
use crate::request::json_tokens::{Token, Tokens};
use crate::request::json_walk::folded;

/// Maximum depth of brackets.
pub(crate) const DEPTH: u32 = 64;
/// Bytes of the longest name with a meaning, in its quotes: a longer one is not even compared.
const LONGEST_NAME: usize = 128;
/// A number with so few digits and no exponent is never too large.
const SHORT_NUMBER: usize = 300;

/// What the first pass finds. Its length does not depend on the body, because thousands of bodies are read at once.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Outline {
    pub(crate) stated: Stated,
    /// Whether there is something that our parser cannot read.
    unread: bool,
}

/// What a body states about how much its request may use.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stated {
    pub(crate) figures: Figures,
    /// Bytes of the values of fields that the model reads.
    pub(crate) content: usize,
    /// Numbers in lists and objects: a prompt may be a list of tokens.
    pub(crate) numbers: u64,
    /// Whether it may have pictures, sounds or files, which are other numbers of tokens than their bytes suggest.
    pub(crate) media: bool,
}

/// Who reads the value of a field at the top of a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Content {
    /// The model reads it.
    Input,
    /// The model reads it, with the names of its fields.
    Schema,
}

impl Content {
    /// The content of a field; nothing where it is for the server and not for the model.
    pub(crate) fn of_field(name: &str) -> Option<Self> {
        match name {
            "prompt" | "messages" | "input" | "suffix" | "instructions" | "system" | "prediction" => Some(Self::Input),
            "tools" | "functions" | "response_format" | "text" | "documents" => Some(Self::Schema),
            _ => None,
        }
    }
}

impl Outline {
    /// Passes over a body; nothing where brackets nest too deep. `maxima` are the fields that bound an answer.
    pub(crate) fn of(body: &[u8], maxima: &[&str]) -> Option<Self> {
        let mut outline = Self::default();
        let mut depth = 0u32;
        // At the top: the last string, and the name of the field with the start of its value.
        let (mut text, mut field) = (0..0, None);
        for (token, start, end) in Tokens::of(body) {
            if depth == 1 {
                match token {
                    Token::Text { .. } => text = start..end,
                    Token::Colon => field = Some((text.clone(), end)),
                    Token::Comma | Token::Close => outline.note_field(body, field.take(), start, maxima),
                    _ => {}
                }
            }
            match token {
                Token::Open if depth == DEPTH => return None,
                Token::Open => depth += 1,
                Token::Close => depth = depth.saturating_sub(1),
                Token::Text { escaped } => outline.note_text(body, start..end, escaped),
                Token::Number => outline.note_number(body, start..end, depth),
                Token::Colon | Token::Comma => {}
            }
        }
        Some(outline)
    }

    /// Returns the body as our parser can read it, as long as it was.
    pub(crate) fn readable<'b>(&self, body: &'b [u8]) -> Cow<'b, [u8]> {
        if self.unread { readable(body) } else { Cow::Borrowed(body) }
    }

    fn note_field(&mut self, body: &[u8], field: Option<(Range<usize>, usize)>, end: usize, maxima: &[&str]) {
        let Some((name, from)) = field else { return };
        let quoted = body.get(name).filter(|quoted| quoted.len() <= LONGEST_NAME);
        let (Some(quoted), Some(value)) = (quoted, body.get(from..end)) else { return };
        let (name, value) = (name_of(quoted), value.trim_ascii());
        // Some servers find fields in any case.
        let name = folded(&name);
        self.stated.figures.note(maxima, &name, value);
        if Content::of_field(&name).is_some() {
            // Without its quotes or brackets.
            self.stated.content = self.stated.content.saturating_add(value.len().saturating_sub(2));
        }
    }

    fn note_text(&mut self, body: &[u8], place: Range<usize>, escaped: bool) {
        // Any text may be written with escapes.
        self.stated.media |= escaped || body.get(place.clone()).is_some_and(is_of_media);
        self.unread |= escaped && halves(body, place).next().is_some();
    }

    fn note_number(&mut self, body: &[u8], place: Range<usize>, depth: u32) {
        self.stated.numbers = self.stated.numbers.saturating_add(u64::from(depth > 1));
        self.unread |= body.get(place).is_some_and(is_too_large);
    }
}

/// Returns a body as our parser can read it, as long as it was: what others can read is replaced where it cannot.
pub(crate) fn readable(body: &[u8]) -> Cow<'_, [u8]> {
    let mut copy = Cow::Borrowed(body);
    for (token, start, end) in Tokens::of(body) {
        match token {
            Token::Text { escaped: true } => {
                halves(body, start..end).for_each(|half| replace(&mut copy, half..half.saturating_add(6), br"\ufffd"));
            }
            Token::Number if body.get(start..end).is_some_and(is_too_large) => replace(&mut copy, start..end, b"0"),
            _ => {}
        }
    }
    copy
}

fn replace(copy: &mut Cow<'_, [u8]>, place: Range<usize>, instead: &[u8]) {
    if let Some(place) = copy.to_mut().get_mut(place) {
        place.fill(b' ');
        place.iter_mut().zip(instead).for_each(|(byte, by)| *byte = *by);
    }
}

/// The name of a field. A name with half a surrogate pair has no meaning.
fn name_of(quoted: &[u8]) -> Cow<'_, str> {
    let plain = quoted.strip_prefix(b"\"").and_then(|quoted| quoted.strip_suffix(b"\"")).unwrap_or_default();
    if plain.contains(&b'\\') {
        return Cow::Owned(serde_json::from_slice(quoted).unwrap_or_default());
    }
    Cow::Borrowed(std::str::from_utf8(plain).unwrap_or_default())
}

/// Whether a string, with its quotes, is a name or a value that only pictures, sounds and files have.
fn is_of_media(quoted: &[u8]) -> bool {
    let ends = |with: &[u8]| {
        let start = quoted.len().checked_sub(with.len());
        start.and_then(|start| quoted.get(start..)).is_some_and(|end| end.eq_ignore_ascii_case(with))
    };
    // Every string is compared, so that most are told apart by their last byte.
    let named = match quoted {
        [.., b'l' | b'L', b'"'] => ends(b"_url\""),
        [.., b'o' | b'O', b'"'] => ends(b"audio\""),
        [.., b'd' | b'D', b'"'] => ends(b"\"file_id\""),
        [.., b'a' | b'A', b'"'] => ends(b"\"data\"") || ends(b"\"file_data\""),
        [.., b't' | b'T', b'"'] => ends(b"\"result\""),
        [.., b'n' | b'N', b'"'] => ends(b"\"b64_json\""),
        _ => false,
    };
    named || quoted.starts_with(b"\"data:")
}

/// Whether our parser finds a number of JSON too large that others read as infinite.
fn is_too_large(number: &[u8]) -> bool {
    let may_be = number.len() > SHORT_NUMBER || number.iter().any(|byte| matches!(byte, b'e' | b'E'));
    let parsed = || std::str::from_utf8(number).ok()?.parse::<f64>().ok();
    // What is no number of JSON stays as it is, so that it is refused.
    may_be && parsed().is_some_and(f64::is_infinite) && serde_json::from_slice::<IgnoredAny>(number).is_ok()
}

/// The places of halves of surrogate pairs in a string, which JSON allows and text cannot contain.
fn halves(body: &[u8], place: Range<usize>) -> impl Iterator<Item = usize> {
    let mut at = place.start;
    std::iter::from_fn(move || {
        while let Some(found) = body.get(at..place.end).and_then(|rest| memchr::memchr(b'\\', rest)) {
            let start = at.saturating_add(found);
            match (escape(body, start), escape(body, start.saturating_add(6))) {
                (Some(0xd800..=0xdbff), Some(0xdc00..=0xdfff)) => at = start.saturating_add(12),
                (Some(0xd800..=0xdfff), _) => {
                    at = start.saturating_add(6);
                    return Some(start);
                }
                _ => at = start.saturating_add(2),
            }
        }
        None
    })
}

/// Returns the number of an escape such as `\u00e9`.
fn escape(body: &[u8], at: usize) -> Option<u32> {
    let digits = body.get(at..)?.strip_prefix(b"\\u")?.get(..4)?;
    let hexadecimal = digits.iter().all(u8::is_ascii_hexdigit);
    u32::from_str_radix(std::str::from_utf8(digits).ok().filter(|_| hexadecimal)?, 16).ok()
}

#[cfg(test)]
mod tests;
