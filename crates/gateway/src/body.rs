//! Bodies of answers: created by the gateway, or passed through from the upstream.

use bytes::Bytes;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full};

/// Any error of a body, for the connection's log.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// The body of every answer of the gateway.
pub type GatewayBody = UnsyncBoxBody<Bytes, BoxError>;

/// Builds a body from complete bytes.
pub(crate) fn full(bytes: impl Into<Bytes>) -> GatewayBody {
    Full::new(bytes.into()).map_err(|never| match never {}).boxed_unsync()
}

/// The body of a request to an upstream.
pub(crate) enum RequestBody {
    /// No body.
    Nothing,
    /// Complete bytes.
    Whole(Bytes),
    /// Passed on as it arrives.
    StreamingBody(GatewayBody),
}

impl RequestBody {
    /// Returns the same body again, if it is complete.
    pub(crate) fn again(&self) -> Option<Self> {
        match self {
            Self::Nothing => Some(Self::Nothing),
            Self::Whole(bytes) => Some(Self::Whole(bytes.clone())),
            Self::StreamingBody(_) => None,
        }
    }
}
