//! Segments: their names, and creating and writing their files.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::disk::{Disk, SpoolFile};
use super::{SpoolOptions, leftover_files, line};

/// A sequence of positions, in one file or, after a fault, in several.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Segment {
    /// Its name, which no other segment of any node has: a growing number, and a random part drawn for the run.
    pub(crate) name: Arc<str>,
    pub(crate) folder: PathBuf,
    /// Whether this process writes it.
    pub(crate) own: bool,
}

impl Segment {
    /// The name of the run that wrote it.
    pub(crate) fn run(&self) -> &str {
        run_of(&self.name)
    }
}

/// The run in the name of a segment: a number and the name of the run.
pub(crate) fn run_of(name: &str) -> &str {
    name.rsplit_once('-').map_or(name, |(_, run)| run)
}

/// A segment that was made and is not used yet.
pub(crate) struct Ready {
    pub(super) segment: Arc<Segment>,
    pub(super) file: Arc<dyn SpoolFile>,
    pub(super) length: u64,
}

/// The name of a segment that should be made.
pub(crate) struct Wanted {
    segment: Arc<Segment>,
    room: u64,
}

pub(super) fn wanted(folder: &Path, run: &str, number: u64, options: &SpoolOptions) -> Wanted {
    let name = format!("{number:020}-{run}").into();
    let segment = Arc::new(Segment { name, folder: folder.to_owned(), own: true });
    Wanted { segment, room: options.segment.saturating_add(options.reserve) }
}

impl Wanted {
    /// Makes the segment's first file.
    pub(crate) fn make(self, disk: &dyn Disk) -> io::Result<Ready> {
        let path = leftover_files::path(&self.segment.folder, &self.segment.name, 0);
        let file = disk.create(&path, self.room)?;
        let header = line::header();
        if let Err(error) = write_all(&*file, &header) {
            // Its name is needed again.
            let _ = std::fs::remove_file(path);
            return Err(error);
        }
        Ok(Ready { segment: self.segment, file, length: length(&header) })
    }
}

pub(super) fn length(bytes: &[u8]) -> u64 {
    u64::try_from(bytes.len()).unwrap_or(u64::MAX)
}

/// Writes all bytes, or returns an error; then a part of them may be in the file.
pub(super) fn write_all(file: &dyn SpoolFile, mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        match file.write(bytes) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(count) => bytes = bytes.get(count..).unwrap_or_default(),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}
