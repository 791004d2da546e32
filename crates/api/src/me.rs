//! `GET /v1/me`: the owner of the key.

use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};

use crate::ApiState;
use crate::auth::AnyKey;
use crate::error::{ApiError, OrFail};

pub(crate) async fn handle(State(state): State<ApiState>, key: AnyKey) -> Result<Json<Value>, ApiError> {
    let identity = state.app.key_owner(&key.caller).await.or_fail(&state)?;
    let default = identity.organizations.first().map(|(id, ..)| id.clone());
    let organizations = identity.organizations.iter().map(|(id, title, role)| {
        json!({
            "object": "organization",
            "id": id,
            "title": title,
            "name": title,
            "role": role,
            "is_default": Some(id) == default.as_ref(),
        })
    });
    Ok(Json(json!({
        "object": "user",
        "id": identity.id,
        "email": identity.email,
        "name": identity.name,
        "orgs": { "object": "list", "data": organizations.collect::<Vec<_>>() },
    })))
}
