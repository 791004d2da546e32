//! `/v1/keystead/phone_verifications`: prove a phone number for the organization.

use axum::Json;
use axum::extract::State;
use keystead_app::verification::phone::{NewPhone, VerificationView};
use keystead_core::secret::Secret;
use serde_json::{Value, json};

use crate::ApiState;
use crate::auth::{Admin, ClientOrigin};
use crate::body::Fields;
use crate::error::{ApiError, OrFail};
use crate::path::Ids;

/// Parses the language of messages; an unknown one is English.
pub(super) fn language(fields: &Fields) -> Result<String, ApiError> {
    let asked = fields.text("language")?.unwrap_or_default();
    Ok(["pl", "ja"].into_iter().find(|known| asked.starts_with(known)).unwrap_or("en").to_owned())
}

fn show(view: &VerificationView) -> Value {
    json!({
        "id": view.id,
        "object": "keystead.phone_verification",
        "status": view.state.as_str(),
        "phone_number": view.masked,
        "expires_at": view.expires_at,
        "resend_at": view.resend_at,
        "checks_left": view.checks_left,
        "locked_until": view.locked_until,
    })
}

/// `POST`: sends a code.
pub(crate) async fn create(
    State(state): State<ApiState>,
    admin: Admin,
    from: ClientOrigin,
    fields: Fields,
) -> Result<Json<Value>, ApiError> {
    let number = fields.text("phone_number")?;
    let missing = || ApiError::missing("phone_number");
    let phone = NewPhone {
        number: Secret::new(number.ok_or_else(missing)?),
        country: fields.text("country")?,
        language: language(&fields)?,
        origin: from.origin(),
        // The key authenticates its holder with each request.
        signed_in_again: true,
    };
    let view = state.app.start_phone_verification(&admin.actor, &admin.organization, phone).await.or_fail(&state)?;
    Ok(Json(show(&view)))
}

/// `GET …/{id}`.
pub(crate) async fn retrieve(State(state): State<ApiState>, admin: Admin, ids: Ids) -> Result<Json<Value>, ApiError> {
    let id = ids.text("id");
    let view = state.app.phone_verification(&admin.actor, &admin.organization, &id).await.or_fail(&state)?;
    Ok(Json(show(&view)))
}

/// `POST …/{id}/check`.
pub(crate) async fn check(
    State(state): State<ApiState>,
    admin: Admin,
    from: ClientOrigin,
    ids: Ids,
    fields: Fields,
) -> Result<Json<Value>, ApiError> {
    let id = ids.text("id");
    let code = fields.text("code")?.ok_or_else(|| ApiError::missing("code"))?;
    let code = Secret::new(code);
    let checked = state.app.check_phone_code(&admin.actor, &admin.organization, &id, &code, from.origin()).await;
    Ok(Json(show(&checked.or_fail(&state)?)))
}

/// `POST …/{id}/resend`.
pub(crate) async fn resend(
    State(state): State<ApiState>,
    admin: Admin,
    from: ClientOrigin,
    ids: Ids,
) -> Result<Json<Value>, ApiError> {
    let id = ids.text("id");
    let sent = state.app.resend_phone_code(&admin.actor, &admin.organization, &id, from.origin()).await;
    Ok(Json(show(&sent.or_fail(&state)?)))
}

/// `POST …/{id}/cancel`.
pub(crate) async fn cancel(State(state): State<ApiState>, admin: Admin, ids: Ids) -> Result<Json<Value>, ApiError> {
    let id = ids.text("id");
    state.app.abandon_phone_verification(&admin.actor, &admin.organization, &id).await.or_fail(&state)?;
    Ok(Json(json!({ "id": id, "object": "keystead.phone_verification", "status": "abandoned" })))
}
