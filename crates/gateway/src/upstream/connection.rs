//! One connection to an upstream: a request out, its answer's head in, then the body's bytes. It is driven by the task
//! that uses it, and by none while it is idle.

use std::future::Future;
use std::io::{self, IoSlice};
use std::pin::{Pin, pin};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::BytesMut;
use hyper_rustls::MaybeHttpsStream;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, Interest};
use tokio::net::TcpStream;
use tokio::time::Instant;
use tokio_rustls::client::TlsStream;

use super::head::{self, Head, NoHead};
use super::request::Request;
use crate::alarm::Timer;
use crate::body::BoxError;

/// Size of the read buffer. An answer of the usual length arrives in one read; the buffer grows for longer ones.
const ROOM: usize = 8 << 10;
/// Maximum size of the read buffer.
const MOST_ROOM: usize = 128 << 10;

/// How long a reset by the upstream's system may take: one round trip.
const REFUSAL: Duration = Duration::from_millis(500);

/// A stream of bytes in both directions.
trait Duplex: AsyncRead + AsyncWrite + Send + Unpin {
    /// Its socket.
    fn socket(&self) -> Option<&TcpStream>;
}

impl Duplex for TlsStream<TokioIo<TokioIo<TcpStream>>> {
    fn socket(&self) -> Option<&TcpStream> {
        Some(self.get_ref().0.inner().inner())
    }
}

/// Why no head of an answer arrived on a connection.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failed {
    /// The connection ended.
    #[error("{0}")]
    Ended(io::Error),
    /// The bytes are not a head.
    #[error("{0}")]
    NoHead(#[from] NoHead),
    /// The client's body ended early.
    #[error("{0}")]
    Body(BoxError),
    /// Nothing arrived for this long.
    #[error("nothing came within {} seconds", .0.as_secs())]
    Silent(Duration),
}

/// Plain or encrypted.
enum Stream {
    Plain(TcpStream),
    Encrypted(Box<dyn Duplex>),
}

impl Stream {
    fn poll_write(&mut self, context: &mut Context<'_>, request: &Request) -> Poll<io::Result<usize>> {
        let (text, data) = request.ready();
        let pieces = [IoSlice::new(text), IoSlice::new(data)];
        match self {
            Self::Plain(stream) if data.is_empty() => Pin::new(stream).poll_write(context, text),
            Self::Plain(stream) => Pin::new(stream).poll_write_vectored(context, &pieces),
            Self::Encrypted(stream) => Pin::new(stream).poll_write_vectored(context, &pieces),
        }
    }

    fn socket(&self) -> Option<&TcpStream> {
        match self {
            Self::Plain(stream) => Some(stream),
            Self::Encrypted(stream) => stream.socket(),
        }
    }

    fn poll_flush(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self {
            // Bytes written to a plain stream are with the system.
            Self::Plain(_) => Poll::Ready(Ok(())),
            Self::Encrypted(stream) => Pin::new(stream).poll_flush(context),
        }
    }

    fn poll_read(&mut self, context: &mut Context<'_>, input: &mut BytesMut) -> Poll<io::Result<usize>> {
        match self {
            Self::Plain(stream) => pin!(stream.read_buf(input)).poll(context),
            Self::Encrypted(stream) => pin!(stream.read_buf(input)).poll(context),
        }
    }
}

pub(super) struct Link {
    stream: Stream,
    /// `None` once all of it was sent and the stream was flushed.
    request: Option<Request>,
    /// How many bytes of the request were sent.
    sent: u64,
    /// Whether a byte has arrived since the request began.
    answered: bool,
    pub(super) input: BytesMut,
    room: usize,
    /// For the head of an answer, then for the pauses within its body.
    pub(super) timer: Timer,
}

impl Link {
    pub(super) fn new(stream: MaybeHttpsStream<TokioIo<TcpStream>>) -> Box<Self> {
        let stream = match stream {
            MaybeHttpsStream::Http(plain) => Stream::Plain(plain.into_inner()),
            MaybeHttpsStream::Https(encrypted) => Stream::Encrypted(Box::new(encrypted.into_inner())),
        };
        Box::new(Self {
            stream,
            request: None,
            sent: 0,
            answered: false,
            input: BytesMut::new(),
            room: ROOM,
            timer: Timer::default(),
        })
    }

    /// Whether an idle connection can be used: it must be silent. A close is noticed only by reading.
    pub(super) fn is_fresh(&mut self, context: &mut Context<'_>) -> bool {
        self.poll_read(context).is_pending()
    }

    /// Whether another request may follow, now that the answer was read to its end. Frees the buffer of a long answer.
    pub(super) fn rest(&mut self) -> bool {
        if self.room > ROOM {
            (self.room, self.input) = (ROOM, BytesMut::from(&self.input[..]));
        }
        self.request.is_none() && self.input.is_empty()
    }

    /// Takes a request. Nothing is sent before [`Self::poll_head`].
    pub(super) fn begin(&mut self, request: Request) {
        (self.request, self.sent, self.answered) = (Some(request), 0, false);
    }

    /// Returns a request of which nothing was sent.
    pub(super) fn unsent(&mut self) -> Option<Request> {
        self.request.take().filter(|_| self.sent == 0)
    }

    /// Whether a byte has arrived since the request began.
    pub(super) const fn answered(&self) -> bool {
        self.answered
    }

    /// Whether the connection ended in a way that shows that the upstream never read the whole request: its system
    /// refused bytes (a reset), because the program had closed the connection before. A program that has read
    /// everything and then exits sends no reset.
    pub(super) async fn refused(&mut self, failed: &Failed) -> bool {
        use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset};
        let Failed::Ended(error) = failed else { return false };
        if matches!(error.kind(), BrokenPipe | ConnectionAborted | ConnectionReset) {
            return true;
        }
        // A plain end may be followed by the reset.
        let Some(socket) = self.stream.socket() else { return false };
        tokio::time::timeout(REFUSAL, socket.ready(Interest::ERROR)).await.is_ok_and(|ready| ready.is_ok())
    }

    /// Sends as much of the request as possible now.
    pub(super) fn poll_send(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Failed>> {
        while let Some(request) = &mut self.request {
            if request.is_ready() {
                match ready!(self.stream.poll_write(context, request)).map_err(Failed::Ended)? {
                    0 => return Poll::Ready(Err(Failed::Ended(io::ErrorKind::WriteZero.into()))),
                    count => {
                        request.wrote(count);
                        self.sent = self.sent.saturating_add(u64::try_from(count).unwrap_or(u64::MAX));
                    }
                }
            } else if !ready!(request.poll_more(context)).map_err(Failed::Body)? {
                ready!(self.stream.poll_flush(context)).map_err(Failed::Ended)?;
                self.request = None;
            }
        }
        Poll::Ready(Ok(()))
    }

    /// Reads what has arrived; no bytes mean the end.
    pub(super) fn poll_read(&mut self, context: &mut Context<'_>) -> Poll<io::Result<usize>> {
        if self.input.capacity() - self.input.len() < self.room / 4 {
            self.input.reserve(self.room);
        }
        let free = self.input.capacity() - self.input.len();
        let read = self.stream.poll_read(context, &mut self.input);
        if matches!(read, Poll::Ready(Ok(count)) if count == free) {
            self.room = self.room.saturating_mul(2).min(MOST_ROOM);
        }
        read
    }

    /// Sends, and waits for the head of the answer, which must come within `longest` after the last byte that went out.
    pub(super) async fn head(&mut self, longest: Duration) -> Result<Head, Failed> {
        let (mut until, mut sent) = (Instant::now() + longest, self.sent);
        std::future::poll_fn(|context| {
            if let Poll::Ready(head) = self.poll_head(context) {
                return Poll::Ready(head);
            }
            ready!(self.timer.poll_until(until, context));
            // A long body is still on its way; its pauses are bounded where it comes from.
            while self.request.is_some() && self.sent > sent {
                (until, sent) = (Instant::now() + longest, self.sent);
                ready!(self.timer.poll_until(until, context));
            }
            Poll::Ready(Err(Failed::Silent(longest)))
        })
        .await
    }

    /// An answer that arrives before the request is sent counts; so does one that arrives although the request could
    /// not be sent completely.
    fn poll_head(&mut self, context: &mut Context<'_>) -> Poll<Result<Head, Failed>> {
        let unsent = match self.poll_send(context) {
            Poll::Ready(Err(error)) => Some(error),
            _ => None,
        };
        loop {
            if let Some(head) = head::read(&mut self.input)? {
                return Poll::Ready(Ok(head));
            }
            let ended = match self.poll_read(context) {
                Poll::Ready(Ok(1..)) => {
                    self.answered = true;
                    continue;
                }
                Poll::Ready(Ok(0)) => io::ErrorKind::UnexpectedEof.into(),
                Poll::Ready(Err(error)) => error,
                Poll::Pending => return unsent.map_or(Poll::Pending, |error| Poll::Ready(Err(error))),
            };
            return Poll::Ready(Err(unsent.unwrap_or(Failed::Ended(ended))));
        }
    }
}

#[cfg(test)]
mod tests;
