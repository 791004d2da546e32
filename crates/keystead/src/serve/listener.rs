//! Sockets: accepting connections, one HTTP/1.1 connection per task, and an orderly shutdown.

use std::io::{self, Write};
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body::{Frame, SizeHint};
use hyper::body::{Body, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use keystead_core::network::Networks;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep};

use crate::cli_error::CliError;
use crate::serve::connections::{Bounds, Busy, Connections, Ending, Full, Ticket};
use crate::serve::timed::{Timed, Times};

pub(crate) const LARGEST_HEAD: usize = 64 * 1024;
pub(crate) const MOST_HEADERS: usize = 128;
/// How long to wait after a connection could not be accepted: another attempt at once would fail as well.
const PAUSE: Duration = Duration::from_millis(50);
/// Floods are logged once in this time.
const TOLD_EVERY: Duration = Duration::from_secs(10);

/// Written to a refused connection; a client sees it unless its own first bytes cross it.
const REFUSED: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\ncontent-type: application/json\r\nretry-after: 2\r\n\
connection: close\r\ncontent-length: 151\r\n\r\n{\"error\":{\"message\":\"Too many connections are open. Try again shortly.\",\
\"type\":\"service_unavailable_error\",\"param\":null,\"code\":\"server_is_overloaded\"}}";

/// Binds an address; the error says what is in the way and what to set.
pub(crate) async fn bind(address: SocketAddr, variable: &str) -> Result<TcpListener, CliError> {
    TcpListener::bind(address).await.map_err(|error| {
        CliError::Other(match error.kind() {
            io::ErrorKind::AddrInUse => format!(
                "{address} is already in use. Stop the other program, or choose another port: {variable}={}:{} keystead serve",
                address.ip(),
                address.port().checked_add(10).unwrap_or(0),
            ),
            _ => format!("cannot listen on {address}: {error}. Choose another address with {variable}"),
        })
    })
}

/// The limits of a listener.
#[derive(Clone)]
pub(crate) struct Terms {
    pub(crate) connections: Arc<Connections>,
    pub(crate) times: Times,
    /// Connections from these are not counted by address: many clients come through one.
    pub(crate) proxies: Networks,
}

impl Terms {
    /// The limits of a listener that only the operator's own tools reach.
    pub(crate) fn of_operator(times: Times) -> Self {
        let connections = Connections::new(Bounds { all: 64, per_address: 64 });
        Self { connections, times, proxies: Networks::default() }
    }
}

/// Serves until `stopped` turns true; then connections finish their requests. Every connection holds a clone of `busy`,
/// so its receiver ends when the last one has.
pub(crate) async fn serve<F, A, B>(
    listener: TcpListener,
    terms: Terms,
    answer: F,
    mut stopped: watch::Receiver<bool>,
    busy: mpsc::Sender<()>,
) where
    F: Fn(Request<Incoming>, SocketAddr) -> A + Send + Sync + 'static,
    A: Future<Output = Response<B>> + Send + 'static,
    B: Body<Data = Bytes> + Send + Unpin + 'static,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let answer = Arc::new(answer);
    let mut told = Told::default();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = turned(&mut stopped) => return terms.connections.stop(),
        };
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            // The client disconnected before it was accepted.
            Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => continue,
            Err(error) => {
                let made_place = terms.connections.make_place();
                if let Some(times) = told.now() {
                    tracing::warn!(%error, times, made_place, "connections cannot be accepted; check the limit of open files");
                }
                sleep(PAUSE).await;
                continue;
            }
        };
        let address = Some(peer.ip()).filter(|address| !terms.proxies.contains(*address));
        match terms.connections.admit(address) {
            Ok(ticket) => {
                if let Err(error) = stream.set_nodelay(true) {
                    tracing::debug!(error = %error, "TCP_NODELAY was refused");
                }
                let link = Link { ticket: Arc::new(ticket), peer, times: terms.times, _busy: busy.clone() };
                tokio::spawn(connection(stream, link, Arc::clone(&answer)));
            }
            Err(full) => {
                refuse(stream);
                if let Some(times) = told.now() {
                    let bounds = terms.connections.bounds();
                    match full {
                        Full::All => tracing::warn!(
                            times,
                            most = bounds.all,
                            "connections were refused: server.max_connections is reached"
                        ),
                        Full::Address => tracing::warn!(
                            times,
                            most = bounds.per_address,
                            "connections were refused: one address has too many; if it is a proxy, add it to server.trusted_proxies"
                        ),
                    }
                }
            }
        }
    }
}

/// Limits log lines about floods.
#[derive(Default)]
struct Told {
    last: Option<Instant>,
    since: u64,
}

impl Told {
    /// Counts an event; returns the number since the last line when it is time for another.
    fn now(&mut self) -> Option<u64> {
        self.since += 1;
        let now = Instant::now();
        if self.last.is_some_and(|last| now.duration_since(last) < TOLD_EVERY) {
            return None;
        }
        self.last = Some(now);
        Some(std::mem::take(&mut self.since))
    }
}

fn refuse(stream: TcpStream) {
    // The socket's buffer is empty, so this never waits; a client that disconnected need not be told.
    if let Ok(mut stream) = stream.into_std() {
        let _ = stream.write(REFUSED);
        let _ = stream.shutdown(std::net::Shutdown::Write);
    }
}

struct Link {
    ticket: Arc<Ticket>,
    peer: SocketAddr,
    times: Times,
    _busy: mpsc::Sender<()>,
}

async fn connection<S, F, A, B>(stream: S, link: Link, answer: Arc<F>)
where
    S: AsyncRead + AsyncWrite + Unpin + 'static,
    F: Fn(Request<Incoming>, SocketAddr) -> A + Send + Sync + 'static,
    A: Future<Output = Response<B>> + Send + 'static,
    B: Body<Data = Bytes> + Send + Unpin + 'static,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let (ticket, peer) = (Arc::clone(&link.ticket), link.peer);
    let beginning = Arc::clone(&ticket);
    let service = service_fn(move |request| {
        let begun = beginning.begin().map(|busy| (busy, answer(request, peer)));
        async move {
            match begun {
                Some((busy, answering)) => {
                    Ok::<_, std::convert::Infallible>(answering.await.map(|body| Answered { body, _busy: busy }))
                }
                // The connection is about to be closed, as idle ones may be at any time.
                None => std::future::pending().await,
            }
        }
    });
    let socket = Timed::new(stream, Arc::clone(&ticket), link.times);
    let connection = http1::Builder::new()
        // The socket has its own timers.
        .header_read_timeout(None)
        .max_buf_size(LARGEST_HEAD)
        .max_headers(MOST_HEADERS)
        // Answers are short, or arrive in short pieces: one buffer costs less than a list of them.
        .writev(false)
        .serve_connection(TokioIo::new(socket), service);
    let mut connection = std::pin::pin!(connection);
    let finished = tokio::select! {
        biased;
        finished = connection.as_mut() => finished,
        ending = ticket.ending() => {
            connection.as_mut().graceful_shutdown();
            if ending == Ending::Now || ticket.is_idle() {
                return;
            }
            connection.await
        }
    };
    if let Err(error) = finished {
        tracing::debug!(error = %error, "a connection ended early");
    }
}

/// The body of an answer; its connection is busy until it ends.
struct Answered<B> {
    body: B,
    _busy: Busy,
}

impl<B: Body + Unpin> Body for Answered<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// Waits until it is time to stop; a dropped sender means the same.
async fn turned(stopped: &mut watch::Receiver<bool>) {
    // The result borrows the channel and must not live across another wait.
    let _ = stopped.wait_for(|stop| *stop).await.is_ok();
}

#[cfg(test)]
mod tests;
