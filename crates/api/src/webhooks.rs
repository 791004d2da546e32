//! `POST /webhooks/{provider}`: deliveries from outside services. The signature over the raw bytes is the credential.

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::HeaderMap;
use keystead_app::verification::webhooks::DeliveryRefusal;
use keystead_core::refusal::ErrorResponse;
use serde_json::{Value, json};

use crate::ApiState;
use crate::error::ApiError;
use crate::path::Ids;

/// Answers as soon as the delivery is saved; a job asks the service afterwards.
pub(crate) async fn handle(
    State(state): State<ApiState>,
    ids: Ids,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Json<Value>, ApiError> {
    let provider = ids.text("provider");
    match state.app.receive_delivery(&provider, &headers, &body).await {
        Ok(new) => Ok(Json(json!({ "received": true, "new": new }))),
        Err(DeliveryRefusal::UnknownProvider) => Err(ApiError::not_found("provider", &provider)),
        Err(DeliveryRefusal::Signature(reason)) => {
            tracing::warn!(%reason, "a webhook delivery was refused; check the signing secret and the clock");
            let code = Some("invalid_signature");
            Err(ErrorResponse::invalid(400, code, format!("The delivery is not accepted: {reason}.")).into())
        }
        Err(DeliveryRefusal::Unavailable) => {
            let message = "The delivery could not be written down. Send it again.";
            Err(ErrorResponse { kind: "service_unavailable_error", ..ErrorResponse::invalid(503, None, message) }
                .into())
        }
    }
}
