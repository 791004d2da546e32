//! The usage spool: an event is in a file before its answer is whole, so that neither a crash nor an outage of the store
//! loses one. Append-only segments of checksummed lines. Each line says its place in its segment, and the store counts
//! each place once, so a line may be written twice and an event delivered twice.
//!
//! What is here decides and keeps the order; threads and waiting are the meter's.

pub(crate) mod disk;
#[cfg(test)]
pub(crate) mod faults;
pub(crate) mod left;
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
use left::Contents;
use queue::Queue;
pub(crate) use queue::{Kept, Work};
pub(crate) use segment::{Ready, Segment, Wanted};
use segment::{length, wanted, write_all};

/// Events that follow each other in a segment.
#[derive(Debug)]
pub(crate) struct Group {
    pub(crate) segment: Arc<Segment>,
    /// The place of the first one.
    pub(crate) first: i64,
    pub(crate) events: VecDeque<UsageEvent>,
}

impl Group {
    /// The place behind the last one.
    pub(crate) fn end(&self) -> i64 {
        self.first.saturating_add(i64::try_from(self.events.len()).unwrap_or(i64::MAX))
    }
}

/// When an event counts as safe.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Durability {
    /// Once the operating system has it: a process that is killed loses nothing.
    #[default]
    Process,
    /// Once the disk has it: a machine that loses power loses nothing.
    Disk,
}

/// Sizes and bounds of the spool.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SpoolOptions {
    pub(crate) durability: Durability,
    /// The next segment is begun when this one is so long, in bytes.
    pub(crate) segment: u64,
    /// Set aside behind that, for the answers under way when no further segment can be made.
    pub(crate) reserve: u64,
    /// Events that may be in memory alone before requests are refused.
    pub(crate) unwritten_events: u64,
    /// How long none of them may become safe before requests are refused.
    pub(crate) unwritten_time: Duration,
}

/// The writing end and its books. Events are numbered from the first one of this run; a mark is the number of the first
/// event of which something is not true yet.
pub(crate) struct Spool {
    disk: Arc<dyn Disk>,
    folder: PathBuf,
    options: SpoolOptions,
    run: String,
    number: u64,
    segment: Arc<Segment>,
    /// The file that lines go to; none after a fault of the disk.
    file: Option<Arc<dyn SpoolFile>>,
    /// Whether something was written to it that nothing brings to disk yet.
    touched: bool,
    /// Further files with something in them that is not on disk yet.
    dirty: Vec<Arc<dyn SpoolFile>>,
    next: Option<Ready>,
    length: u64,
    place: i64,
    /// The number of the last file that followed a fault.
    part: u64,
    /// Such files that were never brought to disk.
    parts: Vec<PathBuf>,
    /// Those of them that failed at it, and hold nothing once the events are written again.
    stale: Vec<PathBuf>,
    recorded: u64,
    written: u64,
    synced: u64,
    safe: u64,
    /// When an event last became safe, or had to wait for it alone.
    progress: Duration,
    /// What does not work now.
    fault: Option<String>,
    queue: Queue,
    /// Lines that are written together with those that come in the same moment, and how many.
    text: Vec<u8>,
    gathered: u64,
}

impl Spool {
    /// Begins a run in the folder, behind what earlier runs left there.
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
        })
    }

    /// Takes an event, which keeps its place whatever happens to the disk. Answers its number. It is written by the next
    /// [`Self::write`]: one system call serves all events of a moment.
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
            match line::write(&mut self.text, self.place, &event) {
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

    /// Hands what was gathered to the operating system.
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

    /// Forgets the lines that were gathered; their events are in the queue.
    fn ungather(&mut self) {
        self.text.clear();
        self.gathered = 0;
    }

    /// Goes on in the next segment, if there is one. Else the reserve of this one is used.
    fn turn(&mut self) {
        // After a fault the places go on until the events in memory are written.
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
        // What came after the last complete line is torn, and nothing may follow it in this file.
        let file = self.file.take();
        self.ungather();
        if std::mem::take(&mut self.touched) {
            self.dirty.extend(file);
        }
        self.fault = Some(error.to_string());
    }

    /// The number of the first event that is not safe.
    pub(crate) fn safe(&self) -> u64 {
        self.safe
    }

    /// Events that are in memory alone: neither written nor with the store.
    pub(crate) fn unwritten(&self) -> u64 {
        self.recorded - self.written.max(self.queue.delivered())
    }

    /// Events that are not with the store.
    pub(crate) fn waiting(&self) -> u64 {
        self.queue.waiting()
    }

    /// What does not work, if anything.
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

    /// Takes in the segment that was made, or that it could not be.
    pub(crate) fn made(&mut self, made: io::Result<Ready>) {
        match made {
            Ok(ready) => {
                self.next = Some(ready);
                self.recovered();
            }
            Err(error) => self.fault = Some(error.to_string()),
        }
    }

    /// What is to be done next for the store.
    pub(crate) fn work(&mut self, most: usize) -> Option<Work> {
        self.queue.work(most)
    }

    /// Whether files wait to be read or removed.
    pub(crate) fn has_files(&self) -> bool {
        self.queue.has_files()
    }

    /// The batch that was given out is with the store.
    pub(crate) fn delivered(&mut self, now: Duration) {
        self.queue.delivered_batch();
        self.mark(now);
    }

    /// The segment was read that was to be read.
    pub(crate) fn read(&mut self, contents: Contents, kept: Kept) {
        self.queue.read(contents, kept);
    }

    /// The delivered segment was dealt with.
    pub(crate) fn ended(&mut self, now: Duration) {
        self.queue.ended();
        self.mark(now);
    }

    /// Events ever taken in, and those of them that are with the store.
    pub(crate) fn counts(&self) -> (u64, u64) {
        (self.queue.taken(), self.queue.taken().saturating_sub(self.queue.waiting()))
    }

    /// Lets go of the files, so that another run can read them.
    pub(crate) fn close(&mut self) {
        self.dirty.clear();
        self.file = None;
        if let Some(ready) = self.next.take() {
            // Nothing is in it; where it stays, the next start removes it.
            let _ = std::fs::remove_file(left::path(&self.folder, &ready.segment.name, 0));
        }
    }
}
