//! One event as one line of a spool file: the checksum, the event's position in its segment, the event as JSON, a line
//! break. The JSON is a list, which is half as long as an object; files of earlier versions have objects and can still
//! be read.

use std::io::{self, Write};

use keystead_core::id::{KeyId, OrganizationId, ProjectId};
use keystead_core::money::Amount;
use keystead_core::time::Timestamp;
use keystead_core::usage::{Quantities, UsageEvent, UsageKind};
use sha2::{Digest, Sha256};

/// The first line of a file, without the version of the format.
const HEADER: &[u8] = b"keystead usage ";
/// The version that is written.
const VERSION: u32 = 3;
/// The version of files with events as objects.
const OBJECTS: u32 = 2;
/// Characters of a checksum, CRC-32 in hexadecimal.
const SUM: usize = 8;
/// Characters of a checksum in files without a first line: eight bytes of SHA-256.
const OLD_SUM: usize = 16;

const DIGITS: &[u8; 16] = b"0123456789abcdef";

/// The first line of a file.
pub(crate) fn header() -> Vec<u8> {
    [HEADER, VERSION.to_string().as_bytes(), b"\n"].concat()
}

/// The meaning of a line.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Line {
    /// The first line of a file in a known format.
    Header,
    /// The first line of a file in a format of another version of Keystead.
    Foreign,
    /// An event and its position.
    Event(i64, Box<UsageEvent>),
    /// It has no end, because the process or the machine stopped while it was written: its event was never recorded.
    Torn,
    /// It was complete and cannot be read.
    Damaged,
}

/// Parses a line with its line break.
pub(crate) fn read(line: &[u8]) -> Line {
    let Some(line) = line.strip_suffix(b"\n") else { return Line::Torn };
    if let Some(version) = line.strip_prefix(HEADER) {
        let known = [OBJECTS, VERSION].iter().any(|known| version == known.to_string().as_bytes());
        return if known { Line::Header } else { Line::Foreign };
    }
    event(line).map_or(Line::Damaged, |(place, event)| Line::Event(place, Box::new(event)))
}

fn event(line: &[u8]) -> Option<(i64, UsageEvent)> {
    let end = line.iter().position(|byte| *byte == b' ')?;
    let (sum, rest) = (&line[..end], &line[end + 1..]);
    let whole = match end {
        SUM => checksum(rest) == sum,
        OLD_SUM => old_checksum(rest) == sum,
        _ => false,
    };
    let (place, json) = rest.split_at(rest.iter().position(|byte| *byte == b' ').filter(|_| whole)?);
    let place = std::str::from_utf8(place).ok()?.parse().ok()?;
    Some((place, of_json(json.trim_ascii_start()).ok()?))
}

fn of_json(json: &[u8]) -> serde_json::Result<UsageEvent> {
    if json.first() != Some(&b'[') {
        return serde_json::from_slice(json);
    }
    let (at, kind, (organization, project, key), owner, model, used, cost, status, flags, request, once) =
        serde_json::from_slice::<Listed>(json)?;
    let [requests, input_tokens, input_cached_tokens, output_tokens, images, characters, seconds] = used;
    let used = Quantities { requests, input_tokens, input_cached_tokens, output_tokens, images, characters, seconds };
    let [estimated, stream, summary] = flags;
    Ok(UsageEvent {
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

/// An event in the form of a list.
type Listed = (
    Timestamp,
    UsageKind,
    (OrganizationId, ProjectId, KeyId),
    String,
    String,
    [i64; 7],
    Amount,
    u16,
    [bool; 3],
    String,
    Option<String>,
);

fn to_json(text: &mut Vec<u8>, event: &UsageEvent) -> serde_json::Result<()> {
    let Quantities { requests, input_tokens, input_cached_tokens, output_tokens, images, characters, seconds } =
        event.used;
    let listed = (
        event.at,
        event.kind,
        (&event.organization, &event.project, &event.key),
        &event.owner,
        &event.model,
        [requests, input_tokens, input_cached_tokens, output_tokens, images, characters, seconds],
        event.cost,
        event.status,
        [event.estimated, event.stream, event.summary],
        &event.request,
        &event.once,
    );
    serde_json::to_writer(text, &listed)
}

/// Appends an event to the text; the checksum is filled in at the end.
pub(crate) fn write(text: &mut Vec<u8>, place: i64, event: &UsageEvent) -> io::Result<()> {
    let start = text.len();
    text.extend_from_slice(&[b' '; SUM + 1]);
    let summed = text.len();
    write!(text, "{place} ")?;
    to_json(text, event)?;
    let sum = checksum(&text[summed..]);
    text[start..start + SUM].copy_from_slice(&sum);
    text.push(b'\n');
    Ok(())
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
    use super::super::tests::event;
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let mut text = Vec::new();
        write(&mut text, 41, &event(7)).unwrap();
        assert_eq!(read(&text), Line::Event(41, Box::new(event(7))));
        assert_eq!(read(&text[..text.len() - 1]), Line::Torn);
        for at in 0..text.len() - 1 {
            let mut text = text.clone();
            text[at] ^= 4;
            assert_eq!(read(&text), Line::Damaged, "byte {at}");
        }
        assert_eq!(read(&header()), Line::Header);
        assert_eq!(read(b"keystead usage 2\n"), Line::Header);
        assert_eq!(read(b"keystead usage 4\n"), Line::Foreign);
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
            write(&mut text, 0, &event).unwrap();
            assert_eq!(read(&text), Line::Event(0, Box::new(event)));
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
