//! The meter: writes usage events into the spool before their answers are complete, and delivers them to the store in
//! batches. Each event counts once, because the store counts each position of the spool once.

mod delivery;
mod keeper;
mod recorded;
pub(crate) mod spool;
#[cfg(test)]
mod tests;
pub(crate) mod usage_recorder;

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use keystead_core::usage::UsageEvent;
use rand::RngCore;
use tokio::sync::{Notify, watch};
use tokio::task::AbortHandle;

pub use recorded::{Gathered, NotDurable, Recorded};

use crate::decide::rate_limiter::Stopwatch;
pub use crate::metering::spool::Durability;
use crate::metering::spool::disk::{Disk, RealDisk};
use crate::metering::spool::{Spool, SpoolOptions};
use crate::{BoxFuture, Unavailable};

/// Consecutive events in this node's spool.
#[derive(Debug, Clone)]
pub struct UsageBatch {
    /// The segment's name; no other segment of any node has it.
    pub segment: Arc<str>,
    /// The position of the first event.
    pub first: i64,
    /// The events.
    pub events: Arc<Vec<UsageEvent>>,
}

/// The receiver of usage batches.
pub trait UsageSink: Send + Sync + 'static {
    /// Counts a batch. Events at positions that were counted before must be left out; the others may be new.
    fn write(&self, batch: UsageBatch) -> BoxFuture<'_, Result<(), Unavailable>>;

    /// Notes that no more events of this segment come: its counted position can be deleted.
    fn forget(&self, segment: Arc<str>) -> BoxFuture<'_, Result<(), Unavailable>>;

    /// Notes that an earlier run has ended and all of its events are counted: its leases hold nothing more.
    fn end_run(&self, run: Arc<str>) -> BoxFuture<'_, Result<(), Unavailable>>;
}

/// Limits of size and time of the meter.
#[derive(Debug, Clone, Copy)]
pub struct MeterOptions {
    /// When an event counts as safe, so that the last byte of its answer may be sent.
    pub durability: Durability,
    /// Events that may be only in memory, because the spool cannot be written, before requests are refused.
    pub unwritten_events: u64,
    /// How long none of those may become safe before requests are refused, and how long an answer waits for its event.
    pub unwritten_time: Duration,
    /// The size at which a file of the spool is closed, in bytes.
    pub segment: u64,
    /// Bytes reserved after that for the running answers when the disk is full.
    pub reserve: u64,
    /// How long written events may wait for the disk when they count as safe without it.
    pub sync: Duration,
    /// Maximum events in a batch.
    pub batch: usize,
    /// How long a batch may wait for more events before it is delivered.
    pub interval: Duration,
    /// The wait after the first failed delivery; it doubles up to 5 seconds.
    pub retry: Duration,
}

impl Default for MeterOptions {
    fn default() -> Self {
        Self {
            durability: Durability::Process,
            unwritten_events: 10_000,
            unwritten_time: Duration::from_secs(5),
            segment: 8 << 20,
            reserve: 1 << 20,
            sync: Duration::from_secs(1),
            batch: 2_000,
            interval: Duration::from_millis(100),
            retry: Duration::from_millis(200),
        }
    }
}

/// The state of the meter.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MeterState {
    /// Why the spool cannot be written, if it cannot.
    pub failing: Option<String>,
    /// Whether requests are refused because of that.
    pub refusing: bool,
    /// Events only in memory: not in the spool and not in the store.
    pub unwritten: u64,
    /// Events that are not in the store yet.
    pub waiting: u64,
}

/// The meter of one node.
pub struct Meter {
    shared: Arc<Shared>,
    durability: Durability,
    patience: Duration,
    keeper: Option<JoinHandle<()>>,
    delivery: AbortHandle,
}

impl std::fmt::Debug for Meter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Meter").field("state", &self.state()).finish_non_exhaustive()
    }
}

/// The state shared by requests, the keeper's thread and the delivery's task.
pub(crate) struct Shared {
    state: Mutex<State>,
    disk: Arc<dyn Disk>,
    stopwatch: Stopwatch,
    /// Wakes the keeper.
    kept: Condvar,
    /// Wakes the delivery.
    came: Notify,
    /// Wakes waiters for deliveries.
    gone: Notify,
    /// The number of the first event that is not safe.
    safe: watch::Sender<u64>,
    /// Whether something fails, so that readers need no lock while all is well.
    troubled: AtomicBool,
}

pub(crate) struct State {
    spool: Spool,
    /// Whether the keeper waits for the next event.
    keeper_idle: bool,
    /// Whether the keeper has something to do.
    wake: bool,
    /// The number of events for which the delivery waits; 0 while it works.
    awaited: u64,
    closed: bool,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now(&self) -> Duration {
        (self.stopwatch)()
    }

    /// Writes the gathered events, unless another thread just did; returns whether the event of this number is safe.
    fn write(&self, number: u64) -> bool {
        let mut state = self.lock();
        if state.spool.safe() > number {
            return true;
        }
        state.spool.write(self.now());
        let safe = state.spool.safe() > number;
        let broken = state.spool.trouble().is_some() && !self.troubled.swap(true, Ordering::Relaxed);
        let keep = std::mem::take(&mut state.keeper_idle) || broken;
        state.wake |= keep;
        drop(state);
        if keep {
            self.kept.notify_one();
        }
        safe
    }

    /// Tells waiters up to which event all are safe.
    fn tell(&self, state: &State) {
        self.troubled.store(state.spool.trouble().is_some(), Ordering::Relaxed);
        let safe = state.spool.safe();
        self.safe.send_if_modified(|known| std::mem::replace(known, safe) != safe);
    }
}

impl Meter {
    /// Opens the spool in `dir`, delivers the events that earlier runs left there, and starts the meter.
    ///
    /// # Errors
    /// When the folder cannot be written.
    pub async fn open(
        dir: &Path,
        sink: Arc<dyn UsageSink>,
        options: MeterOptions,
        stopwatch: Stopwatch,
        rng: &mut (dyn RngCore + Send),
    ) -> std::io::Result<Self> {
        Self::open_on(Arc::new(RealDisk), dir, sink, options, stopwatch, rng)
    }

    fn open_on(
        disk: Arc<dyn Disk>,
        dir: &Path,
        sink: Arc<dyn UsageSink>,
        options: MeterOptions,
        stopwatch: Stopwatch,
        rng: &mut dyn RngCore,
    ) -> std::io::Result<Self> {
        let MeterOptions { durability, segment, reserve, unwritten_events, unwritten_time, .. } = options;
        let bounds = SpoolOptions { durability, segment, reserve, unwritten_events, unwritten_time };
        let spool = Spool::open(dir, Arc::clone(&disk), bounds, rng)?;
        let state = Mutex::new(State { spool, keeper_idle: false, wake: false, awaited: 0, closed: false });
        let (kept, came, gone) = (Condvar::new(), Notify::new(), Notify::new());
        let (safe, troubled) = (watch::Sender::new(0), AtomicBool::new(false));
        let shared = Arc::new(Shared { state, disk, stopwatch, kept, came, gone, safe, troubled });
        let keeper = Arc::clone(&shared);
        let keeper =
            std::thread::Builder::new().name("usage-spool".to_owned()).spawn(move || keeper::run(&keeper, options))?;
        let delivery = tokio::spawn(delivery::run(Arc::clone(&shared), sink, options)).abort_handle();
        Ok(Self { shared, durability, patience: unwritten_time, keeper: Some(keeper), delivery })
    }

    /// The name of this run, which is the end of the names of its segments.
    #[must_use]
    pub fn run(&self) -> Arc<str> {
        self.shared.lock().spool.run()
    }

    /// Takes an event. It counts however the answer ends, which must not be completed before the event is safe.
    pub fn record(&self, event: UsageEvent) -> Recorded {
        let shared = &self.shared;
        let mut state = shared.lock();
        let number = state.spool.record(event, || shared.now());
        // Woken once for each wait: waking it for each event would cost more than writing the event.
        let deliver = state.awaited > 0 && state.spool.waiting() >= state.awaited;
        if deliver {
            state.awaited = 0;
        }
        drop(state);
        if deliver {
            shared.came.notify_one();
        }
        Recorded::Gathered(Gathered::new(shared, number, self.patience))
    }

    /// Whether a request that arrives now could be answered and counted.
    #[must_use]
    pub fn accepts(&self) -> bool {
        let shared = &self.shared;
        let all_well = self.durability == Durability::Process && !shared.troubled.load(Ordering::Relaxed);
        all_well || !shared.lock().spool.refuses(shared.now())
    }

    /// Returns its state.
    #[must_use]
    pub fn state(&self) -> MeterState {
        let now = self.shared.now();
        let spool = &self.shared.lock().spool;
        MeterState {
            failing: spool.trouble().map(str::to_owned),
            refusing: spool.refuses(now),
            unwritten: spool.unwritten(),
            waiting: spool.waiting(),
        }
    }

    /// Returns the number of taken events that are not in the store yet.
    #[must_use]
    pub fn waiting(&self) -> u64 {
        self.shared.lock().spool.waiting()
    }

    /// Waits until every event taken before this call is in the store. Callers must limit the time: an outage may be
    /// endless.
    pub async fn flush(&self) {
        let (target, _) = self.shared.lock().spool.counts();
        loop {
            let gone = self.shared.gone.notified();
            tokio::pin!(gone);
            gone.as_mut().enable();
            let (_, delivered) = self.shared.lock().spool.counts();
            if delivered >= target {
                return;
            }
            gone.await;
        }
    }
}

impl Drop for Meter {
    /// Events that are not in the store yet stay on disk for the next start, which must not overlap with a delivery of
    /// this one.
    fn drop(&mut self) {
        self.shared.lock().closed = true;
        self.shared.kept.notify_one();
        self.delivery.abort();
        // The keeper syncs the last events to disk.
        if let Some(Err(_)) = self.keeper.take().map(JoinHandle::join) {
            tracing::error!("the thread that writes the usage spool failed; report it with the lines before");
        }
    }
}
