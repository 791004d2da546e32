//! Making events safe: from the operating system to the disk, and from memory to a new file after a fault.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::disk::SpoolFile;
use super::segment::{length, write_all};
use super::{Spool, leftover_files, line};

/// What must be synced: the files, and the number of events in them and before them.
pub(crate) struct Sync {
    pub(crate) files: Vec<Arc<dyn SpoolFile>>,
    parts: usize,
    until: u64,
}

impl Spool {
    /// Writes again, into new files, the events that may be missing in the old ones. Their positions are the same, so
    /// an event in both counts once.
    pub(crate) fn recover(&mut self, now: Duration) {
        if self.file.is_some() {
            return;
        }
        match self.rewrite() {
            Ok(()) => self.recovered(),
            Err(error) => self.fault = Some(error.to_string()),
        }
        self.mark(now);
    }

    pub(super) fn recovered(&mut self) {
        if self.file.is_some() && self.next.is_some() {
            self.fault = None;
        }
    }

    fn rewrite(&mut self) -> io::Result<()> {
        let mut made: Vec<(Arc<str>, PathBuf, Arc<dyn SpoolFile>)> = Vec::new();
        let rewritten = self.write_parts(&mut made);
        let mut made: Vec<PathBuf> = made.into_iter().map(|(_, path, _)| path).collect();
        if rewritten.is_ok() {
            self.parts.append(&mut made);
            made = std::mem::take(&mut self.stale);
        }
        for path in made {
            // What stays is read at the next start, and counts nothing twice.
            let _ = std::fs::remove_file(path);
        }
        rewritten
    }

    fn write_parts(&mut self, made: &mut Vec<(Arc<str>, PathBuf, Arc<dyn SpoolFile>)>) -> io::Result<()> {
        let room = self.options.segment.saturating_add(self.options.reserve);
        let mut part = self.part;
        let mut create = |segment: &Arc<str>, made: &mut Vec<_>| -> io::Result<Arc<dyn SpoolFile>> {
            part += 1;
            let path = leftover_files::path(&self.folder, segment, part);
            let file = self.disk.create(&path, room)?;
            made.push((Arc::clone(segment), path, Arc::clone(&file)));
            write_all(&*file, &line::header())?;
            Ok(file)
        };
        let (mut text, mut lines) = (Vec::new(), line::Writer::default());
        let mut written = 0;
        for (segment, place, event) in self.queue.from(self.written) {
            let file = match made.last() {
                Some((of, _, file)) if of == segment => Arc::clone(file),
                _ => {
                    lines = line::Writer::default();
                    create(segment, made)?
                }
            };
            text.clear();
            lines.write(&mut text, place, event)?;
            write_all(&*file, &text)?;
            written += length(&text);
        }
        let last = match made.last() {
            Some((of, _, file)) if *of == self.segment.name => Arc::clone(file),
            _ => {
                (written, lines) = (0, line::Writer::default());
                create(&Arc::clone(&self.segment.name), made)?
            }
        };
        self.dirty.extend(made.iter().map(|(_, _, file)| Arc::clone(file)));
        (self.file, self.length, self.part, self.written) = (Some(last), written, part, self.recorded);
        self.lines = lines;
        Ok(())
    }

    /// Returns what must be synced, if anything. [`Self::synced`] follows.
    pub(crate) fn begin_sync(&mut self, now: Duration) -> Option<Sync> {
        self.write(now);
        let mut files = std::mem::take(&mut self.dirty);
        if std::mem::take(&mut self.touched) {
            files.extend(self.file.as_ref().map(Arc::clone));
        }
        (!files.is_empty()).then_some(Sync { files, parts: self.parts.len(), until: self.written })
    }

    /// Whether something was written that is not on disk.
    pub(crate) fn is_dirty(&self) -> bool {
        self.touched || self.gathered > 0 || !self.dirty.is_empty()
    }

    /// Notes the result of a sync. After an error it is unknown what is on disk: everything that was not known to be
    /// there before is written again.
    pub(crate) fn synced(&mut self, sync: &Sync, result: io::Result<()>, now: Duration) {
        match result {
            Ok(()) => {
                self.synced = self.synced.max(sync.until);
                self.parts.drain(..sync.parts.min(self.parts.len()));
                self.queue.spill(self.synced);
            }
            Err(error) => {
                (self.file, self.touched, self.written) = (None, false, self.synced);
                self.ungather();
                self.dirty.clear();
                self.stale.append(&mut self.parts);
                self.fault = Some(error.to_string());
            }
        }
        self.mark(now);
    }
}
