//! The body of a request on its way to its reader. What is left unread when it is dropped is read and discarded, within
//! limits: a client that sends the whole request before it reads would otherwise see a broken connection instead of the
//! answer.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use futures_util::FutureExt;
use http::{HeaderMap, header};
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use tokio::time::{Instant, timeout_at};

/// The maximum that is read and discarded: more than the largest JSON body.
pub(crate) const DISCARDED_BYTES: usize = 32 << 20;
/// How long that may take.
pub(crate) const DISCARD_WITHIN: Duration = Duration::from_secs(30);
/// How long the client may pause meanwhile.
pub(crate) const DISCARD_PAUSE: Duration = Duration::from_secs(5);

/// The body.
pub(crate) struct Inbound {
    body: Option<Incoming>,
    /// Whether the client waits for `100 Continue`; it then sends nothing after an answer.
    waits: bool,
    read: Arc<AtomicBool>,
}

/// Shows whether a body was read to its end.
pub(crate) struct Reading(Arc<AtomicBool>);

impl Reading {
    pub(crate) fn is_complete(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}

impl Inbound {
    pub(crate) fn new(body: Incoming, headers: &HeaderMap) -> (Self, Reading) {
        let read = Arc::new(AtomicBool::new(body.is_end_stream()));
        let waits = headers.contains_key(header::EXPECT);
        (Self { body: Some(body), waits, read: Arc::clone(&read) }, Reading(read))
    }
}

impl Body for Inbound {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let this = &mut *self;
        let Some(body) = this.body.as_mut() else { return Poll::Ready(None) };
        // The first read asks the client to continue.
        this.waits = false;
        let frame = Pin::new(&mut *body).poll_frame(context);
        if matches!(frame, Poll::Ready(None | Some(Err(_)))) || body.is_end_stream() {
            this.read.store(true, Ordering::Release);
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.body.as_ref().map(Body::size_hint).unwrap_or_default()
    }
}

impl Drop for Inbound {
    fn drop(&mut self) {
        let Some(mut body) = self.body.take().filter(|_| !self.read.load(Ordering::Acquire) && !self.waits) else {
            return;
        };
        let mut left = DISCARDED_BYTES;
        // What has arrived already needs no task; usually that is all of the rest.
        while let Some(frame) = body.frame().now_or_never() {
            if !may_continue(frame, &mut left) {
                self.read.store(left > 0, Ordering::Release);
                return;
            }
        }
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(discard(body, left));
        }
    }
}

async fn discard(mut body: Incoming, mut left: usize) {
    let until = Instant::now() + DISCARD_WITHIN;
    while let Ok(frame) = timeout_at(until.min(Instant::now() + DISCARD_PAUSE), body.frame()).await {
        if !may_continue(frame, &mut left) {
            return;
        }
    }
}

/// Whether there may be more, and it may still be discarded.
fn may_continue(frame: Option<Result<Frame<Bytes>, hyper::Error>>, left: &mut usize) -> bool {
    let Some(Ok(frame)) = frame else { return false };
    *left = left.saturating_sub(frame.data_ref().map_or(0, Bytes::len));
    *left > 0
}
