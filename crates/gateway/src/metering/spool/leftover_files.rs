//! Files of earlier runs in the folder of the spool. What cannot be read is never removed.

use std::collections::VecDeque;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead, BufReader, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::disk::is_owned;
use super::line::{self, Line};
use super::{Group, Kept, Segment};

pub(crate) const EXTENSION: &str = "usage";
/// The new ending of a file with unreadable lines, once its other lines were counted.
const DAMAGED: &str = "damaged";

/// A file of the spool, by its name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Found {
    /// The number of its segment, which orders the files of one folder.
    pub(crate) number: u64,
    /// The segment's name.
    pub(crate) segment: String,
    /// The number of the file within the segment.
    pub(crate) part: u64,
    pub(crate) path: PathBuf,
}

/// Lists the files of a folder, oldest first, and entries with such a name that are not files.
pub(crate) fn list(folder: &Path) -> io::Result<(Vec<Found>, Vec<PathBuf>)> {
    let (mut files, mut others) = (Vec::new(), Vec::new());
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let Some(found) = named(entry.path()) else { continue };
        // A link is not followed: it may lead to a file that we must not read and remove.
        if entry.file_type().is_ok_and(|kind| kind.is_file()) { files.push(found) } else { others.push(found.path) }
    }
    files.sort();
    Ok((files, others))
}

/// Parses a name: `{number}-{run}.usage` for the first file of a segment, `{number}-{run}.{part}.usage` for later ones.
fn named(path: PathBuf) -> Option<Found> {
    let name = path.file_name()?.to_str()?.strip_suffix(EXTENSION)?.strip_suffix('.')?;
    let (segment, part) = match name.split_once('.') {
        Some((segment, part)) => (segment, part.parse().ok()?),
        None => (name, 0),
    };
    let number = segment.split('-').next()?.parse().ok()?;
    Some(Found { number, segment: segment.to_owned(), part, path })
}

/// Returns the path of a file.
pub(crate) fn path(folder: &Path, segment: &str, part: u64) -> PathBuf {
    folder.join(if part == 0 { format!("{segment}.{EXTENSION}") } else { format!("{segment}.{part}.{EXTENSION}") })
}

/// Why a file is left as it is.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unread {
    /// A running process writes and delivers it.
    #[error("another process is writing it")]
    Owned,
    /// Written by another version.
    #[error("it was written by another version of Keystead")]
    Foreign,
    /// It cannot be read.
    #[error("{0}")]
    Io(#[from] io::Error),
}

/// The content of a file.
#[derive(Debug, Default)]
pub(crate) struct Contents {
    /// Events without gaps in each group.
    pub(crate) groups: Vec<Group>,
    /// The number of lines that were complete and cannot be read.
    pub(crate) damaged: u64,
}

/// Reads a file to its end.
pub(crate) fn read(segment: &Arc<Segment>, path: &Path) -> Result<Contents, Unread> {
    let file = open(path)?;
    if !segment.own && is_owned(&file) {
        return Err(Unread::Owned);
    }
    let mut contents = Contents::default();
    let mut reader = BufReader::new(file);
    let (mut text, mut lines) = (Vec::new(), line::Reader::default());
    while reader.read_until(b'\n', &mut text)? > 0 {
        match lines.read(&text) {
            Line::Event(place, event) => match contents.groups.last_mut() {
                Some(last) if last.end() == place => last.events.push_back(*event),
                _ => contents.groups.push(Group {
                    segment: Arc::clone(segment),
                    first: place,
                    events: VecDeque::from([*event]),
                }),
            },
            Line::Foreign => return Err(Unread::Foreign),
            Line::Damaged => contents.damaged += 1,
            Line::Header | Line::Context | Line::Torn => {}
        }
        text.clear();
    }
    Ok(contents)
}

/// Counts the lines of a file that may be events.
pub(crate) fn count(path: &Path) -> Result<i64, Unread> {
    let mut file = open(path)?;
    if is_owned(&file) {
        return Err(Unread::Owned);
    }
    let mut buffer = vec![0; 64 << 10];
    let (mut lines, mut first) = (0i64, true);
    loop {
        let length = file.read(&mut buffer)?;
        if length == 0 {
            return Ok(lines);
        }
        let bytes = &buffer[..length];
        if std::mem::take(&mut first)
            && let Some(end) = memchr::memchr(b'\n', bytes)
        {
            match line::Reader::default().read(&bytes[..=end]) {
                Line::Foreign => return Err(Unread::Foreign),
                Line::Header => lines -= 1,
                _ => {}
            }
        }
        lines += i64::try_from(memchr::memchr_iter(b'\n', bytes).count()).unwrap_or(i64::MAX);
    }
}

fn open(path: &Path) -> io::Result<File> {
    let no_follow = i32::try_from(rustix::fs::OFlags::NOFOLLOW.bits()).unwrap_or_default();
    OpenOptions::new().read(true).custom_flags(no_follow).open(path)
}

/// Lists the files of a segment.
pub(crate) fn files_of(segment: &Segment) -> io::Result<Vec<PathBuf>> {
    let (files, _) = list(&segment.folder)?;
    Ok(files.into_iter().filter(|found| *found.segment == *segment.name).map(|found| found.path).collect())
}

/// Reads all files of a segment, as far as they can be read.
///
/// # Errors
/// When the folder cannot be listed, or the process lacks descriptors or memory for a file. The segment must then be
/// read again.
pub(crate) fn read_segment(segment: &Arc<Segment>) -> io::Result<(Contents, Kept)> {
    let (mut all, mut kept) = (Contents::default(), Kept::default());
    let files = files_of(segment)?;
    if files.is_empty() {
        // Its place stays in the store, so that the files count once if they are put back before the next start.
        tracing::error!(segment = %segment.name, "the files of a usage spool segment are missing; its usage is not counted; restore them before the next start if you have a backup");
    }
    for path in files {
        match read(segment, &path) {
            Ok(contents) => {
                if contents.damaged > 0 {
                    kept.damaged.push(path);
                }
                all.groups.extend(contents.groups);
                all.damaged += contents.damaged;
            }
            Err(Unread::Io(error)) if is_shortage(&error) => return Err(error),
            Err(why) => {
                tracing::error!(path = %path.display(), %why, "a file of the usage spool cannot be used and is left unchanged");
                kept.unread.push(path);
            }
        }
    }
    Ok((all, kept))
}

/// Whether the process or the system lacks something that will be available again.
fn is_shortage(error: &io::Error) -> bool {
    use rustix::io::Errno;
    matches!(Errno::from_io_error(error), Some(Errno::MFILE | Errno::NFILE | Errno::NOMEM))
}

/// A report about one file in the folder of a spool, for the operator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpoolFileReport {
    /// The file.
    pub path: PathBuf,
    /// Its segment, as the store knows it; `None` when the name is not that of a segment.
    pub segment: Option<String>,
    /// The position after its last event.
    pub end: i64,
    /// Why it cannot be read, or what in it cannot.
    pub wrong: Option<String>,
}

/// Reports the files in the folder of a spool, whether or not a process uses it now.
///
/// # Errors
/// When the folder cannot be read.
pub fn report(folder: &Path) -> io::Result<Vec<SpoolFileReport>> {
    let wrong = |path, wrong: &str| SpoolFileReport { path, segment: None, end: 0, wrong: Some(wrong.to_owned()) };
    let (files, others) = list(folder)?;
    let mut all: Vec<SpoolFileReport> = others.into_iter().map(|path| wrong(path, "it is no file")).collect();
    for found in files {
        // Marked as our own, so that the files of a running process are read, too.
        let segment = Segment { name: found.segment.as_str().into(), folder: folder.to_owned(), own: true };
        let (end, wrong) = match read(&Arc::new(segment), &found.path) {
            Ok(contents) => {
                let damaged = (contents.damaged > 0).then(|| format!("{} lines are damaged", contents.damaged));
                (contents.groups.iter().map(Group::end).max().unwrap_or(0), damaged)
            }
            Err(why) => (0, Some(why.to_string())),
        };
        all.push(SpoolFileReport { path: found.path, segment: Some(found.segment), end, wrong });
    }
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == DAMAGED) {
            all.push(wrong(path, "it has damaged lines; the others were counted"));
        }
    }
    Ok(all)
}

/// Renames a file after its readable lines were counted, so that nothing reads or removes it any more.
pub(crate) fn put_aside(path: &Path) -> io::Result<PathBuf> {
    let aside = path.with_added_extension(DAMAGED);
    fs::rename(path, &aside).map(|()| aside)
}
