//! How old the memory may be. A node that has not followed the store's changes for longer than its period (it was
//! stopped, its machine was suspended, its clock jumped) catches up before it serves.
//!
//! Older memory is trusted only while the store does not answer, up to `max_stale_seconds`. The store is then not asked
//! again for a short time, so that requests do not wait for a store that is down.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock, Weak};
use std::time::Duration;

use keystead_core::time::Timestamp;
use tokio::time::{Instant, timeout};

use crate::{BoxFuture, Unavailable};

/// Time since the changes were last followed after which the memory is old: three periods of a follower.
const OLD: Duration = Duration::from_millis(750);
/// The same by the wall clock, in seconds; it also counts while a machine is suspended.
const OLD_SECONDS: i64 = 2;
/// How long requests wait for the memory to catch up.
const PATIENCE: Duration = Duration::from_secs(1);
/// How long the store is not asked again after it did not answer. This is longer than a follower takes to notice the
/// same.
const EXCUSED: Duration = Duration::from_secs(5);

/// Brings memory up to date with the store.
pub trait Follow: Send + Sync + 'static {
    /// Applies every change that was committed before this call.
    fn catch_up(&self) -> BoxFuture<'_, Result<(), Unavailable>>;
}

/// A moment on both clocks.
#[derive(Debug, Clone, Copy)]
pub struct Moment {
    /// On the wall clock.
    pub wall: Timestamp,
    /// On the monotonic clock.
    pub at: Instant,
}

/// When the store's changes were last followed.
pub(crate) struct Freshness {
    began: Instant,
    /// Nanoseconds since `began`; the start of the last complete read of the changes.
    followed: AtomicU64,
    /// The same on the wall clock, in seconds.
    fresh_at: AtomicI64,
    /// Nanoseconds since `began` until which the store is not asked again.
    excused_until: AtomicU64,
    follow: OnceLock<Weak<dyn Follow>>,
    /// Held by the one request that catches up, while the others wait for the result.
    looking: tokio::sync::Mutex<()>,
}

impl Freshness {
    pub(crate) fn new(now: Moment) -> Self {
        Self {
            began: now.at,
            followed: AtomicU64::new(0),
            fresh_at: AtomicI64::new(now.wall.0),
            excused_until: AtomicU64::new(0),
            follow: OnceLock::new(),
            looking: tokio::sync::Mutex::default(),
        }
    }

    /// Sets the follower to ask when the memory is old. Without one, only [`Self::mark`] counts.
    pub(crate) fn followed_by(&self, follow: &Arc<dyn Follow>, now: Moment) {
        self.mark(now);
        // The first one stays; there is one follower in a process.
        let _ = self.follow.set(Arc::downgrade(follow));
    }

    /// Notes that every change committed before `asked` is applied.
    pub(crate) fn mark(&self, requested: Moment) {
        self.followed.fetch_max(self.since_began(requested.at), Ordering::Relaxed);
        self.fresh_at.store(requested.wall.0, Ordering::Relaxed);
    }

    /// Notes that the store did not answer: requests do not wait for it for a short time.
    pub(crate) fn excuse(&self, now: Instant) {
        self.excused_until.store(self.since_began(now + EXCUSED), Ordering::Relaxed);
    }

    /// Seconds since the changes were followed, on the wall clock.
    pub(crate) fn age(&self, wall: Timestamp) -> i64 {
        wall.0.saturating_sub(self.fresh_at.load(Ordering::Relaxed))
    }

    /// Whether the memory must catch up before it may answer.
    pub(crate) fn is_old(&self, now: Moment) -> bool {
        let at = self.since_began(now.at);
        let old = at.saturating_sub(self.followed.load(Ordering::Relaxed)) > nanoseconds(OLD)
            || self.age(now.wall) > OLD_SECONDS;
        old && self.follow.get().is_some() && at >= self.excused_until.load(Ordering::Relaxed)
    }

    /// Catches up if necessary; concurrent requests share one read.
    pub(crate) async fn look(&self, now: impl Fn() -> Moment) {
        if !self.is_old(now()) {
            return;
        }
        let _one = self.looking.lock().await;
        if !self.is_old(now()) {
            return;
        }
        let Some(follow) = self.follow.get().and_then(Weak::upgrade) else { return };
        if !matches!(timeout(PATIENCE, follow.catch_up()).await, Ok(Ok(()))) {
            self.excuse(now().at);
        }
    }

    fn since_began(&self, at: Instant) -> u64 {
        nanoseconds(at.saturating_duration_since(self.began))
    }
}

fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;
    use std::sync::atomic::AtomicUsize;

    use futures_util::FutureExt;
    use tokio::time::advance;

    use super::*;

    /// Returns the configured answer, and counts the calls.
    #[derive(Default)]
    struct Follower {
        looks: AtomicUsize,
        answer: Mutex<Option<Result<(), Unavailable>>>,
        freshness: OnceLock<Arc<Freshness>>,
    }

    impl Follow for Follower {
        fn catch_up(&self) -> BoxFuture<'_, Result<(), Unavailable>> {
            async move {
                self.looks.fetch_add(1, Ordering::SeqCst);
                let requested = now();
                let answer = *self.answer.lock().unwrap();
                // Without an answer the store hangs.
                let Some(answer) = answer else { std::future::pending().await };
                if answer.is_ok() {
                    self.freshness.get().unwrap().mark(requested);
                }
                answer
            }
            .boxed()
        }
    }

    static WALL: AtomicI64 = AtomicI64::new(0);

    fn now() -> Moment {
        Moment { wall: Timestamp(WALL.load(Ordering::SeqCst)), at: Instant::now() }
    }

    fn world() -> (Arc<Freshness>, Arc<Follower>) {
        let freshness = Arc::new(Freshness::new(now()));
        let follower = Arc::new(Follower::default());
        *follower.answer.lock().unwrap() = Some(Ok(()));
        let _ = follower.freshness.set(Arc::clone(&freshness));
        freshness.followed_by(&(Arc::clone(&follower) as Arc<dyn Follow>), now());
        (freshness, follower)
    }

    /// One test, because the wall clock is shared.
    #[tokio::test(start_paused = true)]
    async fn a_node_that_did_not_follow_looks_before_it_serves() {
        let (freshness, follower) = world();
        let looks = || follower.looks.load(Ordering::SeqCst);
        advance(OLD).await;
        freshness.look(now).await;
        assert_eq!(looks(), 0, "three periods are nothing unusual");

        // The node was stopped for nine seconds; then forty requests arrive at once.
        advance(Duration::from_secs(9)).await;
        assert!(freshness.is_old(now()));
        futures_util::future::join_all((0..40).map(|_| freshness.look(now))).await;
        assert_eq!(looks(), 1, "they share one look");
        assert!(!freshness.is_old(now()));

        // A suspended machine: its monotonic clock stopped, the wall clock did not.
        WALL.fetch_add(OLD_SECONDS, Ordering::SeqCst);
        assert!(!freshness.is_old(now()));
        WALL.fetch_add(1, Ordering::SeqCst);
        assert!(freshness.is_old(now()));
        freshness.look(now).await;
        assert_eq!((looks(), freshness.is_old(now())), (2, false));

        // A wall clock that goes back makes nothing old, and does not make anything fresh for ever.
        WALL.fetch_add(-3_600, Ordering::SeqCst);
        assert!(!freshness.is_old(now()));
        advance(OLD * 2).await;
        assert!(freshness.is_old(now()));
        freshness.look(now).await;
        assert_eq!((looks(), freshness.age(now().wall)), (3, 0));

        // The store refuses: one request asks it, the others do not wait until it is asked again.
        *follower.answer.lock().unwrap() = Some(Err(Unavailable));
        advance(OLD * 2).await;
        futures_util::future::join_all((0..40).map(|_| freshness.look(now))).await;
        assert_eq!((looks(), freshness.is_old(now())), (4, false));
        advance(EXCUSED).await;
        assert!(freshness.is_old(now()));

        // The store hangs: the wait is limited.
        *follower.answer.lock().unwrap() = None;
        let before = Instant::now();
        freshness.look(now).await;
        assert_eq!((looks(), before.elapsed()), (5, PATIENCE));
        freshness.look(now).await;
        assert_eq!((looks(), before.elapsed()), (5, PATIENCE));

        // The follower also notices the outage, and requests do not wait meanwhile.
        advance(EXCUSED / 2).await;
        freshness.excuse(Instant::now());
        advance(EXCUSED - Duration::from_millis(1)).await;
        assert!(!freshness.is_old(now()));

        // The store answers again.
        *follower.answer.lock().unwrap() = Some(Ok(()));
        advance(Duration::from_millis(1)).await;
        freshness.look(now).await;
        assert_eq!((looks(), freshness.is_old(now())), (6, false));
    }
}
