//! An answer's body: reading it drives its connection, which returns to the pool at its end.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt;
use tokio::time::Instant;

use super::connection::Link;
use super::failure::BrokenAnswer;
use super::framing::{Framing, Piece};
use super::pool::Pool;
use super::unpack::Unpacker;

/// Number of bytes that are enough to recognise the kind of a body.
const TELLING: usize = 8;

/// A connection that returns to the pool once its answer was read to the end.
pub(super) struct Lease {
    pub(super) link: Box<Link>,
    /// How long the connection may wait for its next request; `None` when it cannot be reused.
    pub(super) keep: Option<Duration>,
    pub(super) origin: Arc<str>,
    pub(super) pool: Arc<Pool>,
    /// The longest pause.
    pub(super) idle: Duration,
}

/// An upstream's answer. Dropping it before the end closes its connection.
pub(crate) struct UpstreamBody {
    framing: Framing,
    lease: Option<Lease>,
    unpacker: Option<Box<Unpacker>>,
    /// Bytes that were read already and come first.
    ahead: Bytes,
    /// The error with which reading ahead ended.
    failed: Option<BrokenAnswer>,
    /// Since when nothing has come.
    paused: Option<Instant>,
}

impl UpstreamBody {
    pub(super) fn new(framing: Framing, lease: Lease, unpacker: Option<Unpacker>) -> Self {
        let unpacker = unpacker.map(Box::new);
        let lease = Some(lease);
        let mut body = Self { framing, lease, unpacker, ahead: Bytes::new(), failed: None, paused: None };
        if body.framing.is_over() {
            body.release();
        }
        body
    }

    /// Builds a body that was read already.
    pub(crate) fn whole(body: Bytes) -> Self {
        Self { framing: Framing::NOTHING, lease: None, unpacker: None, ahead: body, failed: None, paused: None }
    }

    /// Whether all of it has arrived.
    pub(crate) fn has_come(&self) -> bool {
        let come = self.lease.as_ref().map(|lease| lease.link.input.len());
        let rest = self.framing.length().and_then(|rest| usize::try_from(rest).ok());
        self.unpacker.is_none() && self.failed.is_none() && come.zip(rest).is_some_and(|(come, rest)| come >= rest)
    }

    /// Returns the first bytes of the body, after a byte order mark and white space, without consuming them.
    pub(crate) async fn beginning(&mut self) -> &[u8] {
        let mut read = BytesMut::from(&self.ahead[..]);
        while self.failed.is_none() && visible(&read).len() < TELLING {
            self.ahead = Bytes::new();
            match self.frame().await {
                Some(Ok(frame)) => read.extend_from_slice(&frame.into_data().unwrap_or_default()),
                Some(Err(error)) => self.failed = Some(error),
                None => break,
            }
        }
        self.ahead = read.freeze();
        visible(&self.ahead)
    }

    /// Releases the connection, which waits for its next request unless the upstream asked to close it, answered before
    /// it had read the whole request, or sent more than it announced.
    fn release(&mut self) {
        if let Some(Lease { mut link, keep: Some(keep), origin, pool, .. }) = self.lease.take()
            && link.rest()
        {
            pool.keep(&origin, link, keep);
        }
    }

    fn look_ahead(&mut self) {
        if let Some(lease) = &mut self.lease {
            self.framing.look_ahead(&mut lease.link.input);
        }
        if self.framing.is_over() {
            self.release();
        }
    }

    /// Polls the next bytes as they were sent.
    fn poll_sent(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, BrokenAnswer>>> {
        let Some(Lease { link, keep, idle, .. }) = &mut self.lease else { return Poll::Ready(None) };
        // The rest of the request; the answer counts even if sending fails.
        if let Poll::Ready(Err(_)) = link.poll_send(context) {
            *keep = None;
        }
        loop {
            match self.framing.next(&mut link.input).map_err(|_| BrokenAnswer::Unreadable)? {
                Piece::Data(data) => return Poll::Ready(Some(Ok(data))),
                Piece::End => return Poll::Ready(None),
                Piece::More => {}
            }
            let Poll::Ready(read) = link.poll_read(context) else {
                let since = *self.paused.get_or_insert_with(Instant::now);
                ready!(link.timer.poll_until(since + *idle, context));
                return Poll::Ready(Some(Err(BrokenAnswer::Silent(*idle))));
            };
            self.paused = None;
            if read.map_err(|_| BrokenAnswer::BrokeOff)? == 0 {
                let whole = self.framing == Framing::UntilClose;
                return Poll::Ready((!whole).then_some(Err(BrokenAnswer::BrokeOff)));
            }
        }
    }

    /// Polls the next bytes, unpacked.
    fn poll_data(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, BrokenAnswer>>> {
        loop {
            if let Some(unpacked) = self.unpacker.as_mut().and_then(|unpacker| unpacker.next()) {
                return Poll::Ready(Some(unpacked));
            }
            let sent = ready!(self.poll_sent(context));
            match &sent {
                None => self.release(),
                Some(Err(_)) => (self.lease, self.unpacker) = (None, None),
                Some(Ok(data)) => {
                    let unpacking = self.unpacker.as_mut().map(|unpacker| unpacker.push(data.clone())).is_some();
                    // The end of the chunks often follows the last one directly.
                    self.look_ahead();
                    if unpacking {
                        continue;
                    }
                }
            }
            let Some(mut unpacker) = self.unpacker.take().filter(|_| sent.is_none()) else { return Poll::Ready(sent) };
            let rest = unpacker.finish();
            let nothing = rest.as_ref().is_ok_and(Bytes::is_empty);
            return Poll::Ready((!nothing).then_some(rest));
        }
    }
}

impl Body for UpstreamBody {
    type Data = Bytes;
    type Error = BrokenAnswer;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BrokenAnswer>>> {
        if !self.ahead.is_empty() {
            return Poll::Ready(Some(Ok(Frame::data(std::mem::take(&mut self.ahead)))));
        }
        if let Some(failed) = self.failed.take() {
            return Poll::Ready(Some(Err(failed)));
        }
        let data = ready!(self.poll_data(context));
        Poll::Ready(data.map(|data| data.map(Frame::data)))
    }

    fn is_end_stream(&self) -> bool {
        self.lease.is_none() && self.unpacker.is_none() && self.ahead.is_empty() && self.failed.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        let ahead = u64::try_from(self.ahead.len()).unwrap_or(u64::MAX);
        let length = self.framing.length().filter(|_| self.unpacker.is_none() && self.failed.is_none());
        length.map_or_else(SizeHint::default, |length| SizeHint::with_exact(length.saturating_add(ahead)))
    }
}

/// Skips a byte order mark and white space.
fn visible(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes).trim_ascii_start()
}

/// Reads a body up to a bound. The error says whether the body was too long.
pub(crate) async fn collect<B>(mut body: B, most: usize) -> Result<Bytes, bool>
where
    B: Body<Data = Bytes> + Unpin,
{
    let mut whole = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| false)?;
        if let Ok(data) = frame.into_data() {
            if whole.len() + data.len() > most {
                return Err(true);
            }
            // Usually the body is one piece: it is passed on without a copy.
            if whole.is_empty() && body.is_end_stream() {
                return Ok(data);
            }
            whole.extend_from_slice(&data);
        }
    }
    Ok(whole.freeze())
}
