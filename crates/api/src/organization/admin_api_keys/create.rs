//! `POST /v1/organization/admin_api_keys`: the only answer that holds the secret.

use axum::Json;
use axum::extract::State;
use keystead_app::keys::NewKey;
use serde_json::Value;

use super::show;
use crate::ApiState;
use crate::auth::Admin;
use crate::body::Fields;
use crate::error::{Failure, OrFail};

pub(crate) async fn handle(
    State(state): State<ApiState>,
    admin: Admin,
    fields: Fields,
) -> Result<Json<Value>, Failure> {
    let name = Some(fields.required_text("name")?);
    let asked = NewKey { name, scopes: fields.scopes()?.unwrap_or_default(), expires_in_seconds: fields.lifetime()? };
    let minted = state.app.create_admin_key(&admin.actor, &admin.organization, asked).await.or_fail(&state)?;
    let found = state.app.admin_key(&admin.actor, &admin.organization, &minted.row.id).await.or_fail(&state)?;
    let mut answer = show(&found);
    answer["value"] = minted.secret.expose().as_str().into();
    Ok(Json(answer))
}
