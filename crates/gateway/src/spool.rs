//! The usage spool: events are on disk before the store hears of them, so that neither a crash nor an outage of the
//! store loses one. Append-only segments of checksummed lines; a torn last line is left out. Each line says its place in
//! its segment, by which the store knows what it has counted.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead, BufReader, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use keystead_core::usage::UsageEvent;
use rand::{Rng, RngCore};
use sha2::{Digest, Sha256};

/// A segment is closed once it is this long.
const SEGMENT: u64 = 16 << 20;

/// One file of the spool.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Segment {
    /// Its name, which no other segment of any node has: a number that grows, and what was drawn for the run.
    pub(crate) name: Arc<str>,
    pub(crate) path: PathBuf,
}

/// Events that stand in a segment one behind the other.
#[derive(Debug)]
pub(crate) struct Group {
    pub(crate) segment: Arc<Segment>,
    /// The place of the first one.
    pub(crate) first: i64,
    pub(crate) events: Vec<UsageEvent>,
}

impl Group {
    /// The place behind the last one.
    pub(crate) fn end(&self) -> i64 {
        self.first.saturating_add(i64::try_from(self.events.len()).unwrap_or(i64::MAX))
    }

    /// Takes in the group behind this one and gives back its empty room; or the group, where it stands elsewhere.
    pub(crate) fn join(&mut self, mut next: Self) -> Result<Vec<UsageEvent>, Self> {
        if self.end() != next.first || self.segment != next.segment {
            return Err(next);
        }
        self.events.append(&mut next.events);
        Ok(next.events)
    }
}

/// The writing end.
#[derive(Debug)]
pub(crate) struct Spool {
    dir: PathBuf,
    run: String,
    number: u64,
    segment: Arc<Segment>,
    file: File,
    length: u64,
    place: i64,
    /// The lines of one group; kept for its room.
    text: Vec<u8>,
}

impl Spool {
    /// Opens the folder and reads what an earlier run left; those segments are removed once delivered.
    pub(crate) fn open(dir: &Path, rng: &mut dyn RngCore) -> io::Result<(Self, Vec<Group>)> {
        fs::DirBuilder::new().recursive(true).mode(0o700).create(dir)?;
        let mut left = Vec::new();
        let mut number = 0;
        let mut paths: Vec<PathBuf> = fs::read_dir(dir)?.filter_map(|entry| Some(entry.ok()?.path())).collect();
        paths.sort();
        for path in paths {
            let Some((name, this)) = name_of(&path) else { continue };
            number = number.max(this);
            left.extend(read_segment(Arc::new(Segment { name, path }))?);
        }
        number += 1;
        let run = format!("{:032x}", rng.random::<u128>());
        let (segment, file) = create(dir, number, &run)?;
        let spool = Self { dir: dir.to_owned(), run, number, segment, file, length: 0, place: 0, text: Vec::new() };
        Ok((spool, left))
    }

    /// Appends events and waits until they are on disk. They keep their places even where that fails: without the disk
    /// they still go to the store, only without the second net.
    pub(crate) fn append(&mut self, events: Vec<UsageEvent>) -> (Group, io::Result<()>) {
        let written = self.room().and_then(|()| self.write(&events));
        let group = Group { segment: Arc::clone(&self.segment), first: self.place, events };
        self.place = group.end();
        (group, written)
    }

    /// Begins another segment when this one is full.
    fn room(&mut self) -> io::Result<()> {
        if self.length < SEGMENT {
            return Ok(());
        }
        (self.segment, self.file) = create(&self.dir, self.number + 1, &self.run)?;
        self.number += 1;
        (self.length, self.place) = (0, 0);
        Ok(())
    }

    fn write(&mut self, events: &[UsageEvent]) -> io::Result<()> {
        // Until this write is known to be whole the segment counts as full: after a torn write the next one begins anew.
        let length = std::mem::replace(&mut self.length, SEGMENT);
        self.text.clear();
        for (place, event) in (self.place..).zip(events) {
            write_line(&mut self.text, place, event)?;
        }
        self.file.write_all(&self.text)?;
        self.file.sync_data()?;
        self.length = length.saturating_add(u64::try_from(self.text.len()).unwrap_or(u64::MAX));
        Ok(())
    }
}

fn create(dir: &Path, number: u64, run: &str) -> io::Result<(Arc<Segment>, File)> {
    let name = format!("{number:020}-{run}");
    let path = dir.join(format!("{name}.{EXTENSION}"));
    let file = OpenOptions::new().create_new(true).append(true).mode(0o600).open(&path)?;
    // The name must outlive a power cut too.
    File::open(dir)?.sync_all()?;
    Ok((Arc::new(Segment { name: name.into(), path }), file))
}

const EXTENSION: &str = "usage";

fn name_of(path: &Path) -> Option<(Arc<str>, u64)> {
    let name = path.file_name()?.to_str()?.strip_suffix(EXTENSION)?.strip_suffix('.')?;
    Some((name.into(), name.split('-').next()?.parse().ok()?))
}

/// Characters of a checksum.
const SUM: usize = 16;

/// The first eight bytes of SHA-256, in hexadecimal.
fn checksum(line: &[u8]) -> [u8; SUM] {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digest = Sha256::digest(line);
    let mut text = [b'0'; SUM];
    for (pair, byte) in text.chunks_exact_mut(2).zip(digest.iter()) {
        pair.copy_from_slice(&[DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]]);
    }
    text
}

/// One event as checksum, place, JSON, line break; the checksum is filled in once the rest stands there.
fn write_line(text: &mut Vec<u8>, place: i64, event: &UsageEvent) -> io::Result<()> {
    let start = text.len();
    text.extend_from_slice(&[b' '; SUM + 1]);
    let summed = text.len();
    write!(text, "{place} ")?;
    serde_json::to_writer(&mut *text, event)?;
    let sum = checksum(&text[summed..]);
    text[start..start + SUM].copy_from_slice(&sum);
    text.push(b'\n');
    Ok(())
}

/// The whole lines of a segment, in groups without gaps, at least one; damaged lines are left out and said.
fn read_segment(segment: Arc<Segment>) -> io::Result<Vec<Group>> {
    let group = |first, events| Group { segment: Arc::clone(&segment), first, events };
    let mut groups = vec![group(0, Vec::new())];
    let mut damaged = 0u32;
    let mut reader = BufReader::new(File::open(&segment.path)?);
    let mut line = Vec::new();
    while reader.read_until(b'\n', &mut line)? > 0 {
        match (read_line(&line), groups.last_mut()) {
            (Some((place, event)), Some(last)) if last.end() == place => last.events.push(event),
            (Some((place, event)), _) => groups.push(group(place, vec![event])),
            (None, _) => damaged += 1,
        }
        line.clear();
    }
    if damaged > 0 {
        tracing::warn!(path = %segment.path.display(), damaged, "lines of the usage spool could not be read");
    }
    Ok(groups)
}

fn read_line(line: &[u8]) -> Option<(i64, UsageEvent)> {
    let line = line.strip_suffix(b"\n")?;
    let (sum, rest) = line.split_at_checked(SUM)?;
    let rest = rest.strip_prefix(b" ")?;
    if checksum(rest) != sum {
        return None;
    }
    let (place, json) = rest.split_at(rest.iter().position(|byte| *byte == b' ')?);
    let place = std::str::from_utf8(place).ok()?.parse().ok()?;
    Some((place, serde_json::from_slice(json).ok()?))
}

#[cfg(test)]
mod tests {
    use keystead_core::Timestamp;
    use keystead_core::money::Micros;
    use keystead_core::usage::{Quantities, UsageKind};
    use proptest::prelude::*;
    use rand::SeedableRng;
    use rand_chacha::ChaCha20Rng;

    use super::*;

    fn event(number: usize) -> UsageEvent {
        UsageEvent {
            at: Timestamp(1),
            kind: UsageKind::Completions,
            organization: "org-1".parse().unwrap(),
            project: "proj_1".parse().unwrap(),
            key: "key_1".parse().unwrap(),
            owner: "user-1".to_owned(),
            model: "line\nbreak".to_owned(),
            used: Quantities { requests: 1, input_tokens: 5, ..Quantities::default() },
            cost: Micros(7),
            status: 200,
            estimated: false,
            request: format!("req_{number}"),
            stream: false,
            summary: false,
        }
    }

    /// Writes events, lets the file be damaged, and reads them back.
    fn survive(count: usize, damage: impl FnOnce(&mut Vec<u8>)) -> (Vec<UsageEvent>, Vec<UsageEvent>) {
        let folder = tempfile::tempdir().unwrap();
        let events: Vec<UsageEvent> = (0..count).map(event).collect();
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        let path = {
            let (mut spool, left) = Spool::open(folder.path(), &mut rng).unwrap();
            assert!(left.is_empty());
            for group in events.chunks(3) {
                spool.append(group.to_vec()).1.unwrap();
            }
            spool.segment.path.clone()
        };
        let mut bytes = fs::read(&path).unwrap();
        damage(&mut bytes);
        fs::write(&path, bytes).unwrap();
        let (_, left) = Spool::open(folder.path(), &mut rng).unwrap();
        for group in &left {
            // Whatever was lost before it, an event keeps its place.
            let places = group.events.iter().map(|event| events.iter().position(|e| e == event).unwrap());
            assert!(places.eq(usize::try_from(group.first).unwrap()..usize::try_from(group.end()).unwrap()));
        }
        (events, left.into_iter().flat_map(|group| group.events).collect())
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn a_flipped_bit_costs_its_own_line_and_changes_none(count in 1usize..10, at: proptest::sample::Index, bit in 0u8..8) {
            let (written, read) = survive(count, |bytes| {
                let at = at.index(bytes.len());
                bytes[at] ^= 1 << bit;
            });
            // A flipped line break takes the line behind it along.
            prop_assert!(read.len() + 2 >= written.len() && read.len() < written.len());
            prop_assert!(read.iter().all(|event| written.contains(event)));
        }

        #[test]
        fn a_torn_end_costs_no_whole_line(count in 1usize..10, at: proptest::sample::Index) {
            let mut whole = 0;
            let (written, read) = survive(count, |bytes| {
                bytes.truncate(at.index(bytes.len()));
                whole = bytes.iter().filter(|byte| **byte == b'\n').count();
            });
            prop_assert_eq!(&read[..], &written[..whole]);
        }
    }
}
