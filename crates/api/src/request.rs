//! Parsing a request before its handler runs.

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use http::StatusCode;
use keystead_core::refusal::ErrorResponse;

use crate::accepted_names::AcceptedNames;
use crate::body::Fields;
use crate::error::ApiError;
use crate::query::Query;

/// Parses query and body of a request, refuses names that the endpoint does not read, and stores the rest for
/// handlers.
pub(crate) async fn read_request(accepted: AcceptedNames, request: Request) -> Result<Request, ApiError> {
    let (mut parts, body) = request.into_parts();
    let query = Query::read(parts.uri.query().unwrap_or_default(), accepted)?;
    let bytes = Bytes::from_request(Request::from_parts(parts.clone(), body), &()).await.map_err(|rejection| {
        let too_large = rejection.status() == StatusCode::PAYLOAD_TOO_LARGE;
        let message = if too_large { "The request body is too large." } else { "The request body could not be read." };
        ApiError::from(ErrorResponse::invalid(if too_large { 413 } else { 400 }, None, message))
    })?;
    let fields = Fields::read(&bytes, accepted)?;
    parts.extensions.insert(query);
    parts.extensions.insert(fields);
    Ok(Request::from_parts(parts, axum::body::Body::empty()))
}
