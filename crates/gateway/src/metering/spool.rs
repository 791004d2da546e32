//! The usage spool: an event is in a file before its answer is complete, so that neither a crash nor an outage of the
//! store loses one. The files are append-only segments of checksummed lines. Each line contains its position in its
//! segment, and the store counts each position once, so a line may be written twice and an event delivered twice.
//!
//! This module decides and keeps the order; threads and waiting are in the meter.

pub(crate) mod disk;
#[cfg(test)]
pub(crate) mod faults;
pub(crate) mod leftover_files;
mod line;
#[cfg(test)]
mod model_tests;
mod queue;
mod safety;
mod segment;
#[cfg(test)]
pub(crate) mod tests;

use std::collections::VecDeque;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use keystead_core::usage::UsageEvent;
use rand::{Rng, RngCore};

use disk::{Disk, SpoolFile};
use leftover_files::Contents;
use queue::Queue;
pub(crate) use queue::{Kept, Work};
pub(crate) use segment::{Ready, Segment, Wanted, run_of};
use segment::{length, wanted, write_all};

/// Consecutive events in a segment.
#[derive(Debug)]
pub(crate) struct Group {
    pub(crate) segment: Arc<Segment>,
    /// The position of the first one.
    pub(crate) first: i64,
    pub(crate) events: VecDeque<UsageEvent>,
}

impl Group {
    /// The position after the last one.
    pub(crate) fn end(&self) -> i64 {
        self.first.saturating_add(i64::try_from(self.events.len()).unwrap_or(i64::MAX))
    }
}

/// When an event counts as safe.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Durability {
    /// Once the operating system has it: a killed process loses nothing.
    #[default]
    Process,
    /// Once the disk has it: a power cut loses nothing.
    Disk,
}

/// Limits of the spool.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SpoolOptions {
    pub(crate) durability: Durability,
    /// The size in bytes at which the next segment begins.
    pub(crate) segment: u64,
    /// Bytes reserved after that, for the running answers when no further segment can be made.
    pub(crate) reserve: u64,
    /// Events that may be only in memory before requests are refused.
    pub(crate) unwritten_events: u64,
    /// How long none of them may become safe before requests are refused.
    pub(crate) unwritten_time: Duration,
}

/// The writing end of the spool. Events are numbered from the first one of this run; a mark is the number of the first
/// event that has not reached a state yet.
pub(crate) struct Spool {
    disk: Arc<dyn Disk>,
    folder: PathBuf,
    options: SpoolOptions,
    run: String,
    number: u64,
    segment: Arc<Segment>,
    /// The file being written; `None` after a fault of the disk.
    file: Option<Arc<dyn SpoolFile>>,
    /// Whether something was written to it that no running sync covers.
    touched: bool,
    /// Other files with content that is not on disk yet.
    dirty: Vec<Arc<dyn SpoolFile>>,
    next: Option<Ready>,
    length: u64,
    place: i64,
    /// The number of the last file made after a fault.
    part: u64,
    /// Such files that were never synced to disk.
    parts: Vec<PathBuf>,
    /// Those of them with a failed sync; they are not needed once the events are written again.
    stale: Vec<PathBuf>,
    recorded: u64,
    written: u64,
    synced: u64,
    safe: u64,
    /// When an event last became safe, or began to wait alone.
    progress: Duration,
    /// The present fault.
    fault: Option<String>,
    queue: Queue,
    /// Gathered lines that are written together, and their number.
    text: Vec<u8>,
    gathered: u64,
    /// The contexts that are in the file already, to which lines refer.
    lines: line::Writer,
}

impl Spool {
    /// Begins a run in the folder, after what earlier runs left there.
    pub(crate) fn open(
        folder: &Path,
        disk: Arc<dyn Disk>,
        options: SpoolOptions,
        rng: &mut dyn RngCore,
    ) -> io::Result<Self> {
        disk::make_folder(folder)?;
        let queue = Queue::open(folder)?;
        let run = format!("{:032x}", rng.random::<u128>());
        let number = queue.last_number().saturating_add(1);
        let wanted = wanted(folder, &run, number, &options);
        let Ready { segment, file, length } = wanted.make(&*disk)?;
        Ok(Self {
            disk,
            folder: folder.to_owned(),
            options,
            run,
            number,
            segment,
            file: Some(file),
            touched: true,
            dirty: Vec::new(),
            next: None,
            length,
            place: 0,
            part: 0,
            parts: Vec::new(),
            stale: Vec::new(),
            recorded: 0,
            written: 0,
            synced: 0,
            safe: 0,
            progress: Duration::ZERO,
            fault: None,
            queue,
            text: Vec::new(),
            gathered: 0,
            lines: line::Writer::default(),
        })
    }

    /// Takes an event, which keeps its position through every fault of the disk. Returns its number. The next
    /// [`Self::write`] writes it: one system call serves all events of a moment.
    pub(crate) fn record(&mut self, event: UsageEvent, now: impl Fn() -> Duration) -> u64 {
        if self.length >= self.options.segment {
            self.write(now());
            self.turn();
        }
        if self.recorded == self.safe {
            self.progress = now();
        }
        if self.file.is_some() {
            let before = self.text.len();
            match self.lines.write(&mut self.text, self.place, &event) {
                Ok(()) => {
                    self.length = self.length.saturating_add(length(self.text.get(before..).unwrap_or_default()));
                    self.gathered += 1;
                }
                Err(error) => self.failed(&error),
            }
        }
        self.queue.push(&self.segment, self.place, event);
        self.place += 1;
        self.recorded += 1;
        self.recorded - 1
    }

    /// Passes the gathered lines to the operating system.
    pub(crate) fn write(&mut self, now: Duration) {
        let Some(file) = self.file.as_ref().filter(|_| self.gathered > 0) else { return };
        match write_all(&**file, &self.text) {
            Ok(()) => {
                self.written += self.gathered;
                self.touched = true;
                self.ungather();
            }
            Err(error) => self.failed(&error),
        }
        self.mark(now);
    }

    /// Drops the gathered lines; their events are in the queue.
    fn ungather(&mut self) {
        self.text.clear();
        self.gathered = 0;
    }

    /// Continues in the next segment, if there is one. Otherwise the reserve of this one is used.
    fn turn(&mut self) {
        // After a fault the positions continue until the events in memory are written.
        if self.file.is_none() {
            return;
        }
        let Some(Ready { segment, file, length }) = self.next.take() else { return };
        self.queue.end(&self.segment);
        self.number += 1;
        if std::mem::replace(&mut self.touched, true) {
            self.dirty.extend(self.file.take());
        }
        (self.segment, self.file, self.length, self.place) = (segment, Some(file), length, 0);
        self.lines = line::Writer::default();
    }

    /// Notes what became safe.
    fn mark(&mut self, now: Duration) {
        let kept = match self.options.durability {
            Durability::Process => self.written,
            Durability::Disk => self.synced,
        };
        let safe = kept.max(self.queue.delivered());
        if safe > self.safe {
            (self.safe, self.progress) = (safe, now);
        }
    }

    fn failed(&mut self, error: &io::Error) {
        // What follows the last complete line is torn, and nothing may be written after it in this file.
        let file = self.file.take();
        self.ungather();
        if std::mem::take(&mut self.touched) {
            self.dirty.extend(file);
        }
        self.fault = Some(error.to_string());
    }

    /// The name of this run.
    pub(crate) fn run(&self) -> Arc<str> {
        self.run.as_str().into()
    }

    /// The number of the first event that is not safe.
    pub(crate) fn safe(&self) -> u64 {
        self.safe
    }

    /// The number of events only in memory: not written and not in the store.
    pub(crate) fn unwritten(&self) -> u64 {
        self.recorded - self.written.max(self.queue.delivered())
    }

    /// The number of events that are not in the store yet.
    pub(crate) fn waiting(&self) -> u64 {
        self.queue.waiting()
    }

    /// The present fault, if there is one.
    pub(crate) fn trouble(&self) -> Option<&str> {
        self.fault.as_deref()
    }

    /// Whether an answer given now might never be counted.
    pub(crate) fn refuses(&self, now: Duration) -> bool {
        let (waiting, options) = (self.recorded - self.safe, &self.options);
        let full = self.fault.is_some() && self.next.is_none() && self.length >= options.segment;
        let late = waiting > 0 && now.saturating_sub(self.progress) >= options.unwritten_time;
        let many = waiting >= options.unwritten_events && (waiting > 0 || self.fault.is_some());
        full || late || many
    }

    /// The segment that should be made before this one is full.
    pub(crate) fn wanted(&self) -> Option<Wanted> {
        let none = self.next.is_none();
        none.then(|| wanted(&self.folder, &self.run, self.number.saturating_add(1), &self.options))
    }

    /// Takes over the segment that was made, or notes that it could not be made.
    pub(crate) fn made(&mut self, made: io::Result<Ready>) {
        match made {
            Ok(ready) => {
                self.next = Some(ready);
                self.recovered();
            }
            Err(error) => self.fault = Some(error.to_string()),
        }
    }

    /// The next work for the store. The events of a batch are moved into `room`, which is empty.
    pub(crate) fn work(&mut self, most: usize, room: &mut Vec<UsageEvent>) -> Option<Work> {
        self.queue.work(most, room)
    }

    /// Whether files wait to be read or removed.
    pub(crate) fn has_files(&self) -> bool {
        self.queue.has_files()
    }

    /// Notes that the batch that was given out is in the store.
    pub(crate) fn delivered(&mut self, now: Duration) {
        self.queue.delivered_batch();
        self.mark(now);
    }

    /// Notes the content of the segment that was to be read.
    pub(crate) fn read(&mut self, contents: Contents, kept: Kept) {
        self.queue.read(contents, kept);
    }

    /// Notes that the delivered segment was removed or kept.
    pub(crate) fn ended(&mut self, now: Duration) {
        self.queue.ended();
        self.mark(now);
    }

    /// The number of events ever taken, and of those of them in the store.
    pub(crate) fn counts(&self) -> (u64, u64) {
        (self.queue.taken(), self.queue.taken().saturating_sub(self.queue.waiting()))
    }

    /// Releases the files, so that another run can read them.
    pub(crate) fn close(&mut self) {
        self.dirty.clear();
        self.file = None;
        if let Some(ready) = self.next.take() {
            // It is empty; if it stays, the next start removes it.
            let _ = std::fs::remove_file(leftover_files::path(&self.folder, &ready.segment.name, 0));
        }
    }
}
