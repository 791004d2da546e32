//! What a JSON body may use at worst, read only where a limit asks for it. Never exact: what was used settles it.

use std::fmt;

use keystead_core::usage::LARGEST_COUNT;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// Text longer than this that holds nothing but the letters of base 64 is a picture or a sound.
const ENCODED: usize = 2_048;

/// What a body asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Asked {
    /// Tokens to be read: four characters of text each, and those that are sent as numbers.
    pub(crate) read: u64,
    /// Tokens to be written at most; 0 when the body sets no bound.
    pub(crate) written: u64,
    /// How many answers or pictures.
    pub(crate) answers: u64,
}

impl Default for Asked {
    fn default() -> Self {
        Self { read: 0, written: 0, answers: 1 }
    }
}

/// Reads a body that was judged before: its depth is bounded.
pub(crate) fn of(body: &[u8]) -> Asked {
    let mut counted = Counted::default();
    let mut reader = serde_json::Deserializer::from_slice(body);
    // What cannot be read to its end is an estimate all the same, and the upstream's to refuse.
    let _ = Top(&mut counted).deserialize(&mut reader);
    let answers = counted.answers.max(1);
    Asked {
        read: counted.characters.div_ceil(4).saturating_add(counted.numbers),
        written: counted.most.saturating_mul(answers),
        answers,
    }
}

#[derive(Default)]
struct Counted {
    characters: u64,
    numbers: u64,
    most: u64,
    answers: u64,
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
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "max_tokens" | "max_completion_tokens" | "max_output_tokens" => {
                    self.0.most = self.0.most.max(number(&map.next_value()?));
                }
                "n" | "best_of" => self.0.answers = self.0.answers.max(number(&map.next_value()?)),
                "model" => drop(map.next_value::<IgnoredAny>()?),
                _ => map.next_value_seed(Text(self.0))?,
            }
        }
        Ok(())
    }
}

fn number(value: &serde_json::Value) -> u64 {
    value.as_u64().unwrap_or(0).min(LARGEST_COUNT.unsigned_abs())
}

/// Counts the text and the numbers of a value of any shape.
struct Text<'c>(&'c mut Counted);

impl<'de> DeserializeSeed<'de> for Text<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Text<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_str<E>(self, text: &str) -> Result<(), E> {
        if !is_encoded(text) {
            let characters = u64::try_from(text.chars().count()).unwrap_or(u64::MAX);
            self.0.characters = self.0.characters.saturating_add(characters);
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        while list.next_element_seed(Text(self.0))?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while map.next_key::<IgnoredAny>()?.is_some() {
            map.next_value_seed(Text(self.0))?;
        }
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        self.0.numbers = self.0.numbers.saturating_add(1);
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

/// Pictures and sounds are worth a number of tokens that their length does not tell.
fn is_encoded(text: &str) -> bool {
    let letter = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'-' | b'_' | b'=');
    text.starts_with("data:") || text.as_bytes().get(..ENCODED).is_some_and(|start| start.iter().all(letter))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_are_estimated() {
        let long = "A".repeat(5_000);
        for (body, read, written, answers) in [
            (
                r#"{"model":"gpt-4o","messages":[{"role":"user","content":"12345678"}],"max_tokens":50}"#.to_owned(),
                3,
                50,
                1,
            ),
            (r#"{"input":"abcd","max_output_tokens":7,"max_tokens":9,"n":3}"#.to_owned(), 1, 27, 3),
            (r#"{"input":[1,2,3,[4,5]],"max_tokens":null}"#.to_owned(), 5, 0, 1),
            (format!(r#"{{"content":["{long}","data:image/png;base64,{long}"]}}"#), 0, 0, 1),
            (r#"{"max_tokens":1,"max_tokens":99,"n":-4,"x":-1,"y":0.5,"z":true,"w":null}"#.to_owned(), 0, 99, 1),
            (r#"{"max_tokens":1e30,"prompt":"日本"}"#.to_owned(), 1, 0, 1),
            (
                r#"{"max_tokens":18446744073709551615,"n":18446744073709551615}"#.to_owned(),
                0,
                1_000_000_000_000_000_000,
                1_000_000_000,
            ),
            ("[".to_owned(), 0, 0, 1),
        ] {
            let asked = of(body.as_bytes());
            assert_eq!((asked.read, asked.written, asked.answers), (read, written, answers), "{body:.80}");
        }
    }
}
