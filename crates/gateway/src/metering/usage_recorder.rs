//! Recording usage: however a request ends, its usage becomes one event and replaces its reservation.
//!
//! One value is made when a request is admitted and lives until it is settled. If it is dropped before, because the
//! client disconnected or a task ended, it settles what is known: at least what was sent, if the request was being
//! sent.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use keystead_core::access::Payer;
use keystead_core::caller::Caller;
use keystead_core::id::RequestId;
use keystead_core::pending::{Pending, PendingKind};
use keystead_core::rate::Used;
use keystead_core::route::{Meter as Measure, Route};
use keystead_core::usage::{Price, UsageEvent, UsageKind};

use crate::decide::rate_limiter::Reservation;
use crate::estimate::sound::Heard;
use crate::estimate::{self, TokenEstimate};
use crate::exchange::{Exchange, Outgoing};
use crate::metering::{Meter, Recorded, Unsafe};
use crate::response::answer_reader::Found;
use crate::response::reported_usage::{self, Counted, End, Sent};
use crate::upstream_objects::ownership::Ownership;
use crate::upstream_objects::pending::PendingUsage;
use crate::{Gateway, Unavailable};

/// A body up to this length is kept until it is settled; a longer one is estimated at once.
const KEPT: usize = 64 << 10;
/// The status of an event when the client did not wait for the answer.
const CLIENT_GONE: u16 = 499;

/// What a request sends, for an estimate that is made only when no figures are reported.
#[derive(Debug, Clone, Default)]
pub(crate) enum Prompt {
    #[default]
    Nothing,
    Kept(Bytes),
    Read(TokenEstimate),
    Form(Arc<Form>),
}

/// What was read of a form while it was sent.
#[derive(Debug, Default)]
pub(crate) struct Form {
    /// Its sound.
    pub(crate) heard: Mutex<Heard>,
    /// Whether it was sent completely.
    pub(crate) sent: AtomicBool,
}

impl Prompt {
    pub(crate) fn of(body: &Bytes) -> Self {
        if body.len() <= KEPT { Self::Kept(body.clone()) } else { Self::Read(estimate::of(body)) }
    }

    fn asked(&self) -> TokenEstimate {
        match self {
            Self::Kept(body) => estimate::of(body),
            Self::Read(asked) => *asked,
            Self::Nothing | Self::Form(_) => TokenEstimate::default(),
        }
    }

    fn sent(&self, characters: i64) -> Sent {
        let asked = self.asked();
        let sound = match self {
            Self::Form(form) => form.heard.lock().unwrap_or_else(PoisonError::into_inner).known(),
            _ => None,
        };
        Sent { read: asked.read, pictures: asked.answers, characters, sound }
    }

    /// Whether an upstream that has received some of it has all that it needs to begin.
    fn is_sent(&self) -> bool {
        match self {
            Self::Form(form) => form.sent.load(Ordering::Relaxed),
            _ => true,
        }
    }
}

/// What is known of a request since its admission.
pub(crate) struct UsageRecorder {
    meter: Arc<Meter>,
    ownership: Arc<dyn Ownership>,
    pending: Arc<dyn PendingUsage>,
    upstream: String,
    clock: crate::Clock,
    route: &'static Route,
    caller: Arc<Caller>,
    payer: Payer,
    request: RequestId,
    /// The kind and model of the event; `None` when nothing is counted, and after it was.
    counted: Option<(UsageKind, Arc<str>)>,
    status: u16,
    price: Price,
    characters: i64,
    prompt: Prompt,
    /// The model of the image tool, and its price.
    tool: Option<(Arc<str>, Price)>,
    /// Whether a stream and a reasoning summary were requested.
    asked: (bool, bool),
    /// Whether any of it was sent.
    begun: AtomicBool,
    reservation: Reservation,
}

impl UsageRecorder {
    pub(crate) fn new(
        gateway: &Gateway,
        exchange: &Exchange<'_>,
        outgoing: &Outgoing<'_>,
        reservation: Reservation,
    ) -> Self {
        let Outgoing { model, characters, asked, .. } = *outgoing;
        let kind = UsageKind::of_meter(exchange.route.meter);
        Self {
            meter: Arc::clone(&gateway.meter),
            ownership: Arc::clone(&gateway.ownership),
            pending: Arc::clone(&gateway.pending),
            upstream: outgoing.upstream.name.clone(),
            clock: Arc::clone(&gateway.clock),
            route: exchange.route,
            caller: Arc::clone(&exchange.caller),
            payer: exchange.payer.clone(),
            request: exchange.id.clone(),
            counted: kind.zip(model.map(|model| Arc::clone(&model.id))),
            status: CLIENT_GONE,
            price: model.map(|model| model.price).unwrap_or_default(),
            characters,
            prompt: outgoing.prompt.clone(),
            tool: outgoing.tool.map(|model| (Arc::clone(&model.id), model.price)),
            asked,
            begun: AtomicBool::new(false),
            reservation,
        }
    }

    /// The number of requested pictures.
    pub(crate) fn pictures(&self) -> u64 {
        self.prompt.asked().answers
    }

    /// Set once any of the request is sent.
    pub(crate) const fn begun(&self) -> &AtomicBool {
        &self.begun
    }

    /// Notes the status of the upstream's answer.
    pub(crate) fn answered(&mut self, status: http::StatusCode) {
        self.status = status.as_u16();
    }

    pub(crate) const fn measure(&self) -> Measure {
        self.route.meter
    }

    /// Whether something is still to be counted.
    pub(crate) const fn is_open(&self) -> bool {
        self.counted.is_some()
    }

    /// Notes that nothing was used: there was no answer, or an error.
    pub(crate) fn nothing(&mut self) {
        self.counted = None;
        self.reservation = Reservation::default();
    }

    /// Settles with what was found in the answer; a second call does nothing.
    pub(crate) fn by_answer(&mut self, found: &Found, end: End) -> Recorded {
        if !self.is_open() {
            return Recorded::Safe;
        }
        let outlives = found.object().filter(|_| self.is_background());
        if let Some(id) = outlives
            && !found.has_ended()
        {
            return self.leave_pending(id.to_owned());
        }
        let once = outlives.map(str::to_owned);
        let counted = reported_usage::counted(self.route.meter, found, end, || self.prompt.sent(self.characters));
        let Some(counted) = counted else {
            self.nothing();
            return Recorded::Safe;
        };
        if let Some((model, price)) = self.tool.take()
            && let Some(drawn) = reported_usage::drawn(found)
        {
            let once = once.as_ref().map(|id| format!("{id}/{model}"));
            // Events become safe in order, so the following one covers both.
            drop(self.meter.record(self.event(UsageKind::Images, &model, price, drawn, once)));
        }
        self.record(counted, once)
    }

    /// Whether the answer may outlive its request.
    fn is_background(&self) -> bool {
        const ASKED: &[u8] = b"background";
        let named = |body: &Bytes| memchr::memmem::find(body, ASKED).is_some() || memchr::memchr(b'\\', body).is_some();
        let named = !matches!(&self.prompt, Prompt::Kept(body) if !named(body));
        self.route.path == "/v1/responses" && named && self.prompt.asked().background
    }

    /// Notes a response as pending that continues and is counted when it has ended. Its client must not learn of it
    /// before it is noted as pending.
    fn leave_pending(&mut self, id: String) -> Recorded {
        let note = self.note_pending(id);
        self.counted = None;
        self.reservation.keep();
        match tokio::runtime::Handle::try_current() {
            Ok(runtime) => {
                let noted = runtime.spawn(note);
                Recorded::Waiting(Box::pin(async move { noted.await.unwrap_or(Err(Unavailable)).map_err(|_| Unsafe) }))
            }
            Err(_) => Recorded::Safe,
        }
    }

    fn note_pending(&self, id: String) -> impl Future<Output = Result<(), Unavailable>> + Send + 'static {
        let model = self.counted.as_ref().map(|(_, model)| (**model).to_owned()).unwrap_or_default();
        let noted = Pending {
            id,
            kind: PendingKind::Response,
            upstream: self.upstream.clone(),
            organization: self.payer.organization.clone(),
            project: self.payer.project.clone(),
            key: self.caller.key.clone(),
            owner: self.caller.owner.as_str().to_owned(),
            model,
            tool: self.tool.as_ref().map(|(model, _)| (**model).to_owned()),
            read: i64::try_from(self.prompt.asked().read).unwrap_or(i64::MAX),
            stream: self.asked.0,
            summary: self.asked.1,
            request: self.request.as_str().to_owned(),
            begun_at: (self.clock)(),
        };
        let pending = Arc::clone(&self.pending);
        async move { pending.note(noted).await }
    }

    /// Records the event.
    fn record(&mut self, Counted { used, estimated }: Counted, once: Option<String>) -> Recorded {
        let Some((kind, model)) = self.counted.take() else { return Recorded::Safe };
        self.reservation.settle(|| Used {
            tokens: used.input_tokens.saturating_add(used.output_tokens).unsigned_abs(),
            images: used.images.unsigned_abs(),
        });
        self.meter.record(self.event(kind, &model, self.price, Counted { used, estimated }, once))
    }

    fn event(&self, kind: UsageKind, model: &str, price: Price, counted: Counted, once: Option<String>) -> UsageEvent {
        let Counted { used, estimated } = counted;
        UsageEvent {
            at: (self.clock)(),
            kind,
            organization: self.payer.organization.clone(),
            project: self.payer.project.clone(),
            key: self.caller.key.clone(),
            owner: self.caller.owner.as_str().to_owned(),
            model: model.to_owned(),
            cost: price.cost(&used),
            used,
            status: self.status,
            estimated,
            request: self.request.as_str().to_owned(),
            stream: self.asked.0,
            summary: self.asked.1,
            once,
        }
    }

    /// Records the payer as the owner of a stored response.
    pub(crate) fn own(&self, object: String) {
        let (ownership, payer) = (Arc::clone(&self.ownership), self.payer.clone());
        // If the node is killed, the pending response is still known.
        let pending = self.is_background().then(|| self.note_pending(object.clone()));
        // The stream must not wait for the store; the id is useful only once the stream has ended.
        tokio::spawn(async move {
            if ownership.record(&object, &payer).await == Err(Unavailable) {
                tracing::warn!(object, "a stored response could not be noted as its owner's");
            }
            if let Some(pending) = pending
                && pending.await == Err(Unavailable)
            {
                tracing::warn!(object, "a response in the background could not be noted as pending");
            }
        });
    }
}

impl Drop for UsageRecorder {
    /// The request ended before its answer. What was sent is counted; what was not sent was not used.
    fn drop(&mut self) {
        if self.is_open() && self.begun.load(Ordering::Relaxed) && self.prompt.is_sent() {
            let sent = self.prompt.sent(self.characters);
            // There is no client any more that would have to wait for it.
            drop(self.record(reported_usage::abandoned(self.route.meter, sent), None));
        }
    }
}
