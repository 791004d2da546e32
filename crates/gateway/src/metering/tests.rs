//! The meter on a failing disk.

use std::collections::HashMap;
use std::sync::atomic::AtomicU64;
use std::task::{Context, Poll, Waker};

use futures_util::FutureExt;
use rand::SeedableRng;
use rand_chacha::ChaCha20Rng;

use super::*;
use crate::metering::spool::faults::{Faults, FaultyDisk};
use crate::metering::spool::tests::event;

const FULL: Faults = Faults { room: Some(0), no_files: true, interruptions: 0, short: None, no_sync: false };
const NO_SYNC: Faults = Faults { room: None, no_files: false, interruptions: 0, short: None, no_sync: true };

/// Counts each position once, like the store, unless it is down.
#[derive(Default)]
struct Sink {
    away: AtomicBool,
    counted: Mutex<(HashMap<String, i64>, Vec<i64>)>,
    /// Earlier runs that have ended.
    ended: Mutex<Vec<String>>,
}

impl UsageSink for Sink {
    fn write(&self, batch: UsageBatch) -> BoxFuture<'_, Result<(), Unavailable>> {
        if self.away.load(Ordering::SeqCst) {
            return std::future::ready(Err(Unavailable)).boxed();
        }
        let mut counted = self.counted.lock().unwrap();
        let (segments, events) = &mut *counted;
        let before = segments.entry(batch.segment.to_string()).or_default();
        let places = (batch.first..).zip(batch.events.iter());
        events.extend(places.filter(|(place, _)| place >= before).map(|(_, event)| event.at.0));
        *before = (*before).max(batch.first + i64::try_from(batch.events.len()).unwrap());
        std::future::ready(Ok(())).boxed()
    }

    fn forget(&self, segment: Arc<str>) -> BoxFuture<'_, Result<(), Unavailable>> {
        self.counted.lock().unwrap().0.remove(&*segment);
        std::future::ready(Ok(())).boxed()
    }

    fn end_run(&self, run: Arc<str>) -> BoxFuture<'_, Result<(), Unavailable>> {
        self.ended.lock().unwrap().push(run.to_string());
        std::future::ready(Ok(())).boxed()
    }
}

fn poll(recorded: &mut Recorded) -> Poll<Result<(), NotDurable>> {
    recorded.poll(&mut Context::from_waker(Waker::noop()))
}

struct World {
    folder: tempfile::TempDir,
    disk: FaultyDisk,
    sink: Arc<Sink>,
    passed: Arc<AtomicU64>,
    meter: Meter,
}

fn open(options: MeterOptions) -> World {
    let folder = tempfile::tempdir().unwrap();
    let (disk, sink, passed) = (FaultyDisk::default(), Arc::<Sink>::default(), Arc::<AtomicU64>::default());
    let stopwatch: Stopwatch = {
        let passed = Arc::clone(&passed);
        Arc::new(move || Duration::from_secs(passed.load(Ordering::SeqCst)))
    };
    let mut rng = ChaCha20Rng::seed_from_u64(1);
    let to = Arc::clone(&sink) as Arc<dyn UsageSink>;
    let meter = Meter::open_on(Arc::new(disk.clone()), folder.path(), to, options, stopwatch, &mut rng).unwrap();
    World { folder, disk, sink, passed, meter }
}

fn quick() -> MeterOptions {
    MeterOptions {
        interval: Duration::ZERO,
        retry: Duration::from_millis(1),
        sync: Duration::ZERO,
        unwritten_events: 3,
        unwritten_time: Duration::from_secs(3_600),
        ..MeterOptions::default()
    }
}

// The limit, and what happens once there is space again.
#[tokio::test]
async fn a_full_disk_stops_requests_at_the_bound_and_loses_none() {
    let World { folder: _folder, disk, sink, passed, meter } = open(quick());
    sink.away.store(true, Ordering::SeqCst);
    meter.record(event(0)).safe().await.unwrap();
    disk.set(FULL);
    let mut waiting = Vec::new();
    for number in 1..4 {
        assert!(meter.accepts());
        let mut recorded = meter.record(event(number));
        assert_eq!(poll(&mut recorded), Poll::Pending);
        waiting.push(recorded);
    }
    assert!(!meter.accepts());
    let state = meter.state();
    assert_eq!((state.refusing, state.unwritten, state.waiting), (true, 3, 4));
    assert!(state.failing.is_some());
    // Running answers are still recorded.
    waiting.push(meter.record(event(4)));
    assert_eq!(poll(&mut waiting[3]), Poll::Pending);
    // The keeper tries again, but not before its time: at that moment the disk must have space.
    disk.set(Faults::default());
    passed.fetch_add(1, Ordering::SeqCst);
    for recorded in waiting {
        recorded.safe().await.unwrap();
    }
    while meter.state().failing.is_some() {
        tokio::task::yield_now().await;
    }
    assert!(meter.accepts());
    sink.away.store(false, Ordering::SeqCst);
    meter.flush().await;
    assert_eq!(sink.counted.lock().unwrap().1, [0, 1, 2, 3, 4]);
}

// The time limit.
#[tokio::test]
async fn requests_are_refused_once_nothing_becomes_safe_for_too_long() {
    let bounded = MeterOptions { unwritten_events: 1_000, unwritten_time: Duration::from_secs(5), ..quick() };
    let World { folder: _folder, disk, sink, passed, meter } = open(bounded);
    sink.away.store(true, Ordering::SeqCst);
    disk.set(FULL);
    let mut recorded = meter.record(event(0));
    assert_eq!(poll(&mut recorded), Poll::Pending);
    passed.fetch_add(4, Ordering::SeqCst);
    assert!(meter.accepts());
    passed.fetch_add(1, Ordering::SeqCst);
    assert!(!meter.accepts());
    // The store has it: then it is safe without the spool.
    sink.away.store(false, Ordering::SeqCst);
    recorded.safe().await.unwrap();
    assert!(meter.accepts() && meter.state().failing.is_some());
}

#[tokio::test]
async fn an_answer_does_not_wait_for_ever() {
    let World { folder: _folder, disk, sink, meter, .. } =
        open(MeterOptions { unwritten_time: Duration::from_millis(1), ..quick() });
    sink.away.store(true, Ordering::SeqCst);
    disk.set(FULL);
    assert_eq!(meter.record(event(0)).safe().await, Err(NotDurable));
    // It is still counted.
    sink.away.store(false, Ordering::SeqCst);
    meter.flush().await;
    assert_eq!(sink.counted.lock().unwrap().1, [0]);
}

// With "disk", a written event is not safe yet.
#[tokio::test]
async fn an_event_is_safe_on_disk_or_with_the_store() {
    let World { folder: _folder, disk, sink, passed, meter } =
        open(MeterOptions { durability: Durability::Disk, ..quick() });
    sink.away.store(true, Ordering::SeqCst);
    meter.record(event(0)).safe().await.unwrap();
    disk.set(NO_SYNC);
    let mut recorded = meter.record(event(1));
    assert_eq!(poll(&mut recorded), Poll::Pending);
    while meter.state().failing.is_none() {
        tokio::task::yield_now().await;
    }
    assert_eq!(meter.state().waiting, 2);
    // A failed sync is not simply repeated: the event is written again.
    disk.set(Faults::default());
    passed.fetch_add(1, Ordering::SeqCst);
    recorded.safe().await.unwrap();

    disk.set(NO_SYNC);
    let mut recorded = meter.record(event(2));
    assert_eq!(poll(&mut recorded), Poll::Pending);
    sink.away.store(false, Ordering::SeqCst);
    recorded.safe().await.unwrap();
    meter.flush().await;
    assert_eq!(sink.counted.lock().unwrap().1, [0, 1, 2]);
}
