//! Estimates the usage of a JSON body. It is read only when a limit needs that or when no figures were reported, and is
//! never exact.

pub(crate) mod media;
pub(crate) mod sound;
pub(crate) mod tokens;

use std::borrow::Cow;
use std::fmt;

use keystead_core::usage::LARGEST_COUNT;
use keystead_core::usage::attributes::is_image_size;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use media::Worth;

/// A longer text that has only letters of base64 may be a picture or a sound.
const ENCODED: usize = 2_048;

/// The estimate for a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TokenEstimate {
    /// Input tokens: of text, numbers, pictures, sounds and files.
    pub(crate) read: u64,
    /// The most input tokens that it can be: no token is shorter than a byte, and what surrounds the texts stands for
    /// what a server adds to them. Pictures, sounds and files count as estimated.
    pub(crate) most_read: u64,
    /// Maximum output tokens; 0 when the body sets no limit.
    pub(crate) written: u64,
    /// Number of answers or pictures.
    pub(crate) answers: u64,
    /// Whether the answer may outlive its request.
    pub(crate) background: bool,
    /// The size of requested images.
    pub(crate) size: Option<(u32, u32)>,
}

impl Default for TokenEstimate {
    fn default() -> Self {
        Self { read: 0, most_read: 0, written: 0, answers: 1, background: false, size: None }
    }
}

/// Estimates a body that was judged before, so its depth is limited.
pub(crate) fn of(body: &[u8]) -> TokenEstimate {
    let mut counted = Counted::default();
    let mut reader = serde_json::Deserializer::from_slice(body);
    // A body that cannot be read to its end still gives an estimate; the upstream refuses it.
    let _ = Top(&mut counted).deserialize(&mut reader);
    let answers = counted.answers.max(1);
    let length = u64::try_from(body.len()).unwrap_or(u64::MAX);
    TokenEstimate {
        read: counted.tokens,
        most_read: length.saturating_sub(counted.media_bytes).saturating_add(counted.media_tokens),
        written: counted.most.saturating_mul(answers),
        answers,
        background: counted.background,
        size: counted.size,
    }
}

/// Parses a size such as `1024x1536`.
fn size_of(text: &str) -> Option<(u32, u32)> {
    let (width, height) = text.split_once('x').filter(|_| is_image_size(text))?;
    Some((width.parse().ok()?, height.parse().ok()?))
}

#[derive(Default)]
struct Counted {
    tokens: u64,
    /// Bytes of texts that are not read as text, and the tokens that they count.
    media_bytes: u64,
    media_tokens: u64,
    most: u64,
    answers: u64,
    background: bool,
    size: Option<(u32, u32)>,
}

impl Counted {
    fn add(&mut self, tokens: u64) {
        self.tokens = self.tokens.saturating_add(tokens);
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
            match &*key {
                "max_tokens" | "max_completion_tokens" | "max_output_tokens" => {
                    self.0.most = self.0.most.max(number(&map.next_value()?));
                }
                "background" => self.0.background = map.next_value::<serde_json::Value>()? == true,
                "size" => self.0.size = map.next_value::<serde_json::Value>()?.as_str().and_then(size_of),
                "n" | "best_of" => self.0.answers = self.0.answers.max(number(&map.next_value()?)),
                // Schemas are counted with the names of their fields.
                "tools" | "functions" | "response_format" | "text" => {
                    map.next_value_seed(Part { counted: self.0, place: Place::Schema })?;
                }
                "messages" | "input" | "prompt" | "suffix" | "instructions" | "system" | "prediction" | "documents" => {
                    map.next_value_seed(Part { counted: self.0, place: Place::Content })?;
                }
                // Everything else is for the server, not for the model.
                _ => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(())
    }
}

fn number(value: &serde_json::Value) -> u64 {
    value.as_u64().unwrap_or(0).min(LARGEST_COUNT.unsigned_abs())
}

/// The place of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// Input of the model, alone or in a list.
    Content,
    /// The address of a picture, or an object with one.
    Picture,
    /// A sound, or an object with one.
    Sound,
    /// Names, types and ids.
    Label,
    Schema,
}

impl Place {
    /// Returns the place of the value of a field of this name.
    fn member(self, name: &str) -> Self {
        match (self, name) {
            (Self::Schema, _) => Self::Schema,
            (Self::Sound, _) | (_, "input_audio") => Self::Sound,
            (_, "image_url" | "video_url") | (Self::Picture, "url") => Self::Picture,
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
            Place::Schema => tokens::of_text(text.as_bytes()),
            Place::Sound => {
                let tokens = media::of_any_sound(text);
                self.counted.note_media(text, tokens);
                tokens
            }
            _ => match worth(text, self.place) {
                Some(Worth::Picture(tokens) | Worth::Tokens(tokens)) => {
                    self.counted.note_media(text, tokens);
                    tokens
                }
                None => tokens::of_text(text.as_bytes()),
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
        while let Some(key) = map.next_key::<Cow<'de, str>>()? {
            let place = self.place.member(&key);
            match &*key {
                _ if place == Place::Schema => {
                    self.counted.add(tokens::of_text(key.as_bytes()));
                    map.next_value_seed(Part { counted: self.counted, place })?;
                }
                "detail" => low |= map.next_value::<serde_json::Value>()?.as_str() == Some("low"),
                // Objects of sounds also state their format.
                "format" if place == Place::Sound => drop(map.next_value::<IgnoredAny>()?),
                "file_id" => {
                    (pictures, tokens) = (pictures.saturating_add(1), tokens.saturating_add(media::UNKNOWN_PICTURE));
                    self.counted.note_media("", media::UNKNOWN_PICTURE);
                    map.next_value::<IgnoredAny>()?;
                }
                "url" | "image_url" if place == Place::Picture => {
                    let mut inside = Counted::default();
                    map.next_value_seed(Part { counted: &mut inside, place })?;
                    pictures = pictures.saturating_add(1);
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
    let encoded = text.as_bytes().get(..ENCODED).is_some_and(|start| start.iter().all(letter));
    if encoded { media::of_encoded(text) } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: &str) -> u64 {
        of(body.as_bytes()).read
    }

    #[test]
    fn bodies_are_estimated() {
        for (body, read, written, answers) in [
            (r#"{"model":"gpt-4o","messages":[{"role":"user","content":"one two three"}],"max_tokens":50}"#, 3, 50, 1),
            (r#"{"input":"abcd","max_output_tokens":7,"max_tokens":9,"n":3}"#, 1, 27, 3),
            (r#"{"input":[1,2,3,[4,5]],"max_tokens":null}"#, 5, 0, 1),
            (r#"{"max_tokens":1,"max_tokens":99,"n":-4,"x":-1,"y":0.5,"z":true,"w":null}"#, 0, 99, 1),
            (r#"{"max_tokens":1e30,"prompt":"日本"}"#, 2, 0, 1),
            (
                r#"{"max_tokens":18446744073709551615,"n":18446744073709551615}"#,
                0,
                1_000_000_000_000_000_000,
                1_000_000_000,
            ),
            // Fields that the model does not read.
            (r#"{"metadata":{"a":"one two three"},"user":"one","stop":["one"],"model":"one"}"#, 0, 0, 1),
            ("[", 0, 0, 1),
        ] {
            let asked = of(body.as_bytes());
            assert_eq!((asked.read, asked.written, asked.answers), (read, written, answers), "{body}");
        }
        let tools = r#"{"tools":[{"type":"function","function":{"name":"weather","parameters":{"type":"object","properties":{"town":{"type":"string"}}}}}]}"#;
        assert!((10..=20).contains(&read(tools)), "{}", read(tools));
    }

    #[test]
    fn no_text_is_more_tokens_than_the_bound() {
        for body in [
            r#"{"messages":[{"role":"user","content":"one two three"}]}"#,
            r#"{"input":[1,2,3,[4,5]]}"#,
            r#"{"input":"日本語のテキスト"}"#,
            r#"{"messages":[{"content":[{"type":"input_image","file_id":"file-123"}]}]}"#,
        ] {
            let asked = of(body.as_bytes());
            assert!(asked.read <= asked.most_read, "{body}");
            assert!(asked.most_read <= u64::try_from(body.len()).unwrap() + 765, "{body}");
        }
        // An encoded picture counts what it shows, not its length.
        let long = "A".repeat(1 << 20);
        let body = format!(r#"{{"input":[{{"type":"input_image","image_url":"data:image/png;base64,{long}"}}]}}"#);
        assert!(of(body.as_bytes()).most_read < 2_000);
    }

    #[test]
    fn pictures_sounds_and_files_are_worth_what_they_show() {
        let mut png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\x04\0\0\0\x04\0\x08\x06\0\0\0".to_vec();
        png.resize(1 << 20, 7);
        let encoded = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, &png);
        let picture = format!("data:image/png;base64,{encoded}");
        let message = |part: &str| {
            format!(r#"{{"messages":[{{"role":"user","content":[{{"type":"text","text":"one two three"}},{part}]}}]}}"#)
        };
        for (part, tokens) in [
            (format!(r#"{{"type":"image_url","image_url":{{"url":"{picture}"}}}}"#), 765),
            (format!(r#"{{"type":"image_url","image_url":{{"url":"{picture}","detail":"low"}}}}"#), 85),
            (format!(r#"{{"type":"image_url","image_url":{{"detail":"low","url":"{picture}"}}}}"#), 85),
            (format!(r#"{{"type":"image_url","image_url":{{"detail":"auto","url":"{picture}"}}}}"#), 765),
            (format!(r#"{{"type":"input_image","image_url":"{picture}"}}"#), 765),
            (format!(r#"{{"type":"input_image","image_url":"{picture}","detail":"low"}}"#), 85),
            (
                format!(
                    r#"{{"type":"image","source":{{"type":"base64","media_type":"image/png","data":"{encoded}"}}}}"#
                ),
                765,
            ),
            (
                r#"{"type":"image_url","image_url":{"url":"https://example.com/a/rather/long/address.png"}}"#
                    .to_owned(),
                765,
            ),
            (r#"{"type":"input_image","image_url":"https://example.com/a.png","detail":"low"}"#.to_owned(), 85),
            (r#"{"type":"input_image","file_id":"file-123"}"#.to_owned(), 765),
            (r#"{"type":"input_file","file_id":"file-123"}"#.to_owned(), 765),
            (r#"{"type":"input_audio","input_audio":{"data":"AAAA","format":"wav"}}"#.to_owned(), 10),
            (
                r#"{"type":"file","file":{"filename":"a.pdf","file_data":"data:application/pdf;base64,JVBERi0="}}"#
                    .to_owned(),
                765,
            ),
        ] {
            assert_eq!(read(&message(&part)), 3 + tokens, "{part:.90}");
        }
        // The Responses API writes parts one level higher.
        let input = format!(
            r#"{{"input":[{{"type":"message","role":"user","content":[{{"type":"input_image","image_url":"{picture}"}}]}}]}}"#
        );
        assert_eq!(read(&input), 765);
        // Text that only looks encoded is text.
        let letters = read(&format!(r#"{{"input":"{}"}}"#, "QUJD".repeat(1_000)));
        assert!((1_000..=4_000).contains(&letters), "{letters}");
    }
}
