//! Timers that are reused by requests. Setting and cancelling a timer takes the runtime's lock and a place in its
//! lists, and almost every request ends long before its timers fire. A timer is therefore kept when its request ends.
//! It may fire too early for the next request, which then sets it to its own moment.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};

use tokio::time::{Instant, Sleep, sleep_until};

/// Maximum number of kept timers.
const MOST: usize = 1_024;

/// Timers that no request uses.
#[derive(Debug, Default)]
pub(crate) struct Alarms {
    kept: Mutex<Vec<Pin<Box<Sleep>>>>,
}

/// A timer of one request.
#[derive(Debug)]
pub(crate) struct Alarm {
    /// `None` before the first poll, and while it is dropped.
    sleep: Option<Pin<Box<Sleep>>>,
    until: Instant,
    home: Arc<Alarms>,
}

impl Alarms {
    /// Creates a timer for this moment. It costs nothing before it is polled.
    pub(crate) fn at(self: &Arc<Self>, until: Instant) -> Alarm {
        Alarm { sleep: None, until, home: Arc::clone(self) }
    }

    fn take(&self) -> Option<Pin<Box<Sleep>>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).pop()
    }

    fn keep(&self, sleep: Pin<Box<Sleep>>) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() < MOST {
            kept.push(sleep);
        }
    }
}

impl Alarm {
    /// Chooses another moment.
    pub(crate) fn set(&mut self, until: Instant) {
        self.until = until;
    }

    /// Ready once the moment is reached.
    pub(crate) fn poll(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let until = self.until;
        let sleep = self.sleep.get_or_insert_with(|| self.home.take().unwrap_or_else(|| Box::pin(sleep_until(until))));
        if sleep.deadline() > until {
            sleep.as_mut().reset(until);
        }
        loop {
            ready!(sleep.as_mut().poll(context));
            if Instant::now() >= until {
                return Poll::Ready(());
            }
            sleep.as_mut().reset(until);
        }
    }

    /// Waits for the moment.
    pub(crate) async fn rings(&mut self) {
        std::future::poll_fn(|context| self.poll(context)).await;
    }
}

impl Drop for Alarm {
    fn drop(&mut self) {
        if let Some(sleep) = self.sleep.take() {
            self.home.keep(sleep);
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
