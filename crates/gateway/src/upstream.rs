//! The upstream client: one request out, one answer with its body unread.

mod answer_body;
mod connection;
mod failure;
mod framing;
mod head;
mod pool;
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) mod replay;
mod request;
mod unpack;

use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use http::{HeaderMap, Response, StatusCode, Uri, header};
use hyper::service::Service;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::service::TowerToHyperService;

use crate::body::RequestBody;
use crate::catalogue::Address;
use crate::request::headers;
use answer_body::Lease;
pub(crate) use answer_body::{UpstreamBody, collect};
use connection::{Failed, Link};
pub(crate) use failure::NoAnswer;
use head::Head;
pub(crate) use head::UpstreamRequest;
use pool::Pool;
use request::Request;
use unpack::Unpacker;

/// Idle connections are closed this long before the moment at which the upstream announces to close them, so that a
/// request does not cross with the close.
const MARGIN: Duration = Duration::from_secs(1);

impl From<Failed> for NoAnswer {
    fn from(failed: Failed) -> Self {
        match failed {
            Failed::Ended(_) | Failed::Body(_) => Self::Closed(failed.to_string()),
            Failed::NoHead(_) => Self::Malformed(failed.to_string()),
            Failed::Silent(longest) => Self::Silent(longest),
        }
    }
}

/// The head asks for a credential.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Challenge;

pub(crate) struct UpstreamClient {
    connector: TowerToHyperService<HttpsConnector<HttpConnector>>,
    connect: Duration,
    pool: Arc<Pool>,
}

impl UpstreamClient {
    pub(crate) fn new(connect: Duration) -> Self {
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        connector.set_connect_timeout(Some(connect));
        connector.enforce_http(false);
        let builder =
            HttpsConnectorBuilder::new().with_provider_and_webpki_roots(rustls::crypto::ring::default_provider());
        let Ok(builder) = builder else { unreachable!("ring offers the default protocol versions") };
        let connector = builder.https_or_http().enable_http1().wrap_connector(connector);
        Self { connector: TowerToHyperService::new(connector), connect, pool: Arc::default() }
    }

    /// Sends a request. On a reused connection, the upstream's close may cross with the request. The request is then
    /// sent once more over a new connection, if that cannot do anything twice: none of it was sent, or its method is
    /// idempotent (RFC 9110, 9.2.2), or the connection shows that the upstream never read it completely. A request that
    /// failed on a new connection is never sent again.
    pub(crate) async fn send(
        &self,
        to: &Address,
        asked: &UpstreamRequest<'_>,
        body: RequestBody,
    ) -> Result<Response<UpstreamBody>, NoAnswer> {
        let again = body.again();
        let mut request = Request::new(to, asked, body);
        if let Some(mut link) = self.waiting(&to.origin).await {
            asked.begin();
            link.begin(request);
            let answered = link.head(to.options.first_byte).await;
            let crossed = again.is_some()
                && match &answered {
                    Ok(head) => gave_up_waiting(head),
                    Err(failed) => Box::pin(never_read(&mut link, asked, failed)).await,
                };
            request = match (answered, again.filter(|_| crossed)) {
                (_, Some(again)) => Request::new(to, asked, again),
                (Ok(head), None) => return Ok(self.response(to, head, link)),
                (Err(failed), None) => link.unsent().ok_or(failed)?,
            };
        }
        let mut link = Box::pin(self.connect(&to.uri)).await?;
        asked.begin();
        link.begin(request);
        let head = link.head(to.options.first_byte).await?;
        Ok(self.response(to, head, link))
    }

    /// Returns an idle connection that is still open.
    async fn waiting(&self, origin: &str) -> Option<Box<Link>> {
        std::future::poll_fn(|context| {
            let fresh = std::iter::from_fn(|| self.pool.take(origin)).find_map(|mut link| {
                let fresh = link.is_fresh(context);
                fresh.then_some(link)
            });
            Poll::Ready(fresh)
        })
        .await
    }

    async fn connect(&self, to: &Uri) -> Result<Box<Link>, NoAnswer> {
        let unreachable = |error: &dyn std::fmt::Display| NoAnswer::Unreachable(error.to_string());
        // Addresses are tried one after the other within the connector's time, and TLS takes additional time.
        let connected = tokio::time::timeout(self.connect.saturating_mul(2), self.connector.call(to.clone())).await;
        let connected = connected.map_err(|error| unreachable(&error))?;
        Ok(Link::new(connected.map_err(|error| unreachable(&error))?))
    }

    fn response(&self, to: &Address, head: Head, link: Box<Link>) -> Response<UpstreamBody> {
        let keep = kept(&head, to.options.keep_alive);
        let lease =
            Lease { link, keep, origin: Arc::clone(&to.origin), pool: Arc::clone(&self.pool), idle: to.options.idle };
        let mut headers = head.headers;
        let body = UpstreamBody::new(head.framing, lease, unpacker(&mut headers));
        let mut response = Response::new(body);
        *response.status_mut() = head.status;
        *response.headers_mut() = headers;
        if head.challenge {
            response.extensions_mut().insert(Challenge);
        }
        response
    }
}

/// Whether the upstream stopped waiting before the request arrived. A model that took too long is reported in JSON.
fn gave_up_waiting(head: &Head) -> bool {
    let timed_out = head.status == StatusCode::REQUEST_TIMEOUT && !head.keep;
    timed_out && !head.headers.get(header::CONTENT_TYPE).and_then(headers::media_type).is_some_and(headers::is_json)
}

/// Whether the end of a reused connection crossed with the request, which may therefore be sent again.
async fn never_read(link: &mut Link, asked: &UpstreamRequest<'_>, failed: &Failed) -> bool {
    let ended = matches!(failed, Failed::Ended(_)) && !link.answered();
    ended && (asked.method.is_idempotent() || link.refused(failed).await)
}

/// How long the connection may wait for another request; `None` when it must be closed.
fn kept(head: &Head, longest: Duration) -> Option<Duration> {
    let kept = head.kept_for.map_or(longest, |kept_for| longest.min(kept_for.saturating_sub(MARGIN)));
    Some(kept).filter(|kept| head.keep && !kept.is_zero())
}

/// Returns the decoder for the body, if it is compressed and can be unpacked; then the header of the encoding is
/// removed. Otherwise it stays.
fn unpacker(headers: &mut HeaderMap) -> Option<Unpacker> {
    let mut encodings = headers.get_all(header::CONTENT_ENCODING).iter();
    let encoding = encodings.next()?.as_bytes();
    if encodings.next().is_some() {
        return None;
    }
    let unpacker = Unpacker::of(encoding);
    if unpacker.is_some() || encoding.eq_ignore_ascii_case(b"identity") || encoding.is_empty() {
        headers.remove(header::CONTENT_ENCODING);
    }
    unpacker
}

#[cfg(test)]
mod crossed_tests;
#[cfg(test)]
mod tests {
    use bytes::BytesMut;

    use super::*;

    #[test]
    fn a_connection_is_kept_for_less_time_than_the_upstream_keeps_it() {
        for (fields, longest, wanted) in [
            ("", 4, Some(4)),
            ("keep-alive: timeout=5\r\n", 4, Some(4)),
            ("keep-alive: timeout=5\r\n", 60, Some(4)),
            ("keep-alive: timeout=3\r\n", 4, Some(2)),
            ("keep-alive: timeout=1\r\n", 4, None),
            ("keep-alive: timeout=0\r\n", 4, None),
            ("keep-alive: timeout=60, max=0\r\n", 4, None),
            ("connection: close\r\nkeep-alive: timeout=60\r\n", 4, None),
            ("", 0, None),
        ] {
            let text = format!("HTTP/1.1 200 OK\r\n{fields}content-length: 0\r\n\r\n");
            let head = head::read(&mut BytesMut::from(text.as_bytes())).unwrap().unwrap();
            let kept = kept(&head, Duration::from_secs(longest)).map(|kept| kept.as_secs());
            assert_eq!(kept, wanted, "{fields} {longest}");
        }
    }
}
