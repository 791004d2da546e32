//! The upstream's answer on its way back: what may pass, what is recorded, and what the client must never see.

use std::sync::Arc;

use bytes::Bytes;
use http::response::Parts;
use http::{HeaderValue, Response, StatusCode, header};
use http_body::Body;
use http_body_util::BodyExt;
use keystead_core::refusal::ErrorResponse;
use keystead_core::route::Method;

use crate::api_request::ApiRequest;
use crate::body::{GatewayBody, full};
use crate::catalogue::address::Upstream;
use crate::decide::admitted_request::AdmittedRequest;
use crate::decide::spend_ledgers::SpendGuard;
use crate::metering::Recorded;
use crate::metering::usage_recorder::UsageRecorder;
use crate::outgoing::Outgoing;
use crate::request::headers;
use crate::response::cut::Watched;
use crate::response::error_body;
use crate::response::metered_body::{self, MeteredBody, Shape};
use crate::response::upstream_errors;
use crate::upstream::{Challenge, UpstreamBody, collect};
use crate::upstream_objects::batches::{BatchLines, BegunBatch};
use crate::upstream_objects::listing;
use crate::upstream_objects::made::{self, Making};
use crate::{BoxFuture, Gateway};

/// Maximum bytes of an answer that must be read before it is forwarded.
pub(crate) const MOST_RECORDED: usize = 64 << 20;
/// An answer with a known length up to this is sent at once, without repeated checks.
const SHORT: u64 = 64 << 10;
/// Maximum bytes of an upstream's error body.
pub(crate) const MOST_ERROR: usize = 64 << 10;

/// An answer on its way back, complete or still waiting.
pub(crate) enum Answering<'a> {
    Ready(Response<GatewayBody>),
    /// It arrived in one piece, and its event was gathered.
    Gathered(Response<GatewayBody>, Recorded),
    /// Boxed, so that the usual answer does not carry its size.
    Waiting(BoxFuture<'a, Result<Response<GatewayBody>, ErrorResponse>>),
}

impl Answering<'_> {
    /// Returns the answer once its event is safe. Answers that arrived completely at the same moment leave one after
    /// the other: their usage is written by one system call, and a client that the first one woke is awake for the
    /// others.
    pub(crate) async fn finish(self) -> Result<Response<GatewayBody>, ErrorResponse> {
        match self {
            Self::Ready(response) => Ok(response),
            Self::Gathered(response, recorded) => {
                tokio::task::yield_now().await;
                recorded.safe().await.map_err(|_| error_body::unrecorded())?;
                Ok(response)
            }
            Self::Waiting(answer) => answer.await,
        }
    }
}

/// An upstream's answer, and what must be done with it.
struct Answered<'a> {
    parts: Parts,
    body: UpstreamBody,
    outgoing: Outgoing<'a>,
    recorder: UsageRecorder,
    admitted: &'a Arc<AdmittedRequest>,
}

impl Gateway {
    pub(crate) fn answer<'a>(
        &'a self,
        request: &'a ApiRequest<'a>,
        answered: Response<UpstreamBody>,
        outgoing: Outgoing<'a>,
        mut recorder: UsageRecorder,
        admitted: &'a Arc<AdmittedRequest>,
    ) -> Result<Answering<'a>, ErrorResponse> {
        let (parts, body) = answered.into_parts();
        recorder.answered(parts.status);
        if !parts.status.is_success() {
            recorder.nothing();
            return Ok(Answering::Waiting(Box::pin(self.refused(request, outgoing.upstream, parts, body))));
        }
        let objects = objects(request, &outgoing);
        let read = objects != Objects::None || recorder.is_open();
        let shape = shape(&parts, read, outgoing.features.stream);
        let answered = Answered { parts, body, outgoing, recorder, admitted };
        match shape {
            Some(shape) if !objects.are_read_first(shape) => self.pass(request, answered, shape),
            shape => Ok(Answering::Waiting(Box::pin(self.read_first(request, answered, shape)))),
        }
    }

    /// Forwards an answer as it arrives, or one that arrived in one piece already.
    fn pass<'a>(
        &self,
        request: &ApiRequest<'_>,
        answered: Answered<'_>,
        shape: Shape,
    ) -> Result<Answering<'a>, ErrorResponse> {
        let Answered { parts, body, outgoing, recorder, admitted } = answered;
        if body.has_come() && !shape.events {
            let (whole, recorded) = metered_body::take_whole(body, recorder).ok_or_else(broke_off)?;
            return Ok(Answering::Gathered(passed(request, parts, full(whole)), recorded));
        }
        let shape = Shape { strip: outgoing.strip, ..shape };
        let body = MeteredBody::new(body, recorder, shape, self.reading.clone());
        let plain = !parts.headers.contains_key(header::CONTENT_ENCODING);
        let body = if !shape.events && body.size_hint().exact().is_some_and(|length| length <= SHORT) {
            body.boxed_unsync()
        } else {
            let (metrics, every) = (Arc::clone(&self.metrics), self.limits.recheck);
            Watched::new(body, Arc::clone(admitted), metrics, every, shape.events && plain).boxed_unsync()
        };
        let body = if made::makes(request.route, outgoing.audio) && shape.events {
            let model = outgoing.model.map(|model| Arc::clone(&model.id));
            Making::new(body, Arc::clone(&self.services.ownership), request.payer.clone(), model).boxed_unsync()
        } else {
            body
        };
        let mut response = passed(request, parts, body);
        if shape.events {
            response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
        }
        Ok(Answering::Ready(response))
    }

    /// Forwards an answer after a part of it was read: its kind, or the objects it names.
    async fn read_first(
        &self,
        request: &ApiRequest<'_>,
        mut answered: Answered<'_>,
        shape: Option<Shape>,
    ) -> Result<Response<GatewayBody>, ErrorResponse> {
        let shape = match shape {
            Some(shape) => shape,
            None => {
                shape_by_beginning(&mut answered.parts, &mut answered.body, answered.outgoing.features.stream).await
            }
        };
        if objects(request, &answered.outgoing).are_read_first(shape) {
            let Answered { parts, body, outgoing, recorder, .. } = answered;
            let whole = self.read_and_record(request, outgoing, body, recorder).await?;
            return Ok(passed(request, parts, full(whole)));
        }
        self.pass(request, answered, shape)?.finish().await
    }

    /// Reads the complete body of an answer that names upstream objects, and records them.
    async fn read_and_record(
        &self,
        request: &ApiRequest<'_>,
        outgoing: Outgoing<'_>,
        body: UpstreamBody,
        mut recorder: UsageRecorder,
    ) -> Result<Bytes, ErrorResponse> {
        // What a new batch may cost stays set aside once its id is known. One without an id is never counted.
        let begins = request.route.path == "/v1/batches" && request.route.method == Method::Post;
        let guard = if begins { recorder.take_guard() } else { SpendGuard::default() };
        let BatchLines { images, tool, .. } = outgoing.batch;
        let (model, begun) = (outgoing.model, BegunBatch { guard, images, tool });
        let Some((whole, recorded)) = metered_body::collect(body, recorder, MOST_RECORDED).await else {
            return Err(broke_off());
        };
        let whole = listing::record_objects(self, request, model, whole, begun).await?;
        self.count_seen(request, &whole).await?;
        recorded.safe().await.map_err(|_| error_body::unrecorded())?;
        Ok(whole)
    }

    /// Handles an answer that is not a success: forwarded when it is about the request, replaced when it is about the
    /// operator.
    async fn refused(
        &self,
        request: &ApiRequest<'_>,
        upstream: &Upstream,
        parts: Parts,
        body: UpstreamBody,
    ) -> Result<Response<GatewayBody>, ErrorResponse> {
        let status = parts.status;
        if status.is_redirection() || status.is_informational() {
            self.metrics.upstream_failed("redirect");
            return Err(error_body::server_error(502, "The model server answered in a way that cannot be passed on."));
        }
        let encoded = parts.headers.contains_key(header::CONTENT_ENCODING);
        let body = collect(body, MOST_ERROR).await.ok().filter(|_| !encoded);
        let ours = match status {
            StatusCode::UNAUTHORIZED => true,
            StatusCode::BAD_REQUEST => body.as_ref().is_some_and(upstream_errors::names_our_secret),
            StatusCode::FORBIDDEN => {
                let challenge = parts.extensions.get::<Challenge>().is_some();
                upstream_errors::is_about_our_access(body.as_ref().unwrap_or(&Bytes::new()), challenge)
            }
            _ => false,
        };
        if ours {
            // The operator's secret was refused, not the client's: a 401 would make people check the wrong key.
            tracing::error!(upstream = %upstream.name, status = status.as_u16(), "the model server refused the credential of its [[upstream]] section; check api_key or api_key_env");
            self.metrics.upstream_failed("credential");
            return Err(error_body::server_error(
                502,
                "The model server refused this service's credential. Tell the operator.",
            ));
        }
        self.metrics.upstream_failed("status");
        let html = parts.headers.get(header::CONTENT_TYPE).and_then(headers::media_type) == Some("text/html");
        let Some(body) = body.filter(|_| !html) else {
            // A page of a proxy, or something that cannot be searched for the secret.
            return Ok(error_body::with_hints(&parts.headers, &error_body::upstream_error(status), self.now()));
        };
        let mut response = passed(request, parts, full(scrubbed(body, upstream)));
        error_body::hint(status, response.headers_mut(), self.now());
        Ok(response)
    }
}

/// The upstream objects in an answer for which owners are recorded or checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Objects {
    None,
    /// Objects that it creates or describes, if it is JSON.
    Some,
    /// A list of them.
    List,
}

impl Objects {
    /// Whether the answer must be read completely before it is forwarded.
    const fn are_read_first(self, shape: Shape) -> bool {
        match self {
            Self::None => false,
            Self::Some => shape.json,
            Self::List => true,
        }
    }
}

/// Returns which upstream objects an answer to this request names.
fn objects(request: &ApiRequest<'_>, outgoing: &Outgoing<'_>) -> Objects {
    if listing::lists_objects(request.route) {
        Objects::List
    } else if made::makes(request.route, outgoing.audio) || listing::names_objects(request.route) {
        Objects::Some
    } else {
        Objects::None
    }
}

fn broke_off() -> ErrorResponse {
    error_body::server_error(502, "The model server's answer broke off or was too large.")
}

/// Builds an answer with the headers that may pass, and the payer.
fn passed(request: &ApiRequest<'_>, parts: Parts, body: GatewayBody) -> Response<GatewayBody> {
    let mut response = Response::new(body);
    *response.status_mut() = parts.status;
    *response.headers_mut() = parts.headers;
    error_body::attribute(response.headers_mut(), &request.payer);
    response
}

/// Determines the kind of an answer's body by its content type; `None` when that does not determine the kind of a body
/// that must be read.
fn shape(parts: &Parts, read: bool, stream: bool) -> Option<Shape> {
    if parts.headers.contains_key(header::CONTENT_ENCODING) {
        // It could not be unpacked, so nothing in it can be read.
        return Some(Shape { events: false, json: false, strip: false });
    }
    let media = parts.headers.get(header::CONTENT_TYPE).and_then(headers::media_type);
    let events = media.is_some_and(headers::is_event_stream);
    let json = media.is_some_and(headers::is_json);
    let vague = media.is_none_or(|media| {
        ["text/plain", "application/octet-stream", "application/x-ndjson"]
            .iter()
            .any(|vague| media.eq_ignore_ascii_case(vague))
    });
    let said = events || !read || !(vague || (json && stream));
    said.then_some(Shape { events, json, strip: false })
}

/// Determines the kind of an answer's body by its first bytes. The client then gets the right type.
async fn shape_by_beginning(parts: &mut Parts, body: &mut UpstreamBody, stream: bool) -> Shape {
    const NOTHING: Shape = Shape { events: false, json: false, strip: false };
    let media = parts.headers.get(header::CONTENT_TYPE).and_then(headers::media_type);
    let (untyped, json) = (media.is_none(), media.is_some_and(headers::is_json));
    let mut retype = |to: &'static str| {
        parts.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(to));
    };
    match body.beginning().await {
        begin if stream && headers::begins_events(begin) => {
            retype("text/event-stream");
            Shape { events: true, ..NOTHING }
        }
        [b'{', ..] => {
            if untyped {
                retype("application/json");
            }
            Shape { json: true, ..NOTHING }
        }
        _ => Shape { json, ..NOTHING },
    }
}

/// Removes a quoted secret from an upstream's error body.
fn scrubbed(body: Bytes, upstream: &Upstream) -> Bytes {
    let Some(key) = &upstream.api_key else { return body };
    let secret = key.expose().as_bytes();
    if secret.is_empty() || memchr::memmem::find(&body, secret).is_none() {
        return body;
    }
    String::from_utf8_lossy(&body).replace(key.expose().as_str(), "[secret]").into()
}
