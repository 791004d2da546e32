//! The upstream client behind its own small seam: one request out, one answer with its body unread.

use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use hyper::body::Incoming;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};

use crate::body::GatewayBody;

/// The upstream gave no answer.
#[derive(Debug, thiserror::Error)]
#[error("the upstream gave no answer: {0}")]
pub(crate) struct NoAnswer(String);

pub(crate) struct UpstreamClient {
    client: Client<HttpsConnector<HttpConnector>, GatewayBody>,
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
        let client = Client::builder(TokioExecutor::new())
            .pool_idle_timeout(Duration::from_secs(30))
            .pool_timer(TokioTimer::new())
            // Only a request of which nothing was written, because its connection had closed, is sent again.
            .retry_canceled_requests(true)
            .build(connector);
        Self { client }
    }

    pub(crate) async fn send(&self, request: Request<GatewayBody>) -> Result<Response<Incoming>, NoAnswer> {
        self.client.request(request).await.map_err(|error| NoAnswer(error.to_string()))
    }
}

/// Reads a body up to a bound.
pub(crate) async fn collect<B>(body: B, most: usize) -> Result<Bytes, bool>
where
    B: http_body::Body<Data = Bytes> + Unpin,
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
