//! The meter: writes usage events into the spool before their answers are whole, and hands them to the store in batches,
//! each once in effect, because the store counts each place of the spool once.

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

pub use recorded::{Gathered, Recorded, Unsafe};

use crate::decide::rate_limiter::Stopwatch;
pub use crate::metering::spool::Durability;
use crate::metering::spool::disk::{Disk, RealDisk};
use crate::metering::spool::{Spool, SpoolOptions};
use crate::{BoxFuture, Unavailable};

/// Events that follow each other in this node's spool.
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
    /// Counts a batch. An event at a place that was counted before must be left out; the rest may be new.
    fn write(&self, batch: UsageBatch) -> BoxFuture<'_, Result<(), Unavailable>>;

    /// No event of this segment comes any more: how far it was counted can be forgotten.
    fn forget(&self, segment: Arc<str>) -> BoxFuture<'_, Result<(), Unavailable>>;
}

/// Sizes, times and bounds of the meter.
#[derive(Debug, Clone, Copy)]
pub struct MeterOptions {
    /// When an event is safe, and the last byte of its answer may leave.
    pub durability: Durability,
    /// Events that may be in memory alone, because the spool cannot be written, before requests are refused.
    pub unwritten_events: u64,
    /// How long none of those may become safe before requests are refused, and how long an answer waits for its event.
    pub unwritten_time: Duration,
    /// A file of the spool is closed once it is this long, in bytes.
    pub segment: u64,
    /// Bytes set aside behind that for the answers under way when the disk is full.
    pub reserve: u64,
    /// How long what was written may wait for the disk where events are safe without it.
    pub sync: Duration,
    /// Events in a batch at most.
    pub batch: usize,
    /// How long a batch may wait for more events before it is delivered.
    pub interval: Duration,
    /// The first wait after a failed delivery; it doubles up to 5 seconds.
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

/// How the meter is doing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MeterState {
    /// Why the spool cannot be written, if it cannot.
    pub failing: Option<String>,
    /// Whether requests are refused because of that.
    pub refusing: bool,
    /// Events in memory alone: neither in the spool nor with the store.
    pub unwritten: u64,
    /// Events that are not with the store.
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

/// What the requests, the keeper's thread and the delivery's task share.
pub(crate) struct Shared {
    state: Mutex<State>,
    disk: Arc<dyn Disk>,
    stopwatch: Stopwatch,
    /// Wakes the keeper.
    kept: Condvar,
    /// Wakes the delivery.
    came: Notify,
    /// Wakes who waits for deliveries.
    gone: Notify,
    /// The number of the first event that is not safe.
    safe: watch::Sender<u64>,
    /// Whether something does not work, so that those who ask need no lock while all is well.
    troubled: AtomicBool,
}

pub(crate) struct State {
    spool: Spool,
    /// Whether the keeper waits for the next event.
    keeper_idle: bool,
    /// Whether the keeper has something to do.
    wake: bool,
    /// How many events the delivery sleeps for; 0 while it works.
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

    /// Writes what was gathered, unless another event of the same moment did; whether the event of this number is safe.
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

    /// Tells those who wait how far events are safe.
    fn tell(&self, state: &State) {
        self.troubled.store(state.spool.trouble().is_some(), Ordering::Relaxed);
        let safe = state.spool.safe();
        self.safe.send_if_modified(|known| std::mem::replace(known, safe) != safe);
    }
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

    /// Takes an event. It is counted whatever happens to the answer, which must not be whole before the event is safe.
    pub fn record(&self, event: UsageEvent) -> Recorded {
        let shared = &self.shared;
        let mut state = shared.lock();
        let number = state.spool.record(event, || shared.now());
        // Woken once for each sleep: waking it for each event would cost more than writing the event.
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

    /// Whether a request that came now could be answered and counted.
    #[must_use]
    pub fn accepts(&self) -> bool {
        let shared = &self.shared;
        let all_well = self.durability == Durability::Process && !shared.troubled.load(Ordering::Relaxed);
        all_well || !shared.lock().spool.refuses(shared.now())
    }

    /// How it is doing.
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

    /// Events taken and not yet with the store.
    #[must_use]
    pub fn waiting(&self) -> u64 {
        self.shared.lock().spool.waiting()
    }

    /// Waits until every event taken before this call is with the store. Bound it in time: an outage has no end.
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
    /// What is not with the store yet waits on disk for the next start, which must not meet a delivery of this one.
    fn drop(&mut self) {
        self.shared.lock().closed = true;
        self.shared.kept.notify_one();
        self.delivery.abort();
        // It brings to disk what was written last.
        if let Some(Err(_)) = self.keeper.take().map(JoinHandle::join) {
            tracing::error!("the thread that keeps the usage spool had failed");
        }
    }
}
