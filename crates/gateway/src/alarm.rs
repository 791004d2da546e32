//! Timers that are reused. Setting and cancelling a timer takes the runtime's lock and an entry in its lists, and
//! almost every event arrives long before its deadline. Therefore a timer that is set stays set when its deadline moves
//! later: it may fire too early, and is then set to the new deadline.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker, ready};

use tokio::time::{Instant, Sleep, sleep_until};

/// Maximum number of kept timers.
const MOST: usize = 1_024;

/// A timer for one moment after another.
#[derive(Debug, Default)]
pub struct Timer {
    /// `None` before the first poll.
    sleep: Option<Pin<Box<Sleep>>>,
    /// The task that it wakes up.
    wakes: Option<Waker>,
}

impl Timer {
    /// Ready once the moment has come; until then, the task is woken up at that moment.
    pub fn poll_until(&mut self, moment: Instant, context: &mut Context<'_>) -> Poll<()> {
        if self.is_set(moment, context) {
            return Poll::Pending;
        }
        let sleep = self.sleep.get_or_insert_with(|| Box::pin(sleep_until(moment)));
        if sleep.deadline() > moment {
            sleep.as_mut().reset(moment);
        }
        self.wakes = Some(context.waker().clone());
        loop {
            ready!(sleep.as_mut().poll(context));
            if Instant::now() >= moment {
                return Poll::Ready(());
            }
            sleep.as_mut().reset(moment);
        }
    }

    /// Whether it will wake this task no later than at the moment.
    fn is_set(&self, moment: Instant, context: &Context<'_>) -> bool {
        let set = self.sleep.as_ref().is_some_and(|sleep| sleep.deadline() <= moment && !sleep.is_elapsed());
        set && self.wakes.as_ref().is_some_and(|waker| waker.will_wake(context.waker()))
    }
}

/// Timers that no request uses at present.
#[derive(Debug, Default)]
pub(crate) struct Alarms {
    kept: Mutex<Vec<Timer>>,
}

/// The timer of one request, which another request uses afterwards.
#[derive(Debug)]
pub(crate) struct Alarm {
    /// `None` before the first poll, and while it is dropped.
    timer: Option<Timer>,
    until: Instant,
    home: Arc<Alarms>,
}

impl Alarms {
    /// Creates a timer for this moment. It costs nothing before it is polled.
    pub(crate) fn at(self: &Arc<Self>, until: Instant) -> Alarm {
        Alarm { timer: None, until, home: Arc::clone(self) }
    }

    fn take(&self) -> Timer {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).pop().unwrap_or_default()
    }

    fn keep(&self, timer: Timer) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() < MOST {
            kept.push(timer);
        }
    }
}

impl Alarm {
    /// Sets another moment.
    pub(crate) fn set(&mut self, until: Instant) {
        self.until = until;
    }

    /// Waits for the moment.
    pub(crate) async fn rings(&mut self) {
        let until = self.until;
        let timer = self.timer.get_or_insert_with(|| self.home.take());
        std::future::poll_fn(|context| timer.poll_until(until, context)).await;
    }
}

impl Drop for Alarm {
    fn drop(&mut self) {
        if let Some(timer) = self.timer.take() {
            self.home.keep(timer);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use futures_util::FutureExt;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn each_user_of_a_timer_waits_for_its_own_moment() {
        let alarms = Arc::new(Alarms::default());
        let begin = Instant::now();
        let at = |seconds| alarms.at(begin + Duration::from_secs(seconds));
        // The same timer: set for 5 seconds, kept, and used for later and earlier moments.
        assert!(at(5).rings().now_or_never().is_none());
        for seconds in [9, 12, 10, 30] {
            assert!(at(seconds).rings().now_or_never().is_none());
            assert_eq!(alarms.kept.lock().unwrap().len(), 1);
        }
        at(7).rings().await;
        assert_eq!(Instant::now(), begin + Duration::from_secs(7));
        // It has fired; the next one sets it again.
        at(40).rings().await;
        assert_eq!(Instant::now(), begin + Duration::from_secs(40));
        at(3).rings().await;
        assert_eq!(Instant::now(), begin + Duration::from_secs(40), "a moment that is over");
        assert_eq!(alarms.kept.lock().unwrap().len(), 1);
    }

    /// A timer that is set for one task wakes another one that polls it later.
    #[tokio::test(start_paused = true)]
    async fn a_timer_wakes_the_task_that_polled_it_last() {
        let mut timer = Timer::default();
        let moment = Instant::now() + Duration::from_secs(2);
        assert!(timer.poll_until(moment, &mut Context::from_waker(Waker::noop())).is_pending());
        tokio::spawn(async move { std::future::poll_fn(|context| timer.poll_until(moment, context)).await })
            .await
            .unwrap();
        assert_eq!(Instant::now(), moment);
    }

    #[tokio::test(start_paused = true)]
    async fn a_moment_can_be_put_off() {
        let alarms = Arc::new(Alarms::default());
        let mut alarm = alarms.at(Instant::now() + Duration::from_secs(1));
        assert!(alarm.rings().now_or_never().is_none());
        let later = Instant::now() + Duration::from_secs(4);
        alarm.set(later);
        alarm.rings().await;
        assert_eq!(Instant::now(), later);
    }
}
