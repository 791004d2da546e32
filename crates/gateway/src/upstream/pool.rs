//! Idle connections to upstreams: the one used last is reused first, and one that has waited as long as it may is
//! closed. A connection must be closed here before the server closes it, because a request could cross with that close.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use tokio::time::Instant;

use super::connection::Link;

/// How often idle connections are checked.
const ROUND: Duration = Duration::from_secs(1);
/// Maximum number of idle connections for one origin.
const MOST: usize = 1_024;

struct Waiting {
    link: Box<Link>,
    until: Instant,
}

/// Idle connections by origin.
#[derive(Default)]
pub(super) struct Pool {
    waiting: Mutex<Origins>,
}

#[derive(Default)]
struct Origins {
    links: foldhash::HashMap<Arc<str>, VecDeque<Waiting>>,
    /// Whether a task looks after connections that no request asks for any more.
    watched: bool,
}

impl Pool {
    /// Takes the connection to this origin that was used last. Its peer may have closed it in the meantime.
    pub(super) fn take(&self, origin: &str) -> Option<Box<Link>> {
        let now = Instant::now();
        let mut origins = self.lock();
        let links = origins.links.get_mut(origin)?;
        let at = links.iter().rposition(|waiting| now < waiting.until)?;
        links.remove(at).map(|waiting| waiting.link)
    }

    /// Keeps a connection for a request that arrives within this time.
    pub(super) fn keep(self: &Arc<Self>, origin: &Arc<str>, link: Box<Link>, longest: Duration) {
        let until = Instant::now() + longest;
        let mut origins = self.lock();
        let watch = !std::mem::replace(&mut origins.watched, true);
        let links = match origins.links.get_mut(origin) {
            Some(links) => links,
            None => origins.links.entry(Arc::clone(origin)).or_default(),
        };
        // Closing costs a system call, for which no other request should wait.
        let surplus = if links.len() < MOST { None } else { links.pop_front() };
        links.push_back(Waiting { link, until });
        drop(origins);
        drop(surplus);
        if watch {
            tokio::spawn(watch_over(Arc::downgrade(self)));
        }
    }

    /// Closes connections that have waited as long as they may; returns whether any others wait.
    fn close_old(&self) -> bool {
        let now = Instant::now();
        let mut old = Vec::new();
        let mut origins = self.lock();
        origins.links.retain(|_, links| {
            // Each answer may have named another time, so they are not sorted by their ends.
            let (fresh, ended): (VecDeque<_>, VecDeque<_>) =
                std::mem::take(links).into_iter().partition(|waiting| now < waiting.until);
            *links = fresh;
            old.extend(ended);
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
        tokio::time::sleep(ROUND).await;
        if !pool.upgrade().is_some_and(|pool| pool.close_old()) {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use hyper_rustls::MaybeHttpsStream;
    use hyper_util::rt::TokioIo;
    use tokio::net::{TcpListener, TcpStream};

    use super::*;

    async fn link(listener: &TcpListener) -> Box<Link> {
        let stream = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        Link::new(MaybeHttpsStream::Http(TokioIo::new(stream)))
    }

    #[tokio::test(start_paused = true)]
    async fn each_connection_waits_as_long_as_it_may() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (pool, origin) = (Arc::new(Pool::default()), Arc::<str>::from("http://h"));
        let (long, short) = (link(&listener).await, link(&listener).await);
        pool.keep(&origin, long, Duration::from_secs(4));
        pool.keep(&origin, short, Duration::from_secs(2));
        tokio::time::advance(Duration::from_millis(1_999)).await;
        let short = pool.take(&origin).unwrap();
        pool.keep(&origin, short, Duration::from_secs(1));
        tokio::time::advance(Duration::from_millis(1_000)).await;
        assert!(pool.take(&origin).is_some(), "the one kept for longer, although it was not used last");
        assert!(pool.take(&origin).is_none(), "the other has waited as long as it may");
    }

    #[tokio::test(start_paused = true)]
    async fn connections_that_no_request_takes_are_closed() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (pool, origin) = (Arc::new(Pool::default()), Arc::<str>::from("http://h"));
        pool.keep(&origin, link(&listener).await, Duration::from_secs(4));
        tokio::time::sleep(Duration::from_secs(6)).await;
        let left = pool.lock().links.len();
        assert_eq!((left, pool.lock().watched), (0, false));
    }
}
