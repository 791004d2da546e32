//! Sockets: accepting, one HTTP/1.1 connection per task, and an orderly end.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use hyper::body::{Body, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, watch};
use tokio::time::sleep;

use crate::failure::Failure;

/// A head that takes longer is a slow attack; an idle connection that waits longer is closed (SDKs keep theirs 5 s).
const HEAD_TIMEOUT: Duration = Duration::from_secs(30);
const LARGEST_HEAD: usize = 64 * 1024;
const MOST_HEADERS: usize = 128;

/// Binds, or says plainly what stands in the way and what to set.
pub(crate) async fn bind(address: SocketAddr, variable: &str) -> Result<TcpListener, Failure> {
    TcpListener::bind(address).await.map_err(|error| {
        Failure::Other(match error.kind() {
            io::ErrorKind::AddrInUse => format!(
                "{address} is already in use. Stop the other program, or choose another port: {variable}={}:{} keystead serve",
                address.ip(),
                address.port().checked_add(10).unwrap_or(0),
            ),
            _ => format!("cannot listen on {address}: {error}. Choose another address with {variable}"),
        })
    })
}

/// Serves until `stopped` turns true; then connections finish what they are at. Every connection holds a clone of
/// `busy`, so its receiver ends when the last one has.
pub(crate) async fn serve<F, A, B>(
    listener: TcpListener,
    answer: F,
    mut stopped: watch::Receiver<bool>,
    busy: mpsc::Sender<()>,
) where
    F: Fn(Request<Incoming>, SocketAddr) -> A + Send + Sync + 'static,
    A: Future<Output = Response<B>> + Send + 'static,
    B: Body<Data = Bytes> + Send + 'static,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let answer = Arc::new(answer);
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = turned(&mut stopped) => return,
        };
        match accepted {
            Ok((stream, peer)) => {
                tokio::spawn(connection(stream, peer, Arc::clone(&answer), stopped.clone(), busy.clone()));
            }
            Err(error) => {
                // Out of descriptors, most likely: the next attempt would fail as fast.
                tracing::warn!(error = %error, "a connection could not be accepted");
                sleep(Duration::from_millis(50)).await;
            }
        }
    }
}

async fn connection<F, A, B>(
    stream: TcpStream,
    peer: SocketAddr,
    answer: Arc<F>,
    mut stopped: watch::Receiver<bool>,
    busy: mpsc::Sender<()>,
) where
    F: Fn(Request<Incoming>, SocketAddr) -> A + Send + Sync + 'static,
    A: Future<Output = Response<B>> + Send + 'static,
    B: Body<Data = Bytes> + Send + 'static,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let _busy = busy;
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(error = %error, "TCP_NODELAY was refused");
    }
    let service = service_fn(move |request| {
        let answering = answer(request, peer);
        async move { Ok::<_, std::convert::Infallible>(answering.await) }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .max_buf_size(LARGEST_HEAD)
        .max_headers(MOST_HEADERS)
        // Answers are short, or come in short pieces: one buffer costs less than a list of them.
        .writev(false)
        .serve_connection(TokioIo::new(stream), service);
    let mut connection = std::pin::pin!(connection);
    let finished = tokio::select! {
        biased;
        finished = connection.as_mut() => finished,
        () = turned(&mut stopped) => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = finished {
        tracing::debug!(error = %error, "a connection ended early");
    }
}

/// Waits until it is time to stop; a sender that is gone counts as that.
async fn turned(stopped: &mut watch::Receiver<bool>) {
    // The answer borrows the channel and must not live across another wait.
    let _ = stopped.wait_for(|stop| *stop).await.is_ok();
}
