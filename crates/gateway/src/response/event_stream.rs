//! Server-sent events as they pass: usage is read from them, and the usage chunk is removed if the gateway itself
//! requested it. Everything else passes byte for byte.

use bytes::{Bytes, BytesMut};

use crate::response::answer_reader::{Found, Reader};

/// A longer event is not a usage chunk: it is not held back.
const LONGEST: usize = 1 << 20;
/// Maximum compared length of field names, and of event names below.
const FIELD: usize = 8;
const KIND: usize = 64;

/// The data of the last event that clients expect, where events have no type.
const DONE: &[u8] = b"[DONE]";

/// The position of the reader in a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Line {
    /// In the name of the field.
    Name,
    /// In the value of a field `data`.
    Data,
    /// In the value of a field `event`.
    Event,
    /// In anything else.
    Other,
}

/// Reads an event stream. Lines end as in the standard: with CR, LF or both.
#[derive(Debug)]
pub(crate) struct EventScan {
    reader: Reader,
    /// Whether the gateway requested the usage chunk, which must not reach the client.
    strip: bool,
    /// The event until now, if it may have to be changed.
    held: BytesMut,
    /// The event is too long to be held back.
    overlong: bool,
    line: Line,
    field: ([u8; FIELD], usize),
    /// The name of the event.
    kind: Vec<u8>,
    /// The start of the event's data.
    head: ([u8; FIELD], usize),
    /// The last event has arrived.
    done: bool,
    /// The previous line ended with a CR; an LF may belong to it.
    carriage: bool,
    /// The line is empty until now.
    empty: bool,
    /// The event has data.
    has_data: bool,
    /// Nothing has arrived: a byte order mark may follow.
    first: bool,
    /// The previous event was removed.
    taken: bool,
    /// Some of the next event has arrived.
    begun: bool,
}

impl EventScan {
    pub(crate) fn new(strip: bool) -> Self {
        Self {
            reader: Reader::default(),
            strip,
            held: BytesMut::new(),
            overlong: false,
            line: Line::Name,
            field: ([0; FIELD], 0),
            kind: Vec::new(),
            head: ([0; FIELD], 0),
            done: false,
            carriage: false,
            empty: true,
            has_data: false,
            first: true,
            taken: false,
            begun: false,
        }
    }

    /// What was found in the events.
    pub(crate) const fn found(&self) -> &Found {
        self.reader.found()
    }

    /// Whether the stream is complete for its client, although more may follow. Some clients react to the line alone
    /// and do not wait for the empty one.
    pub(crate) fn is_final(&self) -> bool {
        self.done || self.found().is_last() || (!self.strip && self.is_done())
    }

    fn is_done(&self) -> bool {
        self.head.0.get(..self.head.1).is_some_and(|head| head.trim_ascii() == DONE)
    }

    /// Returns the id of a stored response, from its first event.
    pub(crate) fn take_object(&mut self) -> Option<String> {
        self.reader.take_object()
    }

    /// Reads a chunk; returns what the client may get of it.
    pub(crate) fn pass(&mut self, chunk: &Bytes) -> Bytes {
        let mut rest = &chunk[..];
        if !self.strip {
            while !rest.is_empty() {
                let (used, ended) = self.scan(rest);
                if ended {
                    self.end_event();
                }
                rest = &rest[used..];
            }
            return chunk.clone();
        }
        let mut out = BytesMut::with_capacity(chunk.len());
        // The second half of a line end that ended an event: a client that waits for it must not have to wait for the
        // next event.
        if self.carriage && self.held.is_empty() && rest.first() == Some(&b'\n') {
            if !self.taken {
                out.extend_from_slice(b"\n");
            }
            self.carriage = false;
            rest = &rest[1..];
        }
        while !rest.is_empty() {
            let (used, ended) = self.scan(rest);
            self.held.extend_from_slice(&rest[..used]);
            rest = &rest[used..];
            if ended {
                self.let_go(&mut out);
            } else if self.overlong || self.held.len() > LONGEST {
                self.overlong = true;
                out.extend_from_slice(&self.held.split());
            }
        }
        out.freeze()
    }

    /// Whether what the client has ends with a complete event, so that another may follow.
    pub(crate) fn is_between_events(&self) -> bool {
        !self.overlong && (self.strip || !self.begun)
    }

    /// Returns what was held back of an event without its empty line, at the end of the stream.
    pub(crate) fn rest(&mut self) -> Bytes {
        let mut out = BytesMut::new();
        if self.line == Line::Name {
            self.end_name();
        }
        self.let_go(&mut out);
        out.freeze()
    }

    /// Reads up to the end of the event. Returns how far it got, and whether that is the end.
    fn scan(&mut self, bytes: &[u8]) -> (usize, bool) {
        let mut at = 0;
        while let Some(byte) = bytes.get(at).copied() {
            if std::mem::take(&mut self.carriage) && byte == b'\n' {
                at += 1;
                continue;
            }
            let rest = &bytes[at..];
            self.begun = true;
            if matches!(byte, b'\n' | b'\r') {
                at += 1;
                if byte == b'\r' {
                    // The usual pair is one line end, and is consumed at once.
                    match bytes.get(at) {
                        Some(b'\n') => at += 1,
                        Some(_) => {}
                        None => self.carriage = true,
                    }
                }
                if self.end_line() {
                    return (at, true);
                }
                continue;
            }
            self.empty = false;
            at += match self.line {
                Line::Name => {
                    self.name(byte);
                    1
                }
                Line::Data | Line::Event | Line::Other => {
                    let length = memchr::memchr2(b'\n', b'\r', rest).unwrap_or(rest.len());
                    match self.line {
                        Line::Data => self.data(&rest[..length]),
                        Line::Event if self.kind.len() + length <= KIND => self.kind.extend_from_slice(&rest[..length]),
                        _ => {}
                    }
                    length
                }
            };
        }
        (at, false)
    }

    fn data(&mut self, piece: &[u8]) {
        for (place, byte) in self.head.0.iter_mut().skip(self.head.1).zip(piece) {
            *place = *byte;
            self.head.1 += 1;
        }
        self.reader.feed(piece);
    }

    fn name(&mut self, byte: u8) {
        if byte == b':' {
            self.end_name();
        } else if let Some(place) = self.field.0.get_mut(self.field.1) {
            *place = byte;
            self.field.1 += 1;
        } else {
            self.end_name();
        }
    }

    fn end_name(&mut self) {
        let name = self.field.0.get(..self.field.1).unwrap_or_default();
        let name = if self.first { name.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(name) } else { name };
        self.line = match name {
            b"data" => Line::Data,
            b"event" => Line::Event,
            _ => Line::Other,
        };
        if self.line == Line::Data {
            if self.has_data {
                self.data(b"\n");
            }
            self.has_data = true;
        }
        (self.field.1, self.first) = (0, false);
    }

    /// Whether the ending line was the empty one that ends an event.
    fn end_line(&mut self) -> bool {
        if self.line == Line::Name && !self.empty {
            self.end_name();
        }
        if self.line == Line::Event {
            self.reader.event(self.kind.trim_ascii());
            self.kind.clear();
        }
        self.line = Line::Name;
        std::mem::replace(&mut self.empty, true)
    }

    /// Releases the event that was held back, without the parts that are not for the client.
    fn let_go(&mut self, out: &mut BytesMut) {
        let event = self.end_event();
        let held = self.held.split();
        self.taken = false;
        match event.usage {
            _ if std::mem::take(&mut self.overlong) => out.extend_from_slice(&held),
            // It contains only the requested usage, and what each chunk has.
            Some(true) if !event.choices && !event.more => self.taken = true,
            Some(_) => out.extend_from_slice(&without_usage(&held)),
            None => out.extend_from_slice(&held),
        }
    }

    fn end_event(&mut self) -> crate::response::answer_reader::Event {
        (self.has_data, self.begun) = (false, false);
        self.done |= self.is_done();
        self.head.1 = 0;
        self.reader.end_value()
    }
}

/// Removes each outermost field `usage` and one comma beside it from an event.
fn without_usage(event: &[u8]) -> Vec<u8> {
    let mut event = event.to_vec();
    while let Some((start, end)) = outer_usage(&event) {
        let (mut start, mut end) = (start, end);
        let skip = |from: usize| from + event[from..].iter().take_while(|byte| byte.is_ascii_whitespace()).count();
        let before = event[..start].iter().rposition(|byte| *byte != b' ');
        if let Some(comma) = before.filter(|at| event[*at] == b',') {
            start = comma;
        } else if event.get(skip(end)) == Some(&b',') {
            end = skip(skip(end) + 1);
        }
        event.drain(start..end);
    }
    event
}

/// Finds the field `usage` among the fields of the event's own object, not deeper and not inside a string.
fn outer_usage(event: &[u8]) -> Option<(usize, usize)> {
    let line = |at: &usize| *at == 0 || matches!(event[*at - 1], b'\n' | b'\r' | 0xBF);
    let data = memchr::memmem::find_iter(event, b"data:").find(line)?;
    let begin = data + memchr::memchr(b'{', &event[data..])?;
    let (mut depth, mut in_string, mut escaped) = (0u32, false, false);
    // The start of the field, once it is found.
    let mut found = None;
    for (at, byte) in event.iter().enumerate().skip(begin) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' if in_string => in_string = false,
            b'"' => {
                in_string = true;
                if found.is_none() && depth == 1 && event[at..].starts_with(b"\"usage\"") {
                    found = event[at + 7..].trim_ascii_start().starts_with(b":").then_some(at);
                }
            }
            _ if in_string => {}
            b'{' | b'[' => depth += 1,
            b',' if depth == 1 && found.is_some() => return found.map(|start| (start, at)),
            b'}' | b']' => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return found.map(|start| (start, at));
                }
            }
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests;
