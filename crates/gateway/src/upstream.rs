//! The upstream client behind its own small seam: one request out, one answer with its body unread.

mod framing;
mod head;
mod link;
mod pool;

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::{Response, Uri};
use http_body::{Body, Frame, SizeHint};
use hyper::service::Service;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::service::TowerToHyperService;

use crate::body::{BoxError, Sending};
use crate::catalogue::Address;
use framing::{Framing, Piece};
pub(crate) use head::Asked;
use head::Head;
use link::{Link, Request};
use pool::Pool;

/// The upstream gave no answer.
#[derive(Debug, thiserror::Error)]
#[error("the upstream gave no answer: {0}")]
pub(crate) struct NoAnswer(String);

impl NoAnswer {
    fn because(error: impl std::fmt::Display) -> Self {
        Self(error.to_string())
    }
}

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

    /// Sends a request. Only one of which nothing went out, because its connection had closed while it waited, goes over
    /// another.
    pub(crate) async fn send(
        &self,
        to: &Address,
        asked: &Asked<'_>,
        body: Sending,
    ) -> Result<Response<UpstreamBody>, NoAnswer> {
        let mut request = Request::new(to, asked, body);
        loop {
            let (mut link, waited) = match self.waiting(&to.origin).await {
                Some(link) => (link, true),
                None => (Box::pin(self.connect(&to.uri)).await?, false),
            };
            link.begin(request);
            match std::future::poll_fn(|context| link.poll_head(context)).await {
                Ok(head) => return Ok(self.response(to, head, link)),
                Err(error) if waited => request = link.unsent().ok_or_else(|| NoAnswer::because(error))?,
                Err(error) => return Err(NoAnswer::because(error)),
            }
        }
    }

    /// A connection that waits and is still open.
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
        // Addresses are tried one after the other within the connector's time, and the encryption comes on top.
        let connected = tokio::time::timeout(self.connect.saturating_mul(2), self.connector.call(to.clone())).await;
        Ok(Link::new(connected.map_err(NoAnswer::because)?.map_err(NoAnswer::because)?))
    }

    fn response(&self, to: &Address, head: Head, link: Box<Link>) -> Response<UpstreamBody> {
        let lease = Lease { link, keep: head.keep, origin: Arc::clone(&to.origin), pool: Arc::clone(&self.pool) };
        let mut body = UpstreamBody { framing: head.framing, lease: Some(lease) };
        if body.framing.is_over() {
            body.release();
        }
        let mut response = Response::new(body);
        *response.status_mut() = head.status;
        *response.headers_mut() = head.headers;
        response
    }
}

/// A connection that comes back to the pool once its answer was read to the end.
struct Lease {
    link: Box<Link>,
    keep: bool,
    origin: Arc<str>,
    pool: Arc<Pool>,
}

/// An upstream's answer. Reading it drives its connection; dropping it before the end closes the connection.
pub(crate) struct UpstreamBody {
    framing: Framing,
    lease: Option<Lease>,
}

impl UpstreamBody {
    /// Lets go of the connection, which waits for its next request unless the upstream asked for the end, answered
    /// before it had read the whole request, or sent more than it announced.
    fn release(&mut self) {
        if let Some(Lease { mut link, keep: true, origin, pool }) = self.lease.take()
            && link.rest()
        {
            pool.keep(&origin, link);
        }
    }

    fn look_ahead(&mut self) {
        if let Some(lease) = &mut self.lease {
            self.framing.look_ahead(&mut lease.link.input);
        }
        if self.framing.is_over() {
            self.release();
        }
    }

    fn poll_data(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, BoxError>>> {
        let Some(Lease { link, keep, .. }) = &mut self.lease else { return Poll::Ready(None) };
        // The rest of the request; the answer counts even where that fails.
        if let Poll::Ready(Err(_)) = link.poll_send(context) {
            *keep = false;
        }
        loop {
            match self.framing.next(&mut link.input)? {
                Piece::Data(data) => return Poll::Ready(Some(Ok(data))),
                Piece::End => return Poll::Ready(None),
                Piece::More => {}
            }
            if ready!(link.poll_read(context))? == 0 {
                let whole = self.framing == Framing::UntilClose;
                return Poll::Ready((!whole).then(|| Err("the upstream's answer broke off".into())));
            }
        }
    }
}

impl Body for UpstreamBody {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let data = ready!(self.poll_data(context));
        match &data {
            None => self.release(),
            Some(Err(_)) => self.lease = None,
            // The end of chunks often stands right behind the last one.
            Some(Ok(_)) => self.look_ahead(),
        }
        Poll::Ready(data.map(|data| data.map(Frame::data)))
    }

    fn is_end_stream(&self) -> bool {
        self.lease.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        self.framing.length().map_or_else(SizeHint::default, SizeHint::with_exact)
    }
}

/// Reads a body up to a bound.
pub(crate) async fn collect<B>(body: B, most: usize) -> Result<Bytes, bool>
where
    B: Body<Data = Bytes> + Unpin,
{
    use http_body_util::BodyExt;
    let mut body = body;
    let mut whole = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| false)?;
        if let Ok(data) = frame.into_data() {
            if whole.len() + data.len() > most {
                return Err(true);
            }
            whole.extend_from_slice(&data);
        }
    }
    Ok(whole.freeze())
}
