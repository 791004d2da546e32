//! One connection to an upstream: a request out, its answer's head in, then the body's bytes. Driven by the task that
//! uses it, and by none while it waits.

use std::future::Future;
use std::io::{self, IoSlice};
use std::pin::{Pin, pin};
use std::sync::Arc;
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
use crate::alarm::Alarms;
use crate::body::BoxError;

/// Room for reading. An answer of the usual length comes in one read; more room is made for longer ones.
const ROOM: usize = 8 << 10;
/// Room for reading at most.
const MOST_ROOM: usize = 128 << 10;

/// How long the news that an upstream's system refused bytes may take: a way there and back.
const REFUSAL: Duration = Duration::from_millis(500);

/// Bytes both ways.
trait Duplex: AsyncRead + AsyncWrite + Send + Unpin {
    /// What carries them.
    fn socket(&self) -> Option<&TcpStream>;
}

impl Duplex for TlsStream<TokioIo<TokioIo<TcpStream>>> {
    fn socket(&self) -> Option<&TcpStream> {
        Some(self.get_ref().0.inner().inner())
    }
}

/// Why no head of an answer came over a connection.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failed {
    /// The connection ended.
    #[error("{0}")]
    Ended(io::Error),
    /// What came is no head.
    #[error("{0}")]
    NoHead(#[from] NoHead),
    /// The client's body broke off.
    #[error("{0}")]
    Body(BoxError),
    /// Nothing came for so long.
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
            // What was written to a plain one is with the system.
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
    /// `None` once all of it went out and the stream was flushed.
    request: Option<Request>,
    /// How many bytes of the request went out.
    sent: u64,
    /// Whether a byte came since the request began.
    answered: bool,
    pub(super) input: BytesMut,
    room: usize,
}

impl Link {
    pub(super) fn new(stream: MaybeHttpsStream<TokioIo<TcpStream>>) -> Box<Self> {
        let stream = match stream {
            MaybeHttpsStream::Http(plain) => Stream::Plain(plain.into_inner()),
            MaybeHttpsStream::Https(encrypted) => Stream::Encrypted(Box::new(encrypted.into_inner())),
        };
        Box::new(Self { stream, request: None, sent: 0, answered: false, input: BytesMut::new(), room: ROOM })
    }

    /// Whether the connection, which should be silent while it waits, can be used. A close shows only by reading.
    pub(super) fn is_fresh(&mut self, context: &mut Context<'_>) -> bool {
        self.poll_read(context).is_pending()
    }

    /// Whether another request may follow, now that the answer was read to its end. Gives up the room that a long
    /// answer took.
    pub(super) fn rest(&mut self) -> bool {
        if self.room > ROOM {
            (self.room, self.input) = (ROOM, BytesMut::from(&self.input[..]));
        }
        self.request.is_none() && self.input.is_empty()
    }

    /// Takes a request. Nothing goes out before [`Self::poll_head`].
    pub(super) fn begin(&mut self, request: Request) {
        (self.request, self.sent, self.answered) = (Some(request), 0, false);
    }

    /// Gives back a request of which nothing went out.
    pub(super) fn unsent(&mut self) -> Option<Request> {
        self.request.take().filter(|_| self.sent == 0)
    }

    /// Whether a byte came since the request began.
    pub(super) const fn answered(&self) -> bool {
        self.answered
    }

    /// Whether the connection ended in a way that shows that the upstream never read the whole request: its system
    /// refused bytes (a reset), because the program had closed the connection before. A program that has read everything
    /// and then ends gives no reset.
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

    /// Moves the request out as far as it goes now.
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

    /// Reads what has come; no bytes mean the end.
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
    pub(super) async fn head(&mut self, longest: Duration, alarms: &Arc<Alarms>) -> Result<Head, Failed> {
        let mut alarm = alarms.at(Instant::now() + longest);
        let mut sent = self.sent;
        std::future::poll_fn(|context| {
            if let Poll::Ready(head) = self.poll_head(context) {
                return Poll::Ready(head);
            }
            ready!(alarm.poll(context));
            // A long body is still on its way; its pauses are bounded where it comes from.
            while self.request.is_some() && self.sent > sent {
                sent = self.sent;
                alarm.set(Instant::now() + longest);
                ready!(alarm.poll(context));
            }
            Poll::Ready(Err(Failed::Silent(longest)))
        })
        .await
    }

    /// An answer that comes before the request is out counts; so does one that comes although the request could not be
    /// sent to its end.
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
