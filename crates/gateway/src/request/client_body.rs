//! Bodies of clients: read completely within limits of size, time and memory, or forwarded as they arrive.

use std::pin::Pin;
use std::sync::atomic::Ordering;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use futures_util::FutureExt;
use http::{HeaderMap, header};
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt;
use keystead_core::id::KeyId;
use keystead_core::refusal::ErrorResponse;
use keystead_core::text::printable;
use tokio::time::{Instant, Sleep};

use crate::Gateway;
use crate::body::BoxError;
use crate::request::body_memory::{BodyOwner, Gathered, NoRoom, Share};
use crate::request::form_body::{FormScan, Malformed};
use crate::request::form_progress::FormProgress;
use crate::request::headers;
use crate::request::json_body::{self, Splice};
use crate::response::error_body;

/// Limits of size and time of a body.
#[derive(Debug, Clone, Copy)]
pub struct BodyBounds {
    /// The maximum size in bytes.
    pub most: usize,
    /// The maximum pause.
    pub pause: Duration,
    /// The maximum time for all of it.
    pub whole: Duration,
}

/// Why a body was not read completely.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BodyFault {
    /// It exceeds its maximum size.
    #[error("the body is too large")]
    TooLarge,
    /// Its sender paused too long, or all of it took too long.
    #[error("the body did not arrive in time")]
    TooSlow,
    /// The connection ended within it, or its framing is broken.
    #[error("the body broke off")]
    BrokenOff,
    /// There is no memory for it now.
    #[error("there is no memory for the body")]
    NoRoom(NoRoom),
}

/// Reads a complete body within its limits of size and time, and within the memory of `share`, which is reserved before
/// anything is held. A body with an announced length that is too large is refused before it is read.
pub(crate) async fn read_body<B>(
    mut body: B,
    bounds: BodyBounds,
    share: impl FnOnce() -> Share,
) -> Result<Bytes, BodyFault>
where
    B: Body<Data = Bytes> + Unpin,
{
    let hint = body.size_hint();
    if hint.lower() > u64::try_from(bounds.most).unwrap_or(u64::MAX) {
        return Err(BodyFault::TooLarge);
    }
    let mut pace = Pace::new(bounds);
    let Some(first) = pace.next(&mut body).await? else { return Ok(Bytes::new()) };
    // Usually the body arrives with its head, in one piece: it is forwarded without a copy.
    if body.is_end_stream() {
        return if first.len() > bounds.most { Err(BodyFault::TooLarge) } else { Ok(first) };
    }
    let length = hint.exact().and_then(|length| usize::try_from(length).ok());
    let gathered = match length {
        Some(length) => Gathered::exactly(share(), length),
        None => Ok(Gathered::growing(share(), bounds.most)),
    };
    let mut gathered = gathered.map_err(BodyFault::NoRoom)?;
    let mut next = Some(first);
    while let Some(chunk) = next {
        if gathered.len().saturating_add(chunk.len()) > length.unwrap_or(bounds.most) {
            return Err(BodyFault::TooLarge);
        }
        gathered.push(&chunk).map_err(BodyFault::NoRoom)?;
        next = pace.next(&mut body).await?;
    }
    Ok(gathered.finish())
}

/// The time limits of a body.
#[derive(Debug)]
pub(crate) struct Pace {
    bounds: BodyBounds,
    /// Set at the first wait: most bodies arrive with their heads.
    until: Option<Instant>,
}

impl Pace {
    pub(crate) fn new(bounds: BodyBounds) -> Self {
        Self { bounds, until: None }
    }

    /// The time by which the next bytes must arrive.
    pub(crate) fn deadline(&mut self) -> Instant {
        let now = Instant::now();
        let until = *self.until.get_or_insert_with(|| now + self.bounds.whole);
        until.min(now + self.bounds.pause)
    }

    /// Returns the next bytes of a body.
    pub(crate) async fn next<B>(&mut self, body: &mut B) -> Result<Option<Bytes>, BodyFault>
    where
        B: Body<Data = Bytes> + Unpin,
    {
        loop {
            let waited = match body.frame().now_or_never() {
                Some(frame) => Ok(frame),
                // Boxed, so that the usual body does not carry its size.
                None => Box::pin(tokio::time::timeout_at(self.deadline(), body.frame())).await,
            };
            let Some(frame) = waited.map_err(|_| BodyFault::TooSlow)? else { return Ok(None) };
            let frame = frame.map_err(|_| BodyFault::BrokenOff)?;
            if let Ok(data) = frame.into_data() {
                return Ok(Some(data));
            }
        }
    }
}

impl BodyFault {
    /// Builds the client's answer; `most` is the limit of the route.
    #[must_use]
    pub fn response(self, most: usize) -> ErrorResponse {
        match self {
            Self::TooLarge => error_body::too_large(most),
            Self::TooSlow => ErrorResponse::invalid(408, None, "The request body did not arrive in time."),
            Self::BrokenOff => error_body::bad_body("The request body could not be read to its end."),
            Self::NoRoom(no_room) => error_body::no_room(no_room),
        }
    }
}

impl Gateway {
    /// Reads a complete body.
    pub(crate) async fn whole<B>(&self, key: &KeyId, headers: &HeaderMap, body: B) -> Result<Bytes, ErrorResponse>
    where
        B: Body<Data = Bytes> + Unpin,
    {
        refuse_encoded(headers)?;
        let bounds = self.limits.json_bounds();
        let read = read_body(body, bounds, || self.share(key)).await;
        read.map_err(|fault| fault.response(bounds.most))
    }

    /// Returns a memory share for a request with this key.
    pub(crate) fn share(&self, key: &KeyId) -> Share {
        self.memory.share(BodyOwner::Key(key.clone()), self.limits.body_memory_per_key)
    }

    /// Builds a body with these changes, in separate memory.
    pub(crate) fn spliced<'s>(
        &self,
        key: &KeyId,
        body: &'s Bytes,
        changes: impl Iterator<Item = &'s Splice>,
    ) -> Result<Bytes, ErrorResponse> {
        let pieces = json_body::pieces(body, changes);
        if pieces.len() == 1 {
            return Ok(body.clone());
        }
        let length = pieces.iter().map(|piece| piece.len()).sum();
        let joined = Gathered::exactly(self.share(key), length).and_then(|mut joined| {
            pieces.iter().try_for_each(|piece| joined.push(piece))?;
            Ok(joined.finish())
        });
        joined.map_err(error_body::no_room)
    }
}

/// Refuses compressed bodies, which would have to be unpacked to be judged, and could unpack to any size.
pub(crate) fn refuse_encoded(headers: &HeaderMap) -> Result<(), ErrorResponse> {
    let plain = |value: &http::HeaderValue| value.as_bytes().eq_ignore_ascii_case(b"identity");
    if headers.get_all(header::CONTENT_ENCODING).iter().all(plain) {
        return Ok(());
    }
    Err(ErrorResponse::invalid(415, None, "Compressed request bodies are not accepted."))
}

/// Requires one content type, and this one.
pub(crate) fn content_is(headers: &HeaderMap, wanted: &str) -> Result<(), ErrorResponse> {
    if sent_as(headers, wanted) {
        return Ok(());
    }
    Err(error_body::bad_body(format!("Send this request with 'Content-Type: {wanted}'.")))
}

/// Whether there is one content type, and it is this one.
pub(crate) fn sent_as(headers: &HeaderMap, wanted: &str) -> bool {
    let mut values = headers.get_all(header::CONTENT_TYPE).iter();
    let first = values.next().and_then(headers::media_type);
    values.next().is_none() && first.is_some_and(|media| media.eq_ignore_ascii_case(wanted))
}

pub(crate) fn malformed(why: Malformed) -> ErrorResponse {
    match why {
        Malformed::Boundary => error_body::bad_body("The multipart body has no usable boundary in its content type."),
        Malformed::Part(why) => error_body::bad_body(format!("The multipart body could not be read: {why}.")),
        Malformed::Twice(name) => {
            error_body::bad_body(format!("The part '{name}' appears twice in the form.")).with_param(name)
        }
        Malformed::Near(name, known) => {
            let name = printable(&name);
            error_body::bad_body(format!(
                "The part '{name}' could be taken for '{known}'. Send '{known}' once, so written."
            ))
            .with_param(known)
        }
    }
}

/// Why a body that was already being sent upstream had to be aborted; read when the upstream's answer fails.
pub(crate) type Fault = Arc<OnceLock<ErrorResponse>>;

/// A client's body on its way upstream: the part that was read already, then the rest as it arrives, with limits of
/// size and pauses, and with its form parsed. A fault ends it with an error, which cancels the request upstream.
pub(crate) struct StreamingBody<B> {
    read: std::collections::VecDeque<Bytes>,
    rest: B,
    scan: Option<FormScan>,
    /// The refusal when the form requests a stream that the gate does not allow.
    no_stream: Option<ErrorResponse>,
    left: usize,
    pace: Pace,
    pause: Option<Pin<Box<Sleep>>>,
    /// The memory reserved for the start of the form; returned when that has been sent.
    held: Option<Share>,
    fault: Fault,
    /// Notified when all of it was sent.
    form: Option<Arc<FormProgress>>,
    ended: bool,
}

impl<B: Body<Data = Bytes> + Unpin> StreamingBody<B> {
    pub(crate) fn new(rest: B, pace: Pace, fault: Fault) -> Self {
        let (read, left) = (std::collections::VecDeque::new(), pace.bounds.most);
        Self {
            read,
            rest,
            scan: None,
            no_stream: None,
            left,
            pace,
            pause: None,
            held: None,
            fault,
            form: None,
            ended: false,
        }
    }

    /// Adds the start of a form, which was read to find its model, and its reserved memory.
    pub(crate) fn behind(mut self, read: Vec<Bytes>, scan: FormScan, held: Share) -> Self {
        self.left = self.left.saturating_sub(read.iter().map(Bytes::len).sum());
        self.read = read.into();
        self.scan = Some(scan);
        self.held = Some(held);
        self
    }

    /// Forbids a stream: a part that requests one may follow the part that names the model.
    pub(crate) fn forbidding_stream(mut self, refusal: Option<ErrorResponse>) -> Self {
        self.no_stream = refusal;
        self
    }

    /// Adds a form that is notified when all of it was sent.
    pub(crate) fn seen_by(mut self, form: Arc<FormProgress>) -> Self {
        self.form = Some(form);
        self
    }

    fn end(&mut self) {
        self.ended = true;
        if let Some(form) = &self.form {
            form.sent.store(true, Ordering::Relaxed);
        }
    }

    fn fail(&mut self, wire: ErrorResponse) -> BoxError {
        self.ended = true;
        let error = BoxError::from(wire.message.clone());
        // The first fault stays.
        let _ = self.fault.set(wire);
        error
    }

    fn check(&mut self, data: &Bytes) -> Result<(), ErrorResponse> {
        self.left = self.left.checked_sub(data.len()).ok_or_else(|| error_body::too_large(self.pace.bounds.most))?;
        let Some(scan) = self.scan.as_mut() else { return Ok(()) };
        scan.feed(data).map_err(malformed)?;
        // Before the last bytes are sent upstream: an incomplete form is refused.
        if self.rest.is_end_stream() {
            scan.finish().map_err(malformed)?;
        }
        match &self.no_stream {
            Some(refusal) if scan.stream() => Err(refusal.clone()),
            _ => Ok(()),
        }
    }
}

impl<B> Body for StreamingBody<B>
where
    B: Body<Data = Bytes> + Unpin,
    B::Error: Into<BoxError>,
{
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let this = &mut *self;
        if let Some(data) = this.read.pop_front() {
            if this.read.is_empty() && this.rest.is_end_stream() {
                this.end();
            }
            return Poll::Ready(Some(Ok(Frame::data(data))));
        }
        this.held = None;
        if this.ended {
            return Poll::Ready(None);
        }
        loop {
            let Poll::Ready(frame) = Pin::new(&mut this.rest).poll_frame(context) else {
                let pace = &mut this.pace;
                let pause = this.pause.get_or_insert_with(|| Box::pin(tokio::time::sleep_until(pace.deadline())));
                ready!(pause.as_mut().poll(context));
                let late = BodyFault::TooSlow.response(this.pace.bounds.most);
                return Poll::Ready(Some(Err(this.fail(late))));
            };
            this.pause = None;
            match frame {
                None => {
                    if let Some(Err(why)) = this.scan.as_ref().map(FormScan::finish) {
                        return Poll::Ready(Some(Err(this.fail(malformed(why)))));
                    }
                    this.end();
                    return Poll::Ready(None);
                }
                Some(Err(error)) => {
                    let _ = this.fail(BodyFault::BrokenOff.response(this.pace.bounds.most));
                    return Poll::Ready(Some(Err(error.into())));
                }
                Some(Ok(frame)) => {
                    // Trailers are dropped.
                    let Ok(data) = frame.into_data() else { continue };
                    if let Err(wire) = this.check(&data) {
                        return Poll::Ready(Some(Err(this.fail(wire))));
                    }
                    // A body with an announced length is not polled again after its last byte.
                    if this.rest.is_end_stream() {
                        this.end();
                    }
                    return Poll::Ready(Some(Ok(Frame::data(data))));
                }
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.read.is_empty() && (self.ended || self.rest.is_end_stream())
    }

    fn size_hint(&self) -> SizeHint {
        let read = self.read.iter().map(|chunk| u64::try_from(chunk.len()).unwrap_or(0)).sum::<u64>();
        self.rest.size_hint().exact().map_or_else(SizeHint::default, |rest| SizeHint::with_exact(rest + read))
    }
}
