//! Server-sent events as they pass: found, read for usage, and, only where the gateway itself asked for the usage
//! chunk, taken out again. Everything else goes on byte for byte.

use bytes::{Bytes, BytesMut};
use keystead_core::route::Meter;
use keystead_core::usage::Quantities;
use serde::Deserialize;

use crate::usage;

/// An event longer than this is passed on unread.
const LONGEST: usize = 8 << 20;

/// Reads a stream of events.
#[derive(Debug)]
pub(crate) struct EventScan {
    meter: Meter,
    /// Whether the usage chunk was asked for by the gateway and must not reach the client.
    strip: bool,
    held: BytesMut,
    /// An event too long to read is passing.
    overlong: bool,
    /// Where in `held` the search for the end goes on.
    searched: usize,
    used: Option<Quantities>,
    object: Option<String>,
    /// An event has come behind which clients expect no other.
    done: bool,
}

/// The types of events that end a stream; `[DONE]` ends those whose events have no type.
const LAST: [&str; 7] = [
    "response.completed",
    "response.incomplete",
    "response.failed",
    "image_generation.completed",
    "image_edit.completed",
    "transcript.text.done",
    "speech.audio.done",
];
const DONE: &[u8] = b"[DONE]";

impl EventScan {
    pub(crate) fn new(meter: Meter, strip: bool) -> Self {
        Self {
            meter,
            strip,
            held: BytesMut::new(),
            overlong: false,
            searched: 0,
            used: None,
            object: None,
            done: false,
        }
    }

    /// Usage, once an event has said it.
    pub(crate) const fn used(&self) -> Option<Quantities> {
        self.used
    }

    /// Whether the stream is whole for its client, although more may come. Some clients go by the line alone and do not
    /// wait for the empty one.
    pub(crate) fn is_final(&self) -> bool {
        self.done || (!self.strip && data(&self.held).as_deref() == Some(DONE))
    }

    /// The id of a stored response, from its first event.
    pub(crate) fn take_object(&mut self) -> Option<String> {
        self.object.take()
    }

    /// Reads a chunk; answers what the client may have of it.
    pub(crate) fn pass(&mut self, chunk: &Bytes) -> Bytes {
        if !self.strip {
            self.read(chunk);
            return chunk.clone();
        }
        self.held.extend_from_slice(chunk);
        let mut out = BytesMut::with_capacity(chunk.len());
        while let Some(event) = self.next_event() {
            if std::mem::take(&mut self.overlong) {
                out.extend_from_slice(&event);
            } else if let Some(kept) = self.without_usage(&event) {
                out.extend_from_slice(&kept);
            }
        }
        if self.held.len() > LONGEST {
            // Memory is bounded: an event this long is no usage chunk and passes as it is.
            out.extend_from_slice(&self.held.split());
            self.searched = 0;
            self.overlong = true;
        }
        out.freeze()
    }

    /// Whether what the client has ends with a whole event, so that another may follow.
    pub(crate) fn is_between_events(&self) -> bool {
        !self.overlong && (self.strip || self.held.is_empty())
    }

    /// What was held back when the stream ended in the middle of an event.
    pub(crate) fn rest(&mut self) -> Bytes {
        if self.strip { std::mem::take(&mut self.held).freeze() } else { Bytes::new() }
    }

    /// Reads along without holding anything back.
    fn read(&mut self, chunk: &Bytes) {
        self.held.extend_from_slice(chunk);
        while let Some(event) = self.next_event() {
            if !std::mem::take(&mut self.overlong) {
                self.note(&event);
            }
        }
        if self.held.len() > LONGEST {
            self.held.clear();
            self.searched = 0;
            self.overlong = true;
        }
    }

    /// The next whole event with its empty line.
    fn next_event(&mut self) -> Option<Bytes> {
        loop {
            let from = self.searched.min(self.held.len());
            let Some(found) = memchr::memchr(b'\n', &self.held[from..]) else {
                self.searched = self.held.len();
                return None;
            };
            let at = from + found;
            self.searched = at + 1;
            let line_before = &self.held[..at];
            let empty = line_before.is_empty()
                || line_before.ends_with(b"\n")
                || line_before.ends_with(b"\n\r")
                || line_before == b"\r";
            if empty {
                self.searched = 0;
                return Some(self.held.split_to(at + 1).freeze());
            }
        }
    }

    fn note(&mut self, event: &[u8]) {
        // Most events of a stream carry no usage; looking for the word is cheaper than parsing each.
        let names_usage = memchr::memmem::find(event, b"\"usage\"").is_some();
        let names_response = memchr::memmem::find(event, b"response.created").is_some();
        let names_end = memchr::memmem::find(event, DONE).is_some();
        if !names_usage && !names_response && !names_end {
            return;
        }
        let Some(data) = data(event) else { return };
        self.done |= data == DONE || (names_usage && is_last(event, &data));
        if names_response {
            #[derive(Deserialize)]
            struct Created {
                response: Named,
            }
            #[derive(Deserialize)]
            struct Named {
                id: String,
            }
            if let Ok(created) = serde_json::from_slice::<Created>(&data) {
                self.object.get_or_insert(created.response.id);
            }
        }
        if let Some(used) = usage::of_json(self.meter, &data) {
            self.used = Some(used);
        }
    }

    /// The event without the null `usage` the gateway's own option brought; `None` for the usage chunk itself.
    fn without_usage(&mut self, event: &Bytes) -> Option<Bytes> {
        self.note(event);
        if memchr::memmem::find(event, b"\"usage\"").is_none() {
            return Some(event.clone());
        }
        #[derive(Deserialize)]
        struct Chunk {
            choices: Vec<serde::de::IgnoredAny>,
            usage: Option<serde::de::IgnoredAny>,
        }
        let chunk = data(event).and_then(|data| serde_json::from_slice::<Chunk>(&data).ok());
        match chunk {
            Some(chunk) if chunk.choices.is_empty() && chunk.usage.is_some() => None,
            Some(chunk) if chunk.usage.is_none() => Some(cut_null_usage(event)),
            _ => Some(event.clone()),
        }
    }
}

/// Whether an event's type says that it is the last one. All of these report usage, so others need no look.
fn is_last(event: &[u8], data: &[u8]) -> bool {
    #[derive(Deserialize)]
    struct Typed<'t> {
        #[serde(borrow, rename = "type")]
        kind: std::borrow::Cow<'t, str>,
    }
    let named = event.split(|byte| *byte == b'\n').filter_map(|line| line.strip_prefix(b"event:"));
    named.map(<[u8]>::trim_ascii).any(|name| LAST.iter().any(|last| last.as_bytes() == name))
        || serde_json::from_slice::<Typed<'_>>(data).is_ok_and(|event| LAST.contains(&&*event.kind))
}

/// The content of an event's `data:` lines.
fn data(event: &[u8]) -> Option<Vec<u8>> {
    let mut all: Option<Vec<u8>> = None;
    for line in event.split(|byte| *byte == b'\n') {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let Some(rest) = line.strip_prefix(b"data:") else { continue };
        let rest = rest.strip_prefix(b" ").unwrap_or(rest);
        match &mut all {
            None => all = Some(rest.to_vec()),
            Some(text) => {
                text.push(b'\n');
                text.extend_from_slice(rest);
            }
        }
    }
    all
}

/// Takes the outermost member `"usage":null` and one comma beside it out of an event.
fn cut_null_usage(event: &Bytes) -> Bytes {
    let Some((start, end)) = outer_null_usage(event) else { return event.clone() };
    let (mut start, mut end) = (start, end);
    let skip = |from: usize| from + event[from..].iter().take_while(|byte| byte.is_ascii_whitespace()).count();
    let before = event[..start].iter().rposition(|byte| *byte != b' ');
    if let Some(comma) = before.filter(|at| event[*at] == b',') {
        start = comma;
    } else if event.get(skip(end)) == Some(&b',') {
        end = skip(skip(end) + 1);
    }
    [&event[..start], &event[end..]].concat().into()
}

/// Where `"usage":null` stands among the members of the event's own object, not deeper and not inside a string.
fn outer_null_usage(event: &[u8]) -> Option<(usize, usize)> {
    let begin = memchr::memchr(b'{', event)?;
    let (mut depth, mut in_string, mut escaped) = (0u32, false, false);
    for (at, byte) in event.iter().enumerate().skip(begin) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' if in_string => in_string = false,
            b'"' => {
                in_string = true;
                if depth == 1 && event[at..].starts_with(b"\"usage\"") {
                    let value = event[at + 7..].trim_ascii_start().strip_prefix(b":").map(<[u8]>::trim_ascii_start);
                    if let Some(rest) = value.and_then(|value| value.strip_prefix(b"null")) {
                        return Some((at, event.len() - rest.len()));
                    }
                }
            }
            b'{' | b'[' if !in_string => depth += 1,
            b'}' | b']' if !in_string => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    const STREAM: &str = concat!(
        ": hello\n\n",
        "data: {\"id\":\"c\",\"choices\":[{\"delta\":{\"content\":\"\\\"usage\\\":null\"}}],\"usage\":null}\n\n",
        "data: {\"choices\":[{}], \"usage\" : null, \"id\":\"c\"}\r\n\r\n",
        "data: {\"choices\":[{\"content\":\"usage\",\"usage\":null}],\"usage\":null}\n\n",
        "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":5,\"completion_tokens\":7}}\n\n",
        "data: [DONE]\n\n",
    );

    fn through(strip: bool, step: usize) -> (String, Option<Quantities>) {
        let mut scan = EventScan::new(Meter::Completion, strip);
        let mut out = Vec::new();
        for chunk in STREAM.as_bytes().chunks(step) {
            out.extend_from_slice(&scan.pass(&Bytes::copy_from_slice(chunk)));
        }
        out.extend_from_slice(&scan.rest());
        (String::from_utf8_lossy(&out).into_owned(), scan.used())
    }

    #[test]
    fn memory_is_bounded_and_nothing_is_lost() {
        let long = Bytes::from(vec![b'x'; LONGEST / 2]);
        for strip in [false, true] {
            let mut scan = EventScan::new(Meter::Completion, strip);
            let mut passed = 0;
            for _ in 0..5 {
                passed += scan.pass(&long).len();
                assert!(scan.held.len() <= LONGEST);
            }
            let end = Bytes::from_static(b"\n\ndata: {\"choices\":[],\"usage\":{\"prompt_tokens\":5}}\n\n");
            passed += scan.pass(&end).len() + scan.rest().len();
            assert_eq!(passed, 5 * long.len() + if strip { 2 } else { end.len() });
            assert_eq!(scan.used().map(|u| u.input_tokens), Some(5));
        }
    }

    #[test]
    fn usage_is_read_and_only_our_own_chunk_is_taken_out() {
        let clean = concat!(
            ": hello\n\n",
            "data: {\"id\":\"c\",\"choices\":[{\"delta\":{\"content\":\"\\\"usage\\\":null\"}}]}\n\n",
            "data: {\"choices\":[{}], \"id\":\"c\"}\r\n\r\n",
            "data: {\"choices\":[{\"content\":\"usage\",\"usage\":null}]}\n\n",
            "data: [DONE]\n\n",
        );
        for step in 1..STREAM.len() {
            let (kept, used) = through(false, step);
            assert_eq!(kept, STREAM, "step {step}");
            assert_eq!(used.map(|u| (u.input_tokens, u.output_tokens)), Some((5, 7)));
            let (stripped, used) = through(true, step);
            assert_eq!(stripped.replace(" \"id\"", "\"id\""), clean.replace(" \"id\"", "\"id\""), "step {step}");
            assert_eq!(used.map(|u| (u.input_tokens, u.output_tokens)), Some((5, 7)));
        }
    }
}
