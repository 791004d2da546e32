//! Recording usage: however a request ends, its usage becomes one event and replaces its reservation.
//!
//! One value is made when a request is admitted and lives until it is settled. If it is dropped before, because the
//! client disconnected or a task ended, it settles what is known: at least what was sent, if the request was being
//! sent.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use keystead_core::budget::{Measured, PendingHold};
use keystead_core::pending::{Pending, PendingKind};
use keystead_core::rate::Used;
use keystead_core::route::MeterKind;
use keystead_core::usage::{Attributes, Price, StatedImages, UsageEvent, UsageKind};

use crate::Unavailable;
use crate::decide::admitted_request::AdmittedRequest;
use crate::decide::rate_limiter::Reservation;
use crate::decide::spend_ledgers::SpendGuard;
use crate::metering::{NotDurable, Recorded};
use crate::outgoing::{Outgoing, Prompt};
use crate::response::answer_reader::{Found, Reader};
use crate::response::reported_usage::{self, Counted, End, Parts, ToolUse};
use crate::upstream_objects::pending;

/// The status of an event when the client did not wait for the answer.
const CLIENT_GONE: u16 = 499;

/// What is known of a request since its admission.
pub(crate) struct UsageRecorder {
    admitted: Arc<AdmittedRequest>,
    /// The name of the upstream.
    upstream: Arc<str>,
    /// The kind of the event; `None` where nothing is counted, and once it was.
    kind: Option<UsageKind>,
    status: u16,
    price: Price,
    characters: i64,
    prompt: Prompt,
    /// The model of the image tool, and its price.
    tool: Option<(Arc<str>, Price)>,
    /// Whether any of it was sent.
    begun: AtomicBool,
    reservation: Reservation,
    /// What is set aside from budgets.
    guard: SpendGuard,
}

impl UsageRecorder {
    pub(crate) fn new(
        admitted: &Arc<AdmittedRequest>,
        outgoing: &Outgoing<'_>,
        reservation: Reservation,
        guard: SpendGuard,
    ) -> Self {
        let model = outgoing.model;
        Self {
            admitted: Arc::clone(admitted),
            upstream: Arc::clone(&outgoing.upstream.name),
            kind: UsageKind::of_meter(admitted.route.meter).filter(|_| model.is_some()),
            status: CLIENT_GONE,
            price: outgoing.price(),
            characters: outgoing.characters,
            prompt: outgoing.prompt.clone(),
            tool: outgoing.tool.map(|model| (Arc::clone(&model.id), outgoing.tool_price())),
            begun: AtomicBool::new(false),
            reservation,
            guard,
        }
    }

    /// The number of requested pictures.
    pub(crate) fn pictures(&self) -> u64 {
        self.prompt.stated().answers
    }

    /// Set once any of the request is sent.
    pub(crate) const fn begun(&self) -> &AtomicBool {
        &self.begun
    }

    /// Notes the status of the upstream's answer.
    pub(crate) fn answered(&mut self, status: http::StatusCode) {
        self.status = status.as_u16();
    }

    pub(crate) fn meter(&self) -> MeterKind {
        self.admitted.route.meter
    }

    /// Whether something is still to be counted.
    pub(crate) const fn is_open(&self) -> bool {
        self.kind.is_some()
    }

    /// Notes that nothing was used: there was no answer, or an error.
    pub(crate) fn nothing(&mut self) {
        self.kind = None;
        self.reservation = Reservation::default();
        self.guard = SpendGuard::default();
    }

    /// Takes what is set aside from budgets, for what outlives the request.
    pub(crate) fn take_guard(&mut self) -> SpendGuard {
        std::mem::take(&mut self.guard)
    }

    /// Settles with what was found in the answer; a second call does nothing.
    pub(crate) fn by_answer(&mut self, found: &Found, end: End) -> Recorded {
        if !self.is_open() {
            return Recorded::Durable;
        }
        let outlives = found.object().filter(|_| self.is_background());
        if let Some(id) = outlives
            && !found.has_ended()
        {
            return self.leave_pending(id.to_owned());
        }
        let once = outlives.map(str::to_owned);
        let counted =
            reported_usage::counted(self.admitted.route.meter, found, end, || self.prompt.sent(self.characters));
        let Some(counted) = counted else {
            self.nothing();
            return Recorded::Durable;
        };
        if let Some((model, price)) = self.tool.take()
            && let Some(drawn) = Parts::of_tool(found, self.admitted.route.path, &price)
        {
            let once = once.as_ref().map(|id| format!("{id}/{model}"));
            self.record_further_images(drawn.earlier, (&model, &price), once.as_deref());
            let (counted, attributes) = drawn.last;
            let event = self.event(UsageKind::Images, attributes, (model, &price), counted, once);
            // Events become safe in order, so the one that follows speaks for both.
            self.guard.spend(&Measured::of_event(&event));
            drop(self.admitted.services.meter.record(event));
        }
        self.record_tool_calls(found, once.as_deref());
        self.record(counted, once, found)
    }

    /// Records images of other qualities and sizes than those of the event that follows, which speaks for these.
    fn record_further_images(
        &mut self,
        parts: Vec<(Counted, Attributes)>,
        (model, price): (&Arc<str>, &Price),
        once: Option<&str>,
    ) {
        for (counted, attributes) in parts {
            let once = once.map(|id| format!("{id}/{}", attributes.of_images().key()));
            let event = self.event(UsageKind::Images, attributes, (Arc::clone(model), price), counted, once);
            // Streams and summaries are counted by the event that follows.
            let event = UsageEvent { stream: false, summary: false, ..event };
            let used = Measured::of_event(&event);
            drop(self.admitted.services.meter.record(event));
            self.guard.spend(&used);
        }
    }

    /// Records calls of hosted tools. Events become safe in order, so the one that follows speaks for these.
    fn record_tool_calls(&mut self, found: &Found, once: Option<&str>) {
        let admitted = Arc::clone(&self.admitted);
        let Some(model) = &admitted.model else { return };
        for ToolUse { kind, counted, attributes, once: own } in
            reported_usage::tool_calls(found, &admitted.payer.organization)
        {
            let once = own.or_else(|| once.map(|id| format!("{id}/{}", kind.as_str())));
            let event = self.event(kind, attributes, (Arc::clone(model), &self.price), counted, once);
            // Streams and summaries are counted by the event of the request.
            let event = UsageEvent { stream: false, summary: false, ..event };
            let used = Measured::of_event(&event);
            drop(self.admitted.services.meter.record(event));
            self.guard.spend(&used);
        }
    }

    /// Whether the answer may outlive its request.
    fn is_background(&self) -> bool {
        self.admitted.route.path == "/v1/responses" && self.prompt.stated().background
    }

    /// Notes a response as pending that continues and is counted when it has ended. Its client must not learn of it
    /// before it is noted as pending.
    fn leave_pending(&mut self, id: String) -> Recorded {
        let hold = self.guard.hand_over();
        let note = self.note_pending(id, hold);
        self.kind = None;
        self.reservation.keep();
        match tokio::runtime::Handle::try_current() {
            Ok(runtime) => {
                let noted = runtime.spawn(note);
                Recorded::Waiting(Box::pin(
                    async move { noted.await.unwrap_or(Err(Unavailable)).map_err(|_| NotDurable) },
                ))
            }
            Err(_) => Recorded::Durable,
        }
    }

    fn note_pending(
        &self,
        id: String,
        hold: Option<PendingHold>,
    ) -> impl Future<Output = Result<(), Unavailable>> + Send + 'static {
        let model = self.admitted.model.as_deref().unwrap_or_default().to_owned();
        let admitted = &self.admitted;
        let noted = Pending {
            id,
            kind: PendingKind::Response,
            upstream: (*self.upstream).to_owned(),
            organization: admitted.payer.organization.clone(),
            project: admitted.payer.project.clone(),
            key: admitted.key().clone(),
            owner: admitted.caller.owner.as_str().to_owned(),
            model,
            tool: self.tool.as_ref().map(|(model, _)| (**model).to_owned()),
            images: StatedImages::default(),
            read: i64::try_from(self.prompt.estimate().read).unwrap_or(i64::MAX),
            stream: admitted.features.stream,
            summary: admitted.features.summary,
            request: admitted.request.as_str().to_owned(),
            begun_at: (admitted.services.clock)(),
            hold,
        };
        pending::note(Arc::clone(&admitted.services.pending), noted)
    }

    /// Records the event.
    fn record(&mut self, counted: Counted, once: Option<String>, found: &Found) -> Recorded {
        let Some((kind, model)) = self.kind.take().zip(self.admitted.model.clone()) else { return Recorded::Durable };
        self.reservation.settle(|| Used {
            tokens: counted.used.input_tokens.saturating_add(counted.used.output_tokens).unsigned_abs(),
            images: counted.used.images.unsigned_abs(),
        });
        let of = (kind, self.admitted.route.path);
        let parts = Parts::of_request(of, found, counted, &self.price, |_| self.prompt.stated().images);
        if !parts.earlier.is_empty() {
            let price = self.price.clone();
            self.record_further_images(parts.earlier, (&model, &price), once.as_deref());
        }
        let (counted, attributes) = parts.last;
        let event = self.event(kind, attributes, (model, &self.price), counted, once);
        let used = Measured::of_event(&event);
        let recorded = self.admitted.services.meter.record(event);
        // Noted after it is recorded, so that at no time less is taken than will be counted.
        std::mem::take(&mut self.guard).spend(&used);
        recorded
    }

    fn event(
        &self,
        kind: UsageKind,
        attributes: Attributes,
        (model, price): (Arc<str>, &Price),
        counted: Counted,
        once: Option<String>,
    ) -> UsageEvent {
        let (admitted, Counted { used, estimated }) = (&self.admitted, counted);
        UsageEvent {
            at: (admitted.services.clock)(),
            kind,
            organization: admitted.payer.organization.clone(),
            project: admitted.payer.project.clone(),
            key: admitted.key().clone(),
            owner: admitted.caller.owner.text(),
            model,
            cost: price.for_usage(kind, &attributes).cost(&used),
            used,
            status: self.status,
            estimated,
            request: admitted.request.text(),
            stream: admitted.features.stream,
            summary: admitted.features.summary,
            once,
            attributes,
            charge: self.guard.charge(),
        }
    }

    /// Records the payer as the owner of a stored response.
    pub(crate) fn own(&mut self, object: String) {
        let (ownership, payer) = (Arc::clone(&self.admitted.services.ownership), self.admitted.payer.clone());
        // A node that is killed leaves a note of it.
        let pending = if self.is_background() {
            let hold = self.guard.hand_over();
            Some(self.note_pending(object.clone(), hold))
        } else {
            None
        };
        // The stream must not wait for the store; the id is useful only once the stream has ended.
        tokio::spawn(async move {
            if ownership.record(&object, &payer).await == Err(Unavailable) {
                tracing::warn!(
                    object,
                    "the owner of a stored response could not be saved; the response cannot be fetched later"
                );
            }
            if let Some(pending) = pending
                && pending.await == Err(Unavailable)
            {
                tracing::warn!(
                    object,
                    "a response in the background could not be saved as pending; its usage may not be counted"
                );
            }
        });
    }
}

impl Drop for UsageRecorder {
    /// The request ended before its answer. What was sent is counted; what was not sent was not used.
    fn drop(&mut self) {
        if self.is_open() && self.begun.load(Ordering::Relaxed) && self.prompt.is_sent() {
            let sent = self.prompt.sent(self.characters);
            // There is no client left who would have to wait for it.
            let counted = reported_usage::abandoned(self.admitted.route.meter, sent);
            drop(self.record(counted, None, Reader::default().found()));
        }
    }
}
