//! The upstream's answer on its way back: what may pass, what is kept in the books, what the client must never see.

use std::sync::Arc;

use bytes::Bytes;
use http::response::Parts;
use http::{HeaderValue, Response, StatusCode, header};
use http_body::Body;
use http_body_util::BodyExt;
use keystead_core::refusal::ErrorResponse;

use crate::address::Upstream;
use crate::body::{GatewayBody, full};
use crate::cut::Watched;
use crate::forward::{Exchange, Outgoing};
use crate::made::{self, Making};
use crate::right::Right;
use crate::settle::Settled;
use crate::settlement::{self, Settlement, Shape};
use crate::upstream::{Challenge, UpstreamBody, collect};
use crate::{Gateway, headers, objects, refusals, reply};

/// An answer that must be read before it is passed on may be this long.
pub(crate) const MOST_BOOKKEPT: usize = 64 << 20;
/// An answer of a known length up to this is sent at once, and not watched.
const SHORT: u64 = 64 << 10;
/// An upstream's error body may be this long.
pub(crate) const MOST_ERROR: usize = 64 << 10;

impl Gateway {
    pub(crate) async fn answer(
        &self,
        exchange: &Exchange<'_>,
        answered: Response<UpstreamBody>,
        outgoing: Outgoing<'_>,
        mut settled: Settled,
        right: &Arc<Right>,
    ) -> Result<Response<GatewayBody>, ErrorResponse> {
        let (mut parts, mut body) = answered.into_parts();
        let status = parts.status;
        settled.answered(status);
        if !status.is_success() {
            settled.nothing();
            return Box::pin(self.refused(exchange, outgoing.upstream, parts, body)).await;
        }
        let list = objects::lists_objects(exchange.route);
        let makes = made::makes(exchange.route, outgoing.audio);
        let read = list || makes || objects::names_objects(exchange.route);
        let shape = shape(&mut parts, &mut body, outgoing.asked.0, read || settled.is_open()).await;
        let body = if list || (shape.json && read) {
            let Some((whole, recorded)) = Box::pin(settlement::collect(body, settled, MOST_BOOKKEPT)).await else {
                return Err(reply::server_error(502, "The model server's answer broke off or was too large."));
            };
            let whole = Box::pin(objects::keep_books(self, exchange, outgoing.model, whole)).await?;
            Box::pin(self.count_seen(exchange, &whole)).await?;
            recorded.safe().await.map_err(|_| reply::unrecorded())?;
            full(whole)
        } else {
            let shape = Shape { strip: outgoing.strip, ..shape };
            let body = Settlement::new(body, settled, shape, self.reading.clone());
            let plain = !parts.headers.contains_key(header::CONTENT_ENCODING);
            if !shape.events && body.size_hint().exact().is_some_and(|length| length <= SHORT) {
                body.boxed_unsync()
            } else {
                let (metrics, every) = (Arc::clone(&self.metrics), self.limits.recheck);
                Watched::new(body, Arc::clone(right), metrics, every, shape.events && plain).boxed_unsync()
            }
        };
        let body = if makes && shape.events {
            let model = outgoing.model.map(|model| Arc::clone(&model.id));
            Making::new(body, Arc::clone(&self.ownership), exchange.payer.clone(), model).boxed_unsync()
        } else {
            body
        };
        let mut response = passed(exchange, parts, body);
        if shape.events {
            response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
        }
        Ok(response)
    }

    /// An answer that is no success: passed on where it is about the request, told apart where it is about the operator.
    async fn refused(
        &self,
        exchange: &Exchange<'_>,
        upstream: &Upstream,
        parts: Parts,
        body: UpstreamBody,
    ) -> Result<Response<GatewayBody>, ErrorResponse> {
        let status = parts.status;
        if status.is_redirection() || status.is_informational() {
            self.metrics.upstream_failed("redirect");
            return Err(reply::server_error(502, "The model server answered in a way that cannot be passed on."));
        }
        let encoded = parts.headers.contains_key(header::CONTENT_ENCODING);
        let body = collect(body, MOST_ERROR).await.ok().filter(|_| !encoded);
        let ours = match status {
            StatusCode::UNAUTHORIZED => true,
            StatusCode::BAD_REQUEST => body.as_ref().is_some_and(refusals::names_our_secret),
            StatusCode::FORBIDDEN => {
                let challenge = parts.extensions.get::<Challenge>().is_some();
                refusals::is_about_our_access(body.as_ref().unwrap_or(&Bytes::new()), challenge)
            }
            _ => false,
        };
        if ours {
            // The operator's secret was refused, not the client's: a 401 would send people to look at the wrong key.
            tracing::error!(upstream = %upstream.name, status = status.as_u16(), "the upstream refused our credential");
            self.metrics.upstream_failed("credential");
            return Err(reply::server_error(
                502,
                "The model server refused this service's credential. Tell the operator.",
            ));
        }
        self.metrics.upstream_failed("status");
        let html = parts.headers.get(header::CONTENT_TYPE).and_then(headers::media_type) == Some("text/html");
        let Some(body) = body.filter(|_| !html) else {
            // A page of a proxy in between, or something that cannot be looked through for the secret.
            return Ok(reply::with_hints(&parts.headers, &reply::upstream_error(status), self.now()));
        };
        let mut response = passed(exchange, parts, full(scrubbed(body, upstream)));
        reply::hint(status, response.headers_mut(), self.now());
        Ok(response)
    }
}

/// An answer with the headers that may pass, and who pays.
fn passed(exchange: &Exchange<'_>, parts: Parts, body: GatewayBody) -> Response<GatewayBody> {
    let mut response = Response::new(body);
    *response.status_mut() = parts.status;
    *response.headers_mut() = parts.headers;
    reply::attribute(response.headers_mut(), &exchange.payer);
    response
}

/// What kind of body this is: what its content type says, or, where that says nothing and the body must be read, what it
/// begins with. The client is then told the right type.
async fn shape(parts: &mut Parts, body: &mut UpstreamBody, stream: bool, read: bool) -> Shape {
    const NOTHING: Shape = Shape { events: false, json: false, strip: false };
    if parts.headers.contains_key(header::CONTENT_ENCODING) {
        // It could not be unpacked, so nothing in it can be read.
        return NOTHING;
    }
    let kind = parts.headers.get(header::CONTENT_TYPE);
    let media = kind.and_then(headers::media_type);
    let events = kind.is_some_and(headers::is_event_stream);
    let json = media.is_some_and(headers::is_json);
    let vague = media.is_none_or(|media| {
        ["text/plain", "application/octet-stream", "application/x-ndjson"]
            .iter()
            .any(|vague| media.eq_ignore_ascii_case(vague))
    });
    if events || !read || !(vague || (json && stream)) {
        return Shape { events, json, strip: false };
    }
    let untyped = media.is_none();
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

/// An upstream's error body without the secret it may quote.
fn scrubbed(body: Bytes, upstream: &Upstream) -> Bytes {
    let Some(key) = &upstream.api_key else { return body };
    let secret = key.expose().as_bytes();
    if secret.is_empty() || memchr::memmem::find(&body, secret).is_none() {
        return body;
    }
    String::from_utf8_lossy(&body).replace(key.expose().as_str(), "[secret]").into()
}
