//! `/v1/keystead/organization_verifications`: verifies the organization, with everything an owner needs to build their
//! own front end.

use axum::Json;
use axum::extract::State;
use keystead_app::verification::organization::{AttemptView, Channel, Consent, OrganizationView};
use serde_json::{Value, json};

use super::phone::language;
use crate::ApiState;
use crate::auth::{Admin, ClientOrigin};
use crate::body::Fields;
use crate::error::{ApiError, OrFail};
use crate::path::Ids;

fn show(view: &AttemptView) -> Value {
    json!({
        "id": view.id,
        "object": "keystead.organization_verification",
        "status": view.state,
        "provider": view.provider,
        "step": view.step,
        "reasons": view.reasons,
        "match_number": view.match_number,
        "created_at": view.created_at,
        "expires_at": view.expires_at,
        "submitted_at": view.submitted_at,
        "checked_at": view.checked_at,
        "finished_at": view.finished_at,
        "erased_at": view.erased_at,
        "erased": view.erased,
    })
}

fn view_json(view: &OrganizationView) -> Value {
    json!({
        "object": "keystead.organization_standing",
        "status": view.status.as_str(),
        "since": view.since,
        "until": view.until,
        "reason": view.reason,
        "open": view.open,
        "attempts_left": view.attempts_left,
        "attempt": view.attempt.as_ref().map(show),
        "provider": view.provider,
        "provider_policy": view.provider_policy,
        "appeal_open": view.appeal_open,
        "pictures_held_until": view.held_until,
        "document_free_at": view.document_free_at,
    })
}

/// `POST`: begins an attempt, or joins the live one. `url` works once.
pub(crate) async fn create(
    State(state): State<ApiState>,
    admin: Admin,
    from: ClientOrigin,
    fields: Fields,
) -> Result<Json<Value>, ApiError> {
    let consent = Consent { given: fields.flag("consent")?, language: language(&fields)?, origin: from.origin() };
    let started = state.app.start_organization_verification(&admin.actor, &admin.organization, consent).await;
    let (view, link) = started.or_fail(&state)?;
    let link = match link {
        Some(link) => link,
        // A live attempt gets a new link, so that a person who joins can continue it as well.
        None => {
            let fresh = state.app.reissue_verification_link(&admin.actor, &admin.organization, &view.id).await;
            fresh.or_fail(&state)?.1
        }
    };
    let mut answer = show(&view);
    answer["url"] = json!(link.url);
    answer["url_expires_at"] = json!(link.expires_at);
    Ok(Json(answer))
}

/// `GET`: the status of the organization.
pub(crate) async fn list(State(state): State<ApiState>, admin: Admin) -> Result<Json<Value>, ApiError> {
    let view = state.app.organization_verification(&admin.actor, &admin.organization).await.or_fail(&state)?;
    Ok(Json(view_json(&view)))
}

/// `POST …/{id}/refresh`: asks the service now.
pub(crate) async fn refresh(State(state): State<ApiState>, admin: Admin, ids: Ids) -> Result<Json<Value>, ApiError> {
    let id = ids.text("id");
    let view = state.app.check_organization_verification(&admin.actor, &admin.organization, &id).await;
    Ok(Json(show(&view.or_fail(&state)?)))
}

/// `POST …/{id}/links`: makes a new link: `channel` is `here`, `qr` or `mail`.
pub(crate) async fn link(
    State(state): State<ApiState>,
    admin: Admin,
    ids: Ids,
    fields: Fields,
) -> Result<Json<Value>, ApiError> {
    let id = ids.text("id");
    let (actor, organization) = (&admin.actor, &admin.organization);
    let channel = match fields.text("channel")?.as_deref() {
        None | Some("here") => {
            let (_, link) = state.app.reissue_verification_link(actor, organization, &id).await.or_fail(&state)?;
            return Ok(Json(
                json!({ "object": "keystead.verification_link", "url": link.url, "expires_at": link.expires_at }),
            ));
        }
        Some("qr") => Channel::Qr,
        Some("mail") => Channel::Mail,
        Some(_) => return Err(ApiError::param("channel", "Invalid 'channel': must be here, qr or mail.")),
    };
    let link = state.app.hand_off_verification(actor, organization, &id, channel).await.or_fail(&state)?;
    // A mailed link is shown only in the mailbox.
    let url = (channel == Channel::Qr).then(|| link.url.expose().clone());
    Ok(Json(json!({ "object": "keystead.verification_link", "url": url, "expires_at": link.expires_at })))
}

/// `POST …/cancel`.
pub(crate) async fn cancel(State(state): State<ApiState>, admin: Admin) -> Result<Json<Value>, ApiError> {
    let view = state.app.cancel_organization_verification(&admin.actor, &admin.organization).await;
    Ok(Json(view_json(&view.or_fail(&state)?)))
}

/// `POST …/appeal`.
pub(crate) async fn appeal(
    State(state): State<ApiState>,
    admin: Admin,
    fields: Fields,
) -> Result<Json<Value>, ApiError> {
    let statement = fields.text("statement")?.unwrap_or_default();
    let view = state.app.appeal_verification(&admin.actor, &admin.organization, &statement).await.or_fail(&state)?;
    Ok(Json(view_json(&view)))
}

/// `POST …/withdraw`: withdraws consent and erases everything; the response is the receipt.
pub(crate) async fn withdraw(State(state): State<ApiState>, admin: Admin) -> Result<Json<Value>, ApiError> {
    let receipt = state.app.withdraw_and_erase(&admin.actor, &admin.organization).await.or_fail(&state)?;
    let counts: Value = serde_json::from_str(&receipt.receipt).unwrap_or(Value::Null);
    Ok(Json(json!({ "object": "keystead.erasure_receipt", "id": receipt.id, "at": receipt.at, "counts": counts })))
}

/// `GET /v1/keystead/refusals`: calls that a gate refused.
pub(crate) async fn refusals(State(state): State<ApiState>, admin: Admin) -> Result<Json<Value>, ApiError> {
    let calls = state.app.refused_calls(&admin.actor, &admin.organization).await.or_fail(&state)?;
    let data: Vec<Value> = calls
        .iter()
        .map(|call| {
            json!({ "request_id": call.id, "object": "keystead.refused_call", "project_id": call.project,
                "api_key_id": call.api_key, "action": call.action, "rule": call.rule,
                "missing": call.missing.split(',').collect::<Vec<_>>(), "at": call.at })
        })
        .collect();
    Ok(Json(json!({ "object": "list", "data": data })))
}

/// `GET /v1/keystead/privacy`: receipts of erasure, views of pictures, and legal holds.
pub(crate) async fn privacy(State(state): State<ApiState>, admin: Admin) -> Result<Json<Value>, ApiError> {
    let record = state.app.privacy_record(&admin.actor, &admin.organization).await.or_fail(&state)?;
    let receipts: Vec<Value> = record
        .receipts
        .iter()
        .map(|row| {
            let counts: Value = serde_json::from_str(&row.receipt).unwrap_or(Value::Null);
            json!({ "id": row.id, "what": row.what.as_str(), "at": row.at, "counts": counts })
        })
        .collect();
    let views: Vec<Value> = record
        .views
        .iter()
        .map(|row| json!({ "viewer": row.viewer, "reason": row.reason.as_str(), "at": row.at }))
        .collect();
    let holds: Vec<Value> = record
        .holds
        .iter()
        .map(|row| {
            json!({ "reason": row.reason, "until": row.until, "held_at": row.granted_at, "ended_at": row.ended_at })
        })
        .collect();
    Ok(Json(json!({ "object": "keystead.privacy_record", "receipts": receipts, "views": views, "holds": holds })))
}
