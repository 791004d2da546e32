//! Why a request ends before the upstream has answered it.

use http::{HeaderMap, Response};
use keystead_core::refusal::ErrorResponse;

use crate::body::GatewayBody;
use crate::response::error_body;

/// The end of a request that is not answered by the upstream.
#[derive(Debug)]
pub(crate) enum Rejection {
    /// An error without headers of its own.
    Error(ErrorResponse),
    /// An error with headers that say more: what is missing, or when to retry. Boxed, because it is large.
    Response(Box<Response<GatewayBody>>),
}

impl Rejection {
    /// Builds the client's answer.
    pub(crate) fn into_response(self) -> Response<GatewayBody> {
        match self {
            Self::Error(wire) => error_body::error(&wire),
            Self::Response(response) => *response,
        }
    }

    /// Builds an error, and lets `add` put headers into it.
    pub(crate) fn with_headers(wire: &ErrorResponse, add: impl FnOnce(&mut HeaderMap)) -> Self {
        let mut response = error_body::error(wire);
        add(response.headers_mut());
        Self::Response(Box::new(response))
    }
}

impl From<ErrorResponse> for Rejection {
    fn from(wire: ErrorResponse) -> Self {
        Self::Error(wire)
    }
}
