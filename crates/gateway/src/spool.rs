//! The usage spool: events are on disk before the store hears of them, so that neither a crash nor an outage of the
//! store loses one. Append-only segments of checksummed lines; a torn last line is left out.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead, BufReader, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use keystead_core::usage::UsageEvent;
use sha2::{Digest, Sha256};

/// A segment is closed once it is this long.
const SEGMENT: u64 = 4 << 20;

/// A segment that is on disk, with what stands in it.
pub(crate) type Segment = (PathBuf, Vec<UsageEvent>);

/// The writing end.
#[derive(Debug)]
pub(crate) struct Spool {
    dir: PathBuf,
    number: u64,
    file: File,
    length: u64,
}

impl Spool {
    /// Opens the folder and reads what an earlier run left; those segments are removed once delivered.
    pub(crate) fn open(dir: &Path) -> io::Result<(Self, Vec<Segment>)> {
        fs::DirBuilder::new().recursive(true).mode(0o700).create(dir)?;
        let mut left = Vec::new();
        let mut number = 0;
        let mut paths: Vec<PathBuf> = fs::read_dir(dir)?.filter_map(|entry| Some(entry.ok()?.path())).collect();
        paths.sort();
        for path in paths {
            let Some(this) = number_of(&path) else { continue };
            number = number.max(this);
            left.push((path.clone(), read_segment(&path)?));
        }
        number += 1;
        let file = create(dir, number)?;
        Ok((Self { dir: dir.to_owned(), number, file, length: 0 }, left))
    }

    /// Appends events and waits until they are on disk; answers the segment they are in.
    pub(crate) fn append(&mut self, events: &[UsageEvent]) -> io::Result<PathBuf> {
        if self.length >= SEGMENT {
            self.number += 1;
            self.file = create(&self.dir, self.number)?;
            self.length = 0;
        }
        // Until this write is known to be whole the segment counts as full: after a torn write the next one begins anew.
        let length = std::mem::replace(&mut self.length, SEGMENT);
        let mut text = Vec::with_capacity(events.len() * 400);
        for event in events {
            let line = serde_json::to_vec(event)?;
            writeln!(text, "{} {}", checksum(&line), String::from_utf8_lossy(&line))?;
        }
        self.file.write_all(&text)?;
        self.file.sync_data()?;
        self.length = length.saturating_add(u64::try_from(text.len()).unwrap_or(u64::MAX));
        Ok(self.path())
    }

    /// The segment being written.
    pub(crate) fn path(&self) -> PathBuf {
        segment_path(&self.dir, self.number)
    }
}

fn create(dir: &Path, number: u64) -> io::Result<File> {
    let file = OpenOptions::new().create_new(true).append(true).mode(0o600).open(segment_path(dir, number))?;
    // The name must outlive a power cut too.
    File::open(dir)?.sync_all()?;
    Ok(file)
}

fn segment_path(dir: &Path, number: u64) -> PathBuf {
    dir.join(format!("{number:020}.usage"))
}

fn number_of(path: &Path) -> Option<u64> {
    path.file_name()?.to_str()?.strip_suffix(".usage")?.parse().ok()
}

/// The first eight bytes of SHA-256, in hexadecimal.
fn checksum(line: &[u8]) -> String {
    Sha256::digest(line).iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

/// The whole lines of a segment; damaged ones are left out and said.
fn read_segment(path: &Path) -> io::Result<Vec<UsageEvent>> {
    let mut events = Vec::new();
    let mut damaged = 0u32;
    let mut reader = BufReader::new(File::open(path)?);
    let mut line = Vec::new();
    while reader.read_until(b'\n', &mut line)? > 0 {
        match read_line(&line) {
            Some(event) => events.push(event),
            None => damaged += 1,
        }
        line.clear();
    }
    if damaged > 0 {
        tracing::warn!(path = %path.display(), damaged, "lines of the usage spool could not be read");
    }
    Ok(events)
}

fn read_line(line: &[u8]) -> Option<UsageEvent> {
    let line = line.strip_suffix(b"\n")?;
    let (sum, json) = line.split_at_checked(16)?;
    let json = json.strip_prefix(b" ")?;
    if checksum(json).as_bytes() != sum {
        return None;
    }
    serde_json::from_slice(json).ok()
}

#[cfg(test)]
mod tests {
    use keystead_core::Timestamp;
    use keystead_core::money::Micros;
    use keystead_core::usage::{Quantities, UsageKind};
    use proptest::prelude::*;

    use super::*;

    fn event(number: usize) -> UsageEvent {
        UsageEvent {
            id: format!("usage_{number}").parse().unwrap(),
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
            request: "req_1".to_owned(),
        }
    }

    /// Writes events, lets the file be damaged, and reads them back.
    fn survive(count: usize, damage: impl FnOnce(&mut Vec<u8>)) -> (Vec<UsageEvent>, Vec<UsageEvent>) {
        let folder = tempfile::tempdir().unwrap();
        let events: Vec<UsageEvent> = (0..count).map(event).collect();
        let path = {
            let (mut spool, left) = Spool::open(folder.path()).unwrap();
            assert!(left.is_empty());
            for group in events.chunks(3) {
                spool.append(group).unwrap();
            }
            spool.path()
        };
        let mut bytes = fs::read(&path).unwrap();
        damage(&mut bytes);
        fs::write(&path, bytes).unwrap();
        let (_, left) = Spool::open(folder.path()).unwrap();
        (events, left.into_iter().flat_map(|(_, events)| events).collect())
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
