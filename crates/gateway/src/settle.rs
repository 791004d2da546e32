//! Settling: when an answer ends, however it ends, what it used becomes one usage event.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::{Bytes, BytesMut};
use http_body::{Body, Frame, SizeHint};
use keystead_core::access::Payer;
use keystead_core::caller::Caller;
use keystead_core::id::RequestId;
use keystead_core::rate::Used;
use keystead_core::route::Route;
use keystead_core::usage::{Quantities, UsageEvent, UsageKind};

use crate::body::BoxError;
use crate::forward::{Exchange, Outgoing};
use crate::meter::{Meter, Recorded};
use crate::ownership::Ownership;
use crate::rates::Reservation;
use crate::sse::EventScan;
use crate::upstream::UpstreamBody;
use crate::{Gateway, reply, usage};

/// Of a body longer than this only the end is kept for reading.
const LONGEST: usize = 8 << 20;
/// How much of the end.
const TAIL: usize = 64 << 10;

/// What is known of a request when its answer begins.
pub(crate) struct Settled {
    meter: Arc<Meter>,
    ownership: Arc<dyn Ownership>,
    clock: crate::Clock,
    route: &'static Route,
    caller: Arc<Caller>,
    payer: Payer,
    request: RequestId,
    /// What the event is about; `None` where nothing is counted, and once it was.
    counted: Option<(UsageKind, Arc<str>)>,
    status: u16,
    price: keystead_core::usage::Price,
    characters: i64,
    request_bytes: u64,
    /// Whether a stream was asked for, and whether a reasoning summary.
    asked: (bool, bool),
    reservation: Reservation,
}

impl Settled {
    pub(crate) fn new(
        gateway: &Gateway,
        exchange: &Exchange<'_>,
        outgoing: &Outgoing<'_>,
        reservation: Reservation,
    ) -> Self {
        let Outgoing { model, characters, request_bytes, asked, .. } = *outgoing;
        let kind = UsageKind::of_meter(exchange.route.meter);
        Self {
            meter: Arc::clone(&gateway.meter),
            ownership: Arc::clone(&gateway.ownership),
            clock: Arc::clone(&gateway.clock),
            route: exchange.route,
            caller: Arc::clone(&exchange.caller),
            payer: exchange.payer.clone(),
            request: exchange.id.clone(),
            counted: kind.zip(model.map(|model| Arc::clone(&model.id))),
            status: 200,
            price: model.map(|model| model.price).unwrap_or_default(),
            characters,
            request_bytes,
            asked,
            reservation,
        }
    }

    /// Whether something is counted.
    pub(crate) const fn is_counted(&self) -> bool {
        self.counted.is_some()
    }

    /// Notes the status the upstream answered with.
    pub(crate) fn answered(&mut self, status: http::StatusCode) {
        self.status = status.as_u16();
    }

    /// Settles by a body that was read whole. It must not be passed on before the event is safe.
    pub(crate) fn by_body(mut self, body: &[u8]) -> Recorded {
        let length = u64::try_from(body.len()).unwrap_or(u64::MAX);
        self.finish(usage::of_json(self.route.meter, body), length)
    }

    /// Records the event; a second call does nothing.
    fn finish(&mut self, reported: Option<Quantities>, response_bytes: u64) -> Recorded {
        let Some((kind, model)) = self.counted.take() else { return Recorded::Safe };
        // Speech is measured by what was asked for, which is known.
        let speech = kind == UsageKind::AudioSpeeches;
        let estimated = reported.is_none() && !speech;
        let mut used =
            reported.unwrap_or_else(|| usage::estimate(self.route.meter, self.request_bytes, response_bytes));
        used.characters = used.characters.max(self.characters).max(0);
        if !speech {
            used.characters = 0;
        }
        let used = Quantities { requests: 1, ..used }.clamped();
        self.reservation.settle(|| Used {
            tokens: used.input_tokens.saturating_add(used.output_tokens).unsigned_abs(),
            images: used.images.unsigned_abs(),
        });
        self.meter.record(UsageEvent {
            at: (self.clock)(),
            kind,
            organization: self.payer.organization.clone(),
            project: self.payer.project.clone(),
            key: self.caller.key.clone(),
            owner: self.caller.owner.as_str().to_owned(),
            model: (*model).to_owned(),
            cost: self.price.cost(&used),
            used,
            status: self.status,
            estimated,
            request: self.request.as_str().to_owned(),
            stream: self.asked.0,
            summary: self.asked.1,
        })
    }

    fn own(&self, object: String) {
        let (ownership, payer) = (Arc::clone(&self.ownership), self.payer.clone());
        // The stream must not wait for the store; the id is of use only once the stream has ended.
        tokio::spawn(async move {
            if ownership.record(&object, &payer).await.is_err() {
                tracing::warn!(object, "a stored response could not be noted as its owner's");
            }
        });
    }
}

/// What kind of body an answer has.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Shape {
    /// Server-sent events.
    pub(crate) events: bool,
    /// One JSON value.
    pub(crate) json: bool,
    /// Whether the usage chunk must be taken out.
    pub(crate) strip: bool,
}

enum Reading {
    Events(Box<EventScan>),
    /// Nothing in it to read.
    Blind,
    /// The usual body: one chunk, shared with the client's connection.
    One(Bytes),
    /// The body so far.
    Whole(BytesMut),
    /// The end of a long one, where every known server writes `usage`.
    Tail(BytesMut),
}

impl Reading {
    /// Takes in one more chunk of a JSON body.
    fn grow(&mut self, data: &Bytes) {
        *self = match std::mem::replace(self, Self::Blind) {
            Self::One(first) if first.is_empty() => Self::One(data.clone()),
            Self::One(first) => {
                let mut whole = BytesMut::with_capacity(first.len() + data.len());
                whole.extend_from_slice(&first);
                whole.extend_from_slice(data);
                Self::Whole(whole)
            }
            Self::Whole(mut whole) => {
                whole.extend_from_slice(data);
                if whole.len() > LONGEST { Self::Tail(whole.split_off(whole.len() - TAIL)) } else { Self::Whole(whole) }
            }
            Self::Tail(mut tail) => {
                tail.extend_from_slice(data);
                if tail.len() > 2 * TAIL { Self::Tail(tail.split_off(tail.len() - TAIL)) } else { Self::Tail(tail) }
            }
            other => other,
        };
    }
}

/// The upstream's body on its way to the client. Dropping it cancels the upstream and settles what passed.
///
/// The frame that makes the answer whole for its client is passed on only once the usage event is safe: an answer that
/// was received in full is counted, even if the process is killed right behind it.
pub(crate) struct Settlement {
    body: UpstreamBody,
    settled: Settled,
    reading: Reading,
    passed: u64,
    /// The event on its way to safety.
    recorded: Recorded,
    /// The frame to pass on next.
    next: Bytes,
    ended: bool,
    strip: bool,
}

impl Settlement {
    pub(crate) fn new(body: UpstreamBody, settled: Settled, shape: Shape) -> Self {
        let strip = shape.events && shape.strip;
        let reading = if shape.events {
            Reading::Events(Box::new(EventScan::new(settled.route.meter, strip)))
        } else if shape.json && settled.counted.is_some() {
            Reading::One(Bytes::new())
        } else {
            Reading::Blind
        };
        let (recorded, next) = (Recorded::Safe, Bytes::new());
        Self { body, settled, reading, passed: 0, recorded, next, ended: false, strip }
    }

    fn note(&mut self, data: &Bytes) -> Bytes {
        self.passed = self.passed.saturating_add(u64::try_from(data.len()).unwrap_or(u64::MAX));
        match &mut self.reading {
            Reading::Events(scan) => {
                let kept = scan.pass(data);
                if let Some(object) = scan.take_object() {
                    self.settled.own(object);
                }
                kept
            }
            Reading::Blind => data.clone(),
            reading => {
                reading.grow(data);
                data.clone()
            }
        }
    }

    /// Takes in what came last, and settles where that makes the answer whole.
    fn take(&mut self, data: &Bytes) {
        self.next = self.note(data);
        if self.body.is_end_stream() {
            self.end();
        } else if matches!(&self.reading, Reading::Events(scan) if scan.is_final()) {
            self.settle();
        }
    }

    /// Nothing more comes.
    fn end(&mut self) {
        self.ended = true;
        if let Reading::Events(scan) = &mut self.reading {
            let rest = scan.rest();
            if self.next.is_empty() {
                self.next = rest;
            } else if !rest.is_empty() {
                self.next = [&self.next[..], &rest].concat().into();
            }
        }
        self.settle();
    }

    fn settle(&mut self) {
        if self.settled.counted.is_none() {
            return;
        }
        let meter = self.settled.route.meter;
        let reported = match &self.reading {
            Reading::Events(scan) => scan.used(),
            Reading::Blind => None,
            Reading::One(body) => usage::of_json(meter, body),
            Reading::Whole(body) => usage::of_json(meter, body),
            Reading::Tail(tail) => usage::of_tail(meter, tail),
        };
        self.recorded = self.settled.finish(reported, self.passed);
    }
}

impl Body for Settlement {
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
            if self.ended {
                return Poll::Ready(None);
            }
            match ready!(Pin::new(&mut self.body).poll_frame(context)) {
                Some(Ok(frame)) => {
                    if let Ok(data) = frame.into_data() {
                        self.take(&data);
                    }
                }
                Some(Err(error)) => {
                    self.ended = true;
                    self.settle();
                    // The client sees that the answer is not whole, so nothing has to wait for the event.
                    self.recorded = Recorded::Safe;
                    if !matches!(&self.reading, Reading::Events(scan) if scan.is_between_events()) {
                        return Poll::Ready(Some(Err(error.into())));
                    }
                    self.next = reply::error_event(&reply::server_error(502, &error.to_string()));
                }
                None => self.end(),
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        // Said only after settling, or the server would never ask for the end and the event would wait for the drop.
        self.ended && self.next.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        if self.strip { SizeHint::default() } else { self.body.size_hint() }
    }
}

impl Drop for Settlement {
    fn drop(&mut self) {
        self.settle();
    }
}
