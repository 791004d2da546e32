//! What the gateway reads of a JSON body: the model and whether it streams, in one reading with what is forwarded.
//!
//! The bytes go on as they came; members the gate depends on must stand there once (GW-3).

use std::borrow::Cow;

use bytes::Bytes;
use keystead_core::refusal::Wire;
use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};
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
    /// Where `stream_options` stands in the body, if it is an object.
    pub(crate) stream_options: Option<(usize, usize)>,
    /// Whether the client itself asked for the usage chunk.
    pub(crate) include_usage: bool,
    /// Characters of a string `input`, for speech.
    pub(crate) input_characters: i64,
    /// Ids of upstream objects the body names.
    pub(crate) objects: Vec<String>,
}

/// Reads a body.
pub(crate) fn peek(body: &Bytes) -> Result<Peek, Wire> {
    shallow(body)?;
    let members: Members<'_> = serde_json::from_slice(body)
        .map_err(|error| bad_body(format!("We could not parse the JSON body of your request: {}.", place(&error))))?;
    let mut peek = Peek { model: members.model.map(Cow::into_owned), stream: members.stream, ..Peek::default() };
    if let Some(options) = members.stream_options.filter(|raw| raw.get().starts_with('{')) {
        let start = options.get().as_ptr() as usize - body.as_ptr() as usize;
        peek.stream_options = Some((start, start + options.get().len()));
        let read: StreamOptions = serde_json::from_str(options.get()).unwrap_or_default();
        peek.include_usage = read.include_usage;
    }
    peek.summary = members.reasoning.is_some_and(asks_summary);
    peek.input_characters = members.input.map_or(0, string_characters);
    peek.objects = members.objects.into_iter().map(Cow::into_owned).collect();
    Ok(peek)
}

/// The parser's complaint without the client's text in it.
fn place(error: &serde_json::Error) -> String {
    let what = error.to_string();
    let custom = what.strip_prefix("keystead: ").map(|text| text.split(" at line").next().unwrap_or(text).to_owned());
    custom.unwrap_or_else(|| format!("line {}, column {}", error.line(), error.column()))
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct StreamOptions {
    include_usage: bool,
}

#[derive(Default)]
struct Members<'b> {
    model: Option<Cow<'b, str>>,
    stream: bool,
    stream_options: Option<&'b RawValue>,
    reasoning: Option<&'b RawValue>,
    input: Option<&'b RawValue>,
    objects: Vec<Cow<'b, str>>,
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
        while let Some(key) = map.next_key::<Cow<'de, str>>()? {
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
                "stream_options" => members.stream_options = Some(map.next_value()?),
                "reasoning" => members.reasoning = Some(map.next_value()?),
                "input" => members.input = Some(map.next_value()?),
                "previous_response_id" | "input_file_id" => {
                    let text: Option<Text<'de>> =
                        map.next_value().map_err(|_| A::Error::custom("keystead: an id must be a string"))?;
                    members.objects.extend(text.map(|t| t.0));
                }
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(members)
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

/// Refuses bodies that nest deeper than any client of the contract does, before a parser sees them.
fn shallow(body: &[u8]) -> Result<(), Wire> {
    let (mut depth, mut in_string, mut escaped) = (0u32, false, false);
    for byte in body {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            b'{' | b'[' if !in_string => {
                depth += 1;
                if depth > DEPTH {
                    return Err(bad_body(format!("The JSON body nests deeper than {DEPTH} levels.")));
                }
            }
            b'}' | b']' if !in_string => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    Ok(())
}

/// The body with `stream_options.include_usage` set, all else byte for byte as it came (contract 7, rule 1).
pub(crate) fn with_usage_chunk(body: &Bytes, peek: &Peek) -> Bytes {
    const OPTION: &str = "\"include_usage\":true";
    if let Some((start, end)) = peek.stream_options {
        let parsed = serde_json::from_slice::<serde_json::Map<String, serde_json::Value>>(&body[start..end]);
        let mut options = parsed.unwrap_or_default();
        options.insert("include_usage".to_owned(), true.into());
        let options = serde_json::Value::Object(options).to_string();
        return [&body[..start], options.as_bytes(), &body[end..]].concat().into();
    }
    let Some(end) = body.iter().rposition(|byte| *byte == b'}') else { return body.clone() };
    let comma = if body[..end].iter().rev().find(|b| !b.is_ascii_whitespace()) == Some(&b'{') { "" } else { "," };
    // A `null` stands there already: the last of two equal members counts for every parser in use upstream.
    let added = format!("{comma}\"stream_options\":{{{OPTION}}}");
    [&body[..end], added.as_bytes(), &body[end..]].concat().into()
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
                r#"{"model":"a", "stream":true ,"stream_options":{"include_usage":true}}"#,
            ),
            (
                r#"{"stream_options":{"x":1},"model":"a"}"#,
                r#"{"stream_options":{"include_usage":true,"x":1},"model":"a"}"#,
            ),
            ("{}\n", "{\"stream_options\":{\"include_usage\":true}}\n"),
        ] {
            let bytes = Bytes::from(body);
            let peeked = peek(&bytes).unwrap();
            assert_eq!(with_usage_chunk(&bytes, &peeked), Bytes::from(wanted));
        }
    }
}
