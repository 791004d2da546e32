//! The upstream client behind its own small seam: one request out, one answer with its body unread.

use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response, Uri};
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;
use hyper::client::conn::{TrySendError, http1};
use hyper::service::Service;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::service::TowerToHyperService;

use crate::body::{BoxError, GatewayBody};
use crate::catalogue::Address;
use crate::pool::{Link, Pool};

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

    /// Sends a request whose address is path and query alone. Only a request of which nothing was written, because its
    /// connection had closed while it waited, is sent again.
    pub(crate) async fn send(
        &self,
        to: &Address,
        mut request: Request<GatewayBody>,
    ) -> Result<Response<UpstreamBody>, NoAnswer> {
        while let Some(link) = self.pool.take(&to.origin) {
            match self.over(link, to, request).await {
                Ok(response) => return Ok(response),
                Err(mut failed) => match failed.take_message() {
                    Some(unsent) => request = unsent,
                    None => return Err(NoAnswer::because(failed.error())),
                },
            }
        }
        let link = Box::pin(self.connect(&to.uri)).await?;
        self.over(link, to, request).await.map_err(|failed| NoAnswer::because(failed.error()))
    }

    async fn connect(&self, to: &Uri) -> Result<Box<Link>, NoAnswer> {
        let connecting = async {
            let stream = self.connector.call(to.clone()).await.map_err(NoAnswer::because)?;
            http1::handshake(stream).await.map_err(NoAnswer::because)
        };
        // Addresses are tried one after the other within the connector's time, and the encryption comes on top.
        let connected = tokio::time::timeout(self.connect.saturating_mul(2), connecting).await;
        let (sender, connection) = connected.map_err(NoAnswer::because)??;
        Ok(Link::new(sender, connection))
    }

    async fn over(
        &self,
        mut link: Box<Link>,
        to: &Address,
        request: Request<GatewayBody>,
    ) -> Result<Response<UpstreamBody>, TrySendError<Request<GatewayBody>>> {
        // A look at the connection first: whether it was closed while it waited shows only now.
        std::future::poll_fn(|context| {
            link.drive(context);
            Poll::Ready(())
        })
        .await;
        let mut answer = pin!(link.sender.try_send_request(request));
        let response = std::future::poll_fn(|context| {
            link.drive(context);
            answer.as_mut().poll(context)
        })
        .await?;
        let lease = Lease { link, origin: Arc::clone(&to.origin), pool: Arc::clone(&self.pool) };
        Ok(response.map(|incoming| UpstreamBody { incoming, lease: Some(lease) }))
    }
}

/// A connection that comes back to the pool once its answer was read to the end.
struct Lease {
    link: Box<Link>,
    origin: Arc<str>,
    pool: Arc<Pool>,
}

impl Lease {
    fn end(mut self, context: &mut Context<'_>) {
        if !self.link.is_ready() {
            self.link.drive(context);
        }
        // Otherwise the upstream asked for the end, or answered before it had read the whole request.
        if self.link.is_ready() {
            self.pool.keep(&self.origin, self.link);
        }
    }
}

/// An upstream's answer. Reading it drives its connection; dropping it before the end closes the connection.
pub(crate) struct UpstreamBody {
    incoming: Incoming,
    lease: Option<Lease>,
}

impl Body for UpstreamBody {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let this = &mut *self;
        let mut frame = Pin::new(&mut this.incoming).poll_frame(context);
        if frame.is_pending()
            && let Some(lease) = &mut this.lease
        {
            lease.link.drive(context);
            frame = Pin::new(&mut this.incoming).poll_frame(context);
        }
        let ended = match &frame {
            Poll::Ready(Some(Ok(_))) => this.incoming.is_end_stream(),
            Poll::Ready(None) => true,
            Poll::Ready(Some(Err(_))) => {
                this.lease = None;
                false
            }
            Poll::Pending => false,
        };
        if ended && let Some(lease) = this.lease.take() {
            lease.end(context);
        }
        frame.map(|frame| frame.map(|frame| frame.map_err(Into::into)))
    }

    fn is_end_stream(&self) -> bool {
        self.incoming.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.incoming.size_hint()
    }
}

/// Reads a body up to a bound.
pub(crate) async fn collect<B>(body: B, most: usize) -> Result<Bytes, bool>
where
    B: Body<Data = Bytes> + Unpin,
{
    use http_body_util::BodyExt;
    let mut body = body;
    let mut whole = bytes::BytesMut::new();
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
