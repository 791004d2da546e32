//! What the gateway reads of a JSON body: the model and whether it streams, in one reading with what is forwarded.
//!
//! The bytes go on as they came; members the gate depends on must stand there once (GW-3).

use std::borrow::Cow;

use bytes::Bytes;
use keystead_core::refusal::Wire;
use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use crate::reply::bad_body;

/// Brackets may nest this deep.
const DEPTH: u32 = 64;

/// What a body asks for.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Peek {
    pub(crate) model: Option<String>,
    pub(crate) stream: bool,
    /// Whether reasoning summaries are asked for.
    pub(crate) summary: bool,
    /// Whether the client itself asked for the usage chunk.
    pub(crate) include_usage: bool,
    /// Where and how the usage chunk can be asked for; `None` where the body's own options leave no place.
    pub(crate) splice: Option<Splice>,
    /// Characters of a string `input`, for speech.
    pub(crate) input_characters: i64,
    /// Ids of upstream objects the body names, at any depth.
    pub(crate) objects: Vec<String>,
}

/// One change of a body: these bytes are replaced by this text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Splice {
    start: usize,
    end: usize,
    text: String,
}

/// Reads a body.
pub(crate) fn peek(body: &Bytes) -> Result<Peek, Wire> {
    let members: Members<'_> = serde_json::from_slice(body)
        .map_err(|error| bad_body(format!("We could not parse the JSON body of your request: {}.", place(&error))))?;
    let mut peek = Peek { model: members.model.map(Cow::into_owned), stream: members.stream, ..Peek::default() };
    if peek.stream {
        (peek.include_usage, peek.splice) = usage_option(body, members.stream_options);
    }
    peek.summary = members.reasoning.is_some_and(asks_summary);
    peek.input_characters = members.input.map_or(0, string_characters);
    peek.objects = members.objects;
    Ok(peek)
}

/// Whether the client asked for the usage chunk, and how to ask for it otherwise.
fn usage_option(body: &Bytes, options: Option<&RawValue>) -> (bool, Option<Splice>) {
    const OPTION: &str = "\"include_usage\":true";
    let Some(options) = options else {
        let Some(end) = body.iter().rposition(|byte| *byte == b'}') else { return (false, None) };
        let comma = if body[..end].iter().rev().find(|b| !b.is_ascii_whitespace()) == Some(&b'{') { "" } else { "," };
        let text = format!("{comma}\"stream_options\":{{{OPTION}}}");
        return (false, Some(Splice { start: end, end, text }));
    };
    let offset = |raw: &str| raw.as_ptr() as usize - body.as_ptr() as usize;
    let start = offset(options.get());
    if options.get() == "null" {
        return (false, Some(Splice { start, end: start + 4, text: format!("{{{OPTION}}}") }));
    }
    // Anything that cannot be read in one way goes on as it is, for the upstream to complain about.
    let Ok(read) = serde_json::from_str::<StreamOptions<'_>>(options.get()) else { return (true, None) };
    match read.include_usage {
        Some(raw) if raw.get() == "true" => (true, None),
        Some(raw) if matches!(raw.get(), "false" | "null") => {
            let start = offset(raw.get());
            (false, Some(Splice { start, end: start + raw.get().len(), text: "true".to_owned() }))
        }
        Some(_) => (true, None),
        None => {
            let empty = options.get()[1..].trim_start() == "}";
            let text = format!("{OPTION}{}", if empty { "" } else { "," });
            (false, Some(Splice { start: start + 1, end: start + 1, text }))
        }
    }
}

/// The parser's complaint without the client's text in it.
fn place(error: &serde_json::Error) -> String {
    let what = error.to_string();
    let custom = what.strip_prefix("keystead: ").map(|text| text.split(" at line").next().unwrap_or(text).to_owned());
    custom.unwrap_or_else(|| format!("line {}, column {}", error.line(), error.column()))
}

#[derive(Deserialize)]
struct StreamOptions<'b> {
    #[serde(borrow, default, deserialize_with = "as_it_stands")]
    include_usage: Option<&'b RawValue>,
}

/// `null` too is a value that stands somewhere.
fn as_it_stands<'de: 'b, 'b, D: Deserializer<'de>>(deserializer: D) -> Result<Option<&'b RawValue>, D::Error> {
    <&RawValue>::deserialize(deserializer).map(Some)
}

#[derive(Default)]
struct Members<'b> {
    model: Option<Cow<'b, str>>,
    stream: bool,
    stream_options: Option<&'b RawValue>,
    reasoning: Option<&'b RawValue>,
    input: Option<&'b RawValue>,
    objects: Vec<String>,
}

impl<'de: 'b, 'b> Deserialize<'de> for Members<'b> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(MembersVisitor(std::marker::PhantomData))
    }
}

struct MembersVisitor<'b>(std::marker::PhantomData<&'b ()>);

impl<'de: 'b, 'b> Visitor<'de> for MembersVisitor<'b> {
    type Value = Members<'b>;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members<'b>, A::Error> {
        use serde::de::Error;
        let mut members = Members::default();
        let mut seen: Vec<&'static str> = Vec::with_capacity(4);
        while let Some(Text(key)) = map.next_key::<Text<'de>>()? {
            const SINGLE: [&str; 6] =
                ["model", "stream", "stream_options", "reasoning", "input", "previous_response_id"];
            if let Some(name) = SINGLE.into_iter().find(|name| *name == key) {
                if seen.contains(&name) {
                    return Err(A::Error::custom(format!("keystead: the member '{name}' stands twice")));
                }
                seen.push(name);
            }
            match &*key {
                "model" => {
                    let text: Text<'de> =
                        map.next_value().map_err(|_| A::Error::custom("keystead: 'model' must be a string"))?;
                    members.model = Some(text.0);
                }
                "stream" => {
                    let flag: Option<bool> =
                        map.next_value().map_err(|_| A::Error::custom("keystead: 'stream' must be a boolean"))?;
                    members.stream = flag.unwrap_or(false);
                }
                "stream_options" => members.stream_options = Some(walked(&mut map, &mut members.objects)?),
                "reasoning" => members.reasoning = Some(walked(&mut map, &mut members.objects)?),
                "input" => members.input = Some(walked(&mut map, &mut members.objects)?),
                key if NAMES.contains(&key) => {
                    map.next_value_seed(Walk { named: true, depth: 1, found: &mut members.objects })?
                }
                _ => map.next_value_seed(Walk { named: false, depth: 1, found: &mut members.objects })?,
            }
        }
        Ok(members)
    }
}

/// Members whose strings are ids of upstream objects (GW-6).
const NAMES: [&str; 7] =
    ["previous_response_id", "input_file_id", "file_id", "file_ids", "part_ids", "vector_store_id", "vector_store_ids"];

/// A member as it stands, walked unless it is only text, which cannot name an object.
fn walked<'de, A: MapAccess<'de>>(map: &mut A, found: &mut Vec<String>) -> Result<&'de RawValue, A::Error> {
    let raw: &'de RawValue = map.next_value()?;
    if !raw.get().starts_with('"') {
        let mut reader = serde_json::Deserializer::from_str(raw.get());
        Walk { named: false, depth: 1, found }.deserialize(&mut reader).map_err(serde::de::Error::custom)?;
    }
    Ok(raw)
}

/// Walks a value of any shape, no deeper than [`DEPTH`], and collects the strings that stand under one of [`NAMES`].
struct Walk<'f> {
    named: bool,
    /// Brackets open around it.
    depth: u32,
    found: &'f mut Vec<String>,
}

impl Walk<'_> {
    /// One bracket further in.
    fn inside<E: serde::de::Error>(&self) -> Result<u32, E> {
        let depth = self.depth + 1;
        if depth > DEPTH {
            return Err(E::custom(format!("keystead: it nests deeper than {DEPTH} levels")));
        }
        Ok(depth)
    }
}

impl<'de> DeserializeSeed<'de> for Walk<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Walk<'_> {
    type Value = ();

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("any value")
    }

    fn visit_str<E>(self, text: &str) -> Result<(), E> {
        if self.named {
            self.found.push(text.to_owned());
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        let depth = self.inside()?;
        while list.next_element_seed(Walk { named: self.named, depth, found: &mut *self.found })?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let depth = self.inside()?;
        while let Some(key) = map.next_key::<Text<'de>>()? {
            let named = NAMES.contains(&&*key.0);
            map.next_value_seed(Walk { named, depth, found: &mut *self.found })?;
        }
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }
}

/// A string, borrowed where it holds no escape.
struct Text<'b>(Cow<'b, str>);

impl<'de: 'b, 'b> Deserialize<'de> for Text<'b> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Borrowed<'a>(#[serde(borrow)] Cow<'a, str>);
        Borrowed::deserialize(deserializer).map(|text| Self(text.0))
    }
}

fn asks_summary(raw: &RawValue) -> bool {
    #[derive(Deserialize)]
    struct Reasoning {
        summary: Option<serde_json::Value>,
        generate_summary: Option<serde_json::Value>,
    }
    let asked = |value: Option<serde_json::Value>| value.is_some_and(|value| !value.is_null());
    serde_json::from_str::<Reasoning>(raw.get()).is_ok_and(|r| asked(r.summary) || asked(r.generate_summary))
}

fn string_characters(raw: &RawValue) -> i64 {
    let text = serde_json::from_str::<String>(raw.get()).unwrap_or_default();
    i64::try_from(text.chars().count()).unwrap_or(i64::MAX)
}

/// The body with `stream_options.include_usage` set, all else byte for byte as it came (contract 7, rule 1).
pub(crate) fn with_usage_chunk(body: &Bytes, splice: &Splice) -> Bytes {
    [&body[..splice.start], splice.text.as_bytes(), &body[splice.end..]].concat().into()
}

#[cfg(test)]
mod tests {

    use super::*;

    #[test]
    fn reads_what_the_gate_needs() {
        let body =
            Bytes::from_static(br#"{"model":"o3","stream":true,"reasoning":{"summary":"auto"},"x":[{"model":"y"}]}"#);
        let peeked = peek(&body).unwrap();
        assert_eq!((peeked.model.as_deref(), peeked.stream, peeked.summary), (Some("o3"), true, true));
    }

    #[test]
    fn one_value_for_gate_and_upstream() {
        // GW-3: a second member with another model, plain or escaped, is refused.
        for body in
            [r#"{"model":"a","model":"b"}"#, r#"{"model":"a","m\u006fdel":"b"}"#, r#"{"stream":true,"stream":false}"#]
        {
            assert_eq!(peek(&Bytes::from(body)).unwrap_err().status, 400, "{body}");
        }
    }

    #[test]
    fn depth_is_bounded_wherever_it_stands() {
        for member in ["messages", "input", "reasoning", "stream_options"] {
            let body = |depth: usize| {
                Bytes::from(format!(r#"{{"model":"a","{member}":{}{}}}"#, "[".repeat(depth), "]".repeat(depth)))
            };
            assert!(peek(&body(63)).is_ok(), "{member}");
            let wire = peek(&body(64)).unwrap_err();
            assert!(wire.message.contains("deeper than 64 levels"), "{member}: {}", wire.message);
        }
    }

    #[test]
    fn hostile_bodies_are_answered() {
        let deep = "[".repeat(100_000);
        for body in [
            "",
            "{",
            "[]",
            "null",
            "\u{0}",
            r#"{"model":5}"#,
            r#"{"model":"a"} x"#,
            deep.as_str(),
            "{\"model\":\"\\ud800\"}",
        ] {
            let wire = peek(&Bytes::from(body.to_owned())).unwrap_err();
            assert_eq!((wire.status, wire.kind), (400, "invalid_request_error"), "{body:.20}");
        }
    }

    #[test]
    fn the_usage_chunk_is_asked_for_without_touching_the_rest() {
        for (body, wanted) in [
            (
                r#"{"model":"a", "stream":true }"#,
                Some(r#"{"model":"a", "stream":true ,"stream_options":{"include_usage":true}}"#),
            ),
            (
                r#"{"stream_options":{"x":1.50},"stream":true}"#,
                Some(r#"{"stream_options":{"include_usage":true,"x":1.50},"stream":true}"#),
            ),
            (
                r#"{"stream_options":{ },"stream":true}"#,
                Some(r#"{"stream_options":{"include_usage":true },"stream":true}"#),
            ),
            (
                r#"{"stream_options":{"include_usage": false },"stream":true}"#,
                Some(r#"{"stream_options":{"include_usage": true },"stream":true}"#),
            ),
            (
                r#"{"stream_options": null,"stream":true}"#,
                Some(r#"{"stream_options": {"include_usage":true},"stream":true}"#),
            ),
            ("{\"stream\":true}\n", Some("{\"stream\":true,\"stream_options\":{\"include_usage\":true}}\n")),
            (r#"{"stream_options":{"include_usage":true},"stream":true}"#, None),
            (r#"{"stream_options":5,"stream":true}"#, None),
            (r#"{"stream_options":{"include_usage":1},"stream":true}"#, None),
            (r#"{"stream":false}"#, None),
        ] {
            let bytes = Bytes::from(body);
            let peeked = peek(&bytes).unwrap();
            let sent = peeked.splice.map(|splice| with_usage_chunk(&bytes, &splice));
            assert_eq!(sent, wanted.map(Bytes::from), "{body}");
        }
    }

    #[test]
    fn ids_are_found_wherever_they_stand() {
        let body = Bytes::from_static(
            br#"{"model":"a","previous_response_id":"resp_1","input":[{"content":[{"type":"input_file","file\u005fid":"file-2"}]}],
                "tools":[{"container":{"file_ids":["file-3"]},"n":-1,"f":1.5,"z":null,"b":true}],"text":"file_id"}"#,
        );
        assert_eq!(peek(&body).unwrap().objects, ["resp_1", "file-2", "file-3"]);
    }
}
