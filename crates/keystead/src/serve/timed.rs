//! A client's socket with its timers: one for the head of a request, one for a connection between two requests, and one
//! for an answer that the client does not read. Bodies of requests have timers where they are read.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use keystead_gateway::Timer;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Instant;

use crate::serve::connections::Ticket;

/// Time limits of a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Times {
    /// From the first byte of a head, or from the start of the connection, to the head's end.
    pub(crate) head: Duration,
    /// From the end of an answer to the first byte of the next request.
    pub(crate) idle: Duration,
    /// Without reading anything of an answer.
    pub(crate) stall: Duration,
}

/// What the socket waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Waiting {
    Head {
        until: Instant,
    },
    NextRequest {
        until: Instant,
    },
    /// A request is being answered: its body and its answer have their own limits.
    Answer,
}

/// The socket.
pub(crate) struct Timed<S> {
    socket: S,
    ticket: Arc<Ticket>,
    times: Times,
    waiting: Waiting,
    stalled_until: Option<Instant>,
    timer: Timer,
}

impl<S> Timed<S> {
    pub(crate) fn new(socket: S, ticket: Arc<Ticket>, times: Times) -> Self {
        let waiting = Waiting::Head { until: Instant::now() + times.head };
        Self { socket, ticket, times, waiting, stalled_until: None, timer: Timer::default() }
    }

    /// Checks the deadline when nothing can be read now.
    fn in_time(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if !self.ticket.is_idle() {
            self.waiting = Waiting::Answer;
            return Poll::Pending;
        }
        if self.waiting == Waiting::Answer {
            self.waiting = Waiting::NextRequest { until: Instant::now() + self.times.idle };
        }
        let (until, late) = match self.waiting {
            Waiting::Head { until } => (until, "the head of a request did not arrive in time"),
            Waiting::NextRequest { until } => (until, "no further request came"),
            Waiting::Answer => return Poll::Pending,
        };
        if self.timer.poll_until(until, context).is_ready() {
            return Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, late)));
        }
        Poll::Pending
    }

    fn stalled(&mut self, context: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let until = *self.stalled_until.get_or_insert_with(|| Instant::now() + self.times.stall);
        if self.timer.poll_until(until, context).is_ready() {
            return Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, "the client does not take the answer")));
        }
        Poll::Pending
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Timed<S> {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = &mut *self;
        match Pin::new(&mut this.socket).poll_read(context, into) {
            Poll::Pending => this.in_time(context),
            Poll::Ready(read) => {
                // The first bytes after an answer begin the next head; later bytes of a head do not extend its time.
                let begins = !matches!(this.waiting, Waiting::Head { .. });
                if begins && this.ticket.is_idle() {
                    this.waiting = Waiting::Head { until: Instant::now() + this.times.head };
                }
                Poll::Ready(read)
            }
        }
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Timed<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = &mut *self;
        match Pin::new(&mut this.socket).poll_write(context, bytes) {
            Poll::Pending => this.stalled(context),
            Poll::Ready(written) => {
                this.stalled_until = None;
                Poll::Ready(written)
            }
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = &mut *self;
        let flushed = Pin::new(&mut this.socket).poll_flush(context);
        if matches!(flushed, Poll::Ready(Ok(()))) && this.ticket.flushed() {
            this.waiting = Waiting::NextRequest { until: Instant::now() + this.times.idle };
            // The socket may not be read again before something arrives.
            let _ = this.in_time(context);
        }
        flushed
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_shutdown(context)
    }
}
