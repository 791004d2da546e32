//! Requests of the playground, which the binary sends through the gateway like those of any client.

use std::fmt::Debug;
use std::pin::Pin;

use axum::body::Body;
use axum::http::{Request, Response};
use keystead_core::client_certificate::ReportedCertificate;
use keystead_core::id::{ProjectId, SessionId};
use keystead_core::network::Client;

/// The path that answers with a stream. It ends when its client disconnects.
pub const PLAYGROUND_STREAM: &str = "/playground/stream";

/// The client of a request as the API sees it, which may not be served in its country, and its certificate. An extension
/// of the request.
#[derive(Debug, Clone)]
pub struct ApiClient(pub Client, pub Option<ReportedCertificate>);

/// A request for the API by a person who is signed in.
#[derive(Debug)]
pub struct ModelRequest {
    /// The session, which is read again as long as the answer is sent.
    pub session: SessionId,
    /// The project that pays.
    pub project: ProjectId,
    /// The client.
    pub client: Client,
    /// Method, path below `/v1` and body; no credential.
    pub request: Request<Body>,
}

/// Sends requests with the rights of a session. The binary implements it with the gateway's own pipeline, so that the
/// playground has no rules of its own.
pub trait Playground: Debug + Send + Sync + 'static {
    /// Sends a request. Dropping the answer's body stops it.
    fn send(&self, sent: ModelRequest) -> Pin<Box<dyn Future<Output = Response<Body>> + Send + '_>>;
}
