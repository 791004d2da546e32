//! The upstream's answer on its way back: what may pass, what is kept in the books, what the client must never see.

use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header};
use http_body_util::BodyExt;
use keystead_core::refusal::Wire;

use crate::body::{GatewayBody, full};
use crate::catalogue::Upstream;
use crate::forward::{Exchange, Outgoing};
use crate::settle::{Settled, Settlement, Shape};
use crate::upstream::{UpstreamBody, collect};
use crate::{Gateway, headers, objects, reply};

/// An answer that must be read before it is passed on may be this long.
const MOST_BOOKKEPT: usize = 64 << 20;
/// An upstream's error body may be this long.
const MOST_ERROR: usize = 64 << 10;

impl Gateway {
    pub(crate) async fn answer(
        &self,
        exchange: &Exchange<'_>,
        answered: Response<UpstreamBody>,
        outgoing: Outgoing<'_>,
        mut settled: Settled,
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
        settled.answered(status);
        let kind = parts.headers.get(header::CONTENT_TYPE);
        let events = kind.is_some_and(headers::is_event_stream);
        let media = kind.and_then(headers::media_type);
        let json = media.is_some_and(|media| media.eq_ignore_ascii_case("application/json"));
        let list = objects::lists_objects(exchange.route);
        let body = if !status.is_success() {
            self.metrics.upstream_failed();
            full(Box::pin(scrubbed(body, outgoing.upstream, status)).await?)
        } else if list || (json && objects::names_objects(exchange.route)) {
            let Ok(whole) = Box::pin(collect(body, MOST_BOOKKEPT)).await else {
                return Err(reply::server_error(502, "The model server's answer broke off or was too large."));
            };
            let whole = Box::pin(objects::keep_books(self, exchange, whole)).await?;
            settled.by_body(&whole).safe().await.map_err(|_| reply::unrecorded())?;
            full(whole)
        } else {
            Settlement::new(body, settled, Shape { events, json, strip: outgoing.strip }).boxed_unsync()
        };
        let mut response = Response::new(body);
        *response.status_mut() = status;
        *response.headers_mut() = parts.headers;
        if events {
            response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
        }
        reply::attribute(response.headers_mut(), &exchange.payer);
        Ok(response)
    }
}

/// An upstream's error body without the secret it may quote (GW-7).
async fn scrubbed(body: UpstreamBody, upstream: &Upstream, status: StatusCode) -> Result<Bytes, Wire> {
    let unreadable = |_| reply::server_error(status.as_u16(), "The model server answered with an error.");
    let body = collect(body, MOST_ERROR).await.map_err(unreadable)?;
    let Some(key) = &upstream.api_key else { return Ok(body) };
    let secret = key.expose().as_bytes();
    if secret.is_empty() || memchr::memmem::find(&body, secret).is_none() {
        return Ok(body);
    }
    Ok(String::from_utf8_lossy(&body).replace(key.expose().as_str(), "[secret]").into())
}
