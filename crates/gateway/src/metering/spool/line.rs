//! One event as one line of a spool file: the checksum, the event's position in its segment, the event as JSON, a line
//! break. The payer, the key and the model are the same for many events. They are in a separate line, the context,
//! before the first event that refers to it, so that an event takes a third of the space. Files of earlier versions
//! repeat them in each line, and can be read, too.

use std::hash::BuildHasher;
use std::io;
use std::sync::Arc;

use foldhash::fast::RandomState;
use keystead_core::budget::{Charge, Payers};
use keystead_core::id::{KeyId, OrganizationId, ProjectId};
use keystead_core::money::Amount;
use keystead_core::time::Timestamp;
use keystead_core::usage::{Attributes, Quantities, UsageEvent, UsageKind};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// The first line of a file, without the version of the format.
const HEADER: &[u8] = b"keystead usage ";
/// The version that is written.
const VERSION: u32 = 4;
/// The version of files with events as objects.
const OBJECTS: u32 = 2;
/// The byte after the checksum of a context.
const CONTEXT: u8 = b'=';
/// Maximum number of contexts that a writer remembers. Beyond that it drops all of them, and writes those again that
/// are still used.
const MOST_CONTEXTS: usize = 4_096;
/// Characters of a checksum, CRC-32 in hexadecimal.
const SUM: usize = 8;
/// Characters of a checksum in files without a first line: eight bytes of SHA-256.
const OLD_SUM: usize = 16;

const DIGITS: &[u8; 16] = b"0123456789abcdef";

/// The first line of a file.
pub(crate) fn header() -> Vec<u8> {
    [HEADER, VERSION.to_string().as_bytes(), b"\n"].concat()
}

/// The content of a line.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Line {
    /// The first line of a file in a known format.
    Header,
    /// The first line of a file in a format of another version of Keystead.
    Foreign,
    /// A context to which later events refer.
    Context,
    /// An event and its position.
    Event(i64, Box<UsageEvent>),
    /// It has no end, because the process or the machine stopped while it was written. Its event was never recorded.
    Torn,
    /// It was complete and cannot be read.
    Damaged,
}

/// The values that many events of a file share: the payer, the key and its owner, the model, the kind of usage and its
/// attributes, which earlier versions do not have.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Context(OrganizationId, ProjectId, KeyId, Arc<str>, Arc<str>, UsageKind, #[serde(default)] Attributes);

impl Context {
    fn of(event: &UsageEvent) -> Self {
        let UsageEvent { organization, project, key, owner, model, kind, attributes, .. } = event;
        let (owner, model) = (Arc::clone(owner), Arc::clone(model));
        Self(organization.clone(), project.clone(), key.clone(), owner, model, *kind, attributes.clone())
    }

    fn is_of(&self, event: &UsageEvent) -> bool {
        let Self(organization, project, key, owner, model, kind, attributes) = self;
        (organization, project, key) == (&event.organization, &event.project, &event.key)
            && (owner, model, *kind, attributes) == (&event.owner, &event.model, event.kind, &event.attributes)
    }
}

/// An event without its context; the number of the context comes first.
#[derive(Deserialize)]
struct Rest(
    u64,
    Timestamp,
    Vec<i64>,
    Amount,
    u16,
    u8,
    Arc<str>,
    #[serde(default)] Option<String>,
    #[serde(default)] Option<Timestamp>,
    #[serde(default)] Payers,
);

impl Rest {
    fn of(self, contexts: &foldhash::HashMap<u64, Context>) -> Option<UsageEvent> {
        let Self(context, at, used, cost, status, flags, request, once, admitted_at, payers) = self;
        let Context(organization, project, key, owner, model, kind, attributes) = contexts.get(&context)?.clone();
        // Events of earlier versions have fewer figures.
        let mut figures = [0; 14];
        figures.get_mut(..used.len())?.copy_from_slice(&used);
        let used = Quantities::of_figures(figures);
        let flag = |bit: u8| flags & bit != 0;
        let (estimated, stream, summary) = (flag(ESTIMATED), flag(STREAM), flag(SUMMARY));
        let limits = Payers::of_spend_limits(flag(ORGANIZATION_PAYS), flag(PROJECT_PAYS));
        let charge = admitted_at.map(|admitted_at| Charge { admitted_at, payers: Payers(payers.0 | limits.0) });
        Some(UsageEvent {
            at,
            kind,
            organization,
            project,
            key,
            owner,
            model,
            used,
            cost,
            status,
            estimated,
            request,
            stream,
            summary,
            once,
            attributes,
            charge,
        })
    }
}

const ESTIMATED: u8 = 1;
const STREAM: u8 = 2;
const SUMMARY: u8 = 4;
const ORGANIZATION_PAYS: u8 = 8;
const PROJECT_PAYS: u8 = 16;
/// The spend limits that have a flag.
const ORGANIZATION_LIMIT: Payers = Payers::of_spend_limits(true, false);
const PROJECT_LIMIT: Payers = Payers::of_spend_limits(false, true);

/// Reads the lines of one file, in their order.
#[derive(Debug, Default)]
pub(crate) struct Reader {
    contexts: foldhash::HashMap<u64, Context>,
}

impl Reader {
    /// Reads the next line, with its line break.
    pub(crate) fn read(&mut self, line: &[u8]) -> Line {
        let Some(line) = line.strip_suffix(b"\n") else { return Line::Torn };
        if let Some(version) = line.strip_prefix(HEADER) {
            let known = [OBJECTS, VERSION].iter().any(|known| version == known.to_string().as_bytes());
            return if known { Line::Header } else { Line::Foreign };
        }
        self.content(line).unwrap_or(Line::Damaged)
    }

    fn content(&mut self, line: &[u8]) -> Option<Line> {
        let end = line.iter().position(|byte| *byte == b' ')?;
        let (sum, rest) = (&line[..end], &line[end + 1..]);
        let whole = match end {
            SUM => checksum(rest) == sum,
            OLD_SUM => old_checksum(rest) == sum,
            _ => false,
        };
        let (number, json) = rest.split_at(rest.iter().position(|byte| *byte == b' ').filter(|_| whole)?);
        let (number, json) = (std::str::from_utf8(number).ok()?, json.trim_ascii_start());
        if let Some(number) = number.strip_prefix(char::from(CONTEXT)) {
            self.contexts.insert(number.parse().ok()?, serde_json::from_slice(json).ok()?);
            return Some(Line::Context);
        }
        let event = match json.first() {
            Some(b'[') => serde_json::from_slice::<Rest>(json).ok()?.of(&self.contexts)?,
            _ => serde_json::from_slice(json).ok()?,
        };
        Some(Line::Event(number.parse().ok()?, Box::new(event)))
    }
}

/// Writes the lines of one file.
#[derive(Debug, Default)]
pub(crate) struct Writer {
    /// By their hash: of two contexts with the same hash, the later one replaces the earlier one.
    contexts: foldhash::HashMap<u64, (u64, Context)>,
    hasher: RandomState,
    /// Number of contexts written.
    written: u64,
}

impl Writer {
    /// Appends an event to the text, and before it its context, if that is not in the file.
    pub(crate) fn write(&mut self, text: &mut Vec<u8>, place: i64, event: &UsageEvent) -> io::Result<()> {
        let context = self.context(text, event)?;
        line(text, |text| rest(text, place, context, event))
    }

    /// The number of the event's context.
    fn context(&mut self, text: &mut Vec<u8>, event: &UsageEvent) -> io::Result<u64> {
        let place = (&event.organization, &event.project, &event.key);
        let hash = self.hasher.hash_one((place, &event.model, event.kind, &event.attributes));
        match self.contexts.get(&hash) {
            Some((number, context)) if context.is_of(event) => return Ok(*number),
            None if self.contexts.len() >= MOST_CONTEXTS => self.contexts.clear(),
            _ => {}
        }
        let (number, context) = (self.written, Context::of(event));
        line(text, |text| {
            text.push(CONTEXT);
            put(text, &[itoa::Buffer::new().format(number), " "]);
            serde_json::to_writer(text, &context)
        })?;
        self.written += 1;
        self.contexts.insert(hash, (number, context));
        Ok(number)
    }
}

/// Writes what [`Rest`] reads. Every request pays for this, and it takes half the time of a serializer. Strings that
/// may need escapes, and amounts, are left to the serializer.
fn rest(text: &mut Vec<u8>, place: i64, context: u64, event: &UsageEvent) -> serde_json::Result<()> {
    let mut digits = itoa::Buffer::new();
    put(text, &[digits.format(place), " ["]);
    put(text, &[digits.format(context), ","]);
    put(text, &[digits.format(event.at.0), ",["]);
    let used = event.used.figures();
    let said = used.iter().rposition(|figure| *figure != 0).map_or(0, |last| last + 1);
    for (at, figure) in used.iter().take(said).enumerate() {
        put(text, &[if at == 0 { "" } else { "," }, digits.format(*figure)]);
    }
    put(text, &["],"]);
    serde_json::to_writer(&mut *text, &event.cost)?;
    let flag = |flag: bool, bit: u8| if flag { bit } else { 0 };
    let flags = flag(event.estimated, ESTIMATED) | flag(event.stream, STREAM) | flag(event.summary, SUMMARY);
    let payers = event.charge.map(|charge| charge.payers).unwrap_or_default();
    let pays = |limit: Payers, bit: u8| flag(payers.0 & limit.0 != 0, bit);
    let flags = flags | pays(ORGANIZATION_LIMIT, ORGANIZATION_PAYS) | pays(PROJECT_LIMIT, PROJECT_PAYS);
    put(text, &[",", digits.format(event.status), ","]);
    put(text, &[digits.format(flags), ","]);
    quoted(text, &event.request)?;
    match &event.once {
        Some(once) => {
            text.push(b',');
            quoted(text, once)?;
        }
        None if event.charge.is_some() => put(text, &[",null"]),
        None => {}
    }
    if let Some(charge) = event.charge {
        put(text, &[",", digits.format(charge.admitted_at.0)]);
        // The spend limits are flags; other budgets are written only where there are any.
        let others = payers.0 & !(ORGANIZATION_LIMIT.0 | PROJECT_LIMIT.0);
        if others != 0 {
            put(text, &[",", digits.format(others)]);
        }
    }
    text.push(b']');
    Ok(())
}

/// Writes a line. The checksum is filled in after the rest is written.
fn line(text: &mut Vec<u8>, content: impl FnOnce(&mut Vec<u8>) -> serde_json::Result<()>) -> io::Result<()> {
    let start = text.len();
    text.extend_from_slice(&[b' '; SUM + 1]);
    let summed = text.len();
    content(text)?;
    let sum = checksum(&text[summed..]);
    text[start..start + SUM].copy_from_slice(&sum);
    text.push(b'\n');
    Ok(())
}

fn put(text: &mut Vec<u8>, pieces: &[&str]) {
    pieces.iter().for_each(|piece| text.extend_from_slice(piece.as_bytes()));
}

/// Writes a string as JSON.
fn quoted(text: &mut Vec<u8>, string: &str) -> serde_json::Result<()> {
    // No early end, so that many bytes are compared at a time.
    let plain = |byte: u8| (b' '..0x7f).contains(&byte) & (byte != b'"') & (byte != b'\\');
    if string.bytes().fold(true, |all, byte| all & plain(byte)) {
        put(text, &["\"", string, "\""]);
        return Ok(());
    }
    serde_json::to_writer(text, string)
}

fn checksum(bytes: &[u8]) -> [u8; SUM] {
    hexadecimal(&crc32fast::hash(bytes).to_be_bytes())
}

fn old_checksum(bytes: &[u8]) -> [u8; OLD_SUM] {
    hexadecimal(&Sha256::digest(bytes))
}

/// Decodes as many of the bytes as fit.
fn hexadecimal<const N: usize>(bytes: &[u8]) -> [u8; N] {
    let mut text = [b'0'; N];
    for (pair, byte) in text.chunks_exact_mut(2).zip(bytes) {
        pair.copy_from_slice(&[DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]]);
    }
    text
}

#[cfg(test)]
mod tests;
