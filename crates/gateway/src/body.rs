//! The body of an answer: made here, or the upstream's passed through.

use bytes::Bytes;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full};

/// Any error of a body, for the connection's log.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// The body of every answer of the gateway.
pub type GatewayBody = UnsyncBoxBody<Bytes, BoxError>;

/// A body that is all there.
pub(crate) fn full(bytes: impl Into<Bytes>) -> GatewayBody {
    Full::new(bytes.into()).map_err(|never| match never {}).boxed_unsync()
}

/// The body of a request upstream.
pub(crate) enum RequestBody {
    /// None.
    Nothing,
    /// All there.
    Whole(Bytes),
    /// Passed on as it comes.
    StreamingBody(GatewayBody),
}

impl RequestBody {
    /// The same body once more, where it is all there.
    pub(crate) fn again(&self) -> Option<Self> {
        match self {
            Self::Nothing => Some(Self::Nothing),
            Self::Whole(bytes) => Some(Self::Whole(bytes.clone())),
            Self::StreamingBody(_) => None,
        }
    }
}
