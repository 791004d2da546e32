//! Cuts an answer when the permission for it ends while it is being sent: the key, its owner, its project or its model
//! access was removed.
//!
//! An event stream ends with an error event, any other body is aborted, and the upstream request is cancelled. An
//! answer that is complete at once is never checked; every other has one timer, which an idle upstream does not delay.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use futures_util::FutureExt;
use http_body::{Body, Frame, SizeHint};
use keystead_core::refusal::ErrorResponse;
use tokio::time::{Instant, Sleep, sleep};

use crate::BoxFuture;
use crate::body::BoxError;
use crate::decide::admitted_request::AdmittedRequest;
use crate::metrics::Metrics;
use crate::response::error_body;
use crate::response::metered_body::MeteredBody;

/// An answer that is sent only as long as it is permitted.
pub(crate) struct Watched {
    /// `None` once it was cut.
    body: Option<MeteredBody>,
    admitted: Arc<AdmittedRequest>,
    metrics: Arc<Metrics>,
    /// The interval between checks.
    every: Duration,
    /// Created when the body is polled a second time or has to be waited for.
    timer: Option<Pin<Box<Sleep>>>,
    begun: bool,
    recheck: Option<BoxFuture<'static, Result<(), ErrorResponse>>>,
    /// The position of the stream between events; `None` when an error event cannot be sent.
    events: Option<Boundary>,
    /// The permission has ended; the event that is being sent may end first.
    ending: Option<ErrorResponse>,
}

impl Watched {
    /// `events` says that the body is an event stream, not compressed.
    pub(crate) fn new(
        body: MeteredBody,
        admitted: Arc<AdmittedRequest>,
        metrics: Arc<Metrics>,
        every: Duration,
        events: bool,
    ) -> Self {
        // With an announced length nothing can be added.
        let events = (events && body.size_hint().exact().is_none()).then(Boundary::default);
        Self {
            body: Some(body),
            admitted,
            metrics,
            every,
            timer: None,
            begun: false,
            recheck: None,
            events,
            ending: None,
        }
    }

    /// Checks when it is time; the result is in `ending`.
    fn recheck(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let timer = self.timer.get_or_insert_with(|| Box::pin(sleep(self.every)));
        loop {
            if let Some(recheck) = &mut self.recheck {
                let held = ready!(recheck.poll_unpin(context));
                self.recheck = None;
                self.ending = held.err();
                timer.as_mut().reset(Instant::now() + self.every);
            }
            ready!(timer.as_mut().poll(context));
            if self.ending.is_some() {
                // The event that was being sent takes too long: nothing can be added inside it.
                self.events = None;
                return Poll::Ready(());
            }
            let admitted = Arc::clone(&self.admitted);
            self.recheck = Some(async move { admitted.recheck().await }.boxed());
        }
    }

    /// Returns the last frame once the permission has ended, unless an event is being sent.
    fn cut(&mut self) -> Option<Result<Frame<Bytes>, BoxError>> {
        let between = self.events.as_ref().is_none_or(Boundary::is_between);
        let wire = self.ending.take_if(|_| between)?;
        if let Some(body) = self.body.take() {
            body.cancel();
        }
        self.metrics.cut();
        tracing::debug!(key = %self.admitted.key(), code = wire.code, "an answer was cut: its permission ended");
        Some(match self.events {
            Some(_) => Ok(Frame::data(error_body::error_event(&wire))),
            None => Err("the permission of this answer ended".into()),
        })
    }
}

impl Body for Watched {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let this = &mut *self;
        let first = !std::mem::replace(&mut this.begun, true);
        if !first {
            let _ = this.recheck(context);
            if let Some(last) = this.cut() {
                return Poll::Ready(Some(last));
            }
        }
        let Some(body) = &mut this.body else { return Poll::Ready(None) };
        let Poll::Ready(frame) = Pin::new(body).poll_frame(context) else {
            if first {
                let _ = this.recheck(context);
            }
            return Poll::Pending;
        };
        let ending = this.ending.is_some();
        Poll::Ready(match (frame, &mut this.events) {
            (Some(Ok(frame)), Some(events)) => {
                Some(Ok(frame.map_data(|data| if ending { events.up_to_end(&data) } else { events.pass(data) })))
            }
            (frame, _) => frame,
        })
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.body.as_ref().map_or_else(SizeHint::default, Body::size_hint)
    }
}

/// The position of a stream: between two events, or inside one.
#[derive(Debug)]
struct Boundary {
    last: [u8; 4],
}

impl Default for Boundary {
    fn default() -> Self {
        // The start counts as between two events.
        Self { last: *b"\n\n\n\n" }
    }
}

impl Boundary {
    /// Whether an empty line came last. A line ends with LF, CR, or both.
    const fn is_between(&self) -> bool {
        let before = match self.last {
            [_, before, b'\r', b'\n'] | [_, _, before, b'\r' | b'\n'] => before,
            _ => return false,
        };
        matches!(before, b'\r' | b'\n')
    }

    fn push(&mut self, byte: u8) {
        self.last.rotate_left(1);
        self.last[3] = byte;
    }

    fn pass(&mut self, data: Bytes) -> Bytes {
        for byte in &data[data.len().saturating_sub(4)..] {
            self.push(*byte);
        }
        data
    }

    /// Returns the rest of the event that is being sent.
    fn up_to_end(&mut self, data: &Bytes) -> Bytes {
        for (at, byte) in data.iter().enumerate() {
            self.push(*byte);
            if self.is_between() {
                return data.slice(..=at);
            }
        }
        data.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_end_with_an_empty_line_however_lines_end() {
        for (text, between) in [
            ("", true),
            ("data: x", false),
            ("data: x\n", false),
            ("data: x\r\n", false),
            ("data: x\r", false),
            ("data: x\n\n", true),
            ("data: x\r\r", true),
            ("data: x\r\n\r\n", true),
            ("data: x\n\r\n", true),
            ("data: x\n\ny", false),
        ] {
            for step in 1..=text.len().max(1) {
                let mut boundary = Boundary::default();
                for chunk in text.as_bytes().chunks(step) {
                    boundary.pass(Bytes::copy_from_slice(chunk));
                }
                assert_eq!(boundary.is_between(), between, "{text:?} in steps of {step}");
            }
        }
    }

    #[test]
    fn the_event_that_is_being_sent_ends_first() {
        for step in 1..40 {
            let (mut boundary, mut passed) = (Boundary::default(), Vec::new());
            boundary.pass(Bytes::from_static(b"data: a\n\ndata: "));
            for chunk in b"b\r\ndata: c\n\ndata: d\n\n".chunks(step) {
                passed.extend_from_slice(&boundary.up_to_end(&Bytes::copy_from_slice(chunk)));
                if boundary.is_between() {
                    break;
                }
            }
            assert_eq!(passed, b"b\r\ndata: c\n\n");
        }
    }
}
