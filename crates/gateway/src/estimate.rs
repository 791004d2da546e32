//! Estimates the usage of a JSON body. It is read only when a limit needs that or when no figures were reported, and is
//! never exact.

pub(crate) mod media;
pub(crate) mod sound;
pub(crate) mod tokens;

use std::borrow::Cow;
use std::fmt;

use keystead_core::usage::ImageTraits;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::request::json_outline::{Content, Stated, readable};
use crate::request::json_walk::folded;
use media::Worth;
use tokens::BodyText;

/// A longer text that has only letters of base64 may be a picture or a sound, also where no file is expected.
const ENCODED: usize = 2_048;
/// A longer body is always read to its end.
const SHORT: usize = 16 << 10;
/// Bytes of a token, where text is not read: about what they are in English, and more than in most other scripts.
const BYTES_OF_A_TOKEN: u64 = 4;

/// The estimate for a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TokenEstimate {
    /// Input tokens: of text, numbers, pictures, sounds and files.
    pub(crate) read: u64,
    /// The most input tokens that it can be: no token is shorter than a byte, and what surrounds the texts covers
    /// what a server adds to them. Pictures, sounds and files count as estimated.
    pub(crate) most_read: u64,
    /// Maximum output tokens; 0 when the body sets no limit.
    pub(crate) written: u64,
    /// Number of answers or pictures, for all prompts together.
    pub(crate) answers: u64,
    /// Whether the answer may outlive its request.
    pub(crate) background: bool,
    /// The quality and size of requested images.
    pub(crate) images: ImageTraits,
}

impl Default for TokenEstimate {
    fn default() -> Self {
        Self { read: 0, most_read: 0, written: 0, answers: 1, background: false, images: ImageTraits::default() }
    }
}

impl TokenEstimate {
    /// What a body states, without reading its content.
    pub(crate) fn stated(length: usize, stated: &Stated) -> Self {
        let wide = |bytes: usize| u64::try_from(bytes).unwrap_or(u64::MAX);
        Self {
            read: wide(stated.content).div_ceil(BYTES_OF_A_TOKEN).max(stated.numbers),
            most_read: wide(length),
            written: stated.figures.written(),
            answers: stated.figures.answers(),
            background: stated.figures.background,
            images: stated.figures.images,
        }
    }
}

/// Estimates a body that was judged before, so its depth is limited, and that states this.
pub(crate) fn of(body: &[u8], stated: &Stated) -> TokenEstimate {
    let mut counted = Counted::default();
    // A body that cannot be read to its end still gives an estimate.
    drop(counted.read_content(&readable(body)));
    let stated = TokenEstimate::stated(body.len(), stated);
    let most_read = stated.most_read.saturating_sub(counted.media_bytes).saturating_add(counted.media_tokens);
    TokenEstimate { read: counted.tokens, most_read, ..stated }
}

/// The same as far as limits need it, of a body that states this. Every request with a limit pays for it, so the content
/// is read only where its tokens do not follow from its length.
pub(crate) fn for_limits(body: &[u8], stated: &Stated) -> TokenEstimate {
    if is_read_for_limits(body, stated) { of(body, stated) } else { TokenEstimate::stated(body.len(), stated) }
}

/// Whether the content of a body has to be read for limits.
pub(crate) const fn is_read_for_limits(body: &[u8], stated: &Stated) -> bool {
    stated.media || body.len() > SHORT
}

#[derive(Default)]
struct Counted {
    text: BodyText,
    tokens: u64,
    /// Bytes of texts that are not read as text, and the tokens that they count.
    media_bytes: u64,
    media_tokens: u64,
}

impl Counted {
    /// Reads what the model reads.
    fn read_content(&mut self, body: &[u8]) -> Result<(), serde_json::Error> {
        Top(self).deserialize(&mut serde_json::Deserializer::from_slice(body))
    }

    fn add(&mut self, tokens: u64) {
        self.tokens = self.tokens.saturating_add(tokens);
    }

    /// The tokens of a text.
    fn tokens_of(&mut self, text: &str) -> u64 {
        self.text.tokens(text.as_bytes())
    }

    /// Notes a text that is worth these tokens, however long it is.
    fn note_media(&mut self, text: &str, tokens: u64) {
        self.media_bytes = self.media_bytes.saturating_add(u64::try_from(text.len()).unwrap_or(u64::MAX));
        self.media_tokens = self.media_tokens.saturating_add(tokens);
    }
}

struct Top<'c>(&'c mut Counted);

impl<'de> DeserializeSeed<'de> for Top<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Top<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<Cow<'de, str>>()? {
            let place = match Content::of_field(&folded(&key)) {
                Some(Content::Schema) => Place::Schema,
                Some(Content::Input) => Place::Content,
                None => {
                    map.next_value::<IgnoredAny>()?;
                    continue;
                }
            };
            map.next_value_seed(Part { counted: self.0, place })?;
        }
        Ok(())
    }
}

/// The place of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// Input of the model, alone or in a list.
    Content,
    /// The address of a picture or a file, or an object with one.
    Picture,
    /// A sound, or an object with one.
    Sound,
    /// A file or a picture, encoded.
    Data,
    /// Names, types and ids.
    Label,
    /// Text with the names of its fields, which are the client's: nothing in it is a picture, a sound or a file.
    Schema,
    /// Inputs under names that the client chose.
    Variables,
}

impl Place {
    /// Returns the place of the value of a field of this name.
    fn member(self, name: &str) -> Self {
        match (self, name) {
            (Self::Schema, _) => Self::Schema,
            (Self::Variables, _) => Self::Content,
            (Self::Sound, _) | (_, "input_audio") => Self::Sound,
            (_, "image_url" | "video_url" | "file_url") | (Self::Picture, "url") => Self::Picture,
            (_, "file_data" | "data" | "result" | "b64_json") => Self::Data,
            (_, "arguments" | "attributes" | "env") => Self::Schema,
            (_, "variables") => Self::Variables,
            (
                _,
                "role" | "type" | "id" | "detail" | "format" | "tool_call_id" | "call_id" | "media_type" | "mime_type"
                | "status" | "filename" | "index" | "cache_control",
            ) => Self::Label,
            _ => Self::Content,
        }
    }
}

/// Counts a value of any shape.
struct Part<'c> {
    counted: &'c mut Counted,
    place: Place,
}

impl<'de> DeserializeSeed<'de> for Part<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Part<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_str<E>(self, text: &str) -> Result<(), E> {
        let tokens = match self.place {
            Place::Label => 0,
            Place::Schema => self.counted.tokens_of(text),
            Place::Sound => {
                let tokens = media::of_any_sound(text);
                self.counted.note_media(text, tokens);
                tokens
            }
            _ => match worth(text, self.place) {
                Some(Worth::Picture(tokens) | Worth::Tokens(tokens)) => {
                    // Anything else that looks like a file may be read as text.
                    if matches!(self.place, Place::Picture | Place::Data) {
                        self.counted.note_media(text, tokens);
                    }
                    tokens
                }
                None => self.counted.tokens_of(text),
            },
        };
        self.counted.add(tokens);
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        while list.next_element_seed(Part { counted: self.counted, place: self.place })?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        // At low detail, which may be stated after the pictures, the pictures of one object count less.
        let (mut pictures, mut tokens, mut low) = (0u64, 0u64, false);
        while let Some(written) = map.next_key::<Cow<'de, str>>()? {
            let key = folded(&written);
            let place = self.place.member(&key);
            match &*key {
                _ if self.place == Place::Schema => {
                    let tokens = self.counted.tokens_of(&written);
                    self.counted.add(tokens);
                    map.next_value_seed(Part { counted: self.counted, place })?;
                }
                _ if self.place == Place::Variables => map.next_value_seed(Part { counted: self.counted, place })?,
                "detail" => low |= map.next_value::<serde_json::Value>()?.as_str() == Some("low"),
                // Objects of sounds also state their format.
                "format" if place == Place::Sound => drop(map.next_value::<IgnoredAny>()?),
                "file_id" => {
                    (pictures, tokens) = (pictures.saturating_add(1), tokens.saturating_add(media::UNKNOWN_PICTURE));
                    self.counted.note_media("", media::UNKNOWN_PICTURE);
                    map.next_value::<IgnoredAny>()?;
                }
                "url" | "image_url" if place == Place::Picture => {
                    let mut inside = Counted { text: std::mem::take(&mut self.counted.text), ..Counted::default() };
                    map.next_value_seed(Part { counted: &mut inside, place })?;
                    pictures = pictures.saturating_add(1);
                    self.counted.text = inside.text;
                    tokens = tokens.saturating_add(inside.tokens);
                    self.counted.media_bytes = self.counted.media_bytes.saturating_add(inside.media_bytes);
                    self.counted.media_tokens = self.counted.media_tokens.saturating_add(inside.media_tokens);
                }
                _ => map.next_value_seed(Part { counted: self.counted, place })?,
            }
        }
        self.counted.add(if low { pictures.saturating_mul(media::LOW_DETAIL).min(tokens) } else { tokens });
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        self.counted.add(u64::from(!matches!(self.place, Place::Label)));
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }
}

/// Estimates a string that is not text.
fn worth(text: &str, place: Place) -> Option<Worth> {
    if text.starts_with("data:") {
        return media::of_address(text);
    }
    if place == Place::Picture {
        return Some(Worth::Picture(media::UNKNOWN_PICTURE));
    }
    let letter = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'-' | b'_' | b'=');
    let short = || Some(text.as_bytes()).filter(|_| place == Place::Data);
    let start = text.as_bytes().get(..ENCODED).or_else(short);
    let encoded = start.is_some_and(|start| start.iter().all(letter));
    if encoded { media::of_encoded(text) } else { None }
}

#[cfg(test)]
mod tests;
