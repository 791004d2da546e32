//! The meter: takes usage events off the response path, puts them on disk in groups, and hands them to the store in
//! batches, each once in effect, because the store counts an event's id once.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc as sync_mpsc;
use std::time::Duration;

use keystead_core::usage::UsageEvent;
use tokio::sync::{Notify, mpsc};

use crate::spool::{Segment, Spool};
use crate::{BoxFuture, Unavailable};

/// Where batches of usage go.
pub trait UsageSink: Send + Sync + 'static {
    /// Writes a batch; writing the same event again must be harmless.
    fn write<'a>(&'a self, events: &'a [UsageEvent]) -> BoxFuture<'a, Result<(), Unavailable>>;
}

/// Sizes and times of the meter.
#[derive(Debug, Clone, Copy)]
pub struct MeterOptions {
    /// Events in a batch at most.
    pub batch: usize,
    /// How long a batch may wait for more events before it is delivered.
    pub interval: Duration,
    /// The first wait after a failed delivery; it doubles up to 5 seconds.
    pub retry: Duration,
}

impl Default for MeterOptions {
    fn default() -> Self {
        Self { batch: 500, interval: Duration::from_millis(50), retry: Duration::from_millis(200) }
    }
}

/// The meter of one node.
#[derive(Debug)]
pub struct Meter {
    events: sync_mpsc::Sender<UsageEvent>,
    counts: Arc<Counts>,
}

#[derive(Debug, Default)]
struct Counts {
    recorded: AtomicU64,
    /// On disk and with the store.
    delivered: AtomicU64,
    changed: Notify,
}

impl Meter {
    /// Opens the spool in `dir`, delivers what an earlier run left there, and begins.
    ///
    /// # Errors
    /// When the folder cannot be written.
    pub async fn open(dir: &Path, sink: Arc<dyn UsageSink>, options: MeterOptions) -> std::io::Result<Self> {
        let (spool, left) = Spool::open(dir)?;
        let counts = Arc::new(Counts::default());
        let (events, incoming) = sync_mpsc::channel();
        let (durable, deliveries) = mpsc::unbounded_channel();
        for group in left {
            counts.recorded.fetch_add(u64::try_from(group.1.len()).unwrap_or(0), Ordering::Relaxed);
            // The receiver is alive: it is right here.
            let _ = durable.send(group);
        }
        let current = Arc::new(std::sync::Mutex::new(spool.path()));
        let writer = Writer { spool, incoming, durable, current: Arc::clone(&current), batch: options.batch };
        std::thread::Builder::new().name("usage-spool".to_owned()).spawn(move || writer.run())?;
        let delivery = Delivery { sink, options, counts: Arc::clone(&counts), current };
        tokio::spawn(delivery.run(deliveries));
        Ok(Self { events, counts })
    }

    /// Takes an event. Returns at once; the event is on disk within one flush of the disk.
    pub fn record(&self, event: UsageEvent) {
        self.counts.recorded.fetch_add(1, Ordering::Relaxed);
        if self.events.send(event).is_err() {
            tracing::error!("the usage spool has stopped; an event is lost");
        }
    }

    /// Events taken and not yet with the store.
    #[must_use]
    pub fn waiting(&self) -> u64 {
        self.counts.recorded.load(Ordering::Relaxed).saturating_sub(self.counts.delivered.load(Ordering::Relaxed))
    }

    /// Waits until every event taken before this call is with the store. Bound it in time: an outage has no end.
    pub async fn flush(&self) {
        let target = self.counts.recorded.load(Ordering::Relaxed);
        loop {
            let changed = self.counts.changed.notified();
            tokio::pin!(changed);
            changed.as_mut().enable();
            if self.counts.delivered.load(Ordering::Acquire) >= target {
                return;
            }
            changed.await;
        }
    }
}

/// The thread that waits for the disk, so that no task does.
struct Writer {
    spool: Spool,
    incoming: sync_mpsc::Receiver<UsageEvent>,
    durable: mpsc::UnboundedSender<Segment>,
    current: Arc<std::sync::Mutex<PathBuf>>,
    batch: usize,
}

impl Writer {
    fn run(mut self) {
        // While one group is being flushed the next one gathers: the slower the disk, the larger the groups.
        while let Ok(first) = self.incoming.recv() {
            let mut group = vec![first];
            group.extend(self.incoming.try_iter().take(self.batch.saturating_sub(1)));
            let path = match self.spool.append(&group) {
                Ok(path) => path,
                Err(error) => {
                    // Without the disk the event still goes to the store, only without the second net.
                    tracing::error!(%error, "the usage spool cannot be written");
                    self.spool.path()
                }
            };
            if let Ok(mut current) = self.current.lock() {
                *current = path.clone();
            }
            if self.durable.send((path, group)).is_err() {
                return;
            }
        }
    }
}

struct Delivery {
    sink: Arc<dyn UsageSink>,
    options: MeterOptions,
    counts: Arc<Counts>,
    current: Arc<std::sync::Mutex<PathBuf>>,
}

impl Delivery {
    async fn run(self, mut durable: mpsc::UnboundedReceiver<Segment>) {
        while let Some(first) = durable.recv().await {
            let mut groups = vec![first];
            let mut count = groups[0].1.len();
            let pause = tokio::time::sleep(self.options.interval);
            tokio::pin!(pause);
            while count < self.options.batch {
                tokio::select! {
                    biased;
                    next = durable.recv() => match next {
                        Some(group) => {
                            count += group.1.len();
                            groups.push(group);
                        }
                        None => break,
                    },
                    () = &mut pause => break,
                }
            }
            self.deliver(groups).await;
        }
    }

    async fn deliver(&self, groups: Vec<Segment>) {
        let events: Vec<UsageEvent> = groups.iter().flat_map(|(_, events)| events.iter().cloned()).collect();
        let mut wait = self.options.retry;
        for batch in events.chunks(self.options.batch.max(1)) {
            while self.sink.write(batch).await == Err(Unavailable) {
                tokio::time::sleep(wait).await;
                wait = wait.saturating_mul(2).min(Duration::from_secs(5));
            }
        }
        self.remove_segments(&groups);
        self.counts.delivered.fetch_add(u64::try_from(events.len()).unwrap_or(0), Ordering::Release);
        self.counts.changed.notify_waiters();
    }

    /// Segments are delivered in order, so all before the newest one delivered are done; the one being written stays.
    fn remove_segments(&self, groups: &[Segment]) {
        let Ok(current) = self.current.lock().map(|path| path.clone()) else { return };
        let Some((newest, _)) = groups.last() else { return };
        let Some(folder) = newest.parent() else { return };
        let Ok(entries) = std::fs::read_dir(folder) else { return };
        for path in entries.filter_map(|entry| Some(entry.ok()?.path())) {
            let done = path < *newest && path < current && path.extension().is_some_and(|e| e == "usage");
            if done && let Err(error) = std::fs::remove_file(&path) {
                tracing::warn!(%error, path = %path.display(), "a delivered usage segment could not be removed");
            }
        }
    }
}
