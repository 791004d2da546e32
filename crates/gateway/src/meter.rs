//! The meter: takes usage events off the response path, puts them on disk in groups, and hands them to the store in
//! batches, each once in effect, because the store counts each place of the spool once.

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use keystead_core::usage::UsageEvent;
use rand::RngCore;
use tokio::sync::{Notify, mpsc};
use tokio::task::AbortHandle;

use crate::spool::{Group, Segment, Spool};
use crate::{BoxFuture, Unavailable};

/// Events that stand in this node's spool one behind the other.
#[derive(Debug, Clone)]
pub struct UsageBatch {
    /// The segment's name; no other segment of any node has it.
    pub segment: Arc<str>,
    /// The place of the first event.
    pub first: i64,
    /// The events.
    pub events: Arc<[UsageEvent]>,
}

/// Where batches of usage go.
pub trait UsageSink: Send + Sync + 'static {
    /// Counts a batch. What stands at a place that was counted before must be left out; the rest may be new.
    fn write(&self, batch: UsageBatch) -> BoxFuture<'_, Result<(), Unavailable>>;

    /// No event of this segment comes any more: how far it was counted can be forgotten.
    fn forget(&self, segment: Arc<str>) -> BoxFuture<'_, Result<(), Unavailable>>;
}

/// Sizes and times of the meter.
#[derive(Debug, Clone, Copy)]
pub struct MeterOptions {
    /// Events in a batch at most.
    pub batch: usize,
    /// How long an event may wait for others to share its flush of the disk.
    pub gather: Duration,
    /// How long a batch may wait for more events before it is delivered.
    pub interval: Duration,
    /// The first wait after a failed delivery; it doubles up to 5 seconds.
    pub retry: Duration,
}

impl Default for MeterOptions {
    fn default() -> Self {
        Self {
            batch: 2_000,
            gather: Duration::from_millis(5),
            interval: Duration::from_millis(100),
            retry: Duration::from_millis(200),
        }
    }
}

/// An event that was taken, and the promise that it will be counted.
#[must_use = "an answer must not be whole before its event is safe"]
pub enum Recorded {
    /// It is where the chosen durability wants it.
    Safe,
    /// It is on its way there.
    Waiting(BoxFuture<'static, Result<(), Unsafe>>),
}

/// An event could not be brought to safety in time. It stays in memory and is tried again, but its answer must not be
/// whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a usage event could not be brought to safety in time")]
pub struct Unsafe;

impl std::fmt::Debug for Recorded {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if matches!(self, Self::Safe) { "Safe" } else { "Waiting" })
    }
}

impl Recorded {
    /// Whether it is safe by now.
    pub(crate) fn poll(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Unsafe>> {
        let Self::Waiting(wait) = self else { return Poll::Ready(Ok(())) };
        let safe = ready!(wait.as_mut().poll(context));
        *self = Self::Safe;
        Poll::Ready(safe)
    }

    /// Waits until it is safe.
    ///
    /// # Errors
    /// When that takes too long.
    pub async fn safe(self) -> Result<(), Unsafe> {
        match self {
            Self::Safe => Ok(()),
            Self::Waiting(wait) => wait.await,
        }
    }
}

/// The meter of one node.
#[derive(Debug)]
pub struct Meter {
    queue: Arc<Queue>,
    counts: Arc<Counts>,
    delivery: AbortHandle,
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
    pub async fn open(
        dir: &Path,
        sink: Arc<dyn UsageSink>,
        options: MeterOptions,
        rng: &mut (dyn RngCore + Send),
    ) -> std::io::Result<Self> {
        let (spool, left) = Spool::open(dir, rng)?;
        let counts = Arc::new(Counts::default());
        let queue = Arc::new(Queue { batch: options.batch, ..Queue::default() });
        let (durable, deliveries) = mpsc::unbounded_channel();
        for group in left {
            counts.recorded.fetch_add(u64::try_from(group.events.len()).unwrap_or(0), Ordering::Relaxed);
            // The receiver is alive: it is right here.
            let _ = durable.send(group);
        }
        let writer = Writer { spool, incoming: Arc::clone(&queue), gather: options.gather, durable };
        std::thread::Builder::new().name("usage-spool".to_owned()).spawn(move || writer.run())?;
        let delivery = Delivery { sink, options, counts: Arc::clone(&counts), queue: Arc::clone(&queue), last: None };
        let delivery = tokio::spawn(delivery.run(deliveries)).abort_handle();
        Ok(Self { queue, counts, delivery })
    }

    /// Takes an event. Returns at once; the event is on disk within [`MeterOptions::gather`] and one flush of the disk.
    pub fn record(&self, event: UsageEvent) -> Recorded {
        self.counts.recorded.fetch_add(1, Ordering::Relaxed);
        self.queue.push(event);
        Recorded::Safe
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

impl Drop for Meter {
    /// What is not with the store yet waits on disk for the next start, which must not meet a delivery of this one.
    fn drop(&mut self) {
        self.queue.close();
        self.delivery.abort();
    }
}

/// Events on their way to the disk. The slower the disk, the more of them share a flush.
#[derive(Debug, Default)]
struct Queue {
    waiting: Mutex<Waiting>,
    came: Condvar,
    batch: usize,
}

#[derive(Debug, Default)]
struct Waiting {
    events: Vec<UsageEvent>,
    /// Room that was used before: fresh room costs the system's time, page by page, on the way of an answer.
    room: Vec<UsageEvent>,
    closed: bool,
}

impl Queue {
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn push(&self, event: UsageEvent) {
        let mut waiting = self.lock();
        waiting.events.push(event);
        // Woken for the first of a group and for a full one; waking for each would cost more than writing it.
        let wake = waiting.events.len() == 1 || waiting.events.len() == self.batch;
        drop(waiting);
        if wake {
            self.came.notify_one();
        }
    }

    fn close(&self) {
        self.lock().closed = true;
        self.came.notify_one();
    }

    /// The next group; `None` once nothing more can come.
    fn take(&self, gather: Duration) -> Option<Vec<UsageEvent>> {
        let full = |waiting: &Waiting| waiting.closed || waiting.events.len() >= self.batch;
        let nothing = |waiting: &mut Waiting| !waiting.closed && waiting.events.is_empty();
        let mut waiting = self.came.wait_while(self.lock(), nothing).unwrap_or_else(PoisonError::into_inner);
        if !gather.is_zero() && !full(&waiting) {
            let gathered = self.came.wait_timeout_while(waiting, gather, |waiting| !full(waiting));
            waiting = gathered.unwrap_or_else(PoisonError::into_inner).0;
        }
        let room = std::mem::take(&mut waiting.room);
        let group = std::mem::replace(&mut waiting.events, room);
        (!group.is_empty()).then_some(group)
    }

    /// Takes room that is not needed any more; the largest is kept for the next group.
    fn reuse(&self, mut room: Vec<UsageEvent>) {
        room.clear();
        let mut waiting = self.lock();
        if (waiting.room.capacity()..=self.batch).contains(&room.capacity()) {
            // What was kept before is freed outside.
            std::mem::swap(&mut waiting.room, &mut room);
        }
        drop(waiting);
    }
}

/// The thread that waits for the disk, so that no task does.
struct Writer {
    spool: Spool,
    incoming: Arc<Queue>,
    gather: Duration,
    durable: mpsc::UnboundedSender<Group>,
}

impl Writer {
    fn run(mut self) {
        while let Some(events) = self.incoming.take(self.gather) {
            let (group, written) = self.spool.append(events);
            if let Err(error) = written {
                tracing::error!(%error, "the usage spool cannot be written");
            }
            // With nobody left to deliver, what is on disk waits there for the next start.
            let _ = self.durable.send(group);
        }
    }
}

struct Delivery {
    sink: Arc<dyn UsageSink>,
    options: MeterOptions,
    counts: Arc<Counts>,
    queue: Arc<Queue>,
    /// The segment that was delivered from last.
    last: Option<Arc<Segment>>,
}

impl Delivery {
    async fn run(mut self, mut durable: mpsc::UnboundedReceiver<Group>) {
        let mut elsewhere = None;
        loop {
            let first = match elsewhere.take() {
                Some(group) => Some(group),
                None => durable.recv().await,
            };
            let Some(mut group) = first else { return };
            let pause = tokio::time::sleep(self.options.interval);
            tokio::pin!(pause);
            while group.events.len() < self.options.batch && elsewhere.is_none() {
                tokio::select! {
                    biased;
                    next = durable.recv() => match next {
                        Some(next) => match group.join(next) {
                            Ok(room) => self.queue.reuse(room),
                            Err(next) => elsewhere = Some(next),
                        },
                        None => break,
                    },
                    () = &mut pause => break,
                }
            }
            self.deliver(group).await;
        }
    }

    async fn deliver(&mut self, group: Group) {
        self.leave(&group.segment).await;
        let (count, mut first) = (group.events.len(), group.first);
        let mut wait = self.options.retry;
        let mut events = group.events;
        while !events.is_empty() {
            let most = self.options.batch.clamp(1, events.len());
            let events: Arc<[UsageEvent]> = events.drain(..most).collect();
            let batch = UsageBatch { segment: Arc::clone(&group.segment.name), first, events };
            while self.sink.write(batch.clone()).await == Err(Unavailable) {
                tokio::time::sleep(wait).await;
                wait = wait.saturating_mul(2).min(Duration::from_secs(5));
            }
            first = first.saturating_add(i64::try_from(batch.events.len()).unwrap_or(i64::MAX));
        }
        self.queue.reuse(events);
        self.counts.delivered.fetch_add(u64::try_from(count).unwrap_or(0), Ordering::Release);
        self.counts.changed.notify_waiters();
    }

    /// Segments are delivered in order: when the next one comes, the one before is done, and its file can go. The place
    /// up to which it was counted goes after the file, so that no file is ever without.
    async fn leave(&mut self, next: &Arc<Segment>) {
        let Some(done) = self.last.replace(Arc::clone(next)).filter(|last| last != next) else { return };
        if let Err(error) = std::fs::remove_file(&done.path) {
            tracing::warn!(%error, path = %done.path.display(), "a delivered usage segment could not be removed");
        } else if self.sink.forget(Arc::clone(&done.name)).await.is_err() {
            tracing::debug!(segment = %done.name, "how far a segment was counted could not be forgotten");
        }
    }
}
