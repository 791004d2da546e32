//! Bodies of clients: read whole within a bound, or passed on as they come. A pause that is too long ends both.

use std::pin::Pin;
use std::sync::atomic::Ordering;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures_util::FutureExt;
use http::{HeaderMap, header};
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt;
use keystead_core::access::printable;
use keystead_core::refusal::Wire;
use tokio::time::{Instant, Sleep};

use crate::body::BoxError;
use crate::multipart::{FormScan, Malformed};
use crate::settle::Form;
use crate::{Gateway, headers, reply};

impl Gateway {
    /// A body, read whole.
    pub(crate) async fn whole<B>(&self, headers: &HeaderMap, mut body: B) -> Result<Bytes, Wire>
    where
        B: Body<Data = Bytes> + Unpin,
    {
        refuse_encoded(headers)?;
        let most = self.limits.json_body;
        if body.size_hint().lower() > u64::try_from(most).unwrap_or(u64::MAX) {
            return Err(reply::too_large(most));
        }
        let mut whole = BytesMut::new();
        while let Some(chunk) = self.next_chunk(&mut body).await? {
            if whole.len().saturating_add(chunk.len()) > most {
                return Err(reply::too_large(most));
            }
            // The usual body is one chunk: passed on without a copy.
            if whole.is_empty() && body.is_end_stream() {
                return Ok(chunk);
            }
            whole.extend_from_slice(&chunk);
        }
        Ok(whole.freeze())
    }

    /// The next bytes of a client's body, within the idle time.
    pub(crate) async fn next_chunk<B>(&self, body: &mut B) -> Result<Option<Bytes>, Wire>
    where
        B: Body<Data = Bytes> + Unpin,
    {
        loop {
            // The usual body came with its head.
            let waited = match body.frame().now_or_never() {
                Some(frame) => Ok(frame),
                None => tokio::time::timeout(self.limits.body_idle, body.frame()).await,
            };
            let Some(frame) = waited.map_err(|_| too_slow())? else { return Ok(None) };
            let frame = frame.map_err(|_| reply::bad_body("The request body could not be read to its end."))?;
            if let Ok(data) = frame.into_data() {
                return Ok(Some(data));
            }
        }
    }
}

/// Compressed bodies would have to be unpacked to be judged, and could unpack to anything.
pub(crate) fn refuse_encoded(headers: &HeaderMap) -> Result<(), Wire> {
    let plain = |value: &http::HeaderValue| value.as_bytes().eq_ignore_ascii_case(b"identity");
    if headers.get_all(header::CONTENT_ENCODING).iter().all(plain) {
        return Ok(());
    }
    Err(Wire::invalid(415, None, "Compressed request bodies are not accepted."))
}

/// One content type, and this one.
pub(crate) fn content_is(headers: &HeaderMap, wanted: &str) -> Result<(), Wire> {
    if sent_as(headers, wanted) {
        return Ok(());
    }
    Err(reply::bad_body(format!("Send this request with 'Content-Type: {wanted}'.")))
}

/// Whether there is one content type, and it is this one.
pub(crate) fn sent_as(headers: &HeaderMap, wanted: &str) -> bool {
    let mut values = headers.get_all(header::CONTENT_TYPE).iter();
    let first = values.next().and_then(headers::media_type);
    values.next().is_none() && first.is_some_and(|media| media.eq_ignore_ascii_case(wanted))
}

pub(crate) fn malformed(why: Malformed) -> Wire {
    match why {
        Malformed::Boundary => reply::bad_body("The multipart body has no usable boundary in its content type."),
        Malformed::Part(why) => reply::bad_body(format!("The multipart body could not be read: {why}.")),
        Malformed::Twice(name) => {
            reply::bad_body(format!("The part '{name}' appears twice in the form.")).with_param(name)
        }
        Malformed::Near(name, known) => {
            let name = printable(&name);
            reply::bad_body(format!("The part '{name}' could be taken for '{known}'. Send '{known}' once, so written."))
                .with_param(known)
        }
    }
}

fn too_slow() -> Wire {
    Wire::invalid(408, None, "The request body did not arrive in time.")
}

/// Why a body that was already on its way upstream had to be broken off; read when the upstream's answer fails.
pub(crate) type Fault = Arc<OnceLock<Wire>>;

/// A client's body on its way upstream: what was read of it already, then the rest as it comes, bounded in size and
/// pauses, its form watched. A fault ends it with an error, which cancels the request upstream.
pub(crate) struct Passing<B> {
    read: std::collections::VecDeque<Bytes>,
    rest: B,
    scan: Option<FormScan>,
    /// What to answer when the form turns out to ask for a stream the gate does not open.
    no_stream: Option<Wire>,
    left: usize,
    most: usize,
    idle: Duration,
    pause: Option<Pin<Box<Sleep>>>,
    fault: Fault,
    /// Learns when all of it was sent.
    form: Option<Arc<Form>>,
    ended: bool,
}

impl<B: Body<Data = Bytes> + Unpin> Passing<B> {
    pub(crate) fn new(rest: B, most: usize, idle: Duration, fault: Fault) -> Self {
        let read = std::collections::VecDeque::new();
        Self {
            read,
            rest,
            scan: None,
            no_stream: None,
            left: most,
            most,
            idle,
            pause: None,
            fault,
            form: None,
            ended: false,
        }
    }

    /// With the beginning of a form, which was read to find its model.
    pub(crate) fn behind(mut self, read: Vec<Bytes>, scan: FormScan) -> Self {
        self.left = self.left.saturating_sub(read.iter().map(Bytes::len).sum());
        self.read = read.into();
        self.scan = Some(scan);
        self
    }

    /// Without a stream: a part that asks for one may stand behind the part that names the model.
    pub(crate) fn forbidding_stream(mut self, refusal: Option<Wire>) -> Self {
        self.no_stream = refusal;
        self
    }

    /// With one that wants to know when all of it was sent.
    pub(crate) fn seen_by(mut self, form: Arc<Form>) -> Self {
        self.form = Some(form);
        self
    }

    fn end(&mut self) {
        self.ended = true;
        if let Some(form) = &self.form {
            form.sent.store(true, Ordering::Relaxed);
        }
    }

    fn fail(&mut self, wire: Wire) -> BoxError {
        self.ended = true;
        let error = BoxError::from(wire.message.clone());
        // The first fault stays.
        let _ = self.fault.set(wire);
        error
    }

    fn check(&mut self, data: &Bytes) -> Result<(), Wire> {
        self.left = self.left.checked_sub(data.len()).ok_or_else(|| reply::too_large(self.most))?;
        let Some(scan) = self.scan.as_mut() else { return Ok(()) };
        scan.feed(data).map_err(malformed)?;
        // Before the last bytes go upstream: what has not ended is refused.
        if self.rest.is_end_stream() {
            scan.finish().map_err(malformed)?;
        }
        match &self.no_stream {
            Some(refusal) if scan.stream() => Err(refusal.clone()),
            _ => Ok(()),
        }
    }
}

impl<B> Body for Passing<B>
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
        if this.ended {
            return Poll::Ready(None);
        }
        loop {
            let Poll::Ready(frame) = Pin::new(&mut this.rest).poll_frame(context) else {
                let idle = this.idle;
                let pause = this.pause.get_or_insert_with(|| Box::pin(tokio::time::sleep_until(Instant::now() + idle)));
                ready!(pause.as_mut().poll(context));
                return Poll::Ready(Some(Err(this.fail(too_slow()))));
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
                    let _ = this.fail(reply::bad_body("The request body could not be read to its end."));
                    return Poll::Ready(Some(Err(error.into())));
                }
                Some(Ok(frame)) => {
                    // Trailers are dropped.
                    let Ok(data) = frame.into_data() else { continue };
                    if let Err(wire) = this.check(&data) {
                        return Poll::Ready(Some(Err(this.fail(wire))));
                    }
                    // A body of an announced length is not asked again after its last byte.
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
