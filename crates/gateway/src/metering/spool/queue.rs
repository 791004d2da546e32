//! Events waiting for the store, in the order of their segments. Events that wait for long are only in their files.

use std::collections::VecDeque;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use keystead_core::usage::UsageEvent;

use super::leftover_files::{self, Contents, Unread};
use super::{Group, Segment};
use crate::metering::UsageBatch;

/// The next work for the store.
#[derive(Debug)]
pub(crate) enum Work {
    /// Deliver this; the same batch is returned until it is delivered.
    Batch(UsageBatch),
    /// Read this segment's files: its events are not in memory.
    Read(Arc<Segment>),
    /// All of this segment was delivered: its files can be removed, except those named.
    End(Arc<Segment>, Kept),
}

/// Files of a delivered segment that are not removed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Kept {
    /// They have unreadable lines, and the others were counted.
    pub(crate) damaged: Vec<PathBuf>,
    /// They could not be read.
    pub(crate) unread: Vec<PathBuf>,
}

#[derive(Debug)]
enum Entry {
    /// Events in memory; and whether they were recorded in this run and not read from a file.
    Memory(Group, bool),
    /// A segment with events only in its files, and how many they are or may be.
    File(Arc<Segment>, u64),
    /// The end of a segment, and the number of the event after it if it is of this run.
    End(Arc<Segment>, Kept, Option<u64>),
}

/// The queue.
#[derive(Debug, Default)]
pub(crate) struct Queue {
    entries: VecDeque<Entry>,
    /// The batch that was given out, and whether its events were recorded in this run and not read from a file.
    in_flight: Option<(UsageBatch, bool)>,
    /// Numbers of events of this run: after the last recorded, and after the last delivered.
    recorded: u64,
    delivered: u64,
    /// The number of events that were ever taken, and of those that are not in the store yet.
    taken: u64,
    waiting: u64,
    last_number: u64,
}

impl Queue {
    /// Opens the queue with what earlier runs left in the folder.
    pub(super) fn open(folder: &Path) -> io::Result<Self> {
        let mut queue = Self::default();
        let (files, others) = leftover_files::list(folder)?;
        for path in others {
            tracing::warn!(path = %path.display(), "the usage spool's folder contains something that is not a file; no usage is read from it; remove it");
        }
        let mut last: Option<Arc<Segment>> = None;
        for found in files {
            queue.last_number = queue.last_number.max(found.number);
            let lines = match leftover_files::count(&found.path) {
                Ok(lines) => u64::try_from(lines).unwrap_or(0),
                Err(Unread::Owned) => {
                    tracing::info!(path = %found.path.display(), "another process delivers the usage in this file");
                    continue;
                }
                // Reading the file later reports the reason.
                Err(_) => 0,
            };
            queue.take_in(lines);
            let same = last.as_ref().is_some_and(|last| *last.name == *found.segment);
            if let (true, Some(Entry::File(_, known))) = (same, queue.entries.back_mut()) {
                *known += lines;
                continue;
            }
            let segment = Arc::new(Segment { name: found.segment.into(), folder: folder.to_owned(), own: false });
            last = Some(Arc::clone(&segment));
            queue.entries.push_back(Entry::File(segment, lines));
        }
        Ok(queue)
    }

    fn take_in(&mut self, events: u64) {
        self.taken += events;
        self.waiting += events;
    }

    /// The highest number of a segment in the folder.
    pub(super) fn last_number(&self) -> u64 {
        self.last_number
    }

    /// Adds an event of this run.
    pub(super) fn push(&mut self, segment: &Arc<Segment>, place: i64, event: UsageEvent) {
        self.recorded += 1;
        self.take_in(1);
        if let Some(Entry::Memory(group, true)) = self.entries.back_mut()
            && Arc::ptr_eq(&group.segment, segment)
        {
            group.events.push_back(event);
            return;
        }
        let group = Group { segment: Arc::clone(segment), first: place, events: VecDeque::from([event]) };
        self.entries.push_back(Entry::Memory(group, true));
    }

    /// Notes that no more events of this segment come.
    pub(super) fn end(&mut self, segment: &Arc<Segment>) {
        self.entries.push_back(Entry::End(Arc::clone(segment), Kept::default(), Some(self.recorded)));
    }

    /// The number of the first event of this run that is not in the store.
    pub(super) fn delivered(&self) -> u64 {
        self.delivered
    }

    /// The number of events that are not in the store.
    pub(super) fn waiting(&self) -> u64 {
        self.waiting
    }

    /// Whether files wait to be read or removed.
    pub(super) fn has_files(&self) -> bool {
        // A group whose events were all given out is removed when the next work is.
        let given_out = |entry: &&Entry| matches!(entry, Entry::Memory(group, _) if group.events.is_empty());
        let next = self.entries.iter().find(|entry| !given_out(entry));
        matches!(next, Some(Entry::File(..) | Entry::End(..)))
    }

    /// The number of events that were ever taken.
    pub(super) fn taken(&self) -> u64 {
        self.taken
    }

    /// The next work. A batch has at most `most` events, which are moved into `room`: it is kept from batch to batch, because
    /// memory that is new costs more than the events.
    pub(super) fn work(&mut self, most: usize, room: &mut Vec<UsageEvent>) -> Option<Work> {
        if let Some((batch, _)) = &self.in_flight {
            return Some(Work::Batch(batch.clone()));
        }
        loop {
            let last = self.entries.len() == 1;
            match self.entries.front_mut()? {
                Entry::File(segment, _) => return Some(Work::Read(Arc::clone(segment))),
                Entry::End(segment, kept, _) => return Some(Work::End(Arc::clone(segment), kept.clone())),
                Entry::Memory(group, own) if !group.events.is_empty() => {
                    let count = most.clamp(1, group.events.len());
                    let first = group.first;
                    let mut events = std::mem::take(room);
                    events.extend(group.events.drain(..count));
                    group.first = first.saturating_add(i64::try_from(count).unwrap_or(i64::MAX));
                    let segment = Arc::clone(&group.segment.name);
                    let batch = UsageBatch { segment, first, events: Arc::new(events) };
                    self.in_flight = Some((batch.clone(), *own));
                    return Some(Work::Batch(batch));
                }
                // The one that is being filled.
                Entry::Memory(..) if last => return None,
                Entry::Memory(..) => drop(self.entries.pop_front()),
            }
        }
    }

    /// Notes that the batch that was given out is in the store.
    pub(super) fn delivered_batch(&mut self) {
        let Some((batch, own)) = self.in_flight.take() else { return };
        let count = u64::try_from(batch.events.len()).unwrap_or(u64::MAX);
        self.waiting = self.waiting.saturating_sub(count);
        if own {
            self.delivered += count;
        }
    }

    /// Notes the content of the files that the last [`Work::Read`] named.
    pub(super) fn read(&mut self, contents: Contents, kept: Kept) {
        let Some(Entry::File(segment, lines)) = self.entries.pop_front() else { return };
        // A line that is not an event counts as handled; an event in two files is delivered twice.
        let events = contents.groups.iter().map(|group| group.events.len()).sum::<usize>();
        let events = u64::try_from(events).unwrap_or(u64::MAX);
        self.waiting = self.waiting.saturating_sub(lines).saturating_add(events);
        self.taken += events.saturating_sub(lines);
        match self.entries.front_mut() {
            // A segment of this run has its end already.
            Some(Entry::End(of, known, _)) if *of == segment => *known = kept,
            _ => self.entries.push_front(Entry::End(segment, kept, None)),
        }
        for group in contents.groups.into_iter().rev() {
            self.entries.push_front(Entry::Memory(group, false));
        }
    }

    /// Notes that the segment of the last [`Work::End`] was handled.
    pub(super) fn ended(&mut self) {
        if let Some(Entry::End(_, _, number)) = self.entries.pop_front() {
            self.delivered = self.delivered.max(number.unwrap_or(0));
        }
    }

    /// Lists the events of this run from this number on that are not in the store, each with its segment and position.
    pub(super) fn from(&self, number: u64) -> Vec<(&Arc<str>, i64, &UsageEvent)> {
        let mut next = self.delivered;
        let mut found = Vec::new();
        let mut add = |next: &mut u64, segment, place, event| {
            if *next >= number {
                found.push((segment, place, event));
            }
            *next += 1;
        };
        if let Some((batch, true)) = &self.in_flight {
            for (place, event) in (batch.first..).zip(batch.events.iter()) {
                add(&mut next, &batch.segment, place, event);
            }
        }
        for entry in &self.entries {
            match entry {
                Entry::Memory(group, true) => {
                    for (place, event) in (group.first..).zip(&group.events) {
                        add(&mut next, &group.segment.name, place, event);
                    }
                }
                Entry::End(_, _, Some(behind)) => next = next.max(*behind),
                _ => {}
            }
        }
        found
    }

    /// Drops events from memory when all of a closed segment before this number waits: they are on disk.
    pub(super) fn spill(&mut self, before: u64) {
        for at in 1..self.entries.len() {
            let (Some(Entry::End(_, _, Some(behind))), Some(Entry::Memory(group, true))) =
                (self.entries.get(at), self.entries.get(at - 1))
            else {
                continue;
            };
            let whole = group.first == 0 && !group.events.is_empty() && *behind <= before;
            if whole {
                let (segment, count) = (Arc::clone(&group.segment), group.events.len());
                if let Some(entry) = self.entries.get_mut(at - 1) {
                    *entry = Entry::File(segment, u64::try_from(count).unwrap_or(u64::MAX));
                }
            }
        }
    }
}
