//! `/v1/keystead/payment_methods`: put a payment method on file. Nothing is charged.

use axum::Json;
use axum::extract::State;
use keystead_app::verification::payment::{MethodView, SetupView};
use serde_json::{Value, json};

use crate::ApiState;
use crate::auth::Admin;
use crate::error::{ApiError, OrFail};
use crate::path::Ids;

fn setup(view: &SetupView) -> Value {
    json!({
        "id": view.id,
        "object": "keystead.payment_setup",
        "status": view.status.as_str(),
        "reason": view.reason,
        "url": view.url,
        "expires_at": view.expires_at,
    })
}

fn method(view: &MethodView) -> Value {
    json!({
        "id": view.id,
        "object": "keystead.payment_method",
        "brand": view.brand,
        "last4": view.last4,
        "expires_month": view.expires_month,
        "expires_year": view.expires_year,
        "is_default": view.is_default,
        "created_at": view.created_at,
    })
}

/// `POST`: begins a set-up; the card is entered at `url`.
pub(crate) async fn create(State(state): State<ApiState>, admin: Admin) -> Result<Json<Value>, ApiError> {
    let view = state.app.start_payment_method(&admin.actor, &admin.organization).await.or_fail(&state)?;
    Ok(Json(setup(&view)))
}

/// `GET`: methods on file.
pub(crate) async fn list(State(state): State<ApiState>, admin: Admin) -> Result<Json<Value>, ApiError> {
    let view = state.app.payment_methods(&admin.actor, &admin.organization).await.or_fail(&state)?;
    let data: Vec<Value> = view.methods.iter().map(method).collect();
    Ok(Json(json!({ "object": "list", "data": data, "setup": view.setup.as_ref().map(setup), "waived": view.waived,
        "status": view.state.as_str(), "blocked_until": view.blocked_until, "until": view.until })))
}

/// `GET …/{id}`: a set-up.
pub(crate) async fn retrieve(State(state): State<ApiState>, admin: Admin, ids: Ids) -> Result<Json<Value>, ApiError> {
    let id = ids.text("id");
    let view = state.app.payment_setup(&admin.actor, &admin.organization, &id).await.or_fail(&state)?;
    Ok(Json(setup(&view)))
}

/// `POST …/{id}/refresh`: asks the service now.
pub(crate) async fn refresh(State(state): State<ApiState>, admin: Admin, ids: Ids) -> Result<Json<Value>, ApiError> {
    let id = ids.text("id");
    let view = state.app.check_payment_setup(&admin.actor, &admin.organization, &id).await.or_fail(&state)?;
    Ok(Json(setup(&view)))
}

/// `DELETE …/{id}`: removes a method.
pub(crate) async fn delete(State(state): State<ApiState>, admin: Admin, ids: Ids) -> Result<Json<Value>, ApiError> {
    let id = ids.text("id");
    state.app.remove_payment_method(&admin.actor, &admin.organization, &id).await.or_fail(&state)?;
    Ok(Json(json!({ "id": id, "object": "keystead.payment_method.deleted", "deleted": true })))
}

/// `POST …/{id}/default`: makes this method the default.
pub(crate) async fn prefer(State(state): State<ApiState>, admin: Admin, ids: Ids) -> Result<Json<Value>, ApiError> {
    let id = ids.text("id");
    state.app.prefer_payment_method(&admin.actor, &admin.organization, &id).await.or_fail(&state)?;
    Ok(Json(json!({ "id": id, "object": "keystead.payment_method", "is_default": true })))
}
