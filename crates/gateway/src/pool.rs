//! Connections to upstreams that wait for their next request: the one used last is used first, and one that waited for
//! too long is closed.

use std::collections::{HashMap, VecDeque};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::task::{Context, Poll};
use std::time::Duration;

use hyper::client::conn::http1::{Connection, SendRequest};
use hyper_rustls::MaybeHttpsStream;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::time::Instant;

use crate::body::GatewayBody;

/// Plain or encrypted.
pub(crate) type Stream = MaybeHttpsStream<TokioIo<TcpStream>>;

/// How long a connection may wait. Servers close theirs after 60 to 75 seconds as a rule, and a request must not meet that.
const IDLE: Duration = Duration::from_secs(30);
/// Connections that wait for one origin at most.
const MOST: usize = 1_024;

/// One connection, driven by the task that uses it and by nobody while it waits: no task of its own, no hop to it. Kept
/// in a box, because its two kilobytes change hands several times in each request.
pub(crate) struct Link {
    pub(crate) sender: SendRequest<GatewayBody>,
    connection: Option<Connection<Stream, GatewayBody>>,
}

impl Link {
    pub(crate) fn new(sender: SendRequest<GatewayBody>, connection: Connection<Stream, GatewayBody>) -> Box<Self> {
        Box::new(Self { sender, connection: Some(connection) })
    }

    /// Moves bytes both ways as far as they go now.
    pub(crate) fn drive(&mut self, context: &mut Context<'_>) {
        if let Some(connection) = &mut self.connection
            && let Poll::Ready(ended) = Pin::new(connection).poll(context)
        {
            if let Err(error) = ended {
                tracing::debug!(%error, "a connection to an upstream ended early");
            }
            // Whoever waits for an answer on it hears of the end by this.
            self.connection = None;
        }
    }

    /// Whether the next request can go over it.
    pub(crate) fn is_ready(&self) -> bool {
        self.connection.is_some() && self.sender.is_ready()
    }
}

struct Waiting {
    link: Box<Link>,
    since: Instant,
}

/// Waiting connections by origin.
#[derive(Default)]
pub(crate) struct Pool {
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
    pub(crate) fn take(&self, origin: &str) -> Option<Box<Link>> {
        self.lock().links.get_mut(origin)?.pop_back().map(|waiting| waiting.link)
    }

    /// Keeps a connection for the next request.
    pub(crate) fn keep(self: &Arc<Self>, origin: &Arc<str>, link: Box<Link>) {
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
