//! An upstream's answer on its way to the client, read as it passes and settled when it ends. When the client
//! disconnects first, the answer is read a little further, so that the true figures can arrive.
//!
//! The frame that completes an answer for its client is passed on only once the usage event is safe: a completely
//! received answer is counted, even if the process is killed directly afterwards.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures_util::FutureExt;
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt;
use keystead_core::route::MeterKind;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::body::BoxError;
use crate::metering::Recorded;
use crate::metering::usage_recorder::UsageRecorder;
use crate::response::answer_reader::Reader;
use crate::response::error_body;
use crate::response::event_stream::EventScan;
use crate::response::reported_usage::End;
use crate::upstream::UpstreamBody;

/// How far an answer is read after its client has disconnected.
#[derive(Debug, Clone, Copy)]
pub struct ReadOn {
    /// Maximum time; zero does not read on.
    pub time: Duration,
    /// Maximum bytes.
    pub bytes: usize,
    /// Maximum number of such answers at once on this node.
    pub at_once: usize,
}

impl Default for ReadOn {
    fn default() -> Self {
        Self { time: Duration::from_secs(2), bytes: 1 << 20, at_once: 64 }
    }
}

/// Limits reading on, for all answers of a node.
#[derive(Debug, Clone)]
pub(crate) struct Reading {
    limits: ReadOn,
    room: Arc<Semaphore>,
}

impl Reading {
    pub(crate) fn new(limits: ReadOn) -> Self {
        let room = limits.at_once.min(Semaphore::MAX_PERMITS);
        Self { limits, room: Arc::new(Semaphore::new(room)) }
    }

    fn permit(&self) -> Option<OwnedSemaphorePermit> {
        if self.limits.time.is_zero() {
            return None;
        }
        Arc::clone(&self.room).try_acquire_owned().ok()
    }
}

/// The kind of an answer's body.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Shape {
    /// Server-sent events.
    pub(crate) events: bool,
    /// One JSON value.
    pub(crate) json: bool,
    /// Whether the usage chunk must be removed.
    pub(crate) strip: bool,
}

enum Scan {
    Events(Box<EventScan>),
    Json(Box<Reader>),
    /// Nothing in it can be read.
    Blind,
}

/// The upstream's body on its way to the client. Dropping it before its end settles what arrived; the upstream request
/// is cancelled after reading on.
pub(crate) struct MeteredBody {
    /// `None` once it was passed on to be read to its end.
    live: Option<RunningAnswer>,
    reading: Reading,
    /// The event that is being made safe.
    recorded: Recorded,
    /// The frame to pass on next.
    next: Bytes,
    ended: bool,
    strip: bool,
}

/// An answer that is being read, and what will settle it.
struct RunningAnswer {
    body: UpstreamBody,
    scan: Scan,
    recorder: UsageRecorder,
}

impl MeteredBody {
    pub(crate) fn new(body: UpstreamBody, recorder: UsageRecorder, shape: Shape, reading: Reading) -> Self {
        let live = RunningAnswer::new(body, recorder, shape);
        let (recorded, next, strip) = (Recorded::Durable, Bytes::new(), shape.events && shape.strip);
        Self { live: Some(live), reading, recorded, next, ended: false, strip }
    }

    /// Ends it early: the upstream request is cancelled at once, and what arrived is recorded.
    pub(crate) fn cancel(mut self) {
        drop(self.live.take());
    }
}

/// Reads a complete answer that must be inspected before it is forwarded, up to a limit. It must not be forwarded
/// before its event is safe.
pub(crate) async fn collect(body: UpstreamBody, recorder: UsageRecorder, most: usize) -> Option<(Bytes, Recorded)> {
    let mut live = RunningAnswer::new(body, recorder, Shape { events: false, json: true, strip: false });
    let mut whole = BytesMut::new();
    while let Some(frame) = live.body.frame().await {
        let Ok(data) = frame.ok()?.into_data() else { continue };
        live.note(&data);
        if whole.len() + data.len() > most {
            return None;
        }
        whole.extend_from_slice(&data);
    }
    let (_, recorded) = live.settle(End::Whole);
    Some((whole.freeze(), recorded))
}

/// Takes an answer that has arrived completely. It must not be forwarded before its event is safe.
pub(crate) fn take_whole(mut body: UpstreamBody, mut recorder: UsageRecorder) -> Option<(Bytes, Recorded)> {
    let (read, mut reader) = (is_read(&recorder), Reader::default());
    let mut whole = Bytes::new();
    while let Some(frame) = body.frame().now_or_never()? {
        let Ok(data) = frame.ok()?.into_data() else { continue };
        if read {
            reader.feed(&data);
        }
        whole = joined(&whole, data);
    }
    reader.end_value();
    let recorded = recorder.by_answer(reader.found(), End::Whole);
    Some((whole, recorded))
}

/// Whether an answer reports what it used.
fn is_read(recorder: &UsageRecorder) -> bool {
    recorder.is_open() && recorder.meter() != MeterKind::Speech
}

impl RunningAnswer {
    fn new(body: UpstreamBody, recorder: UsageRecorder, shape: Shape) -> Self {
        let scan = if shape.events {
            Scan::Events(Box::new(EventScan::new(shape.strip)))
        } else if is_read(&recorder) {
            Scan::Json(Box::default())
        } else {
            Scan::Blind
        };
        Self { body, scan, recorder }
    }

    /// Whether the answer is complete for its client, although more may follow.
    fn is_final(&self) -> bool {
        let Scan::Events(scan) = &self.scan else { return false };
        let completed = scan.found().completed().number();
        scan.is_final() || (completed > 0 && completed >= self.recorder.pictures())
    }

    fn note(&mut self, data: &Bytes) -> Bytes {
        match &mut self.scan {
            Scan::Events(scan) => {
                let kept = scan.pass(data);
                if let Some(object) = scan.take_object() {
                    self.recorder.own(object);
                }
                kept
            }
            Scan::Json(reader) => {
                reader.feed(data);
                data.clone()
            }
            Scan::Blind => data.clone(),
        }
    }

    /// Settles what arrived. Returns what was held back, too.
    fn settle(&mut self, end: End) -> (Bytes, Recorded) {
        match &mut self.scan {
            Scan::Events(scan) => {
                let rest = scan.rest();
                (rest, self.recorder.by_answer(scan.found(), end))
            }
            Scan::Json(reader) => {
                reader.end_value();
                (Bytes::new(), self.recorder.by_answer(reader.found(), end))
            }
            Scan::Blind => (Bytes::new(), self.recorder.by_answer(Reader::default().found(), end)),
        }
    }

    /// Reads on after the client has disconnected, within limits. Dropping the body at the end cancels the upstream
    /// request.
    async fn read_on(mut self, limits: ReadOn, permit: OwnedSemaphorePermit) {
        let mut left = limits.bytes;
        let whole = tokio::time::timeout(limits.time, async {
            loop {
                match self.body.frame().await {
                    None => return true,
                    Some(Err(_)) => return false,
                    Some(Ok(frame)) => {
                        let Ok(data) = frame.into_data() else { continue };
                        self.note(&data);
                        match left.checked_sub(data.len()) {
                            Some(rest) => left = rest,
                            None => return false,
                        }
                    }
                }
            }
        });
        let end = if whole.await == Ok(true) { End::Whole } else { End::Broken };
        // There is no client any more that would have to wait for it.
        drop(self.settle(end));
        drop(permit);
    }
}

impl Drop for RunningAnswer {
    fn drop(&mut self) {
        if self.recorder.is_open() {
            drop(self.settle(End::Broken));
        }
    }
}

impl MeteredBody {
    /// Reads the last bytes, and settles if they complete the answer.
    fn take(&mut self, data: &Bytes) {
        let Some(live) = &mut self.live else { return };
        self.next = live.note(data);
        if live.body.is_end_stream() {
            self.end();
        } else if live.recorder.is_open() && live.is_final() {
            let (rest, recorded) = live.settle(End::Whole);
            (self.next, self.recorded) = (joined(&self.next, rest), recorded);
        }
    }

    /// Handles the end of the body.
    fn end(&mut self) {
        self.ended = true;
        let Some(live) = &mut self.live else { return };
        let (rest, recorded) = live.settle(End::Whole);
        (self.next, self.recorded) = (joined(&self.next, rest), recorded);
    }
}

fn joined(first: &Bytes, second: Bytes) -> Bytes {
    match (first.is_empty(), second.is_empty()) {
        (true, _) => second,
        (_, true) => first.clone(),
        _ => [&first[..], &second].concat().into(),
    }
}

impl Body for MeteredBody {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        loop {
            if ready!(self.recorded.poll(context)).is_err() {
                self.ended = true;
                self.next = Bytes::new();
                return Poll::Ready(Some(Err("what the answer used cannot be recorded".into())));
            }
            let next = std::mem::take(&mut self.next);
            if !next.is_empty() {
                return Poll::Ready(Some(Ok(Frame::data(next))));
            }
            let ended = self.ended;
            let Some(live) = self.live.as_mut().filter(|_| !ended) else { return Poll::Ready(None) };
            match ready!(Pin::new(&mut live.body).poll_frame(context)) {
                Some(Ok(frame)) => {
                    if let Ok(data) = frame.into_data() {
                        self.take(&data);
                    }
                }
                Some(Err(error)) => {
                    let between = matches!(&live.scan, Scan::Events(scan) if scan.is_between_events());
                    // The client sees that the answer is incomplete, so nothing has to wait for the event.
                    drop(live.settle(End::Broken));
                    self.ended = true;
                    if !between {
                        return Poll::Ready(Some(Err(error.into())));
                    }
                    self.next = error_body::error_event(&error_body::server_error(502, &error.to_string()));
                }
                None => self.end(),
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        // Reported only after settling. Otherwise the server would never poll for the end, and the event would wait for
        // the drop.
        self.ended && self.next.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        match &self.live {
            Some(live) if !self.strip => live.body.size_hint(),
            _ => SizeHint::default(),
        }
    }
}

impl Drop for MeteredBody {
    fn drop(&mut self) {
        let Some(live) = self.live.take() else { return };
        if self.ended || !live.recorder.is_open() || matches!(live.scan, Scan::Blind) {
            return;
        }
        // Without a runtime, or with too many answers already, only what arrived is recorded.
        if let (Some(permit), Ok(runtime)) = (self.reading.permit(), tokio::runtime::Handle::try_current()) {
            runtime.spawn(live.read_on(self.reading.limits, permit));
        }
    }
}
