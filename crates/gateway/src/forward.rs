//! Forwarding: the client's bytes to the upstream under the operator's secret, the answer back as it comes.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream::{self, StreamExt};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Method, Request, Response, Uri, header};
use http_body::Frame;
use http_body_util::{BodyExt, StreamBody};
use hyper::body::Incoming;
use keystead_core::access::{ModelUse, Payer};
use keystead_core::caller::Caller;
use keystead_core::id::RequestId;
use keystead_core::refusal::Wire;
use keystead_core::route::Route;

use crate::body::{BoxError, GatewayBody, empty, full};
use crate::catalogue::{Catalogue, ModelEntry, Upstream};
use crate::gate::{self, Gated};
use crate::multipart::{self, FormScan, Malformed};
use crate::peek::{self, Peek};
use crate::settle::{Settled, Settlement};
use crate::upstream::collect;
use crate::{Gateway, admission, headers, objects, reply};

/// An answer that must be read before it is passed on may be this long.
const MOST_BOOKKEPT: usize = 64 << 20;
/// An upstream's error body may be this long.
const MOST_ERROR: usize = 64 << 10;

/// Sizes and times of the forwarding path.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// The largest JSON body, in bytes.
    pub json_body: usize,
    /// The largest multipart body, in bytes.
    pub form_body: usize,
    /// How much of a form is held while the part `model` has not come, in bytes.
    pub form_prefix: usize,
    /// How long a client may pause within a body.
    pub body_idle: Duration,
    /// How long an upstream may take to accept a connection.
    pub connect: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            json_body: 20 << 20,
            form_body: 512 << 20,
            form_prefix: 32 << 20,
            body_idle: Duration::from_secs(30),
            connect: Duration::from_secs(5),
        }
    }
}

/// One request on its way.
#[derive(Debug)]
pub(crate) struct Exchange<'p> {
    pub(crate) route: &'static Route,
    /// The segment that names an upstream object.
    pub(crate) object: Option<&'p str>,
    pub(crate) caller: Arc<Caller>,
    pub(crate) payer: Payer,
    pub(crate) id: RequestId,
}

/// What is sent, beside the body.
struct Outgoing<'a> {
    upstream: &'a Upstream,
    model: Option<&'a ModelEntry>,
    /// Whether the usage chunk must be taken out again.
    strip: bool,
    characters: i64,
    request_bytes: u64,
}

impl Gateway {
    /// Routes whose body is JSON with a model in it.
    pub(crate) async fn with_json<B>(
        &self,
        exchange: Exchange<'_>,
        parts: &Parts,
        body: B,
    ) -> Result<Response<GatewayBody>, Wire>
    where
        B: http_body::Body<Data = Bytes> + Send + Unpin + 'static,
        B::Error: Into<BoxError>,
    {
        content_is(&parts.headers, "application/json")?;
        let body = self.whole(&parts.headers, body).await?;
        let peek = peek::peek(&body)?;
        let Some(model) = peek.model.as_deref() else {
            return Err(reply::bad_body("you must provide a model parameter").with_param("model"));
        };
        for object in &peek.objects {
            self.owned(object, &exchange.payer).await?;
        }
        let catalogue = self.catalogue.load_full();
        let asked = ModelUse { model, stream: peek.stream, summary: peek.summary };
        let (entry, verdicts) = match self.gate(&catalogue, &exchange, asked).await? {
            (_, Gated::Refused(response)) => return Ok(*response),
            (entry, Gated::Passed(verdicts)) => (entry, verdicts),
        };
        let strip = strips(exchange.route, &peek);
        let sent = if strip { peek::with_usage_chunk(&body, &peek) } else { body };
        let outgoing = Outgoing {
            upstream: upstream_of(&catalogue, Some(entry))?,
            model: Some(entry),
            strip,
            characters: peek.input_characters,
            request_bytes: u64::try_from(sent.len()).unwrap_or(u64::MAX),
        };
        let mut response = self.exchange(&exchange, parts, full(sent), outgoing).await?;
        gate::warn(response.headers_mut(), &verdicts);
        Ok(response)
    }

    /// Routes whose body is a form with a model in it; the form streams through once its model is known.
    pub(crate) async fn with_form<B>(
        &self,
        exchange: Exchange<'_>,
        parts: &Parts,
        mut body: B,
    ) -> Result<Response<GatewayBody>, Wire>
    where
        B: http_body::Body<Data = Bytes> + Send + Unpin + 'static,
        B::Error: Into<BoxError>,
    {
        let json = parts.headers.get(header::CONTENT_TYPE).and_then(headers::media_type);
        if json.is_some_and(|media| media.eq_ignore_ascii_case("application/json")) {
            return self.with_json(exchange, parts, body).await;
        }
        content_is(&parts.headers, "multipart/form-data")?;
        self.refuse_encoded(&parts.headers)?;
        let boundary = parts.headers.get(header::CONTENT_TYPE).map(multipart::boundary);
        let mut scan = match boundary {
            Some(Ok(boundary)) => FormScan::new(&boundary),
            _ => return Err(malformed(Malformed::Boundary)),
        };
        let mut prefix: Vec<Bytes> = Vec::new();
        let mut read = 0usize;
        while scan.model().is_none() {
            let Some(chunk) = self.next_chunk(&mut body).await? else { break };
            scan.feed(&chunk).map_err(malformed)?;
            read += chunk.len();
            prefix.push(chunk);
            if read > self.limits.form_prefix {
                return Err(reply::bad_body("Put the part 'model' before the file.").with_param("model"));
            }
        }
        let Some(model) = scan.model().map(str::to_owned) else {
            return Err(reply::bad_body("you must provide a model parameter").with_param("model"));
        };
        let catalogue = self.catalogue.load_full();
        let asked = ModelUse { model: &model, stream: false, summary: false };
        let (entry, verdicts) = match self.gate(&catalogue, &exchange, asked).await? {
            (_, Gated::Refused(response)) => return Ok(*response),
            (entry, Gated::Passed(verdicts)) => (entry, verdicts),
        };
        let outgoing = Outgoing {
            upstream: upstream_of(&catalogue, Some(entry))?,
            model: Some(entry),
            strip: false,
            characters: 0,
            request_bytes: 0,
        };
        let rest = guarded(body, scan, self.limits.form_body.saturating_sub(read));
        let frames = stream::iter(prefix.into_iter().map(|chunk| Ok(Frame::data(chunk)))).chain(rest);
        let mut response = self.exchange(&exchange, parts, StreamBody::new(frames).boxed_unsync(), outgoing).await?;
        gate::warn(response.headers_mut(), &verdicts);
        Ok(response)
    }

    /// Routes about upstream objects: files, uploads, batches, stored responses.
    pub(crate) async fn without_model<B>(
        &self,
        exchange: Exchange<'_>,
        parts: &Parts,
        body: B,
    ) -> Result<Response<GatewayBody>, Wire>
    where
        B: http_body::Body<Data = Bytes> + Send + Unpin + 'static,
        B::Error: Into<BoxError>,
    {
        self.refuse_encoded(&parts.headers)?;
        if let Some(object) = exchange.object {
            self.owned(object, &exchange.payer).await?;
        }
        let catalogue = self.catalogue.load_full();
        let outgoing = Outgoing {
            upstream: upstream_of(&catalogue, None)?,
            model: None,
            strip: false,
            characters: 0,
            request_bytes: 0,
        };
        let body = if parts.method == Method::POST {
            let json =
                parts.headers.get(header::CONTENT_TYPE).and_then(headers::media_type) == Some("application/json");
            if json {
                let body = self.whole(&parts.headers, body).await?;
                for object in peek::peek(&body)?.objects {
                    self.owned(&object, &exchange.payer).await?;
                }
                full(body)
            } else {
                StreamBody::new(bounded(body, self.limits.form_body)).boxed_unsync()
            }
        } else {
            empty()
        };
        self.exchange(&exchange, parts, body, outgoing).await
    }

    /// An object of somebody else is answered like one that does not exist (GW-6).
    async fn owned(&self, object: &str, payer: &Payer) -> Result<(), Wire> {
        let owner = self.ownership.owner(object).await.map_err(|_| reply::store_unavailable())?;
        if owner.as_ref() == Some(payer) {
            return Ok(());
        }
        let object = keystead_core::access::printable(object);
        Err(Wire::invalid(404, None, format!("No such object: {object}.")).with_param("id"))
    }

    async fn exchange(
        &self,
        exchange: &Exchange<'_>,
        parts: &Parts,
        body: GatewayBody,
        outgoing: Outgoing<'_>,
    ) -> Result<Response<GatewayBody>, Wire> {
        let reservation = admission::reserve(&exchange.payer, outgoing.model.map_or("", |model| &model.id))?;
        let request = self.request(exchange, parts, body, outgoing.upstream)?;
        let answered = self.upstream.send(request).await.map_err(|error| {
            tracing::warn!(request = %exchange.id, upstream = %outgoing.upstream.name, %error, "no answer from upstream");
            self.metrics.upstream_failed();
            reply::unavailable("The model server did not answer. Try again shortly.")
        })?;
        let settled =
            Settled::new(self, exchange, outgoing.model, outgoing.characters, outgoing.request_bytes, reservation);
        self.answer(exchange, answered, outgoing, settled).await
    }

    /// The request upstream, built anew: own headers, own framing, the operator's secret.
    fn request(
        &self,
        exchange: &Exchange<'_>,
        parts: &Parts,
        body: GatewayBody,
        upstream: &Upstream,
    ) -> Result<Request<GatewayBody>, Wire> {
        let misconfigured = || reply::server_error(500, "The model server's address is not usable. Tell the operator.");
        let base = upstream.base_url.trim_end_matches('/');
        let base = base.strip_suffix("/v1").unwrap_or(base);
        let target = parts.uri.path_and_query().map_or("/", |target| target.as_str());
        let uri: Uri = format!("{base}{target}").parse().map_err(|_| misconfigured())?;
        let mut request = Request::new(body);
        *request.method_mut() = parts.method.clone();
        *request.uri_mut() = uri;
        let mut headers = headers::to_upstream(&parts.headers);
        if let Some(key) = &upstream.api_key {
            let mut value = HeaderValue::from_str(&format!("Bearer {}", key.expose())).map_err(|_| misconfigured())?;
            value.set_sensitive(true);
            headers.insert(header::AUTHORIZATION, value);
        }
        if let Ok(id) = HeaderValue::from_str(exchange.id.as_str()) {
            headers.insert("x-request-id", id);
        }
        *request.headers_mut() = headers;
        Ok(request)
    }

    async fn answer(
        &self,
        exchange: &Exchange<'_>,
        answered: Response<Incoming>,
        outgoing: Outgoing<'_>,
        settled: Settled,
    ) -> Result<Response<GatewayBody>, Wire> {
        let (parts, body) = answered.into_parts();
        let status = parts.status;
        if status.is_redirection() || status.is_informational() {
            self.metrics.upstream_failed();
            return Err(reply::server_error(502, "The model server answered in a way that cannot be passed on."));
        }
        if matches!(status.as_u16(), 401 | 403) {
            // The operator's secret was refused, not the client's: a 401 would send people to look at the wrong key.
            tracing::error!(upstream = %outgoing.upstream.name, status = status.as_u16(), "the upstream refused our credential");
            self.metrics.upstream_failed();
            return Err(reply::server_error(
                502,
                "The model server refused this service's credential. Tell the operator.",
            ));
        }
        let kind = parts.headers.get(header::CONTENT_TYPE);
        let events = kind.is_some_and(headers::is_event_stream);
        let json =
            kind.and_then(headers::media_type).is_some_and(|media| media.eq_ignore_ascii_case("application/json"));
        let body = if !status.is_success() {
            self.metrics.upstream_failed();
            full(scrubbed(body, outgoing.upstream).await)
        } else if json && objects::names_objects(exchange.route) {
            let Ok(whole) = collect(body, MOST_BOOKKEPT).await else {
                return Err(reply::server_error(502, "The model server's answer broke off or was too large."));
            };
            let whole = objects::keep_books(self, exchange.route, &exchange.payer, whole).await?;
            settled.by_body(&whole);
            full(whole)
        } else {
            Settlement::new(body, settled, events, outgoing.strip).boxed_unsync()
        };
        let mut response = Response::new(body);
        *response.status_mut() = status;
        *response.headers_mut() = headers::from_upstream(&parts.headers);
        reply::attribute(response.headers_mut(), &exchange.payer);
        Ok(response)
    }

    /// A JSON body, read whole.
    async fn whole<B>(&self, headers: &HeaderMap, mut body: B) -> Result<Bytes, Wire>
    where
        B: http_body::Body<Data = Bytes> + Unpin,
    {
        self.refuse_encoded(headers)?;
        let most = self.limits.json_body;
        if body.size_hint().lower() > u64::try_from(most).unwrap_or(u64::MAX) {
            return Err(reply::too_large(most));
        }
        let mut whole = bytes::BytesMut::new();
        while let Some(chunk) = self.next_chunk(&mut body).await? {
            // The usual body is one chunk: passed on without a copy.
            if whole.is_empty() && body.is_end_stream() && chunk.len() <= most {
                return Ok(chunk);
            }
            if whole.len() + chunk.len() > most {
                return Err(reply::too_large(most));
            }
            whole.extend_from_slice(&chunk);
        }
        Ok(whole.freeze())
    }

    /// The next bytes of a client's body, within the idle time.
    async fn next_chunk<B>(&self, body: &mut B) -> Result<Option<Bytes>, Wire>
    where
        B: http_body::Body<Data = Bytes> + Unpin,
    {
        loop {
            let waited = tokio::time::timeout(self.limits.body_idle, body.frame()).await;
            let frame = waited.map_err(|_| Wire::invalid(408, None, "The request body did not arrive in time."))?;
            let Some(frame) = frame else { return Ok(None) };
            let frame = frame.map_err(|_| reply::bad_body("The request body could not be read to its end."))?;
            if let Ok(data) = frame.into_data() {
                return Ok(Some(data));
            }
        }
    }

    fn refuse_encoded(&self, headers: &HeaderMap) -> Result<(), Wire> {
        let encoded = headers.get(header::CONTENT_ENCODING).is_some_and(|value| value.as_bytes() != b"identity");
        if encoded {
            return Err(Wire::invalid(415, None, "Compressed request bodies are not accepted."));
        }
        Ok(())
    }
}

/// Whether the gateway must ask for the usage chunk itself, and take it out again.
fn strips(route: &Route, peek: &Peek) -> bool {
    peek.stream && !peek.include_usage && matches!(route.path, "/v1/chat/completions" | "/v1/completions")
}

fn upstream_of<'c>(catalogue: &'c Catalogue, model: Option<&ModelEntry>) -> Result<&'c Upstream, Wire> {
    let found = model.map_or_else(|| catalogue.default_upstream(), |model| catalogue.upstream_of(model));
    found.ok_or_else(|| reply::server_error(500, "No model server is configured for this request. Tell the operator."))
}

fn content_is(headers: &HeaderMap, wanted: &str) -> Result<(), Wire> {
    let sent = headers.get(header::CONTENT_TYPE).and_then(headers::media_type);
    if sent.is_some_and(|media| media.eq_ignore_ascii_case(wanted)) {
        return Ok(());
    }
    Err(reply::bad_body(format!("Send this request with 'Content-Type: {wanted}'.")))
}

fn malformed(why: Malformed) -> Wire {
    match why {
        Malformed::Boundary => reply::bad_body("The multipart body has no usable boundary in its content type."),
        Malformed::Part => reply::bad_body("The multipart body could not be read."),
        Malformed::SecondModel => reply::bad_body("The part 'model' stands twice.").with_param("model"),
    }
}

/// An upstream's error body without the secret it may quote (GW-7).
async fn scrubbed(body: Incoming, upstream: &Upstream) -> Bytes {
    let body = collect(body, MOST_ERROR).await.unwrap_or_default();
    let Some(key) = &upstream.api_key else { return body };
    let secret = key.expose().as_bytes();
    if secret.is_empty() || memchr::memmem::find(&body, secret).is_none() {
        return body;
    }
    String::from_utf8_lossy(&body).replace(key.expose().as_str(), "[secret]").into()
}

type Frames = std::pin::Pin<Box<dyn stream::Stream<Item = Result<Frame<Bytes>, BoxError>> + Send>>;

/// The rest of a form: a second part `model` or too many bytes end it with an error, which cancels the upstream.
fn guarded<B>(body: B, scan: FormScan, most: usize) -> Frames
where
    B: http_body::Body<Data = Bytes> + Send + Unpin + 'static,
    B::Error: Into<BoxError>,
{
    let frames = bounded(body, most);
    Box::pin(stream::try_unfold((frames, scan), |(mut frames, mut scan)| async move {
        let Some(frame) = frames.next().await else { return Ok(None) };
        let frame = frame?;
        if let Some(data) = frame.data_ref() {
            scan.feed(data).map_err(|why| -> BoxError { format!("the form is malformed: {why:?}").into() })?;
        }
        Ok(Some((frame, (frames, scan))))
    }))
}

/// A client's body as frames, up to a bound; trailers are dropped.
fn bounded<B>(body: B, most: usize) -> Frames
where
    B: http_body::Body<Data = Bytes> + Send + Unpin + 'static,
    B::Error: Into<BoxError>,
{
    Box::pin(stream::try_unfold((body, most), |(mut body, left)| async move {
        while let Some(frame) = body.frame().await {
            if let Ok(data) = frame.map_err(Into::into)?.into_data() {
                let left =
                    left.checked_sub(data.len()).ok_or_else(|| BoxError::from("the request body is too large"))?;
                return Ok(Some((Frame::data(data), (body, left))));
            }
        }
        Ok(None)
    }))
}
