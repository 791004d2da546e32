//! One event as one line of a spool file: the checksum, the event's position in its segment, the event as JSON, a line
//! break. The payer, the key and the model are the same for many events. They are in a separate line, the context,
//! before the first event that refers to it, so that an event takes a third of the space. Files of earlier versions
//! repeat them in each line, and can be read, too.

use std::hash::BuildHasher;
use std::io;
use std::sync::Arc;

use foldhash::fast::RandomState;
use keystead_core::id::{KeyId, OrganizationId, ProjectId};
use keystead_core::money::Amount;
use keystead_core::time::Timestamp;
use keystead_core::usage::{Quantities, UsageEvent, UsageKind};
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

/// The values that many events of a file share: the payer, the key and its owner, the model, and the kind of usage.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Context(OrganizationId, ProjectId, KeyId, Arc<str>, Arc<str>, UsageKind);

impl Context {
    fn of(event: &UsageEvent) -> Self {
        let UsageEvent { organization, project, key, owner, model, kind, .. } = event;
        Self(organization.clone(), project.clone(), key.clone(), Arc::clone(owner), Arc::clone(model), *kind)
    }

    fn is_of(&self, event: &UsageEvent) -> bool {
        let Self(organization, project, key, owner, model, kind) = self;
        (organization, project, key) == (&event.organization, &event.project, &event.key)
            && (owner, model, *kind) == (&event.owner, &event.model, event.kind)
    }
}

/// An event without its context; the number of the context comes first.
#[derive(Deserialize)]
struct Rest(u64, Timestamp, Vec<i64>, Amount, u16, u8, Arc<str>, #[serde(default)] Option<String>);

impl Rest {
    fn of(self, contexts: &foldhash::HashMap<u64, Context>) -> Option<UsageEvent> {
        let Self(context, at, used, cost, status, flags, request, once) = self;
        let Context(organization, project, key, owner, model, kind) = contexts.get(&context)?.clone();
        let mut all = [0; 7];
        all.get_mut(..used.len())?.copy_from_slice(&used);
        let [requests, input_tokens, input_cached_tokens, output_tokens, images, characters, seconds] = all;
        let used =
            Quantities { requests, input_tokens, input_cached_tokens, output_tokens, images, characters, seconds };
        let flag = |bit: u8| flags & bit != 0;
        let (estimated, stream, summary) = (flag(ESTIMATED), flag(STREAM), flag(SUMMARY));
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
        })
    }
}

const ESTIMATED: u8 = 1;
const STREAM: u8 = 2;
const SUMMARY: u8 = 4;

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
        let hash = self.hasher.hash_one((&event.organization, &event.project, &event.key, &event.model, event.kind));
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
    let Quantities { requests, input_tokens, input_cached_tokens, output_tokens, images, characters, seconds } =
        event.used;
    let used = [requests, input_tokens, input_cached_tokens, output_tokens, images, characters, seconds];
    let said = used.iter().rposition(|figure| *figure != 0).map_or(0, |last| last + 1);
    for (at, figure) in used.iter().take(said).enumerate() {
        put(text, &[if at == 0 { "" } else { "," }, digits.format(*figure)]);
    }
    put(text, &["],"]);
    serde_json::to_writer(&mut *text, &event.cost)?;
    let flag = |flag: bool, bit: u8| if flag { bit } else { 0 };
    let flags = flag(event.estimated, ESTIMATED) | flag(event.stream, STREAM) | flag(event.summary, SUMMARY);
    put(text, &[",", digits.format(event.status), ","]);
    put(text, &[digits.format(flags), ","]);
    quoted(text, &event.request)?;
    if let Some(once) = &event.once {
        text.push(b',');
        quoted(text, once)?;
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
mod tests {
    use proptest::prelude::*;

    use super::super::tests::event;
    use super::*;

    fn read(line: &[u8]) -> Line {
        Reader::default().read(line)
    }

    /// Returns the events that are read from the text, with their positions, and the number of lines without an event.
    fn read_all(text: &[u8]) -> (Vec<(i64, UsageEvent)>, usize) {
        let (mut reader, mut events, mut others) = (Reader::default(), Vec::new(), 0);
        for line in text.split_inclusive(|byte| *byte == b'\n') {
            match reader.read(line) {
                Line::Event(place, event) => events.push((place, *event)),
                _ => others += 1,
            }
        }
        (events, others)
    }

    #[test]
    fn what_is_written_is_read() {
        let (mut writer, mut text) = (Writer::default(), Vec::new());
        writer.write(&mut text, 41, &event(7)).unwrap();
        let first = text.len();
        writer.write(&mut text, 42, &event(8)).unwrap();
        assert_eq!(read_all(&text), (vec![(41, event(7)), (42, event(8))], 1), "one context");
        let second = &text[first..];
        assert!(second.len() < 100, "{}", String::from_utf8_lossy(second));
        // Without its context an event means nothing.
        assert_eq!(read(second), Line::Damaged);
        assert_eq!(read_all(&text[..text.len() - 1]), (vec![(41, event(7))], 2), "torn");
        for at in 0..text.len() - 1 {
            let mut text = text.clone();
            text[at] ^= 4;
            let (events, _) = read_all(&text);
            assert!(events.iter().all(|read| [(41, event(7)), (42, event(8))].contains(read)), "byte {at}");
            assert!(events.len() < 2, "byte {at}");
        }
        assert_eq!(read(&header()), Line::Header);
        assert_eq!(read(b"keystead usage 2\n"), Line::Header);
        assert_eq!(read(b"keystead usage 4\n"), Line::Header);
        assert_eq!(read(b"keystead usage 5\n"), Line::Foreign);
    }

    #[test]
    fn a_context_is_written_once_while_it_is_remembered() {
        let (mut writer, mut text) = (Writer::default(), Vec::new());
        let contexts = MOST_CONTEXTS + 2;
        let events: Vec<_> = (0..2 * contexts)
            .map(|number| UsageEvent { model: format!("m{}", number % contexts).into(), ..event(number) })
            .collect();
        for (place, event) in events.iter().enumerate() {
            writer.write(&mut text, i64::try_from(place).unwrap(), event).unwrap();
        }
        let (read, others) = read_all(&text);
        assert!(read.iter().map(|(_, event)| event).eq(&events));
        assert!((contexts..=2 * contexts).contains(&others), "{others}");
        assert!(writer.contexts.len() <= MOST_CONTEXTS);
    }

    #[test]
    fn every_member_of_an_event_is_kept() {
        let used = Quantities {
            requests: 1,
            input_tokens: 2,
            input_cached_tokens: 3,
            output_tokens: 4,
            images: 5,
            characters: 6,
            seconds: 7,
        };
        for (estimated, stream, summary) in [(true, false, false), (false, true, false), (false, false, true)] {
            let once = summary.then(|| "resp_1/gpt-image-1".to_owned());
            let event = UsageEvent { used, estimated, stream, summary, once, ..event(3) };
            let mut text = Vec::new();
            Writer::default().write(&mut text, 0, &event).unwrap();
            assert_eq!(read_all(&text).0, [(0, event)]);
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        /// With any content of the strings and any size of the figures.
        #[test]
        fn any_event_is_kept(
            names in proptest::array::uniform4(any::<String>()), figures in proptest::array::uniform8(any::<i64>()),
            once: bool, flags: [bool; 3], status: u16, picos in 0i64..1_000_000,
        ) {
            let [requests, input_tokens, input_cached_tokens, output_tokens, images, characters, seconds, at] = figures;
            let used = Quantities { requests, input_tokens, input_cached_tokens, output_tokens, images, characters, seconds };
            let [owner, model, request, name] = names;
            let event = UsageEvent {
                at: Timestamp(at),
                owner: owner.into(),
                model: model.into(),
                used,
                cost: Amount::of_parts(at / 2_000_000, picos),
                status,
                estimated: flags[0],
                request: request.into(),
                stream: flags[1],
                summary: flags[2],
                once: once.then_some(name),
                ..event(1)
            };
            let mut text = Vec::new();
            Writer::default().write(&mut text, at, &event).unwrap();
            prop_assert_eq!(text.iter().filter(|byte| **byte == b'\n').count(), 2);
            prop_assert_eq!(read_all(&text), (vec![(at, event)], 1));
        }
    }

    // Files of the previous format have one object in each line.
    #[test]
    fn objects_are_read() {
        let mut text = b"7 ".to_vec();
        serde_json::to_writer(&mut text, &event(7)).unwrap();
        let line = [&checksum(&text)[..], b" ", &text, b"\n"].concat();
        assert_eq!(read(&line), Line::Event(7, Box::new(event(7))));
    }

    // An upgrade must not lose what is in the spool: these bytes were written by version 0.1.0.
    #[test]
    fn lines_of_the_first_version_are_read() {
        const OLD: &str = include_str!("old_lines.txt");
        for (number, line) in OLD.split_inclusive('\n').enumerate() {
            let Line::Event(place, event) = read(line.as_bytes()) else { panic!("{line}") };
            assert_eq!(place, i64::try_from(number).unwrap());
            assert_eq!((event.used.requests, event.used.input_tokens, event.status), (1, 5, 200));
            assert_eq!((event.stream, event.summary), (number == 1, number == 1));
        }
        assert_eq!(OLD.lines().count(), 2);
    }
}
