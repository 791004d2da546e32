//! Connections to upstreams that wait for their next request: the one used last is used first, and one that waited for
//! too long is closed.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use tokio::time::Instant;

use super::link::Link;

/// How long a connection may wait. Servers close theirs after 60 to 75 seconds as a rule, and a request must not meet that.
const IDLE: Duration = Duration::from_secs(30);
/// Connections that wait for one origin at most.
const MOST: usize = 1_024;

struct Waiting {
    link: Box<Link>,
    since: Instant,
}

/// Waiting connections by origin.
#[derive(Default)]
pub(super) struct Pool {
    waiting: Mutex<Origins>,
}

#[derive(Default)]
struct Origins {
    links: HashMap<Arc<str>, VecDeque<Waiting>>,
    /// Whether a task looks after connections that nobody asks for any more.
    watched: bool,
}

impl Pool {
    /// The connection to this origin that was used last. It may have been closed at the other end in the meantime.
    pub(super) fn take(&self, origin: &str) -> Option<Box<Link>> {
        self.lock().links.get_mut(origin)?.pop_back().map(|waiting| waiting.link)
    }

    /// Keeps a connection for the next request.
    pub(super) fn keep(self: &Arc<Self>, origin: &Arc<str>, link: Box<Link>) {
        let now = Instant::now();
        let mut origins = self.lock();
        let watch = !std::mem::replace(&mut origins.watched, true);
        let links = match origins.links.get_mut(origin) {
            Some(links) => links,
            None => origins.links.entry(Arc::clone(origin)).or_default(),
        };
        // Closing costs a system call, which nobody else should wait for.
        let surplus = if links.len() < MOST { None } else { links.pop_front() };
        links.push_back(Waiting { link, since: now });
        drop(origins);
        drop(surplus);
        if watch {
            tokio::spawn(watch_over(Arc::downgrade(self)));
        }
    }

    /// Closes what waited for too long; answers whether anything still waits.
    fn close_old(&self) -> bool {
        let now = Instant::now();
        let mut old = Vec::new();
        let mut origins = self.lock();
        origins.links.retain(|_, links| {
            let fresh = links.iter().position(|waiting| now.duration_since(waiting.since) < IDLE);
            old.extend(links.drain(..fresh.unwrap_or(links.len())));
            !links.is_empty()
        });
        origins.watched = !origins.links.is_empty();
        let watched = origins.watched;
        drop(origins);
        drop(old);
        watched
    }

    fn lock(&self) -> MutexGuard<'_, Origins> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn watch_over(pool: Weak<Pool>) {
    loop {
        tokio::time::sleep(IDLE / 4).await;
        if !pool.upgrade().is_some_and(|pool| pool.close_old()) {
            return;
        }
    }
}
