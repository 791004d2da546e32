//! Background responses and batches outlive the request that started them. Their usage is counted once, when it is
//! known: by the first answer that shows their end, whether a client or this node requested it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::header;
use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use keystead_core::money::Amount;
use keystead_core::pending::{Pending, PendingKind};
use keystead_core::refusal::ErrorResponse;
use keystead_core::route::MeterKind;
use keystead_core::usage::{Attributes, Price, StatedImages, UsageEvent, UsageKind};
use tokio::time::sleep;

use crate::api_request::ApiRequest;
use crate::body::RequestBody;
use crate::response::answer::MOST_RECORDED;
use crate::response::answer_reader::{Found, Reader};
use crate::response::error_body;
use crate::response::reported_usage::{self, Counted, End, Parts, Sent, ToolUse};
use crate::upstream::{UpstreamRequest, collect};
use crate::upstream_objects::batches::BegunBatch;
use crate::{BoxFuture, Gateway, Unavailable};

/// Seconds after which a pending object is not requested any more: the estimate of its request counts.
const LONGEST: i64 = 30 * 86_400;
/// The route that makes responses.
const RESPONSES: &str = "/v1/responses";

/// The waits before a pending object is saved again, and how often that is tried: for more than an hour.
const FIRST_WAIT: Duration = Duration::from_millis(200);
const LONGEST_WAIT: Duration = Duration::from_secs(5);
const TRIES: u32 = 1_000;

/// The store of pending objects.
pub trait PendingUsage: Send + Sync + 'static {
    /// Saves one; the first save stays.
    fn note(&self, pending: Pending) -> BoxFuture<'_, Result<(), Unavailable>>;

    /// Finds a pending object.
    fn find<'a>(&'a self, id: &'a str) -> BoxFuture<'a, Result<Option<Pending>, Unavailable>>;

    /// Whether usage was counted under this id.
    fn is_counted<'a>(&'a self, id: &'a str) -> BoxFuture<'a, Result<bool, Unavailable>>;

    /// Returns those that should be requested now.
    fn due(&self) -> BoxFuture<'_, Result<Vec<Pending>, Unavailable>>;

    /// Deletes one that used nothing. Those that used something are deleted where their event is counted.
    fn forget<'a>(&'a self, id: &'a str) -> BoxFuture<'a, Result<(), Unavailable>>;
}

/// Pending objects in memory, for tests and for running without a store. All of them are always due.
#[derive(Debug, Default)]
pub struct MemoryPending(Mutex<BTreeMap<String, Pending>>);

impl MemoryPending {
    fn with<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut BTreeMap<String, Pending>) -> T,
    ) -> BoxFuture<'static, Result<T, Unavailable>> {
        let done = work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
        Box::pin(std::future::ready(Ok(done)))
    }
}

impl PendingUsage for MemoryPending {
    fn note(&self, pending: Pending) -> BoxFuture<'_, Result<(), Unavailable>> {
        self.with(|all| {
            all.entry(pending.id.clone()).or_insert(pending);
        })
    }

    fn find<'a>(&'a self, id: &'a str) -> BoxFuture<'a, Result<Option<Pending>, Unavailable>> {
        self.with(|all| all.get(id).cloned())
    }

    fn is_counted<'a>(&'a self, _: &'a str) -> BoxFuture<'a, Result<bool, Unavailable>> {
        // What was counted is not kept here.
        Box::pin(std::future::ready(Ok(false)))
    }

    fn due(&self) -> BoxFuture<'_, Result<Vec<Pending>, Unavailable>> {
        self.with(|all| all.values().cloned().collect())
    }

    fn forget<'a>(&'a self, id: &'a str) -> BoxFuture<'a, Result<(), Unavailable>> {
        self.with(|all| drop(all.remove(id)))
    }
}

/// Saves a pending object. If the store does not answer, one for which something stays set aside is saved later: until then
/// the lease of this node holds that.
pub(crate) async fn note(store: Arc<dyn PendingUsage>, pending: Pending) -> Result<(), Unavailable> {
    let noted = store.note(pending.clone()).await;
    if noted.is_err() && pending.hold.is_some() {
        tokio::spawn(async move {
            let mut wait = FIRST_WAIT;
            for _ in 0..TRIES {
                sleep(wait).await;
                if store.note(pending.clone()).await.is_ok() {
                    return;
                }
                wait = wait.saturating_mul(2).min(LONGEST_WAIT);
            }
            tracing::warn!(id = %pending.id, "a response or batch could not be saved as pending; what it may cost is held until this node starts again");
        });
    }
    noted
}

/// What an upstream reports of a pending object.
enum Said {
    This(Bytes),
    /// It does not exist any more.
    Gone,
}

impl Gateway {
    /// Asks the upstreams for the pending objects that are due, and counts those that have ended. Objects of an
    /// upstream that does not answer are requested again later.
    ///
    /// # Errors
    /// When the pending events cannot be read.
    pub async fn settle_pending(&self) -> Result<(), Unavailable> {
        for pending in self.services.pending.due().await? {
            if let Err(wire) = self.settle_one(&pending).await {
                tracing::debug!(id = %pending.id, why = %wire.message, "what is pending could not be settled");
            }
        }
        Ok(())
    }

    async fn settle_one(&self, pending: &Pending) -> Result<(), ErrorResponse> {
        let too_old = self.now().0.saturating_sub(pending.begun_at.0) > LONGEST;
        let said = if too_old { Ok(Said::Gone) } else { self.ask_for(pending).await };
        match (said?, pending.kind) {
            (Said::This(body), PendingKind::Response) => self.count_response(pending, &body).await,
            (Said::This(body), PendingKind::Batch) => self.count_lines(pending, &body).await,
            (Said::Gone, PendingKind::Response) => self.record_gone(pending).await,
            (Said::Gone, PendingKind::Batch) => self.forget(pending).await,
        }
    }

    /// Counts a pending response, if this answer shows its end.
    pub(crate) async fn count_seen(&self, request: &ApiRequest<'_>, body: &[u8]) -> Result<(), ErrorResponse> {
        let Some(id) = request.object else { return Ok(()) };
        if !matches!(request.route.path, "/v1/responses/{id}" | "/v1/responses/{id}/cancel") {
            return Ok(());
        }
        match self.services.pending.find(id).await.map_err(|_| error_body::store_unavailable())? {
            Some(pending) if pending.kind == PendingKind::Response => self.count_response(&pending, body).await,
            _ => Ok(()),
        }
    }

    async fn count_response(&self, pending: &Pending, body: &[u8]) -> Result<(), ErrorResponse> {
        let mut reader = Reader::default();
        reader.feed(body);
        reader.end_value();
        let found = reader.found();
        // An answer without a status, such as the notice of a deletion, does not show an end.
        if !found.has_ended() {
            return Ok(());
        }
        if let Some(model) = &pending.tool {
            self.record_drawn(pending, model, found);
        }
        let counted = reported_usage::counted(MeterKind::Completion, found, End::Whole, || sent(pending));
        for ToolUse { kind, counted, attributes, once } in
            reported_usage::tool_calls(found, &pending.organization).filter(|_| counted.is_some())
        {
            let once = once.unwrap_or_else(|| format!("{}/{}", pending.id, kind.as_str()));
            let event = self.event_of(pending, (kind, attributes), pending.model.clone(), counted, once);
            drop(self.services.meter.record(UsageEvent { stream: false, summary: false, ..event }));
        }
        match counted {
            Some(counted) => self.record_pending(pending, counted, found).await,
            None => self.forget(pending).await,
        }
    }

    /// Records what the tool drew. Events become safe in order, so the one that follows speaks for these.
    fn record_drawn(&self, pending: &Pending, model: &str, found: &Found) {
        let Some(drawn) = Parts::of_tool(found, RESPONSES, &self.price_of(pending, model)) else { return };
        let once = format!("{}/{model}", pending.id);
        for (counted, attributes) in drawn.earlier {
            let once = format!("{once}/{}", attributes.of_images().key());
            let event = self.event_of(pending, (UsageKind::Images, attributes), model.to_owned(), counted, once);
            drop(self.services.meter.record(UsageEvent { stream: false, summary: false, ..event }));
        }
        let (counted, attributes) = drawn.last;
        let event = self.event_of(pending, (UsageKind::Images, attributes), model.to_owned(), counted, once);
        drop(self.services.meter.record(event));
    }

    async fn record_pending(&self, pending: &Pending, counted: Counted, found: &Found) -> Result<(), ErrorResponse> {
        let kind = UsageKind::Completions;
        let attributes = reported_usage::attributes(kind, found);
        let event = self.event_of(pending, (kind, attributes), pending.model.clone(), counted, pending.id.clone());
        let recorded = self.services.meter.record(event);
        recorded.safe().await.map_err(|_| error_body::unrecorded())
    }

    /// Counts a response with usage that will never be known: only what was sent is known. Where a spend limit applies, all
    /// that was set aside counts, because a client may read a response and delete it before it is counted.
    async fn record_gone(&self, pending: &Pending) -> Result<(), ErrorResponse> {
        let counted = reported_usage::abandoned(MeterKind::Completion, sent(pending));
        let of = (UsageKind::Completions, Attributes::default());
        let event = self.event_of(pending, of, pending.model.clone(), counted, pending.id.clone());
        let held = pending.hold.as_ref().map_or(Amount::ZERO, |hold| hold.amount);
        let event = UsageEvent { cost: event.cost.max(held), ..event };
        self.services.meter.record(event).safe().await.map_err(|_| error_body::unrecorded())
    }

    /// The price of a model at the admission of a pending object, however long that took.
    pub(crate) fn price_of(&self, pending: &Pending, model: &str) -> Price {
        let admitted_at = pending.charge().map_or(pending.begun_at, |charge| charge.admitted_at);
        let catalogue = self.services.catalogue.load();
        catalogue.models.get(model).map(|entry| entry.prices.at(admitted_at)).unwrap_or_default()
    }

    /// Builds the event of a pending object; it counts once under the object's id.
    pub(crate) fn event_of(
        &self,
        pending: &Pending,
        (kind, attributes): (UsageKind, Attributes),
        model: String,
        Counted { used, estimated }: Counted,
        once: String,
    ) -> UsageEvent {
        UsageEvent {
            at: self.now(),
            kind,
            organization: pending.organization.clone(),
            project: pending.project.clone(),
            key: pending.key.clone(),
            owner: pending.owner.as_str().into(),
            cost: self.price_of(pending, &model).for_usage(kind, &attributes).cost(&used),
            model: model.into(),
            used,
            status: 200,
            estimated,
            request: pending.request.as_str().into(),
            stream: pending.stream,
            summary: pending.summary,
            once: Some(once),
            attributes,
            charge: pending.charge(),
        }
    }

    /// Notes a batch that has begun.
    pub(crate) async fn note_batch(
        &self,
        request: &ApiRequest<'_>,
        id: &str,
        BegunBatch { mut guard, images, tool }: BegunBatch,
    ) -> Result<(), ErrorResponse> {
        let Some(mut pending) = self.pending_batch(request, id) else { return Ok(()) };
        (pending.hold, pending.images, pending.tool) = (guard.hand_over(), images, tool);
        note(Arc::clone(&self.services.pending), pending).await.map_err(|_| error_body::store_unavailable())
    }

    /// Builds the pending batch as if the present caller had begun it.
    pub(crate) fn pending_batch(&self, request: &ApiRequest<'_>, id: &str) -> Option<Pending> {
        Some(Pending {
            id: id.to_owned(),
            kind: PendingKind::Batch,
            upstream: (*self.services.catalogue.load().default_upstream()?.name).to_owned(),
            organization: request.payer.organization.clone(),
            project: request.payer.project.clone(),
            key: request.caller.key.clone(),
            owner: request.caller.owner.as_str().to_owned(),
            model: String::new(),
            tool: None,
            images: StatedImages::default(),
            read: 0,
            stream: false,
            summary: false,
            request: request.id.as_str().to_owned(),
            begun_at: self.now(),
            hold: None,
        })
    }

    pub(crate) async fn forget(&self, pending: &Pending) -> Result<(), ErrorResponse> {
        self.services.pending.forget(&pending.id).await.map_err(|_| error_body::store_unavailable())
    }

    async fn ask_for(&self, pending: &Pending) -> Result<Said, ErrorResponse> {
        let unknown = || error_body::server_error(502, "The model server cannot be asked.");
        let catalogue = self.services.catalogue.load_full();
        let upstream = catalogue.upstreams.get(&pending.upstream).ok_or_else(unknown)?;
        let address = upstream.address.as_ref().ok_or_else(unknown)?;
        let folder = match pending.kind {
            PendingKind::Response => "responses",
            PendingKind::Batch => "batches",
        };
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
        let target = format!("/v1/{folder}/{}", pending.id).parse::<PathAndQuery>().ok();
        let target = target.filter(|_| pending.id.bytes().all(plain)).ok_or_else(unknown)?;
        let headers = HeaderMap::from_iter([(header::ACCEPT, HeaderValue::from_static("application/json"))]);
        let id = self.request_id();
        let upstream_request =
            UpstreamRequest { method: &Method::GET, target: &target, headers: &headers, id: &id, begun: None };
        let answered =
            self.upstream.send(address, &upstream_request, RequestBody::Nothing).await.map_err(|_| unknown())?;
        match answered.status() {
            StatusCode::NOT_FOUND => Ok(Said::Gone),
            status if status.is_success() => {
                let body = collect(answered.into_body(), MOST_RECORDED).await.map_err(|_| unknown())?;
                Ok(Said::This(body))
            }
            _ => Err(unknown()),
        }
    }
}

fn sent(pending: &Pending) -> Sent {
    Sent { read: pending.read.unsigned_abs(), ..Sent::default() }
}
