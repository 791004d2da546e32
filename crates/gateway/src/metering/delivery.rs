//! The task that delivers events to the store.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use keystead_core::usage::UsageEvent;

use super::{MeterOptions, Shared, UsageBatch, UsageSink};
use crate::Unavailable;
use crate::metering::spool::leftover_files::{self, Contents};
use crate::metering::spool::{Kept, Segment, Work, run_of};

/// The longest wait after a failed delivery.
const LONGEST_WAIT: Duration = Duration::from_secs(5);

pub(super) async fn run(shared: Arc<Shared>, sink: Arc<dyn UsageSink>, options: MeterOptions) {
    let (delivery, mut room) = (Delivery { shared, sink, options }, Vec::new());
    let most = u64::try_from(options.batch.max(1)).unwrap_or(u64::MAX);
    loop {
        delivery.until(1, None).await;
        delivery.until(most, Some(options.interval)).await;
        delivery.deliver(&mut room).await;
    }
}

struct Delivery {
    shared: Arc<Shared>,
    sink: Arc<dyn UsageSink>,
    options: MeterOptions,
}

impl Delivery {
    /// Waits for this many events, or for this long.
    async fn until(&self, count: u64, longest: Option<Duration>) {
        let enough = || {
            let mut state = self.shared.lock();
            let enough = state.spool.waiting() >= count || (longest.is_none() && state.spool.has_files());
            state.awaited = if enough { 0 } else { count };
            enough
        };
        let came = async {
            while !enough() {
                self.shared.came.notified().await;
            }
        };
        match longest {
            None => came.await,
            // A smaller batch is delivered, too.
            Some(longest) => drop(tokio::time::timeout(longest, came).await),
        }
    }

    /// Does the pending work, until a batch is not full: the next one should have time to fill.
    async fn deliver(&self, room: &mut Vec<UsageEvent>) {
        loop {
            let work = self.shared.lock().spool.work(self.options.batch, room);
            match work {
                None => return,
                Some(Work::Batch(batch)) => {
                    let full = batch.events.len() >= self.options.batch;
                    *room = self.batch(batch).await;
                    if !full {
                        return;
                    }
                }
                Some(Work::Read(segment)) => {
                    let (contents, kept) = self.read(segment).await;
                    self.shared.lock().spool.read(contents, kept);
                    self.shared.gone.notify_waiters();
                }
                Some(Work::End(segment, kept)) => {
                    self.end(&segment, kept).await;
                    let mut state = self.shared.lock();
                    state.spool.ended(self.shared.now());
                    self.shared.tell(&state);
                }
            }
        }
    }

    /// Delivers a batch. Returns the room of its events.
    async fn batch(&self, batch: UsageBatch) -> Vec<UsageEvent> {
        let mut wait = self.options.retry;
        while self.sink.write(batch.clone()).await == Err(Unavailable) {
            tokio::time::sleep(wait).await;
            wait = wait.saturating_mul(2).min(LONGEST_WAIT);
        }
        let mut state = self.shared.lock();
        state.spool.delivered(self.shared.now());
        self.shared.tell(&state);
        drop(state);
        self.shared.gone.notify_waiters();
        let mut room = Arc::into_inner(batch.events).unwrap_or_default();
        room.clear();
        room
    }

    /// Reads the files of a segment, and says which must be kept. The segment waits while its folder is missing,
    /// because its events are in no other place.
    async fn read(&self, segment: Arc<Segment>) -> (Contents, Kept) {
        let mut wait = self.options.retry;
        loop {
            let of = Arc::clone(&segment);
            match tokio::task::spawn_blocking(move || leftover_files::read_segment(&of)).await {
                Ok(Ok(read)) => return read,
                Ok(Err(error)) => {
                    tracing::error!(%error, segment = %segment.name, "a usage spool segment cannot be read; it is tried again");
                }
                Err(error) => {
                    tracing::error!(%error, segment = %segment.name, "reading a usage spool segment was interrupted; it is tried again")
                }
            }
            tokio::time::sleep(wait).await;
            wait = wait.saturating_mul(2).min(LONGEST_WAIT);
        }
    }

    /// Removes the segment's files. Its counted position is removed after them, so that no file is ever without one. The
    /// run of the last segment ends before: if this process is killed in between, the next one finds the files again.
    async fn end(&self, segment: &Arc<Segment>, kept: Kept) {
        let (of, read) = (Arc::clone(segment), kept.clone());
        let last = tokio::task::spawn_blocking(move || is_last(&of, &read)).await;
        match last.map_err(std::io::Error::other).flatten() {
            Ok(true) => self.end_run(segment.run().into()).await,
            Ok(false) => {}
            Err(error) => {
                tracing::warn!(%error, segment = %segment.name, "the usage spool could not be listed, so a delivered segment stays until the next start");
                return;
            }
        }
        let of = Arc::clone(segment);
        let removed = tokio::task::spawn_blocking(move || remove(&of, &kept)).await.unwrap_or(false);
        if removed && self.sink.forget(Arc::clone(&segment.name)).await.is_err() {
            tracing::debug!(segment = %segment.name, "how far a segment was counted could not be forgotten");
        }
    }

    /// Tries again until the store answers: what the run had leased is held until then.
    async fn end_run(&self, run: Arc<str>) {
        let mut wait = self.options.retry;
        while self.sink.end_run(Arc::clone(&run)).await == Err(Unavailable) {
            tokio::time::sleep(wait).await;
            wait = wait.saturating_mul(2).min(LONGEST_WAIT);
        }
    }
}

/// Whether the run of a segment has ended, and has no files but those of this segment, which were all read. Files of a
/// run that another process still writes are in the folder, too.
fn is_last(segment: &Segment, kept: &Kept) -> std::io::Result<bool> {
    if segment.own || !kept.unread.is_empty() {
        return Ok(false);
    }
    let (files, _) = leftover_files::list(&segment.folder)?;
    let mut of_run = files.iter().filter(|found| run_of(&found.segment) == segment.run()).peekable();
    Ok(of_run.peek().is_some() && of_run.all(|found| *found.segment == *segment.name))
}

/// Removes the files of a segment that can be removed. Returns whether all are removed. If no file is found, another
/// folder may have this name now, and the store must keep its record of the segment: the files may come back.
fn remove(segment: &Segment, kept: &Kept) -> bool {
    let files = leftover_files::files_of(segment).unwrap_or_else(|error| {
        tracing::warn!(%error, segment = %segment.name, "the files of a delivered usage spool segment could not be listed, so they were not deleted");
        Vec::new()
    });
    let mut gone = kept.unread.is_empty() && !files.is_empty();
    for path in files {
        if kept.unread.contains(&path) {
            continue;
        }
        let done = if kept.damaged.contains(&path) { put_aside(&path) } else { std::fs::remove_file(&path) };
        if let Err(error) = done.or_else(|error| match error.kind() {
            std::io::ErrorKind::NotFound => Ok(()),
            _ => Err(error),
        }) {
            gone = false;
            tracing::warn!(%error, path = %path.display(), "a delivered usage spool file could not be deleted; check the permissions of the data folder");
        }
    }
    gone
}

fn put_aside(path: &Path) -> std::io::Result<()> {
    let aside: PathBuf = leftover_files::put_aside(path)?;
    tracing::error!(path = %aside.display(), "a usage spool file has lines that cannot be read; the other lines were counted, and the file was kept under this path");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What an ended run has leased is not held because its folder could not be listed for a moment.
    #[test]
    fn a_run_is_not_taken_for_a_running_one_while_its_folder_is_away() {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join("spool");
        let segment = |number: u8| Segment { name: format!("{number}-run").into(), folder: folder.clone(), own: false };
        is_last(&segment(7), &Kept::default()).unwrap_err();
        std::fs::create_dir(&folder).unwrap();
        for number in [7, 8] {
            std::fs::write(leftover_files::path(&folder, &segment(number).name, 0), "").unwrap();
        }
        assert!(!is_last(&segment(7), &Kept::default()).unwrap(), "the run has another segment");
        std::fs::remove_file(leftover_files::path(&folder, &segment(7).name, 0)).unwrap();
        assert!(is_last(&segment(8), &Kept::default()).unwrap());
    }

    #[test]
    fn a_segment_is_not_dealt_with_while_its_folder_is_away() {
        let home = tempfile::tempdir().unwrap();
        let [folder, away] = ["spool", "away"].map(|name| home.path().join(name));
        let segment = Arc::new(Segment { name: "7-run".into(), folder: folder.clone(), own: true });
        std::fs::create_dir(&folder).unwrap();
        std::fs::write(leftover_files::path(&folder, &segment.name, 0), "").unwrap();
        std::fs::rename(&folder, &away).unwrap();
        leftover_files::read_segment(&segment).unwrap_err();
        assert!(!remove(&segment, &Kept::default()));
        // An empty folder in its place, then the old one again.
        std::fs::create_dir(&folder).unwrap();
        assert!(!remove(&segment, &Kept::default()));
        std::fs::remove_dir(&folder).unwrap();
        std::fs::rename(&away, &folder).unwrap();
        leftover_files::read_segment(&segment).unwrap();
        assert!(remove(&segment, &Kept::default()));
        assert!(leftover_files::files_of(&segment).unwrap().is_empty());
    }
}
