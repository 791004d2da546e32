//! The thread that waits for the disk, so that requests do not: it syncs written events to disk, makes the next segment
//! before it is needed, and writes again what could not be written.

use std::sync::{MutexGuard, PoisonError};
use std::time::Duration;

use super::{MeterOptions, Shared, State};
use crate::metering::spool::Durability;

/// How long after a fault the next attempt is made.
const AGAIN: Duration = Duration::from_millis(250);

pub(super) fn run(shared: &Shared, options: MeterOptions) {
    let zero = Duration::ZERO;
    let mut keeper = Keeper { shared, options, said: None, synced_at: zero, again_at: zero };
    keeper.work();
}

struct Keeper<'s> {
    shared: &'s Shared,
    options: MeterOptions,
    /// The last logged fault, until it is over.
    said: Option<String>,
    synced_at: Duration,
    /// When the next attempt is made.
    again_at: Duration,
}

impl<'s> Keeper<'s> {
    fn work(&mut self) {
        let mut state = self.shared.lock();
        while !state.closed {
            state.wake = false;
            self.say(&state);
            if state.spool.trouble().is_none() || self.shared.now() >= self.again_at {
                state = self.make_next(state);
                state.spool.recover(self.shared.now());
                self.again_at = self.shared.now().saturating_add(AGAIN);
            }
            let due = match self.options.durability {
                Durability::Disk => true,
                Durability::Process => self.shared.now().saturating_sub(self.synced_at) >= self.options.sync,
            };
            if due {
                state = self.sync(state);
            }
            self.say(&state);
            self.shared.tell(&state);
            state = self.sleep(state);
        }
        state.spool.recover(self.shared.now());
        state = self.sync(state);
        let lost = state.spool.unwritten();
        if lost > 0 {
            tracing::error!(
                lost,
                "usage events are lost: neither the usage spool nor the database could be written; check the disk of the data folder and the database"
            );
        }
        state.spool.close();
    }

    /// Makes the next segment without the lock, because creating a file takes time.
    fn make_next(&self, mut state: MutexGuard<'s, State>) -> MutexGuard<'s, State> {
        let Some(wanted) = state.spool.wanted() else { return state };
        drop(state);
        let made = wanted.make(&*self.shared.disk);
        state = self.shared.lock();
        state.spool.made(made);
        state
    }

    fn sync(&mut self, mut state: MutexGuard<'s, State>) -> MutexGuard<'s, State> {
        let Some(sync) = state.spool.begin_sync(self.shared.now()) else { return state };
        drop(state);
        let result = sync.files.iter().try_for_each(|file| file.sync());
        self.synced_at = self.shared.now();
        state = self.shared.lock();
        state.spool.synced(&sync, result, self.shared.now());
        state
    }

    /// Waits until there is work.
    fn sleep(&self, mut state: MutexGuard<'s, State>) -> MutexGuard<'s, State> {
        if state.closed {
            return state;
        }
        let (dirty, troubled) = (state.spool.is_dirty(), state.spool.trouble().is_some());
        let process = self.options.durability == Durability::Process;
        if dirty && !process {
            return state;
        }
        // When nothing waits for the disk, one sync per interval serves all events of that time.
        let wait = if troubled { Some(AGAIN) } else { Some(self.options.sync).filter(|_| dirty) };
        state.keeper_idle = !dirty;
        let asleep = |state: &mut State| !state.wake && !state.closed;
        match wait {
            Some(wait) => {
                self.shared.kept.wait_timeout_while(state, wait, asleep).unwrap_or_else(PoisonError::into_inner).0
            }
            None => self.shared.kept.wait_while(state, asleep).unwrap_or_else(PoisonError::into_inner),
        }
    }

    /// Logs one line when a fault begins, one when the reason changes, one when it is over.
    fn say(&mut self, state: &State) {
        let now = state.spool.trouble();
        if now == self.said.as_deref() {
            return;
        }
        let unwritten = state.spool.unwritten();
        match now {
            Some(reason) => tracing::error!(
                reason,
                unwritten,
                "the usage spool cannot be written; check the disk of the data folder: requests for models are refused until it can be"
            ),
            None => tracing::warn!("the usage spool can be written again; no usage was lost"),
        }
        self.said = now.map(str::to_owned);
    }
}
